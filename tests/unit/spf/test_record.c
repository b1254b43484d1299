/* filters/spf/record.h, macro.h: grammar and expansion (RFC 7208 7, 12). */
#include "filters/spf/macro.h"
#include "filters/spf/name.h"
#include "filters/spf/record.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char *problem(const char *text)
{
	struct spf_record r;
	struct str where;

	return spf_record_parse(str_z(text), &r, &where);
}

static void what_a_record_is(void **state)
{
	(void)state;
	assert_true(spf_record_is(STR("v=spf1")));
	assert_true(spf_record_is(STR("V=SPF1 -all")));
	assert_false(spf_record_is(STR("v=spf10 -all")));
	assert_false(spf_record_is(STR(" v=spf1")));
	assert_false(spf_record_is(STR("v=spf1\t-all")));
	assert_false(spf_record_is(STR("")));
}

static const struct {
	const char *term;
	bool good;
} terms[] = {
	{ "all", true },
	{ "-ALL", true },
	{ "all:", false },
	{ "all/8", false },
	{ "--all", false },
	{ "a", true },
	{ "a/24", true },
	{ "a/24//64", true },
	{ "a//0", true },
	{ "a/024", false },
	{ "a/33", false },
	{ "a//129", false },
	{ "a/", false },
	{ "a:", false },
	{ "a:x.test", true },
	{ "a:x.test.", true },
	{ "a:test", false },
	{ "a:x.1", false },
	{ "a:x.a-", false },
	{ "a:%{d}", true },
	{ "a:%{d}/24", true },
	{ "a:%{x}", false },
	{ "a:%{d0}", false },
	{ "a:%{d", false },
	{ "a:%d", false },
	{ "a:%{r}", false },
	{ "mx/24//64", true },
	{ "ptr", true },
	{ "ptr:", false },
	{ "ptr/24", false },
	{ "ip4:192.0.2.1", true },
	{ "ip4:192.0.2.0/0", true },
	{ "ip4:192.0.2.0/33", false },
	{ "ip4:192.0.2", false },
	{ "ip4", false },
	{ "ip4:::1", false },
	{ "ip6:2001:db8::/32", true },
	{ "ip6:::ffff:192.0.2.1", true },
	{ "ip6:192.0.2.1", false },
	{ "include", false },
	{ "include:x.test", true },
	{ "exists:%{ir}.x.test", true },
	{ "exists:", false },
	{ "redirect=x.test", true },
	{ "redirect=", false },
	{ "redirect:x.test", false },
	{ "exp=x.test", true },
	{ "unknown=%{d}", true },
	{ "unknown=%", false },
	{ "unknown", false },
	{ "9x=a", false },
	{ "a:\xc3\xa4.test", false },
	{ "redirect=a.test redirect=a.test", false },
	{ "exp=a.test EXP=a.test", false },
};

static void good_and_bad_terms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(terms); i++) {
		char text[128];

		snprintf(text, sizeof(text), "v=spf1 %s", terms[i].term);
		if ((problem(text) == NULL) != terms[i].good)
			fail_msg("%s", terms[i].term);
	}
}

static void terms_come_in_order(void **state)
{
	struct spf_record r;
	struct spf_term term;
	struct str where, rest;

	(void)state;
	assert_null(spf_record_parse(
		STR("v=spf1  exp=e.test ?a:h.test/20//96 redirect=r.test ~ip4:192.0.2.0/24 -all "),
		&r, &where));
	rest = r.text;
	assert_true(spf_record_next(&rest, &term));
	assert_int_equal(term.mechanism, SPF_A);
	assert_int_equal(term.qualifier, SPF_Q_NEUTRAL);
	assert_int_equal(term.bits4, 20);
	assert_int_equal(term.bits6, 96);
	assert_true(str_eq(term.domain, STR("h.test")));
	assert_true(spf_record_next(&rest, &term));
	assert_int_equal(term.mechanism, SPF_IP4);
	assert_int_equal(term.qualifier, SPF_Q_SOFTFAIL);
	assert_int_equal(term.net.bits, 24);
	assert_true(spf_record_next(&rest, &term));
	assert_int_equal(term.mechanism, SPF_ALL);
	assert_int_equal(term.qualifier, SPF_Q_FAIL);
	assert_false(spf_record_next(&rest, &term));
	assert_true(str_eq(r.redirect, STR("r.test")));
	assert_true(str_eq(r.exp, STR("e.test")));
}

/* The examples of RFC 7208 7.4. */
static void the_rfc_s_examples(void **state)
{
	static const struct {
		const char *ip, *spec, *expanded;
	} cases[] = {
		{ "192.0.2.3", "%{s}", "strong-bad@email.example.com" },
		{ "192.0.2.3", "%{o}", "email.example.com" },
		{ "192.0.2.3", "%{d4}", "email.example.com" },
		{ "192.0.2.3", "%{d2}", "example.com" },
		{ "192.0.2.3", "%{d1}", "com" },
		{ "192.0.2.3", "%{dr}", "com.example.email" },
		{ "192.0.2.3", "%{d2r}", "example.email" },
		{ "192.0.2.3", "%{l}", "strong-bad" },
		{ "192.0.2.3", "%{l-}", "strong.bad" },
		{ "192.0.2.3", "%{lr}", "strong-bad" },
		{ "192.0.2.3", "%{lr-}", "bad.strong" },
		{ "192.0.2.3", "%{l1r-}", "strong" },
		{ "192.0.2.3", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
		{ "192.0.2.3", "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
		{ "192.0.2.3", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
		  "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
		{ "192.0.2.3", "%{d2}.trusted-domains.example.net",
		  "example.com.trusted-domains.example.net" },
		{ "2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}",
		  "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf."
		  "example.com" },
		{ "192.0.2.3", "%{S}", "strong-bad%40email.example.com" },
		{ "192.0.2.3", "a%%b%_c%-d", "a%b c%20d" },
		{ "192.0.2.3", "%{p}", "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct spf_macro_values v = { .sender = STR("strong-bad@email.example.com"),
					      .domain = STR("email.example.com") };
		char text[256];
		struct out o = OUT(text);

		assert_true(ip_parse(str_z(cases[i].ip), &v.ip));
		assert_true(spf_macro_string_ok(str_z(cases[i].spec)));
		spf_macro_expand(&o, str_z(cases[i].spec), &v);
		out_char(&o, '\0');
		assert_string_equal(text, cases[i].expanded);
	}
}

static void long_names_lose_labels_on_the_left(void **state)
{
	char text[300];
	struct str name;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 10 == 9 ? '.' : 'a';
	name = spf_name_shorten((struct str){ .p = text, .n = sizeof(text) });
	assert_true(name.n <= 253);
	assert_int_equal(name.n % 10, 9);
	assert_ptr_equal(name.p + name.n, text + 299);
}

static void too_long_is_said(void **state)
{
	const struct spf_macro_values v = { .sender = STR("a@b.test"), .domain = STR("b.test") };
	char text[8];
	struct out o = OUT(text);

	(void)state;
	spf_macro_expand(&o, STR("%{d}%{d}"), &v);
	assert_true(o.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_record_is),
		cmocka_unit_test(good_and_bad_terms),
		cmocka_unit_test(terms_come_in_order),
		cmocka_unit_test(the_rfc_s_examples),
		cmocka_unit_test(long_names_lose_labels_on_the_left),
		cmocka_unit_test(too_long_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
