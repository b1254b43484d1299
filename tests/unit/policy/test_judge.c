/* test_judge.c - verdict lists over complete and partial evidence. */
#include "build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ALL = 1 << SOURCE_HELO | 1 << SOURCE_DNSBL | 1 << SOURCE_BODY };

#define SCORES                                                                                     \
	"score DNSBL_ZEN 4\nscore DNSBL_SBL 2.5\nscore HELO_BAD 1.5\nscore SPF_FAIL 3\n"           \
	"score BODY_BAD 8\nscore RDNS_CONFIRMED -1\n"

static const char list[] =
	"verdict \"trusted\" { when = AUTHENTICATED  do = accept }\n"
	"verdict \"listed\" { when = DNSBL_ZEN and not CLIENT_TLS  do = reject\n"
	"                   reply = \"5.7.1 %{client.ip} is listed, see %{DNSBL_ZEN.detail}\" }\n"
	"verdict \"early\" { when = envelope_score >= 4  do = defer }\n"
	"verdict \"spam\" { when = score >= 9  do = reject }\n"
	"verdict \"maybe\" { when = score >= 4  do = tag }\n"
	"verdict \"watched\" { when = BODY_BAD  do = reject  mode = shadow }\n";

struct row {
	const char *found;
	uint64_t outstanding;
	const char *expect; /* "action name reply", or "open" */
};

static void check_row(struct build *b, const struct row *row)
{
	const struct judgement j = build_judge(b, row->found, row->outstanding);
	char bytes[600];
	struct out o = OUT(bytes);

	if (j.decided)
		out_printf(&o, "%s \"%s\" " STR_FMT, action_name(j.action), j.name,
			   STR_ARG(j.reply));
	else
		out_str(&o, STR("open"));
	bytes[o.n] = '\0';
	if (strcmp(bytes, row->expect) != 0)
		fail_msg("[%s] outstanding %llx: %s, not %s", row->found,
			 (unsigned long long)row->outstanding, bytes, row->expect);
}

static void check_rows(const char *rules, const char *conf, const struct row *rows, size_t n)
{
	struct build b;

	build_open(&b, rules, conf);
	assert_string_equal(complaints_text(&b.complaints), "");
	assert_true(b.ok);
	for (size_t i = 0; i < n; i++)
		check_row(&b, &rows[i]);
	build_close(&b);
}

static void the_first_true_verdict_decides(void **state)
{
	static const struct row rows[] = {
		{ "", 0, "accept \"\" " },
		{ "AUTHENTICATED DNSBL_ZEN", 0, "accept \"trusted\" " },
		{ "DNSBL_ZEN=127.0.0.2", 0,
		  "reject \"listed\" 5.7.1 192.0.2.1 is listed, see 127.0.0.2" },
		{ "DNSBL_ZEN CLIENT_TLS", 0,
		  "defer \"early\" 4.7.1 not now, please try again later" },
		{ "SPF_FAIL BODY_BAD", 0,
		  "reject \"spam\" 5.7.1 refused by the policy of this site" },
		{ "SPF_FAIL HELO_BAD", 0, "tag \"maybe\" " },
	};

	(void)state;
	check_rows(SCORES, list, rows, COUNTOF(rows));
}

static void what_is_certain_is_decided_early(void **state)
{
	static const struct row rows[] = {
		{ "AUTHENTICATED", ALL, "accept \"trusted\" " },
		{ "", ALL, "open" },
		/* true, but its detail may grow while the lists are being asked */
		{ "DNSBL_ZEN=127.0.0.2", ALL, "open" },
		{ "DNSBL_ZEN=127.0.0.2", 1 << SOURCE_BODY,
		  "reject \"listed\" 5.7.1 192.0.2.1 is listed, see 127.0.0.2" },
		{ "DNSBL_ZEN CLIENT_TLS", 1 << SOURCE_BODY,
		  "defer \"early\" 4.7.1 not now, please try again later" },
		{ "DNSBL_ZEN CLIENT_TLS", 1 << SOURCE_HELO, "open" },
		{ "HELO_BAD", 1 << SOURCE_BODY, "open" },
		{ "RDNS_CONFIRMED SPF_FAIL", 1 << SOURCE_DNSBL, "open" },
	};

	(void)state;
	check_rows(SCORES, list, rows, COUNTOF(rows));
}

static void unknown_verdicts_that_agree_do_not_wait(void **state)
{
	static const char conf[] = "verdict \"a\" { when = BODY_BAD do = reject }\n"
				   "verdict \"b\" { when = HELO_BAD do = reject }\n"
				   "verdict \"c\" { when = SPF_FAIL do = reject reply = \"no\" }\n"
				   "verdict \"d\" { when = RDNS_NONE do = reject }\n";
	static const struct row rows[] = {
		{ "HELO_BAD", 1 << SOURCE_BODY,
		  "reject \"b\" 5.7.1 refused by the policy of this site" },
		/* SPF_FAIL would be another reply */
		{ "RDNS_NONE", 1 << SOURCE_BODY, "open" },
		{ "RDNS_NONE", 0, "reject \"d\" 5.7.1 refused by the policy of this site" },
		{ "SPF_FAIL", 0, "reject \"c\" 5.7.1 no" },
	};

	(void)state;
	check_rows(NULL, conf, rows, COUNTOF(rows));
}

static void a_rule_is_never_below_0(void **state)
{
	static const char rules[] =
		"meta NEG HELO_BAD - 3\nmeta PART 0.5\nmeta LESS HELO_BAD - SPF_FAIL";
	static const char conf[] =
		"verdict \"a\" { when = NEG == 1 and PART == 0.5 and not NEG < 0 and LESS == 0 do = reject }\n"
		"verdict \"b\" { when = LESS == 1 do = defer }\n";
	static const struct row rows[] = {
		{ "", 0, "reject \"a\" 5.7.1 refused by the policy of this site" },
		{ "SPF_FAIL", 0, "defer \"b\" 4.7.1 not now, please try again later" },
		{ "SPF_FAIL", 1 << SOURCE_HELO, "open" },
		{ "HELO_BAD", 0, "defer \"b\" 4.7.1 not now, please try again later" },
	};

	(void)state;
	check_rows(rules, conf, rows, COUNTOF(rows));
}

static void names_are_matched(void **state)
{
	static const char rules[] =
		"meta TWO rules_matching( __A* ) >= 2\n"
		"meta __A1 HELO_BAD\nmeta __AB_C SPF_FAIL\nmeta __A BODY_BAD\nmeta __B 1\n"
		"meta NAMED rules_matching(NAME?) + rules_matching(NONE*) == 0\n"
		"meta THREE rules_matching(__?*_C) + rules_matching(__A?) + rules_matching(__A) > 2\n"
		"if can(Mail::SpamAssassin::Conf::feature_meta_rules_matching)\nelse\nscor\nendif\n";
	static const char conf[] = "verdict \"a\" { when = THREE do = reject }\n"
				   "verdict \"b\" { when = TWO and NAMED do = defer }\n"
				   "verdict \"c\" { when = NAMED do = tag }\n";
	static const struct row rows[] = {
		{ "", 0, "tag \"c\" " },
		{ "HELO_BAD", 0, "tag \"c\" " },
		{ "HELO_BAD SPF_FAIL", 0, "defer \"b\" 4.7.1 not now, please try again later" },
		{ "HELO_BAD SPF_FAIL BODY_BAD", 0,
		  "reject \"a\" 5.7.1 refused by the policy of this site" },
		{ "HELO_BAD SPF_FAIL", 1 << SOURCE_BODY, "open" },
	};

	(void)state;
	check_rows(rules, conf, rows, COUNTOF(rows));
}

static void bounds_decide_a_comparison(void **state)
{
	static const char conf[] = "verdict \"s\" { when = score >= 4 do = reject }";
	static const struct row rows[] = {
		/* 4 + 2.5 - 1 at the least */
		{ "DNSBL_ZEN DNSBL_SBL", 1 << SOURCE_HELO,
		  "reject \"s\" 5.7.1 refused by the policy of this site" },
		{ "DNSBL_ZEN", 1 << SOURCE_HELO, "open" },
		{ "DNSBL_ZEN", 1 << SOURCE_BODY,
		  "reject \"s\" 5.7.1 refused by the policy of this site" },
		/* nothing outstanding can make 4 */
		{ "", 1 << SOURCE_HELO, "accept \"\" " },
		{ "", 1 << SOURCE_DNSBL, "open" },
	};

	(void)state;
	check_rows(SCORES, conf, rows, COUNTOF(rows));
}

static void shadow_and_canary_only_watch(void **state)
{
	static const char conf[] =
		"verdict \"w\" { when = HELO_BAD do = reject mode = shadow }\n"
		"verdict \"c\" { when = HELO_BAD do = defer mode = canary 20% }\n"
		"verdict \"t\" { when = HELO_BAD do = tag }\n";
	struct build b;
	struct judgement j;

	(void)state;
	build_open(&b, NULL, conf);
	assert_string_equal(complaints_text(&b.complaints), "");
	j = build_judge_for(&b, "HELO_BAD", 0, "a@b", 19);
	assert_string_equal(j.name, "c");
	assert_true(str_eq(j.would, STR("w:reject")));
	j = build_judge_for(&b, "HELO_BAD", 0, "a@b", 20);
	assert_string_equal(j.name, "t");
	assert_true(str_eq(j.would, STR("w:reject,c:defer")));
	j = build_judge_for(&b, "", 0, "a@b", 0);
	assert_true(j.decided && j.would.n == 0);
	build_close(&b);
}

static void behind_what_decides_nobody_watches(void **state)
{
	struct build b;

	(void)state;
	build_open(&b, NULL,
		   "verdict \"t\" { when = HELO_BAD do = tag }\n"
		   "verdict \"w\" { when = DNSBL_ZEN do = reject mode = shadow }\n");
	assert_int_equal(build_judge(&b, "HELO_BAD DNSBL_ZEN", 0).would_bits, 0);
	assert_int_equal(build_judge(&b, "DNSBL_ZEN", 0).would_bits, 2);
	build_close(&b);
}

static void verdicts_are_for_classes_of_recipients(void **state)
{
	static const char conf[] =
		"recipients \"vip\" { match = [\"ceo@example.com\", \"@vip.example\"] }\n"
		"recipients \"sub\" { match = [\"@*.example.org\", \"a@[192.0.2.1]\", \"b@b\xc3\xbc"
		"cher.example\", \"@xn--bcher-kva.test\", \"@*.xn--bcher-kva.test\", "
		"\"\\\"ab\\\"@q.example\"] }\n"
		"verdict \"v\" { when = HELO_BAD do = reject for = vip }\n"
		"verdict \"s\" { when = HELO_BAD do = defer for = [\"sub\", \"vip\"] }\n"
		"verdict \"a\" { when = HELO_BAD do = tag }\n";
	static const struct {
		const char *rcpt, *verdict;
	} rows[] = {
		{ "CEO@Example.com", "v" },
		{ "x@vip.example", "v" },
		{ "x@sub.vip.example", "a" },
		{ "ceo2@example.com", "a" },
		{ "x@a.b.example.org", "s" },
		{ "x@example.org", "a" },
		{ "x@fakeexample.org", "a" },
		{ "postmaster", "a" },
		{ "\"ceo\"@example.com", "v" },
		{ "\"c\\eo\"@example.com", "v" },
		{ "\"c eo\"@example.com", "a" },
		{ "ab@q.example", "s" },
		{ "x@b\xc3\xbc"
		  "cher.test",
		  "s" },
		{ "x@y.B\xc3\xbc"
		  "cher.test",
		  "s" },
		{ "\"a@b\"@vip.example", "v" },
		{ "", "a" },
		{ "a@[192.0.2.1]", "s" },
		{ "b@xn--bcher-kva.example", "s" },
		{ "b@B\xc3\xbc"
		  "cher.example",
		  "s" },
	};
	struct build b;

	(void)state;
	build_open(&b, NULL, conf);
	assert_string_equal(complaints_text(&b.complaints), "");
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_string_equal(build_judge_for(&b, "HELO_BAD", 0, rows[i].rcpt, 0).name,
				    rows[i].verdict);
	assert_true(policy_class(b.policy, STR("ceo@example.com")) ==
		    policy_class(b.policy, STR("y@vip.example")));
	build_close(&b);
}

/* Each of many is found, in each of its classes. */
static void any_number_of_recipients(void **state)
{
	enum { MANY = 3000 };
	static char conf[64 * MANY];
	struct out o = OUT(conf);
	struct build b;

	(void)state;
	for (unsigned class = 0; class < 2; class ++) {
		out_printf(&o, "recipients \"c%u\" { match = [\"@x.example\"", class);
		for (unsigned i = class; i < MANY; i += class + 1)
			out_printf(&o, ", \"u%u@y.example\"", i);
		out_printf(&o, "] }\nverdict \"v%u\" { when = HELO_BAD do = tag for = c%u }\n",
			   class, class);
	}
	out_char(&o, '\0');
	assert_false(o.full);
	build_open(&b, NULL, conf);
	assert_string_equal(complaints_text(&b.complaints), "");
	for (unsigned i = 0; i < MANY; i++) {
		char rcpt[32];
		struct out r = OUT(rcpt);

		out_printf(&r, "U%u@Y.example", i);
		assert_int_equal(policy_class(b.policy, out_text(&r)), i % 2 ? 3 : 1);
	}
	assert_int_equal(policy_class(b.policy, STR("u3000@y.example")), 0);
	assert_int_equal(policy_class(b.policy, STR("u1@x.example")), 3);
	build_close(&b);
}

static void what_must_not_fail_defers_last(void **state)
{
	struct build b;
	struct judgement j;

	(void)state;
	b = (struct build){ .policy = policy_new() };
	complaints_init(&b.complaints);
	arena_init(&b.arena, 1 << 16);
	policy_defer_on(b.policy,
			policy_symbol(b.policy, STR("SPF_UNAVAILABLE"), 3, STAGE_END, "failed"));
	policy_defer_on(b.policy,
			policy_symbol(b.policy, STR("X_UNAVAILABLE"), 4, STAGE_END, "failed"));
	b.conf = conf_parse(STR(""), "c", (const struct conf_block *const[]){ &block_verdict }, 1,
			    &b.complaints.report);
	assert_true(policy_compile(b.policy, b.conf, &b.complaints.report));
	j = build_judge(&b, "X_UNAVAILABLE", 0);
	assert_int_equal(j.action, ACTION_DEFER);
	assert_string_equal(j.name, "on_fail");
	assert_true(str_eq(j.reply, STR("4.7.1 temporarily unable to check this mail")));
	assert_true(str_eq(j.symbols, STR("X_UNAVAILABLE(0)")));
	assert_false(build_judge(&b, "", 1 << 3).decided);
	assert_int_equal(build_judge(&b, "", 0).action, ACTION_ACCEPT);
	build_close(&b);
}

/* It holds what has to wait, and nothing else: what passed, and what nobody looked up, goes on. */
static void greylisting_holds_what_has_to_wait(void **state)
{
	struct build b;
	struct judgement j;

	(void)state;
	build_open(&b, "score BODY_BAD 5\n",
		   "verdict \"unsure\" { when = score >= 4 or HELO_BAD do = greylist }\n"
		   "verdict \"spam\" { when = score >= 4 do = tag }");
	assert_true(b.ok);
	j = build_judge(&b, "HELO_BAD GREYLIST_NEW=300", 1 << SOURCE_BODY);
	assert_true(j.decided && j.action == ACTION_GREYLIST && j.wait_s == 300);
	assert_true(str_eq(j.reply, STR("4.7.1 greylisted, try again in 300 seconds")));
	assert_true(str_eq(j.symbols, STR("HELO_BAD(0),GREYLIST_NEW(0)")));
	j = build_judge(&b, "HELO_BAD GREYLIST_EARLY=7", 0);
	assert_true(j.action == ACTION_GREYLIST && j.wait_s == 7);
	assert_false(build_judge(&b, "HELO_BAD", 1 << SOURCE_GREYLIST).decided);
	assert_int_equal(build_judge(&b, "HELO_BAD", 0).action, ACTION_ACCEPT);
	assert_false(build_judge(&b, "GREYLIST_NEW=1", 1 << SOURCE_BODY).decided);
	assert_int_equal(build_judge(&b, "BODY_BAD GREYLIST_NEW=1", 0).action, ACTION_GREYLIST);
	assert_int_equal(build_judge(&b, "BODY_BAD", 0).action, ACTION_TAG);
	assert_int_equal(build_judge(&b, "GREYLIST_NEW=1", 0).action, ACTION_ACCEPT);
	build_close(&b);
}

static bool alike(struct build *b, const char *first, const char *second, bool greylisted)
{
	const char *const names[] = { first, second };
	struct findings lists[2] = { { 0 } };

	for (unsigned i = 0; i < 2; i++)
		if (names[i][0])
			findings_add(&lists[i], &b->arena, policy_find(b->policy, str_z(names[i])),
				     STR("x"));
	return policy_is_alike(b->policy, &lists[0], &lists[1], 5, greylisted);
}

static void recipients_are_alike_as_far_as_verdicts_listen(void **state)
{
	struct build b;

	(void)state;
	build_open(&b, "score SPF_FAIL 1\nmeta M DNSBL_SBL\n",
		   "verdict \"a\" { when = HELO_BAD do = greylist }\n"
		   "verdict \"b\" { when = DNSBL_ZEN do = tag }\n"
		   "verdict \"c\" { when = RDNS_CONFIRMED do = tag mode = shadow }\n"
		   "verdict \"d\" { when = CLIENT_TLS do = tag mode = canary 5% }\n"
		   "verdict \"e\" { when = BODY_BAD do = tag mode = canary 6% }\n");
	assert_true(alike(&b, "RDNS_CONFIRMED", "CLIENT_TLS", false));
	assert_false(alike(&b, "BODY_BAD", "", false));
	assert_true(alike(&b, "RDNS_NONE", "", true));
	assert_false(alike(&b, "SPF_FAIL", "", false));
	assert_false(alike(&b, "", "DNSBL_SBL", false));
	assert_false(alike(&b, "DNSBL_ZEN", "RDNS_NONE", false));
	assert_true(alike(&b, "DNSBL_ZEN", "DNSBL_ZEN", false));
	assert_false(alike(&b, "HELO_BAD", "", false));
	assert_true(alike(&b, "GREYLIST_NEW", "", false)); /* one answer: they wait together */
	assert_false(alike(&b, "GREYLIST_NEW", "", true));
	build_close(&b);
}

static void scores_are_sums_of_decimals(void **state)
{
	struct build b;
	struct judgement j;

	(void)state;
	build_open(&b, "score HELO_BAD 0.7\nscore RDNS_NONE 0.1\nscore DNSBL_ZEN -0.000001\n",
		   "verdict \"x\" { when = score >= 0.8 do = tag }");
	j = build_judge(&b, "HELO_BAD RDNS_NONE", 0);
	assert_string_equal(j.name, "x");
	assert_true(str_eq(j.symbols, STR("HELO_BAD(0.7),RDNS_NONE(0.1)")));
	j = build_judge(&b, "HELO_BAD RDNS_NONE DNSBL_ZEN CLIENT_TLS", 0);
	assert_string_equal(j.name, "");
	assert_true(str_eq(j.symbols, STR("HELO_BAD(0.7),RDNS_NONE(0.1),DNSBL_ZEN(-0.000001)")));
	build_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_true_verdict_decides),
		cmocka_unit_test(what_is_certain_is_decided_early),
		cmocka_unit_test(unknown_verdicts_that_agree_do_not_wait),
		cmocka_unit_test(a_rule_is_never_below_0),
		cmocka_unit_test(names_are_matched),
		cmocka_unit_test(bounds_decide_a_comparison),
		cmocka_unit_test(shadow_and_canary_only_watch),
		cmocka_unit_test(behind_what_decides_nobody_watches),
		cmocka_unit_test(verdicts_are_for_classes_of_recipients),
		cmocka_unit_test(any_number_of_recipients),
		cmocka_unit_test(what_must_not_fail_defers_last),
		cmocka_unit_test(greylisting_holds_what_has_to_wait),
		cmocka_unit_test(recipients_are_alike_as_far_as_verdicts_listen),
		cmocka_unit_test(scores_are_sums_of_decimals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
