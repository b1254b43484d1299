/* io/conn.h, plain and TLS, under random use: whatever both ends do, bytes come whole and in
 * order, nobody is called after conn_close(), and the end is told once.  Seeded: it repeats. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "io/tls.h"
#include "unit/io/cert.h"
#include "unit/io/probe.h"

enum { ROUNDS = 400, STEPS = 60, BLOCK = 40000 };

struct end {
	struct loop *loop;
	struct conn *c; /* NULL: closed by us */
	uint32_t *seed;
	uint64_t sent, seen; /* bytes; each byte's value is told by its place */
	bool closed;         /* CONN_CLOSED was told */
	bool lending;
	char lent[BLOCK];
	int file; /* its bytes lie at their place in here, too; -1: with TLS */
};

enum way { COPIED, LENT, FROM_FILE };

static uint32_t pick(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static char byte_at(uint64_t at)
{
	return (char)(at % 251);
}

static void eat(struct end *e, size_t n)
{
	const struct str in = conn_input(e->c);

	n = n < in.n ? n : in.n;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(in.p[i], byte_at(e->seen + i));
	e->seen += n;
	conn_consume(e->c, n);
}

static void send_some(struct end *e, size_t n, enum way way)
{
	char own[BLOCK];
	char *bytes = way == LENT ? e->lent : own;

	if ((e->lending && way != COPIED) || n == 0 || (way == FROM_FILE && e->file < 0))
		return;
	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(e->sent + i);
	if (way == FROM_FILE) {
		assert_int_equal(pwrite(e->file, bytes, n, (off_t)e->sent), n);
		conn_write_file(e->c, e->file, e->sent, n);
	}
	e->sent += n;
	e->lending = e->lending || way != COPIED;
	if (way == LENT)
		conn_write_borrowed(e->c, (struct str){ .p = bytes, .n = n });
	else if (way == COPIED)
		conn_write(e->c, (struct str){ .p = bytes, .n = n });
}

static void act(struct end *e)
{
	const uint32_t what = pick(e->seed, 100);

	if (what < 30)
		send_some(e, pick(e->seed, what < 5 ? BLOCK : 100), (enum way)(what % 3));
	else if (what < 40)
		conn_limit_input(e->c, 1 + pick(e->seed, 100));
	else if (what < 60)
		conn_limit_input(e->c, CONN_INPUT_MAX);
	else if (what < 90)
		eat(e, pick(e->seed, what < 80 ? 100000 : 50));
}

static void on_end(struct conn *c, enum conn_event event, void *arg)
{
	struct end *e = arg;

	assert_ptr_equal(c, e->c);
	assert_false(e->closed);
	if (event == CONN_CLOSED)
		e->closed = true;
	if (event == CONN_DRAINED)
		e->lending = false;
	act(e);
	if (pick(e->seed, 200) == 0) {
		conn_close(e->c);
		e->c = NULL;
	}
}

static void one_turn(struct loop *loop)
{
	struct timer t;

	timer_init(&t, loop, stop_now, NULL);
	timer_start(&t, 0);
	loop_run(loop);
}

/* Whoever still stands takes all that is on the way to it. */
static void settle_end(struct end *e, const struct end *from)
{
	for (int i = 0; i < 10000 && !e->closed && e->seen < from->sent && from->c; i++) {
		conn_limit_input(e->c, CONN_INPUT_MAX);
		one_turn(e->loop);
		if (!e->c || !from->c)
			return;
		eat(e, 100000);
	}
	if (e->c && !e->closed && from->c && !from->closed)
		assert_int_equal(e->seen, from->sent);
}

static void play(uint32_t seed, struct tls *server, struct tls *client)
{
	struct end a = { .loop = loop_new(), .seed = &seed }, b = { .seed = &seed };
	const int flags = O_TMPFILE | O_RDWR;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	b.loop = a.loop;
	a.file = server ? -1 : open("/tmp", flags, 0600);
	b.file = server ? -1 : open("/tmp", flags, 0600);
	a.c = conn_accept(a.loop, fd[0], on_end, &a);
	b.c = conn_accept(b.loop, fd[1], on_end, &b);
	if (server) {
		conn_start_tls(a.c, server, NULL);
		conn_start_tls(b.c, client, "mx.test");
	}
	for (int i = 0; i < STEPS; i++) {
		if (a.c)
			act(&a);
		if (b.c)
			act(&b);
		one_turn(a.loop);
	}
	if (a.c && b.c)
		settle_end(&a, &b);
	if (a.c && b.c)
		settle_end(&b, &a);
	if (a.c)
		conn_close(a.c);
	if (b.c)
		conn_close(b.c);
	close(a.file);
	close(b.file);
	loop_free(a.loop);
	conn_buffers_free();
}

static void plain_bytes_come_whole_and_in_order(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= ROUNDS; seed++)
		play(seed, NULL, NULL);
}

static void tls_bytes_come_whole_and_in_order(void **state)
{
	struct cert cert;
	char why[256];
	struct out o = OUT(why);
	struct tls *server, *client;

	(void)state;
	cert_make(&cert);
	server = cert_serve(cert.pem, cert.key, &o);
	client = tls_client_new(true, cert.pem, &o);
	for (uint32_t seed = 1; seed <= ROUNDS; seed++)
		play(seed, server, client);
	tls_free(server);
	tls_free(client);
	cert_remove(&cert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_bytes_come_whole_and_in_order),
		cmocka_unit_test(tls_bytes_come_whole_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
