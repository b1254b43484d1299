/* filters/run.h: phases, waits, deadlines and ends of the runner, with filters made for it. */
#include "base/check.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A filter that does what its test says: `script` runs in each call of a phase function. */
typedef enum filter_step script_fn(struct filter_run *run, unsigned call);
static script_fn *script;
static unsigned calls[PHASE_COUNT];
static struct dns_answer answers[LIMIT_FILTER_LOOKUPS + 1];

enum { FOUND = 1, UNAVAILABLE = 2 };

static enum filter_step on_mail(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	(void)facts;
	CHECK(state == NULL);
	return script(run, calls[PHASE_MAIL]++);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	unsigned *count = state;

	CHECK(facts->message_size == 77);
	calls[PHASE_END]++;
	return ++*count ? script(run, *count - 1) : FILTER_DONE;
}

static const struct filter mail_filter = {
	.name = "mailer",
	.on = { [PHASE_MAIL] = on_mail },
};
static const struct filter end_filter = {
	.name = "ender",
	.state_size = sizeof(unsigned),
	.on = { [PHASE_END] = on_end },
};
static const struct filter both_filter = {
	.name = "both",
	.on = { [PHASE_MAIL] = on_mail, [PHASE_END] = on_mail },
};

static const struct filter_common common = { .enabled = true, .deadline_ms = 1000 };

struct stage {
	struct filter_set set;
	struct filter_instance instance;
	struct filter_right rights[4];
};

static struct world *begin(struct stage *s, const struct filter *filter, script_fn *fn)
{
	struct world *w = world_new(NULL);

	*s = (struct stage){ .instance = { .filter = filter,
					   .common = &common,
					   .source = { [PHASE_MAIL] = 0, [PHASE_END] = 1 },
					   .unavailable = UNAVAILABLE,
					   .defer = UNAVAILABLE,
					   .rights = s->rights } };
	for (unsigned i = 0; i < COUNTOF(s->rights); i++)
		s->rights[i] = (struct filter_right){
			.symbol = i & 1 ? FOUND : UNAVAILABLE,
			.phase = i & 2 ? PHASE_MAIL : PHASE_END,
			.next = i + 1 < COUNTOF(s->rights) ? &s->rights[i + 1] : NULL,
		};
	s->set = (struct filter_set){ .first = &s->instance, .count = 1 };
	memcpy(w->symbols[FOUND], "FOUND", sizeof("FOUND"));
	memcpy(w->symbols[UNAVAILABLE], "UNAVAILABLE", sizeof("UNAVAILABLE"));
	w->set = &s->set;
	w->facts.message_size = 77;
	script = fn;
	memset(calls, 0, sizeof(calls));
	memset(answers, 0, sizeof(answers));
	world_open(w, SCOPE_TRANSACTION);
	return w;
}

static void end(struct world *w)
{
	w->set = NULL;
	world_free(w);
}

static enum filter_step ask_once(struct filter_run *run, unsigned call)
{
	if (call % 2)
		return FILTER_DONE;
	filter_dns(run, STR("a.test"), RR_A, &answers[0]);
	return FILTER_WAIT;
}

static void phases_follow_each_other(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &both_filter, ask_once);

	(void)state;
	assert_true(filter_runner_idle(w->runner));
	assert_true(filter_runner_turn(w->runner));
	assert_int_equal(calls[PHASE_MAIL], 0); /* nothing runs before a phase is reached */
	filter_runner_reach(w->runner, PHASE_MAIL);
	assert_true(w->progress);
	assert_false(filter_runner_turn(w->runner));
	assert_int_equal(calls[PHASE_MAIL], 1);
	filter_runner_reach(w->runner, PHASE_END); /* its MAIL is not over */
	assert_false(filter_runner_turn(w->runner));
	assert_int_equal(calls[PHASE_MAIL], 1);
	assert_int_equal(w->finished[0], 0);
	world_drain(w);
	assert_int_equal(calls[PHASE_MAIL], 4);
	assert_int_equal(w->finished[0], 1);
	assert_int_equal(w->finished[1], 1);
	assert_true(filter_runner_turn(w->runner));
	end(w);
}

static void a_phase_it_does_not_know_is_skipped(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &end_filter, ask_once);

	(void)state;
	filter_runner_reach(w->runner, PHASE_MAIL);
	assert_true(filter_runner_turn(w->runner));
	filter_runner_reach(w->runner, PHASE_END);
	world_drain(w);
	assert_int_equal(calls[PHASE_END], 2);
	assert_int_equal(w->finished[0], 0);
	assert_int_equal(w->finished[1], 1);
	end(w);
}

static enum filter_step wait_for_ever(struct filter_run *run, unsigned call)
{
	(void)run;
	(void)call;
	return FILTER_WAIT;
}

static void a_filter_that_never_ends_is_ended(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &mail_filter, wait_for_ever);

	(void)state;
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
	assert_int_equal(calls[PHASE_MAIL], LIMIT_FILTER_TURNS);
	assert_string_equal(world_found(w, "UNAVAILABLE"), "called too often");
	assert_int_equal(w->finished[0], 1);
	end(w);
}

static enum filter_step ask_five_times(struct filter_run *run, unsigned call)
{
	if (call == 5)
		return FILTER_DONE;
	filter_dns(run, STR("slow.test"), RR_A, &answers[call]);
	return FILTER_WAIT;
}

static void lookups_share_one_deadline(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &mail_filter, ask_five_times);

	(void)state;
	world_dns(w, "slow.test", RR_A, "192.0.2.1");
	world_dns_delay(w, "slow.test", RR_A, 400);
	w->now_ms += 5000; /* counted from the start of the phase */
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
	assert_int_equal(w->now_ms, 7000);
	assert_int_equal(w->asked, 3);
	assert_int_equal(answers[1].status, DNS_OK);
	for (unsigned i = 2; i < 5; i++)
		assert_int_equal(answers[i].status, DNS_FAILED);
	assert_string_equal(world_found(w, "UNAVAILABLE"), "slow.test, slow.test, slow.test");
	end(w);
}

static enum filter_step ask_too_much(struct filter_run *run, unsigned call)
{
	if (call)
		return FILTER_DONE;
	for (unsigned i = 0; i <= LIMIT_FILTER_LOOKUPS; i++)
		filter_dns(run, STR("a.test"), RR_TXT, &answers[i]);
	return FILTER_WAIT;
}

static void lookups_are_counted(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &mail_filter, ask_too_much);

	(void)state;
	world_dns(w, "a.test", RR_TXT, "text");
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
	assert_int_equal(w->asked, LIMIT_FILTER_LOOKUPS);
	assert_int_equal(answers[LIMIT_FILTER_LOOKUPS - 1].status, DNS_OK);
	assert_int_equal(answers[LIMIT_FILTER_LOOKUPS].status, DNS_FAILED);
	assert_string_equal(world_found(w, "UNAVAILABLE"), "a.test");
	/* The answers are the scope's, not the resolver's. */
	assert_true(str_eq(answers[0].records[0].text, STR("text")));
	end(w);
}

static enum filter_step forgive_the_first(struct filter_run *run, unsigned call)
{
	if (call == 2)
		return FILTER_DONE;
	if (call == 1)
		filter_forgive(run);
	filter_dns(run, call ? STR("b.test") : STR("a.test"), RR_A, &answers[call]);
	return FILTER_WAIT;
}

static void forgiving_is_for_the_past(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &mail_filter, forgive_the_first);
	char bytes[64];
	struct out degraded = OUT(bytes);

	(void)state;
	world_dns_status(w, "a.test", RR_A, DNS_FAILED);
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
	assert_null(world_found(w, "UNAVAILABLE"));
	filter_runner_degraded(w->runner, &degraded);
	assert_int_equal(degraded.n, 0);

	world_open(w, SCOPE_TRANSACTION);
	calls[PHASE_MAIL] = 0;
	world_dns_status(w, "b.test", RR_A, DNS_FAILED);
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
	assert_string_equal(world_found(w, "UNAVAILABLE"), "b.test");
	out_str(&degraded, STR("spf"));
	filter_runner_degraded(w->runner, &degraded);
	assert_true(str_eq(out_text(&degraded), STR("spf,mailer")));
	filter_runner_degraded(w->runner, &degraded); /* it may be so in several scopes */
	assert_true(str_eq(out_text(&degraded), STR("spf,mailer")));
	end(w);
}

static enum filter_step ask_and_leave(struct filter_run *run, unsigned call)
{
	(void)call;
	filter_dns(run, STR("a.test"), RR_A, &answers[0]);
	filter_report(run, FOUND, STR("x"));
	filter_report(run, FOUND, STR("y"));
	return FILTER_DONE;
}

static void done_needs_no_answers(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &mail_filter, ask_and_leave);

	(void)state;
	filter_runner_reach(w->runner, PHASE_MAIL);
	assert_true(filter_runner_turn(w->runner));
	assert_int_equal(w->open, 0);
	assert_null(world_found(w, "UNAVAILABLE"));
	assert_string_equal(world_found(w, "FOUND"), "x|y");
	end(w);
}

static void cancelled_by_whom_it_told(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &mail_filter, ask_and_leave);

	(void)state;
	w->cancel_on_report = true;
	filter_runner_reach(w->runner, PHASE_MAIL);
	assert_true(filter_runner_turn(w->runner));
	assert_int_equal(w->open, 0);
	assert_int_equal(w->finding_count, 1);
	assert_int_equal(w->finished[0], 0);

	world_open(w, SCOPE_TRANSACTION);
	w->cancel_on_report = false;
	w->cancel_on_finish = true;
	filter_runner_reach(w->runner, PHASE_MAIL);
	assert_true(filter_runner_turn(w->runner));
	filter_runner_reach(w->runner, PHASE_END);
	assert_true(filter_runner_turn(w->runner));
	assert_int_equal(calls[PHASE_MAIL], 2);
	end(w);
}

static enum filter_step say_unavailable(struct filter_run *run, unsigned call)
{
	(void)call;
	for (int i = 0; i < 5; i++)
		filter_unavailable(run, STR("scanner"));
	return FILTER_DONE;
}

static void a_failure_of_its_own(void **state)
{
	struct stage s;
	struct world *w = begin(&s, &mail_filter, say_unavailable);

	(void)state;
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
	assert_string_equal(world_found(w, "UNAVAILABLE"), "scanner, scanner, scanner and 2 more");
	end(w);
}

static void filters_that_are_off_do_not_exist(void **state)
{
	struct world *w = world_new("rdns { enabled = no }\nhelo { enabled = no }\n"
				    "dnsbl \"zen.test\" { enabled = no }\n");

	(void)state;
	assert_non_null(w->set);
	assert_int_equal(w->symbol_count, 0);
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		assert_int_equal(filter_set_scope_sources(w->set, scope), 0);
	for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
		world_run(w, phase);
	assert_int_equal(w->asked, 0);
	world_free(w);
}

static void sources_are_of_scopes(void **state)
{
	struct world *w = world_new("dnsbl \"zen.test\" { }\n");

	(void)state;
	assert_non_null(w->set);
	assert_int_equal(filter_set_scope_sources(w->set, SCOPE_CONNECTION), 5);
	assert_int_equal(filter_set_scope_sources(w->set, SCOPE_GREETING), 2);
	assert_int_equal(filter_set_scope_sources(w->set, SCOPE_TRANSACTION), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_follow_each_other),
		cmocka_unit_test(a_phase_it_does_not_know_is_skipped),
		cmocka_unit_test(a_filter_that_never_ends_is_ended),
		cmocka_unit_test(lookups_share_one_deadline),
		cmocka_unit_test(lookups_are_counted),
		cmocka_unit_test(forgiving_is_for_the_past),
		cmocka_unit_test(done_needs_no_answers),
		cmocka_unit_test(cancelled_by_whom_it_told),
		cmocka_unit_test(a_failure_of_its_own),
		cmocka_unit_test(filters_that_are_off_do_not_exist),
		cmocka_unit_test(sources_are_of_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
