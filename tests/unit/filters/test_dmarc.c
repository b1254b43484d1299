/* filters/from, filters/dmarc: walks, policies, alignment, limits, and DNS that fails. */
#include "conf/pattern.h"
#include "filters/auth.h"
#include "world.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct auth auth;
static struct auth_dkim signature;

static struct world *world(const char *options, const char *author)
{
	static char header[512], conf[512];
	struct out o = OUT(header);
	struct world *w;

	snprintf(conf, sizeof(conf), "arc { enabled = no }\nfrom { }\ndmarc { %s }\n", options);
	w = world_new(conf);
	assert_non_null(w->set);
	world_client(w, "192.0.2.1");
	auth = (struct auth){ .spf = { .checked = true } };
	signature = (struct auth_dkim){ .result = AUTH_PASS, .trusted = true };
	w->facts.auth = &auth;
	out_printf(&o, "From: J <j@%s>\r\n\r\n", author);
	CHECK(!o.full);
	w->facts.header = out_text(&o);
	return w;
}

static void signed_by(const char *domain)
{
	signature.domain = str_z(domain);
	auth.dkim = &signature;
}

static void passed_by_spf(const char *domain)
{
	auth.spf.domain = str_z(domain);
	auth.spf.result = AUTH_PASS;
}

/* ---- walks (RFC 9989 4.10.2, appendix B) ---- */

struct row {
	const char *author, *signer, *records[4]; /* name, record */
	enum auth_result result;
	const char *organization;
	enum auth_policy policy;
};

static const struct row rows[] = {
	{ "example.com",
	  "example.com",
	  { "example.com", "p=reject" },
	  AUTH_PASS,
	  "example.com",
	  AUTH_POLICY_REJECT },
	{ "example.com",
	  "mail.example.com",
	  { "example.com", "p=reject" },
	  AUTH_PASS,
	  "example.com",
	  AUTH_POLICY_REJECT },
	{ "example.com",
	  "example.org",
	  { "example.com", "p=reject" },
	  AUTH_FAIL,
	  "example.com",
	  AUTH_POLICY_REJECT },
	{ "example.com",
	  "xexample.com",
	  { "example.com", "p=reject" },
	  AUTH_FAIL,
	  "example.com",
	  AUTH_POLICY_REJECT },
	{ "example.com",
	  "com",
	  { "example.com", "p=reject" },
	  AUTH_FAIL,
	  "example.com",
	  AUTH_POLICY_REJECT },
	/* The shortest name with a record is the organization. */
	{ "a.mail.example.com",
	  "b.example.com",
	  { "mail.example.com", "p=none", "example.com", "p=reject; sp=quarantine" },
	  AUTH_PASS,
	  "example.com",
	  AUTH_POLICY_QUARANTINE },
	/* psd=n ends it there. */
	{ "a.mail.example.com",
	  "b.example.com",
	  { "mail.example.com", "p=reject; psd=n", "example.com", "p=none" },
	  AUTH_FAIL,
	  "mail.example.com",
	  AUTH_POLICY_REJECT },
	{ "a.mail.example.com",
	  "b.mail.example.com",
	  { "mail.example.com", "p=reject; psd=n", "example.com", "p=none" },
	  AUTH_PASS,
	  "mail.example.com",
	  AUTH_POLICY_REJECT },
	/* The signer's walk ends at its own psd=n. */
	{ "example.com",
	  "a.example.com",
	  { "example.com", "p=reject", "a.example.com", "p=none; psd=n" },
	  AUTH_FAIL,
	  "example.com",
	  AUTH_POLICY_REJECT },
	/* Below psd=y each is an organization; its policy is what they have without their own. */
	{ "a.mail.example.com",
	  "b.example.com",
	  { "com", "p=reject; psd=y" },
	  AUTH_PASS,
	  "example.com",
	  AUTH_POLICY_REJECT },
	{ "a.bank.example",
	  "b.bank.example",
	  { "bank.example", "p=quarantine; psd=y" },
	  AUTH_FAIL,
	  "a.bank.example",
	  AUTH_POLICY_QUARANTINE },
	{ "x.a.bank.example",
	  "a.bank.example",
	  { "bank.example", "p=none; psd=y", "a.bank.example", "p=reject" },
	  AUTH_PASS,
	  "a.bank.example",
	  AUTH_POLICY_REJECT },
	/* The public suffix itself writes. */
	{ "bank.example",
	  "bank.example",
	  { "bank.example", "p=reject; psd=y; sp=none" },
	  AUTH_PASS,
	  "bank.example",
	  AUTH_POLICY_REJECT },
	{ "bank.example",
	  "a.bank.example",
	  { "bank.example", "p=reject; psd=y" },
	  AUTH_FAIL,
	  "bank.example",
	  AUTH_POLICY_REJECT },
	/* Strict */
	{ "example.com",
	  "a.example.com",
	  { "example.com", "p=reject; adkim=s" },
	  AUTH_FAIL,
	  "example.com",
	  AUTH_POLICY_REJECT },
	{ "a.example.com",
	  "a.example.com",
	  { "example.com", "p=reject; adkim=s" },
	  AUTH_PASS,
	  "example.com",
	  AUTH_POLICY_REJECT },
	{ "a.example.com",
	  "example.com",
	  { "example.com", "p=reject; aspf=s" },
	  AUTH_PASS,
	  "example.com",
	  AUTH_POLICY_REJECT },
	/* Nothing to apply */
	{ "example.com", "example.com", { "com", "adkim=s" }, AUTH_NONE, "com", AUTH_POLICY_NONE },
	{ "example.com",
	  "example.com",
	  { "example.org", "p=none" },
	  AUTH_NONE,
	  "example.com",
	  AUTH_POLICY_NONE },
	/* Over eight labels: what is between is not seen (5.1.8). */
	{ "mail.a.b.c.d.e.f.g.example.com",
	  "x.test",
	  { "b.c.d.e.f.g.example.com", "p=reject; psd=n", "example.com", "p=none" },
	  AUTH_FAIL,
	  "example.com",
	  AUTH_POLICY_NONE },
	{ "a.b.c.d.e.f.g.h", "x.test", { "h", "p=reject" }, AUTH_FAIL, "h", AUTH_POLICY_REJECT },
};

static void walk(const struct row *row)
{
	static char names[2][128], texts[2][128];
	struct world *w = world("", row->author);

	for (unsigned i = 0; i < 4 && row->records[i]; i += 2) {
		snprintf(names[i / 2], sizeof(names[0]), "_dmarc.%s", row->records[i]);
		snprintf(texts[i / 2], sizeof(texts[0]), "v=DMARC1; %s", row->records[i + 1]);
		world_dns(w, names[i / 2], RR_TXT, texts[i / 2]);
	}
	signed_by(row->signer);
	world_message(w, STR(""));
	if (auth.dmarc.result != row->result || auth.dmarc.policy != row->policy ||
	    !str_eq(auth.dmarc.organization, str_z(row->organization)))
		fail_msg("%s, %s: %s, %s, %.*s", row->author, row->signer,
			 auth_result_name(auth.dmarc.result), auth_policy_name(auth.dmarc.policy),
			 STR_ARG(auth.dmarc.organization));
	assert_true(w->asked <= 16);
	world_free(w);
}

static void walks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		walk(&rows[i]);
}

static void names_that_do_not_exist(void **state)
{
	static const struct {
		const char *author;
		enum dns_status status;
		enum auth_policy policy;
	} cases[] = {
		{ "example.com", DNS_NXDOMAIN, AUTH_POLICY_QUARANTINE },
		{ "a.example.com", DNS_NODATA, AUTH_POLICY_NONE },
		{ "a.example.com", DNS_NXDOMAIN, AUTH_POLICY_REJECT },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct world *w = world("", cases[i].author);

		world_dns(w, "_dmarc.example.com", RR_TXT,
			  "v=DMARC1; p=quarantine; sp=none; np=reject");
		world_dns_status(w, cases[i].author, RR_A, cases[i].status);
		world_message(w, STR(""));
		assert_int_equal(auth.dmarc.result, AUTH_FAIL);
		assert_int_equal(auth.dmarc.policy, cases[i].policy);
		assert_int_equal(world_found(w, "DMARC_REJECT") != NULL,
				 cases[i].policy == AUTH_POLICY_REJECT);
		world_free(w);
	}
}

/* ---- what SPF and DKIM say ---- */

static void what_is_told(void **state)
{
	struct world *w = world("", "example.com");

	(void)state;
	world_dns(w, "_dmarc.example.com", RR_TXT, "v=DMARC1; p=reject");
	passed_by_spf("bounce.EXAMPLE.com");
	signed_by("example.com");
	world_message(w, STR(""));
	assert_string_equal(world_found(w, "DMARC_PASS"),
			    "example.com: dkim example.com, spf bounce.example.com");
	assert_string_equal(world_found(w, "SPF_ALIGNED"), "bounce.example.com");
	assert_string_equal(world_found(w, "DKIM_ALIGNED"), "example.com");
	assert_null(world_found(w, "DMARC_REJECT"));
	world_free(w);
}

/* RFC 9989 5.3.6: what could not be checked, and might have been aligned. */
static void doubts(void **state)
{
	static const struct {
		const char *signer;
		enum auth_result signature, result;
		bool trusted;
	} cases[] = {
		{ "a.example.com", AUTH_TEMPERROR, AUTH_TEMPERROR, false },
		{ "example.org", AUTH_TEMPERROR, AUTH_FAIL, false },
		{ "example.com", AUTH_PASS, AUTH_FAIL, false },
		{ "example.com", AUTH_PASS, AUTH_PASS, true },
		{ "example.com", AUTH_PERMERROR, AUTH_FAIL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct world *w = world("", "example.com");

		world_dns(w, "_dmarc.example.com", RR_TXT, "v=DMARC1; p=reject");
		signed_by(cases[i].signer);
		signature.result = cases[i].signature;
		signature.trusted = cases[i].trusted;
		world_message(w, STR(""));
		assert_int_equal(auth.dmarc.result, cases[i].result);
		world_free(w);
	}
}

static void trusted_sealers(void **state)
{
	(void)state;
	for (int trust = 0; trust < 2; trust++) {
		struct world *w = world(trust ? "" : "trust_arc = no", "example.com");

		world_dns(w, "_dmarc.example.com", RR_TXT, "v=DMARC1; p=reject");
		auth.arc = (struct auth_arc){ .checked = true,
					      .result = AUTH_PASS,
					      .trusted = true,
					      .domain = STR("list.test") };
		world_message(w, STR(""));
		assert_int_equal(auth.dmarc.result, AUTH_FAIL);
		assert_int_equal(auth.dmarc.disposition,
				 trust ? AUTH_POLICY_NONE : AUTH_POLICY_REJECT);
		if (trust)
			assert_string_equal(
				world_found(w, "DMARC_OVERRIDE"),
				"example.com: nothing aligned; local policy: ARC of list.test");
		world_free(w);
	}
}

static void who_has_logged_in(void **state)
{
	struct world *w = world("", "example.com");

	(void)state;
	w->facts.authenticated = true;
	world_message(w, STR(""));
	assert_false(auth.dmarc.checked);
	assert_true(str_eq(auth.from_domain, STR("example.com")));
	assert_int_equal(w->asked, 0);
	world_free(w);
}

/* ---- trouble ---- */

static void every_lookup_failing(void **state)
{
	(void)state;
	for (int nth = 0; nth < 6; nth++) {
		struct world *w = world("", "a.example.com");

		world_dns(w, "_dmarc.example.com", RR_TXT,
			  "v=DMARC1; p=reject; sp=none; np=reject");
		signed_by("b.example.com");
		w->fail_nth = nth;
		world_message(w, STR(""));
		assert_int_equal(auth.dmarc.result, nth < 5 ? AUTH_TEMPERROR : AUTH_PASS);
		assert_int_equal(world_found(w, "DMARC_UNAVAILABLE") != NULL, nth < 5);
		world_free(w);
	}
}

static void an_answer_past_the_deadline(void **state)
{
	struct world *w = world("", "example.com");

	(void)state;
	world_dns_delay(w, "_dmarc.example.com", RR_TXT, 60 * 1000);
	world_message(w, STR(""));
	assert_int_equal(auth.dmarc.result, AUTH_TEMPERROR);
	assert_true(w->now_ms <= 1000 + 5000);
	world_free(w);
}

static void no_memory_for_it(void **state)
{
	struct world *w = world("", "example.com");

	(void)state;
	world_dns(w, "_dmarc.example.com", RR_TXT, "v=DMARC1; p=reject");
	for (w->taken = WORLD_ARENA - 16384; w->taken < WORLD_ARENA; w->taken += 256) {
		auth = (struct auth){ .spf = { .checked = true } };
		world_open(w, SCOPE_TRANSACTION);
		if (!w->runner)
			break;
		for (enum filter_phase phase = PHASE_HEADER; phase <= PHASE_ALIGN; phase++) {
			filter_runner_reach(w->runner, phase);
			world_drain(w);
		}
		assert_true(auth.dmarc.result == AUTH_FAIL || world_found(w, "FROM_UNAVAILABLE") ||
			    world_found(w, "FROM_INVALID") || world_found(w, "DMARC_UNAVAILABLE"));
	}
	world_free(w);
}

static void what_the_config_may_say(void **state)
{
	static const char *const bad[] = {
		"dmarc { override = [\"example.org\"] }",
		"dmarc { override = [\"example.org drop\"] }",
		"dmarc { override = [\"a..b none\"] }",
		"dmarc { method = guess }",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		struct world *w = world_new(bad[i]);

		assert_null(w->set);
		assert_memory_equal(w->complaints, "test.conf:1:", 12);
		world_free(w);
	}
}

/* ---- rules ---- */

static const char *const functions[] = { "check_dmarc_pass", "check_dmarc_reject",
					 "check_dmarc_quarantine", "check_dmarc_none",
					 "check_dmarc_missing" };

static void rules_ask_for_one_of_them(void **state)
{
	static const struct {
		const char *record, *signer, *options, *author, *hit;
	} table[] = {
		{ "v=DMARC1; p=reject", "example.com", "", "example.com", "check_dmarc_pass" },
		{ "v=DMARC1; p=reject", NULL, "", "example.com", "check_dmarc_reject" },
		{ "v=DMARC1; p=quarantine", NULL, "", "example.com", "check_dmarc_quarantine" },
		{ "v=DMARC1; p=none", NULL, "", "example.com", "check_dmarc_none" },
		{ "v=DMARC1; p=reject", NULL, "override = \"example.com none\"", "example.com",
		  "check_dmarc_none" },
		{ "nothing", NULL, "", "example.com", "check_dmarc_missing" },
		{ "v=DMARC1; p=reject", NULL, "", "", NULL },
	};
	struct rule_call calls[COUNTOF(functions)];
	const struct patterns patterns = { .calls = calls, .call_count = COUNTOF(calls) };
	struct conf_report report = { .errors = 0 };

	(void)state;
	for (size_t k = 0; k < COUNTOF(calls); k++)
		calls[k] = (struct rule_call){ .rule = str_z(functions[k]),
					       .function = str_z(functions[k]) };
	for (size_t i = 0; i < COUNTOF(table); i++) {
		struct world *w = world(table[i].options, table[i].author);

		auth.author = table[i].author[0] ? AUTH_AUTHOR_ONE : AUTH_AUTHOR_NONE;
		filter_set_patterns(w->set, w->conf, &w->registry, &patterns, &report);
		world_dns(w, "_dmarc.example.com", RR_TXT, table[i].record);
		if (table[i].signer)
			signed_by(table[i].signer);
		world_message(w, STR(""));
		for (size_t k = 0; k < COUNTOF(functions); k++) {
			const bool hit = table[i].hit && strcmp(table[i].hit, functions[k]) == 0;

			if ((world_found(w, functions[k]) != NULL) != hit)
				fail_msg("row %zu: %s", i, functions[k]);
		}
		world_close(w);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_ask_for_one_of_them),
		cmocka_unit_test(walks),
		cmocka_unit_test(names_that_do_not_exist),
		cmocka_unit_test(what_is_told),
		cmocka_unit_test(doubts),
		cmocka_unit_test(trusted_sealers),
		cmocka_unit_test(who_has_logged_in),
		cmocka_unit_test(every_lookup_failing),
		cmocka_unit_test(an_answer_past_the_deadline),
		cmocka_unit_test(no_memory_for_it),
		cmocka_unit_test(what_the_config_may_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
