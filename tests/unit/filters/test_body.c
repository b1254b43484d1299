/* filters/run.h: a message that comes in pieces, and filters that wait for what others find. */
#include "base/check.h"
#include "filters/body_hash.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct reader {
	struct str header;
	char seen[64]; /* header calls 'H', pieces as they came, 'E' */
	size_t n;
	struct dns_answer answer;
	const struct body_hash *hash;
};

static unsigned ended, aligned;
static uint64_t last_length; /* of the body, relaxed */

static void note(struct reader *r, struct str what)
{
	CHECK(r->n + what.n < sizeof(r->seen));
	memcpy(r->seen + r->n, what.p, what.n);
	r->n += what.n;
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	struct reader *r = state;

	if (r->n == 0 || r->seen[0] != 'H') {
		r->header = facts->header;
		r->hash = filter_body_hash(run, true, UINT64_MAX);
		note(r, STR("H"));
		filter_dns(run, STR("key.test"), RR_TXT, &r->answer);
		return FILTER_WAIT;
	}
	note(r, STR("!"));
	return FILTER_DONE;
}

static void on_body(struct filter_run *run, struct str bytes, void *state)
{
	(void)run;
	note(state, bytes);
}

static char last_seen[64];

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	struct reader *r = state;

	(void)run;
	(void)facts;
	CHECK(aligned == 0);
	note(r, STR("E"));
	last_length = r->hash->body;
	memcpy(last_seen, r->seen, sizeof(last_seen));
	return FILTER_DONE;
}

static void on_over(void *state)
{
	CHECK(state != NULL);
	ended++;
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *state)
{
	(void)run;
	(void)facts;
	(void)state;
	aligned++;
	return FILTER_DONE;
}

static const struct filter reader_filter = {
	.name = "reader",
	.state_size = sizeof(struct reader),
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end },
	.body = on_body,
	.hashes_body = true,
	.end = on_over,
};
static const struct filter judge_filter = {
	.name = "judge",
	.on = { [PHASE_ALIGN] = on_align },
};

static const struct filter_common common = { .enabled = true, .deadline_ms = 1000 };
static struct filter_instance reader_instance = {
	.filter = &reader_filter,
	.common = &common,
	.source = { [PHASE_HEADER] = 1, [PHASE_END] = 2 },
};
/* Before the one it waits for: the order of the list is not the order of the work. */
static struct filter_instance judge_instance = {
	.next = &reader_instance,
	.filter = &judge_filter,
	.common = &common,
	.source = { [PHASE_ALIGN] = 3 },
};
static struct filter_set set = { .first = &judge_instance, .count = 2 };

static struct world *begin(int64_t answer_after_ms)
{
	struct world *w = world_new(NULL);

	ended = aligned = 0;
	memset(last_seen, 0, sizeof(last_seen));
	world_dns(w, "key.test", RR_TXT, "k");
	world_dns_delay(w, "key.test", RR_TXT, answer_after_ms);
	w->set = &set;
	world_open(w, SCOPE_TRANSACTION);
	filter_runner_reach(w->runner, PHASE_MAIL);
	return w;
}

static void end(struct world *w)
{
	w->set = NULL;
	world_free(w);
	assert_int_equal(ended, 1);
}

static void finish(struct world *w)
{
	filter_runner_reach(w->runner, PHASE_END);
	filter_runner_reach(w->runner, PHASE_ALIGN);
	world_drain(w);
	assert_true(filter_runner_idle(w->runner));
	assert_int_equal(aligned, 1);
	assert_int_equal(ended, 0);
	end(w);
}

static void pieces_come_while_the_header_waits(void **state)
{
	struct world *w = begin(500);

	(void)state;
	world_drain(w);
	w->facts.header = STR("A: b\r\n\r\n");
	filter_runner_reach(w->runner, PHASE_HEADER);
	filter_runner_body(w->runner, STR("one "));
	filter_runner_body(w->runner, STR("two "));
	assert_int_equal(w->open, 1);
	assert_int_equal(aligned, 0);
	finish(w);
	assert_string_equal(last_seen, "Hone two !E");
	assert_int_equal(last_length, 9); /* with CRLF, without the space before it */
}

static void lookups_that_end_before_the_body(void **state)
{
	struct world *w = begin(0);

	(void)state;
	filter_runner_reach(w->runner, PHASE_HEADER);
	world_drain(w);
	filter_runner_body(w->runner, STR("all"));
	finish(w);
	assert_string_equal(last_seen, "H!allE");
	assert_int_equal(last_length, 5);
}

static void a_message_without_a_body(void **state)
{
	struct world *w = begin(10);

	(void)state;
	filter_runner_reach(w->runner, PHASE_HEADER);
	finish(w);
	assert_string_equal(last_seen, "H!E");
	assert_int_equal(last_length, 0);
}

/* The scope is over in mid-message: what the filter holds is given back once, nothing is called. */
static void cancelled_in_the_body(void **state)
{
	struct world *w = begin(500);

	(void)state;
	filter_runner_reach(w->runner, PHASE_HEADER);
	filter_runner_body(w->runner, STR("one"));
	filter_runner_cancel(w->runner);
	assert_int_equal(ended, 1);
	filter_runner_cancel(w->runner);
	assert_int_equal(w->open, 0);
	end(w);
	assert_int_equal(aligned, 0);
}

static void the_set_knows_who_reads(void **state)
{
	struct filter_set none = { 0 };

	(void)state;
	assert_true(filter_set_wants_body(&set));
	assert_false(filter_set_wants_body(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_come_while_the_header_waits),
		cmocka_unit_test(lookups_that_end_before_the_body),
		cmocka_unit_test(a_message_without_a_body),
		cmocka_unit_test(cancelled_in_the_body),
		cmocka_unit_test(the_set_knows_who_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
