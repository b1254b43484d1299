/* filters/evals: each function by header sections that it is true of, and that it is not; dates. */
#include "base/check.h"
#include "conf/pattern.h"
#include "filters/auth.h"
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "filters/evals/date.h"
#include "filters/evals/eval.h"
#include "filters/uri/uris.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- functions ---- */

struct row {
	const char *function, *arguments; /* with '|' between two */
	bool is;
	const char *header, *body;
};

static const struct row rows[] = {
#include "evals_rows.def"
};

/* What rule files say. */
static const char *const lines[] = {
	"freemail_domains free.test  f?ae.test",
	"freemail_domains free.com yahoo.*.*",
	"freemail_domains freed.test",
	"freemail_welcomelist good@free.test freed.test",
	"freemail_max_body_emails 5",
	"welcomelist_from *@welcome.test *@*.welcome.test gone@welcome.org",
	"unwhitelist_from GONE@welcome.org",
	"welcomelist_from_rcvd *@relayed.test name.test",
	"welcomelist_from_rcvd *@netted.test [198.51.100.0]/24",
	"whitelist_from_rcvd *@netted2.test [198.51.100]",
	"welcomelist_from_rcvd *@elsewhere.test other.test",
	"welcomelist_allows_relays free@*",
	"def_welcomelist_from_rcvd *@stock.test name.test",
	"def_welcomelist_from_rcvd *@stock2.test me.test",
	"blacklist_from bad@b.test",
	"enlist_addrlist (BANKS) *@bank.test",
	"fns_add_addrlist (BIG) *@bigbank.com *@largebank.org",
	"fns_ignore_headers X-List",
	"adsp_override *.elsewhere.test",
	"adsp_override *.other.test nxdomain",
	"adsp_override a.other.test unknown",
	"adsp_override *.a.other.test custom_low",
	"adsp_override all.test all",
	"adsp_override unknown.test unknown",
	"whitelist_bounce_relays *.ours.test",
	"welcomelist_subject [Bug *]",
	"blacklist_subject Make Money Fast",
	"welcomelist_to team@to.test",
	"blocklist_to trap@to.test",
	"more_spam_to more@to.test",
	"all_spam_to all@to.test",
	"welcomelist_auth *@example.test",
	"welcomelist_from_dkim *@third.test *.test",
	"welcomelist_from_dkim *@third.test example.test",
	"welcomelist_from_dkim *@fourth.test",
	"def_welcomelist_from_spf *@example.test",
	"def_welcomelist_auth *@none.test",
	"unwelcomelist_from_spf *@example.test",
	"def_welcomelist_from_dkim *@example.test",
	"unwelcomelist_from_dkim *@example.test",
	"unwelcomelist_auth *@nosuch.test",
	"enlist_uri_host (EVIL) evil.com !not.evil.com gone.com 192.0.2.7",
	"delist_uri_host (EVIL) gone.com",
	"blocklist_uri_host blocked.com",
	"whitelist_uri_host welcome.com",
};

/* As policy reads them. */
static const struct rule_setting *read_settings(struct rule_setting *kept, const char *const *text,
						size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char bytes[64];
		struct out o = OUT(bytes);
		struct str word, rest;

		str_cut(str_z(text[i]), ' ', &word, &rest);
		kept[i] = (struct rule_setting){
			.setting = setting_find(spelled_today(word, &o)),
			.text = rest,
			.at = { .file = "r.cf", .line = 1, .column = 1 },
		};
		if (i)
			kept[i - 1].next = &kept[i];
	}
	return count ? kept : NULL;
}

static struct rule_call call_of(const struct row *row)
{
	struct rule_call call = { .rule = STR("RULE"), .function = str_z(row->function) };
	struct str rest = str_z(row->arguments);

	while (rest.n)
		str_cut(rest, '|', &call.arguments[call.count++], &rest);
	return call;
}

/* What is known of the sender of all of them. */
struct stage {
	struct auth auth;
	struct auth_dkim dkim;
	struct auth_spf helo;
	struct relays relays;
	struct text text;
	struct attachments attachments;
	struct uris uris;
	char header[1024];
};

static const char *author; /* his domain; NULL: that which has signed */
static int64_t receipt_ms; /* 0: nobody says when it came */

static int64_t received_at(void *ctx)
{
	(void)ctx;
	return receipt_ms;
}

static void set_stage(struct stage *s, struct filter_facts *facts)
{
	*s = (struct stage){ .relays.read = false };
	s->dkim = (struct auth_dkim){
		.result = AUTH_PASS, .trusted = true, .testing = true, .domain = STR("example.test")
	};
	s->auth = (struct auth){ .from_domain = author ? str_z(author) : STR("example.test"),
				 .dkim_checked = true,
				 .dkim = &s->dkim };
	s->auth.spf = (struct auth_spf){ .checked = true, .result = AUTH_PASS };
	s->auth.arc = (struct auth_arc){ .checked = true, .result = AUTH_FAIL };
	s->helo = (struct auth_spf){ .checked = true, .result = AUTH_SOFTFAIL };
	facts->auth = &s->auth;
	facts->helo_spf = &s->helo;
	facts->relays = &s->relays;
	facts->text = &s->text;
	facts->attachments = &s->attachments;
	facts->uris = &s->uris;
	facts->mail_from = STR("joe@example.test");
	facts->stored = !receipt_ms;
}

static void complain_at(struct conf_report *r, enum conf_severity severity,
			const struct conf_place *at, const char *text)
{
	(void)severity;
	out_printf(r->arg, "%u: %s", at->column, text);
}

static struct world *world_with(const struct rule_call *call, struct out *said)
{
	struct world *w = world_new(
		"rdns { enabled = no }\nhelo { enabled = no }\nrelays { }\nevals { }\ncontent { }\nuri { }\n");
	struct rule_setting kept[COUNTOF(lines)];
	const struct patterns patterns = { .calls = call,
					   .call_count = 1,
					   .settings = read_settings(kept, lines, COUNTOF(lines)) };
	struct conf_report report = world_report(said);

	assert_non_null(w->set);
	filter_set_patterns(w->set, w->conf, &w->registry, &patterns, &report);
	return w;
}

static bool hits(const struct row *row)
{
	const struct rule_call call = call_of(row);
	char bytes[256];
	struct out said = OUT(bytes);
	struct world *w = world_with(&call, &said);
	struct stage stage;
	bool found;

	assert_int_equal(said.n, 0);
	set_stage(&stage, &w->facts);
	w->services.unix_ms = received_at;
	snprintf(stage.header, sizeof(stage.header), "%s\r\n", row->header);
	w->facts.header = str_z(stage.header);
	world_message(w, str_z(row->body));
	found = world_found(w, "RULE") != NULL;
	world_free(w);
	return found;
}

static void functions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (hits(&rows[i]) != rows[i].is)
			fail_msg("%s(%s): %s %s", rows[i].function, rows[i].arguments,
				 rows[i].header, rows[i].body ? rows[i].body : "");
}

/* What is wanted of mail that its author's domain has not signed. */
static void practices(void **state)
{
	static const struct {
		const char *author, *letters;
		bool is;
	} cases[] = {
		{ "example.test", "D", false }, /* it has signed */
		{ "a.elsewhere.test", "D", true },       { "b.a.elsewhere.test", "AD", true },
		{ "a.elsewhere.test", "A", false },      { "elsewhere.test", "D", false },
		{ "a.other.test", "D", false },          { "x.a.other.test", "1", true },
		{ "x.a.other.test", "*", true },         { "all.test", "A|all.test|b.test", true },
		{ "all.test", "A|b.test|*.test", true }, { "all.test", "A|b.test", false },
		{ "unknown.test", "*", false },          { "unknown.test", "U", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct row row = { "check_dkim_adsp", cases[i].letters, true, "", NULL };

		author = cases[i].author;
		if (hits(&row) != cases[i].is)
			fail_msg("%s: %s", cases[i].author, cases[i].letters);
	}
	author = "all.test";
	assert_true(hits(&(struct row){ "check_dkim_signall", "", true, "", NULL }));
	author = NULL;
}

/* The time of receipt is the newest, also where no Received field tells of any. */
static void times_of_receipt(void **state)
{
	static const char early[] = "Date: Mon, 1 Jan 2024 03:00:00 +0000\r\n";
	static const char late[] = "Date: Wed, 3 Jan 2024 12:00:00 +0000\r\n";
	static const char on_its_way[] = "Date: Mon, 1 Jan 2024 03:00:00 +0000\r\n" RECEIVED(
		"by a; Mon, 1 Jan 2024 03:00:02 +0000");
	static const struct row cases[] = {
		{ "check_for_shifted_date", "24|undef", true, late, NULL },
		{ "check_for_shifted_date", "-24|-6", true, early, NULL },
		{ "check_for_shifted_date", "undef|-24", false, early, NULL },
		{ "check_for_shifted_date", "-24|-6", false, on_its_way, NULL },
		{ "received_within_months", "0|1", true, early, NULL },
	};
	static const struct row stored = { "check_for_shifted_date", "24|undef", false, late,
					   NULL };

	(void)state;
	assert_false(hits(&stored));
	receipt_ms = INT64_C(1704103200) * 1000; /* 10:00 of that day */
	for (size_t i = 0; i < COUNTOF(cases); i++)
		if (hits(&cases[i]) != cases[i].is)
			fail_msg("%s(%s): %s", cases[i].function, cases[i].arguments,
				 cases[i].header);
	receipt_ms = 0;
}

static void every_function_has_a_row(void **state)
{
	static const char *const names[] = {
#define EVAL(NAME, PHASE, ARGUMENTS, ABOUT) #NAME,
#include "filters/evals/evals.def"
#undef EVAL
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		size_t k = 0;

		while (k < COUNTOF(rows) && strcmp(rows[k].function, names[i]) != 0)
			k++;
		if (k == COUNTOF(rows) && strncmp(names[i], "check_for_spf_", 14) != 0)
			fail_msg("%s has no test", names[i]);
	}
}

static void what_is_not_known_is_told(void **state)
{
	static const struct {
		struct row row;
		const char *said;
	} cases[] = {
		{ { "check_weather", "", false, "", NULL },
		  "the function check_weather is not known here: RULE is off\n" },
		{ { "check_all_trusted", "x", false, "", NULL },
		  "check_all_trusted takes other arguments: RULE is off\n" },
		{ { "check_for_shifted_date", "3|six", false, "", NULL },
		  "check_for_shifted_date takes other arguments: RULE is off\n" },
		{ { "check_for_shifted_date", "3", false, "", NULL },
		  "check_for_shifted_date takes other arguments: RULE is off\n" },
		{ { "uri_detail", "colour =~ /red/", false, "", NULL },
		  "uri_detail takes other arguments: RULE is off\n" },
		{ { "uri_detail", "raw =~ /red", false, "", NULL },
		  "uri_detail takes other arguments: RULE is off\n" },
		{ { "uri_detail", "raw =~ /(/", false, "", NULL },
		  "RULE: missing closing parenthesis\nuri_detail takes other arguments: RULE is off\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct rule_call call = call_of(&cases[i].row);
		char bytes[256];
		struct out said = OUT(bytes);
		struct world *w = world_with(&call, &said);

		out_char(&said, '\0');
		assert_string_equal(bytes, cases[i].said);
		world_free(w);
	}
}

/* ---- lists ---- */

static void what_is_no_list_is_told(void **state)
{
	static const struct {
		const char *line, *said;
	} cases[] = {
		{ "freemail_domains free.test b@d.test", "11: 'b@d.test' is no domain" },
		{ "freemail_domains", "1: freemail_domains: expected what is to be listed" },
		{ "freemail_welcomelist a@b.test *@b.test",
		  "10: '*@b.test' has a wildcard, which means nothing here" },
		{ "freemail_max_body_emails many",
		  "1: freemail_max_body_emails: 'many' is no number" },
		{ "whitelist_from_rcvd a@b.test",
		  "1: welcomelist_from_rcvd: expected an address and a relay" },
		{ "whitelist_from_rcvd a@b.test b.test c.test",
		  "17: welcomelist_from_rcvd takes an address and one word more" },
		{ "enlist_addrlist BANKS a@b.test",
		  "1: enlist_addrlist: expected (LIST) address ..." },
		{ "fns_add_addrlist a@b.test",
		  "1: fns_add_addrlist: expected (OWNER) address ..." },
		{ "enlist_uri_host b.test", "1: enlist_uri_host: expected (LIST) host ..." },
		{ "enlist_uri_host (X) *.b.test", "5: '*.b.test' is no host" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[256];
		struct out said = OUT(bytes);
		struct conf_report report = { .say = complain_at, .arg = &said };
		struct rule_setting kept;
		struct eval_lists lists;
		struct arena arena;

		arena_init(&arena, LIMIT_SESSION_ARENA);
		assert_true(lists_read(&lists, &arena, read_settings(&kept, &cases[i].line, 1),
				       &report));
		out_char(&said, '\0');
		assert_string_equal(bytes, cases[i].said);
		assert_int_equal(report.errors, 1);
		arena_reset(&arena);
	}
}

static void patterns_of_addresses(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool dots, is;
	} cases[] = {
		{ "*@a.test", "x@a.test", true, true },
		{ "*@a.test", "x@b.a.test", true, false },
		{ "*a.test", "x@b.a.test", true, true },
		{ "*.test", "x@b.a.test", true, true },
		{ "a?c@*", "abc@x", true, true },
		{ "a?c@*", "ac@x", true, false },
		{ "**x**", "x", true, true },
		{ "*", "", true, true },
		{ "", "", true, true },
		{ "", "x", true, false },
		{ "@*.a.*", "@b.a.c", false, true },
		{ "@*.a.*", "@b.a.c.d", false, false },
		{ "@?.a", "@..a", false, false },
		{ "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct globs g = { .dots = cases[i].dots };
		struct arena arena;

		arena_init(&arena, LIMIT_SESSION_ARENA);
		assert_true(globs_add(&g, &arena, str_z(cases[i].pattern), STR("with")));
		assert_true(globs_add(&g, &arena, STR("other@*.org"), STR("")));
		if (globs_have(&g, str_z(cases[i].text)) != cases[i].is)
			fail_msg("%s %s", cases[i].pattern, cases[i].text);
		globs_remove(&g, str_z(cases[i].pattern), &STR("without"));
		assert_int_equal(g.count, 2);
		globs_remove(&g, str_z(cases[i].pattern), NULL);
		assert_int_equal(g.count, 1);
		assert_false(globs_have(&g, str_z(cases[i].text)));
		arena_reset(&arena);
	}
}

static void hosts_in_lists(void **state)
{
	static const struct {
		const char *host, *found; /* NULL: nothing */
	} cases[] = {
		{ "a.test", ".a.test" },
		{ "x.a.test", ".a.test" },
		{ "b.a.test", ".b.a.test" },
		{ "x.y.b.a.test", ".b.a.test" },
		{ "xa.test", NULL },
		{ "a.test.", NULL },
		{ "test", NULL },
		{ "org", ".org" },
		{ "long.label.in.front.of.a.test", ".a.test" },
		{ ".a.test", ".a.test" },
		{ "", NULL },
	};
	static const char *const listed[] = { ".a.test", ".b.a.test", ".org", "*.test", "test" };
	struct globs g = { .dots = true };
	struct arena arena;

	(void)state;
	arena_init(&arena, LIMIT_SESSION_ARENA);
	assert_null(globs_find_host(&g, STR("a.test")));
	for (size_t i = 0; i < COUNTOF(listed); i++)
		assert_true(globs_add(&g, &arena, str_z(listed[i]), STR("")));
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct glob *found = globs_find_host(&g, str_z(cases[i].host));

		if (!found != !cases[i].found ||
		    (found && !str_eq(found->pattern, str_z(cases[i].found))))
			fail_msg("%s", cases[i].host);
	}
	arena_reset(&arena);
}

/* ---- dates ---- */

static void dates(void **state)
{
	static const struct {
		const char *text;
		int64_t unix_s; /* -1: none */
	} cases[] = {
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0 },
		{ "Thu, 29 Feb 2024 23:59:60 +0000", 1709251200 },
		{ "1 Mar 2024 02:00:00 +0200 (CEST)", 1709251200 },
		{ "Fri,  1 Mar 2024 00:00 GMT", 1709251200 },
		{ "29 Feb 24 19:00:00 EST", 1709251200 },
		{ "01-Mar-2024 00:00:00", 1709251200 },
		{ "id 4F12; 1 Mar 2024 00:00:00 -0000", 1709251200 },
		{ "32 Mar 2024 00:00:00", -1 },
		{ "1 Foo 2024 00:00:00", -1 },
		{ "1 Mar 2024 24:00:00", -1 },
		{ "tomorrow", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		int64_t unix_s = -1;

		if (!date_parse(str_z(cases[i].text), &unix_s))
			unix_s = -1;
		if (unix_s != cases[i].unix_s)
			fail_msg("%s: %lld", cases[i].text, (long long)unix_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions),
		cmocka_unit_test(practices),
		cmocka_unit_test(times_of_receipt),
		cmocka_unit_test(every_function_has_a_row),
		cmocka_unit_test(what_is_not_known_is_told),
		cmocka_unit_test(what_is_no_list_is_told),
		cmocka_unit_test(patterns_of_addresses),
		cmocka_unit_test(hosts_in_lists),
		cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
