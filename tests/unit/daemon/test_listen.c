/* daemon/listen.h: sockets are shared by workers, kept over generations, and never with a stranger. */
#include "daemon/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>

#include "daemon/sockaddr.h"

struct heard {
	struct conf_report report;
	char text[512];
};

static void hear(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		 const char *text)
{
	struct heard *h = r->arg;
	struct out o = { .p = h->text, .cap = sizeof(h->text) - 1 };

	(void)severity;
	out_printf(&o, "%s:%u:%u: %s", at->file, at->line, at->column, text);
	h->text[o.n] = '\0';
}

static void listen_to_reports(struct heard *h)
{
	*h = (struct heard){ .report = { .say = hear } };
	h->report.arg = h;
}

static const struct conf_place place = { .file = "x.conf", .line = 3, .column = 7 };

static struct ip loopback(void)
{
	struct ip ip;

	assert_true(ip_parse(STR("127.0.0.1"), &ip));
	return ip;
}

/* A port nobody has: the kernel's choice, given back. */
static uint16_t free_port(int *held)
{
	const struct ip ip = loopback();
	struct sockaddr_storage address;
	socklen_t n = sockaddr_from(&address, &ip, 0);
	struct ip bound;
	uint16_t port;

	*held = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(*held >= 0);
	assert_int_equal(bind(*held, (struct sockaddr *)&address, n), 0);
	n = sizeof(address);
	assert_int_equal(getsockname(*held, (struct sockaddr *)&address, &n), 0);
	sockaddr_read(&address, &bound, &port);
	assert_true(ip_eq(&bound, &ip));
	return port;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static void the_same_address_is_refused_twice(void **state)
{
	struct listen_table t = { 0 };
	const struct ip ip = loopback();

	(void)state;
	assert_true(listen_add(&t, &ip, 25, 0, &place));
	assert_true(listen_add(&t, &ip, 26, 0, &place));
	assert_false(listen_add(&t, &ip, 25, 1, &place));
	listen_free(&t);
}

static void a_generation_uses_the_sockets_of_the_one_before(void **state)
{
	struct listen_table first = { 0 }, second = { 0 };
	const struct ip ip = loopback();
	struct heard h;
	int held, status, kept, dropped;
	const uint16_t port = free_port(&held);

	(void)state;
	close(held);
	listen_to_reports(&h);
	assert_true(listen_add(&first, &ip, port, 0, &place));
	assert_true(listen_bind(&first, NULL, 2, &h.report, &status));
	assert_true(listen_add(&second, &ip, port, 0, &place));
	assert_true(listen_bind(&second, &first, 1, &h.report, &status));
	kept = first.rows[0].fds[0];
	dropped = first.rows[0].fds[1];
	assert_int_equal(second.rows[0].fds[0], kept);
	listen_close(&first, &second);
	listen_free(&first);
	assert_true(is_open(kept));
	assert_false(is_open(dropped));
	listen_close(&second, NULL);
	listen_free(&second);
	assert_false(is_open(kept));
}

static void a_port_in_use_is_one_clear_line(void **state)
{
	struct listen_table mine = { 0 }, theirs = { 0 };
	const struct ip ip = loopback();
	struct heard h;
	int held, status = 0;
	const uint16_t port = free_port(&held);
	char want[256];
	struct out o = OUT(want);

	(void)state;
	close(held);
	listen_to_reports(&h);
	/* Another Postern, with SO_REUSEPORT as ours. */
	assert_true(listen_add(&theirs, &ip, port, 0, &place));
	assert_true(listen_bind(&theirs, NULL, 1, &h.report, &status));
	assert_true(listen_add(&mine, &ip, port, 0, &place));
	assert_false(listen_bind(&mine, NULL, 2, &h.report, &status));
	assert_int_equal(status, EX_UNAVAILABLE);
	out_printf(&o,
		   "x.conf:3:7: cannot bind 127.0.0.1:%u: Address already in use (is another mail "
		   "server running? see \"ss -ltnp\")",
		   port);
	want[o.n] = '\0';
	assert_string_equal(h.text, want);
	listen_free(&mine);
	listen_close(&theirs, NULL);
	listen_free(&theirs);
}

static void an_error_leaves_the_old_sockets_alone(void **state)
{
	struct listen_table first = { 0 }, second = { 0 };
	const struct ip ip = loopback();
	struct ip foreign;
	struct heard h;
	int held, status = 0;
	const uint16_t port = free_port(&held);

	(void)state;
	close(held);
	listen_to_reports(&h);
	assert_true(ip_parse(STR("192.0.2.1"), &foreign)); /* RFC 5737: no interface has it */
	assert_true(listen_add(&first, &ip, port, 0, &place));
	assert_true(listen_bind(&first, NULL, 1, &h.report, &status));
	assert_true(listen_add(&second, &ip, port, 0, &place));
	assert_true(listen_add(&second, &foreign, port, 0, &place));
	assert_false(listen_bind(&second, &first, 2, &h.report, &status));
	assert_int_equal(status, EX_UNAVAILABLE);
	assert_int_equal(h.report.errors, 1);
	listen_free(&second);
	assert_true(is_open(first.rows[0].fds[0]));
	listen_close(&first, NULL);
	listen_free(&first);
}

static void a_worker_keeps_its_own_sockets_only(void **state)
{
	struct listen_table t = { 0 };
	const struct ip ip = loopback();
	struct heard h;
	int held, status, fds[3];
	const uint16_t port = free_port(&held);

	(void)state;
	close(held);
	listen_to_reports(&h);
	assert_true(listen_add(&t, &ip, port, 0, &place));
	assert_true(listen_bind(&t, NULL, 3, &h.report, &status));
	for (unsigned i = 0; i < 3; i++)
		fds[i] = t.rows[0].fds[i];
	listen_keep_own(&t, 1);
	assert_false(is_open(fds[0]));
	assert_true(is_open(fds[1]));
	assert_false(is_open(fds[2]));
	listen_close(&t, NULL);
	listen_free(&t);
}

static void addresses_print_as_they_are_written(void **state)
{
	struct listen_table t = { 0 };
	struct ip v6;
	const struct ip v4 = loopback();
	char text[64];
	struct out o = OUT(text);

	(void)state;
	assert_true(ip_parse(STR("::1"), &v6));
	assert_true(listen_add(&t, &v4, 25, 0, &place));
	assert_true(listen_add(&t, &v6, 2525, 0, &place));
	listen_print(&t, &o);
	assert_true(str_eq(out_text(&o), STR("127.0.0.1:25,[::1]:2525")));
	listen_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_address_is_refused_twice),
		cmocka_unit_test(a_generation_uses_the_sockets_of_the_one_before),
		cmocka_unit_test(a_port_in_use_is_one_clear_line),
		cmocka_unit_test(an_error_leaves_the_old_sockets_alone),
		cmocka_unit_test(a_worker_keeps_its_own_sockets_only),
		cmocka_unit_test(addresses_print_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
