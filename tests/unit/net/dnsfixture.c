#include "dnsfixture.h"

#include "base/log.h"

enum { GUARD_MS = 20000, LOG_BYTES = 8192 };

struct loop *loop;
struct dns *dns;
struct fakedns one, two;
struct ops ops;
static char logged[LOG_BYTES];
static size_t logged_n;

struct asker x, y, z;

static void catch_log(struct str lines, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < lines.n && logged_n < sizeof(logged) - 1; i++)
		logged[logged_n++] = lines.p[i];
	logged[logged_n] = '\0';
}

bool has_logged(const char *text)
{
	log_flush();
	return strstr(logged, text) != NULL;
}

int setup(void **state)
{
	(void)state;
	logged_n = 0;
	logged[0] = '\0';
	log_to(catch_log, NULL);
	loop = loop_new();
	fakedns_open(&one, loop);
	fakedns_open(&two, loop);
	ops = (struct ops){ 0 };
	x = y = z = (struct asker){ 0 };
	return 0;
}

int teardown(void **state)
{
	(void)state;
	if (dns)
		dns_free(dns);
	dns = NULL;
	assert_int_equal(ops.pending, 0);
	fakedns_close(&one);
	fakedns_close(&two);
	loop_free(loop);
	log_to(NULL, NULL);
	return 0;
}

void resolver(unsigned servers, int64_t timeout_ms)
{
	const struct dns_server list[] = { one.address, two.address };
	const struct dns_options options = {
		.servers = list,
		.server_count = servers,
		.timeout_ms = timeout_ms,
	};

	dns = dns_new(loop, &options);
}

static void on_done(struct op *op, enum err err, const void *result)
{
	struct asker *a = op->arg;
	const struct dns_answer *answer = result;

	a->told++;
	a->err = err;
	a->status = answer->status;
	a->ttl_s = answer->ttl_s;
	a->count = answer->count;
	a->last_byte = answer->count ? answer->records[0].ip.bytes[3] : 0;
	assert_true((err == ERR_OK) == (answer->status != DNS_FAILED));
	if (a->then)
		a->then(a);
}

void ask_for(struct asker *a, const char *name, int64_t deadline_ms)
{
	void (*then)(struct asker *) = a->then;
	const bool stranger = a->question.stranger;

	*a = (struct asker){ .then = then, .question.stranger = stranger };
	a->question.op.done = on_done;
	a->question.op.arg = a;
	dns_ask(dns, &ops, &a->question, str_z(name), RR_A, deadline_ms);
	assert_int_equal(a->told, 0);
}

/* ---- running the loop until something is true ---- */

struct waiting {
	condition *condition;
	int64_t until_ms;
};

static void look(struct timer *t, void *arg)
{
	const struct waiting *w = arg;

	if (w->condition() || loop_now_ms(loop) > w->until_ms)
		loop_stop(loop);
	else
		timer_start(t, 1);
}

void run_until(condition *c)
{
	struct waiting w = { .condition = c, .until_ms = loop_now_ms(loop) + GUARD_MS };
	struct timer t;

	timer_init(&t, loop, look, &w);
	timer_start(&t, 0);
	loop_run(loop);
	timer_stop(&t);
	assert_true(c());
}

bool nobody_waits(void)
{
	return ops.pending == 0;
}

bool holds_one(void)
{
	return one.held_count == 1;
}

bool one_was_asked(void)
{
	return one.asked > 0;
}

void resolve(struct asker *a, const char *name)
{
	ask_for(a, name, 0);
	run_until(nobody_waits);
	assert_int_equal(a->told, 1);
}

void is_answered(const struct asker *a)
{
	assert_int_equal(a->told, 1);
	assert_int_equal(a->err, ERR_OK);
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->last_byte, 2);
}
