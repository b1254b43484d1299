/* inspection/inspection.h: recipients, each with findings of his own. */
#include "fake/fake.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "filters/set.h"
#include "inspection/inspection.h"
#include "store/memory.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SLOW_MS = 300, MANY = 1000 };

/* ---- two filters: one is slow to say something of the sender, one asks the store of each recipient ---- */

static filter_symbol slow_found, seen, bad;
static unsigned running;

struct slow {
	struct dns_answer answer;
	bool asked;
};

static enum filter_step on_mail(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	struct slow *s = state;

	assert_int_equal(facts->rcpt_to.n, 0);
	if (!s->asked) {
		s->asked = true;
		filter_dns(run, STR("slow.test"), RR_A, &s->answer);
		return FILTER_WAIT;
	}
	filter_report(run, slow_found, STR(""));
	return FILTER_DONE;
}

struct who {
	struct store_answer answer;
	bool asked;
};

static enum filter_step on_rcpt(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	struct who *w = state;
	const struct store_question q = { .procedure = STORE_MARK,
					  .key = facts->rcpt_to,
					  .args = { 1, 3600000 } };

	running += !w->asked;
	if (!w->asked) {
		w->asked = true;
		filter_store(run, &q, &w->answer);
		return FILTER_WAIT;
	}
	running--;
	if (w->answer.results[0])
		filter_report(run, seen, facts->rcpt_to);
	if (str_starts(facts->rcpt_to, STR("bad")))
		filter_report(run, bad, STR(""));
	return FILTER_DONE;
}

static const struct filter slow_filter = { .name = "slow",
					   .state_size = sizeof(struct slow),
					   .on = { [PHASE_MAIL] = on_mail } };
static const struct filter who_filter = { .name = "who",
					  .remembers = true,
					  .state_size = sizeof(struct who),
					  .on = { [PHASE_RCPT] = on_rcpt } };
static const struct filter_common common = { .enabled = true, .deadline_ms = 5000 };

enum { SOURCE_SLOW, SOURCE_WHO };

struct place {
	struct loop *loop;
	struct dns *dns;
	struct store *store;
	struct policy *policy;
	struct conf *conf;
	struct filter_set set;
	struct filter_instance slow, who;
	struct filter_right rights[3];
	struct inspection_options options;
	struct inspection inspection;
	unsigned complaints;
};

static void say(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		const char *text)
{
	struct place *p = r->arg;

	(void)severity;
	print_message("%s:%u: %s\n", at->file, at->line, text);
	p->complaints++;
}

static void progress(void *arg)
{
	(void)arg;
}

static void build_policy(struct place *p, const char *conf)
{
	static const struct conf_block *const blocks[] = { &block_recipients, &block_verdict };
	struct conf_report report = { .say = say, .arg = p };

	p->policy = policy_new();
	smtp_facts_define(p->policy);
	slow_found = policy_symbol(p->policy, STR("SLOW"), SOURCE_SLOW, STAGE_RCPT, "slow");
	seen = policy_symbol(p->policy, STR("SEEN"), SOURCE_WHO, STAGE_RCPT, "seen");
	bad = policy_symbol(p->policy, STR("BAD"), SOURCE_WHO, STAGE_RCPT, "bad");
	p->conf = conf_parse(str_z(conf), "c", blocks, COUNTOF(blocks), &report);
	assert_true(policy_compile(p->policy, p->conf, &report));
	assert_int_equal(p->complaints, 0);
}

static void build_set(struct place *p)
{
	p->rights[0] = (struct filter_right){ .symbol = slow_found, .phase = PHASE_MAIL };
	p->rights[1] = (struct filter_right){ &p->rights[2], seen, PHASE_RCPT };
	p->rights[2] = (struct filter_right){ .symbol = bad, .phase = PHASE_RCPT };
	p->slow = (struct filter_instance){ .next = &p->who,
					    .filter = &slow_filter,
					    .common = &common,
					    .source = { [PHASE_MAIL] = SOURCE_SLOW },
					    .rights = &p->rights[0] };
	p->who = (struct filter_instance){ .filter = &who_filter,
					   .common = &common,
					   .source = { [PHASE_RCPT] = SOURCE_WHO },
					   .rights = &p->rights[1] };
	p->set = (struct filter_set){ .first = &p->slow, .count = 2 };
	p->set.sources[SCOPE_TRANSACTION] = UINT64_C(1) << SOURCE_SLOW;
	p->set.sources[SCOPE_RECIPIENT] = UINT64_C(1) << SOURCE_WHO;
}

static struct place *place_new(const char *conf)
{
	struct place *p = mem_new(sizeof(*p));
	const struct ip nobody = { .family = IP_NONE };

	running = 0;
	p->loop = loop_new();
	p->dns = dns_new(p->loop, &(struct dns_options){ .timeout_ms = 5000 });
	p->store = store_new(store_memory(p->loop, LIMIT_STORE_MEMORY), NULL);
	build_policy(p, conf);
	build_set(p);
	fake_dns_record(p->loop, "slow.test", RR_A, "192.0.2.1");
	fake_dns_delay(p->loop, "slow.test", RR_A, SLOW_MS);
	p->options = (struct inspection_options){ .filters = &p->set,
						  .policy = p->policy,
						  .loop = p->loop,
						  .dns = p->dns,
						  .store = p->store,
						  .progress = progress };
	inspection_open(&p->inspection, &p->options, p);
	assert_int_equal(inspection_connect(&p->inspection, &nobody, 0), ERR_OK);
	assert_int_equal(inspection_greet(&p->inspection, STR("mx.test"), true, false), ERR_OK);
	assert_int_equal(inspection_mail(&p->inspection, STR("a@b.test")), ERR_OK);
	return p;
}

static void place_free(struct place *p)
{
	inspection_close(&p->inspection);
	store_free(p->store);
	dns_free(p->dns);
	loop_free(p->loop);
	policy_free(p->policy);
	conf_free(p->conf);
	mem_free(p);
}

static struct inspection_recipient *recipient(struct place *p, const char *address)
{
	struct inspection_recipient *r;

	assert_int_equal(inspection_rcpt(&p->inspection, str_z(address), &r), ERR_OK);
	assert_non_null(r);
	return r;
}

/* Until all is complete. */
static void finish(struct place *p)
{
	while (!inspection_turn(&p->inspection))
		assert_true(fake_step(p->loop, loop_now_ms(p->loop) + 60000));
}

static struct judgement judge(struct place *p, const struct inspection_recipient *r)
{
	const struct inspection_subject subject = { .recipient = r,
						    .class = policy_class(p->policy, STR("x@y")) };
	struct judgement j;

	inspection_judge(&p->inspection, STAGE_RCPT, &subject, &j);
	return j;
}

static const char reject_bad[] = "verdict \"b\" { when = BAD do = reject }";

static void each_has_findings_of_his_own(void **state)
{
	struct place *p = place_new(reject_bad);
	const struct inspection_recipient *good = recipient(p, "good@y"), *evil;

	(void)state;
	finish(p);
	evil = recipient(p, "bad@y");
	assert_true(judge(p, good).decided);
	assert_false(judge(p, evil).decided); /* he may still be bad */
	finish(p);
	assert_int_equal(judge(p, evil).action, ACTION_REJECT);
	assert_int_equal(judge(p, good).action, ACTION_ACCEPT);
	assert_false(inspection_is_alike(&p->inspection, good, evil, 0, false));
	assert_false(inspection_is_same(good, evil));
	place_free(p);
}

static void what_no_verdict_listens_to_keeps_nobody_apart(void **state)
{
	struct place *p = place_new(reject_bad);
	const struct inspection_recipient *first = recipient(p, "c@y"), *again;

	(void)state;
	finish(p);
	again = recipient(p, "c@y"); /* SEEN */
	finish(p);
	assert_false(inspection_is_same(first, again));
	assert_true(inspection_is_alike(&p->inspection, first, again, 0, false));
	place_free(p);

	p = place_new("verdict \"s\" { when = SEEN do = tag }");
	first = recipient(p, "c@y");
	finish(p);
	again = recipient(p, "c@y");
	finish(p);
	assert_false(inspection_is_alike(&p->inspection, first, again, 0, false));
	place_free(p);
}

static void the_sender_is_known_before(void **state)
{
	struct place *p = place_new(reject_bad);
	const struct inspection_recipient *r = recipient(p, "bad@y");

	(void)state;
	assert_false(inspection_turn(&p->inspection));
	fake_advance(p->loop, SLOW_MS - 1);
	assert_false(inspection_turn(&p->inspection));
	assert_int_equal(running, 0);
	fake_advance(p->loop, 1);
	assert_false(inspection_turn(&p->inspection));
	assert_int_equal(running, 1);
	finish(p);
	assert_int_equal(running, 0);
	assert_int_equal(judge(p, r).action, ACTION_REJECT);
	place_free(p);
}

static void who_is_dropped_is_not_waited_for(void **state)
{
	struct place *p = place_new(reject_bad);
	struct inspection_recipient *r = recipient(p, "a@y"), *other;

	(void)state;
	inspection_rcpt_outcome(r, FATE_DEFERRED); /* before it began */
	finish(p);
	assert_true(inspection_turn(&p->inspection));
	r = recipient(p, "a@y");
	other = recipient(p, "bad@y");
	assert_false(inspection_turn(&p->inspection));
	inspection_rcpt_outcome(r, FATE_REJECTED); /* while it waits */
	inspection_rcpt_outcome(NULL, FATE_REJECTED);
	finish(p);
	assert_int_equal(judge(p, other).action, ACTION_REJECT);
	inspection_reset(&p->inspection); /* and with one at work */
	assert_int_equal(inspection_mail(&p->inspection, STR("")), ERR_OK);
	finish(p);
	recipient(p, "a@y");
	assert_false(inspection_turn(&p->inspection));
	place_free(p);
}

/* The session takes no more of them when half of the transaction's memory is used. */
static void a_thousand_fit(void **state)
{
	struct place *p = place_new(reject_bad);
	const struct arena *arena = inspection_arena(&p->inspection, SCOPE_TRANSACTION);
	size_t before;

	(void)state;
	finish(p);
	before = arena->used;
	for (unsigned i = 0; i < MANY; i++) {
		recipient(p, "somebody.with.a.name@example.org");
		finish(p);
	}
	print_message("%zu bytes for each\n", (arena->used - before) / MANY);
	assert_true(arena->used - before < LIMIT_TRANSACTION_ARENA / 2);
	place_free(p);
}

static void nobody_looks_costs_nothing(void **state)
{
	struct place *p = place_new(reject_bad);
	const struct arena *arena = inspection_arena(&p->inspection, SCOPE_TRANSACTION);
	struct inspection_recipient *r;
	size_t before;

	(void)state;
	p->set.sources[SCOPE_RECIPIENT] = 0;
	before = arena->used;
	assert_int_equal(inspection_rcpt(&p->inspection, STR("a@y"), &r), ERR_OK);
	assert_null(r);
	assert_int_equal(arena->used, before);
	finish(p);
	assert_int_equal(judge(p, NULL).action, ACTION_ACCEPT);
	place_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_findings_of_his_own),
		cmocka_unit_test(what_no_verdict_listens_to_keeps_nobody_apart),
		cmocka_unit_test(the_sender_is_known_before),
		cmocka_unit_test(who_is_dropped_is_not_waited_for),
		cmocka_unit_test(a_thousand_fit),
		cmocka_unit_test(nobody_looks_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
