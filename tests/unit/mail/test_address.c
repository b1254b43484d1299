/* mail/address.h, mail/domain.h: what From may hold, by table. */
#include "base/check.h"
#include "base/out.h"
#include "mail/address.h"
#include "mail/domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Members in order: "local@domain", "local" alone, "~" for words, "!" for wrong. */
static const struct {
	const char *value, *members;
} lists[] = {
	{ "", "" },
	{ " a@b.test", "a@b.test" },
	{ "<a@b.test>", "a@b.test" },
	{ "Jane <a@b.test>", "a@b.test" },
	{ "\"Doe, Jane\" <a@b.test>", "a@b.test" },
	{ "\"x@evil.test\" <a@b.test>", "a@b.test" },
	{ "x@evil.test <a@b.test>", "a@b.test" },
	{ "\"<x@evil.test>\" <a@b.test>", "a@b.test" },
	{ "(<x@evil.test>,) a@b.test", "a@b.test" },
	{ "a@b.test (Jane (of (b)) \\) x)", "a@b.test" },
	{ "Jane\r\n <a@b.test>\r\n", "a@b.test" },
	{ "=?utf-8?q?J=C3=BC?= <a@b.test>", "a@b.test" },
	{ "J\xc3\xbc <\xc3\xbc@b\xc3\xbc.test>", "\xc3\xbc@b\xc3\xbc.test" },
	{ "Doe, Jane <a@b.test>", "Doe a@b.test" },
	{ "Mary Doe, Jane <a@b.test>", "~ a@b.test" },
	{ "[list] Jane <a@b.test>", "a@b.test" },
	{ "[list Jane <a@b.test>", "a@b.test" },
	{ "a@b.test, c@d.test", "a@b.test c@d.test" },
	{ ",, a@b.test ,;", "a@b.test" },
	{ "team: a@b.test, Jane <c@d.test>; e@f.test", "a@b.test c@d.test e@f.test" },
	{ "undisclosed:;", "" },
	{ "undisclosed recipients: ;", "" },
	{ "\"a:b\" team:a@b.test;", "a@b.test" },
	{ "<@x.test,@y.test:a@b.test>", "a@b.test" },
	{ "<@x:\"a\"@b.test>", "\"a\"@b.test" },
	{ "<@\"x:a\"@b.test>", "!" },
	{ "<@\":\"a@b.test>", "!" },
	{ "<@[:]a@b.test>", "!" },
	{ "<@[:a@[b]>", "!" },
	{ "<a@b.test", "!" },
	{ "a@b.test>", "!" },
	{ "<a@b.test> <c@d.test>", "!" },
	{ "<a@b.test> c@d.test", "!" },
	{ "<a@b.test> (x)", "a@b.test" },
	{ "Jane Doe a@b.test", "!" },
	{ "a@b.test c.test", "!" },
	{ "a@b@c.test", "!" },
	{ "@b.test", "!" },
	{ "<@b.test>", "!" },
	{ "a@", "!" },
	{ "\"Jane <a@b.test>", "!" },
	{ "(Jane <a@b.test>", "!" },
	{ "Jane) <a@b.test>", "a@b.test" },
	{ "<>", "" },
	{ "root", "root" },
	{ "Jane Doe", "~" },
	{ "a . b @ c (x) . (y) test", "a . b@c.test" },
	{ "\"a b\".c@d.test", "\"a b\".c@d.test" },
	{ "a.\"b c\".d@e.test", "a.\"b c\".d@e.test" },
	{ "\"a\"b@c.test", "!" },
	{ "a\"b\"@c.test", "!" },
	{ "\"a\"\"b\"@c.test", "!" },
	{ "\"x@evil.test\"b@c.test", "!" },
	{ "Jane <\"x@evil.test\"b@c.test>", "!" },
	{ "\"x@evil.test\"@c.test", "\"x@evil.test\"@c.test" },
	{ "\"a\\\"b\"@d.test", "\"a\\\"b\"@d.test" },
	{ "a..b.@d.test", "a..b.@d.test" },
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[ 192.0.2.1 ]", "a@[192.0.2.1]" },
	{ "a@[192.0.2.1", "!" },
	{ "a@b.test.", "a@b.test." },
	{ "a\x01@b.test", "!" },
};

static void print(struct out *o, struct str value)
{
	struct address a;
	enum address_next next;

	while ((next = address_next(&value, &a)) != ADDRESS_END) {
		if (next == ADDRESS_FOUND && a.local.n == 0)
			continue;
		if (o->n)
			out_char(o, ' ');
		if (next == ADDRESS_FOUND) {
			out_str(o, a.local);
			if (a.domain.n)
				out_char(o, '@');
			out_str(o, a.domain);
		} else {
			out_char(o, next == ADDRESS_WORDS ? '~' : '!');
		}
	}
}

static void lists_of_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(lists); i++) {
		char bytes[512];
		struct out o = OUT(bytes);

		print(&o, str_z(lists[i].value));
		if (!str_eq(out_text(&o), str_z(lists[i].members)))
			fail_msg("%s: %.*s, not %s", lists[i].value, STR_ARG(out_text(&o)),
				 lists[i].members);
	}
}

static void a_nul_is_wrong(void **state)
{
	struct str value = STR("a@b.test\0.evil.test");
	struct address a;

	(void)state;
	assert_int_equal(address_next(&value, &a), ADDRESS_WRONG);
	assert_int_equal(address_next(&value, &a), ADDRESS_END);
}

static void what_readers_could_find(void **state)
{
	static const struct {
		const char *value, *domains;
	} guesses[] = {
		{ "Jane <<a@b.test>>", "b.test" },
		{ "<@b.test>", "b.test" },
		{ "a@b.test .", "b.test." },
		{ "a b@c.test (", "c.test" },
		{ "\"a@b.test\" <c @ (x) d . test>", "b.test d.test" },
		{ "a@b.test..> @", "b.test.." },
		{ "@@a@b.test", "a b.test" },
		{ "nobody", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(guesses); i++) {
		struct str rest = str_z(guesses[i].value);
		struct address a;
		char bytes[256];
		struct out o = OUT(bytes);

		while (address_guess(&rest, &a)) {
			if (o.n)
				out_char(&o, ' ');
			out_str(&o, a.domain);
		}
		if (!str_eq(out_text(&o), str_z(guesses[i].domains)))
			fail_msg("%s: %.*s", guesses[i].value, STR_ARG(out_text(&o)));
	}
}

static void a_domain_that_is_too_long(void **state)
{
	char bytes[LIMIT_DOMAIN + 4];
	struct str value = { .p = bytes, .n = sizeof(bytes) };
	struct address a;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "a@", 2);
	assert_int_equal(address_next(&value, &a), ADDRESS_WRONG);
}

static const struct {
	const char *name, *ascii;
} names[] = {
	{ "Example.ORG", "example.org" },
	{ "example.org.", "example.org" },
	{ "a_b.x-y.test", "a_b.x-y.test" },
	{ "localhost", "localhost" },
	{ "b\xc3\xbc"
	  "cher.example",
	  "xn--bcher-kva.example" },
	{ "B\xc3\x9c"
	  "CHER.example",
	  "xn--bcher-kva.example" },
	{ "stra\xc3\x9f"
	  "e.example",
	  "xn--strae-oqa.example" },
	{ "xn--bcher-kva.EXAMPLE", "xn--bcher-kva.example" },
	/* An ideographic full stop divides labels, too. */
	{ "mail\xe3\x80\x82"
	  "example",
	  "mail.example" },
	/* IDNA 2008 has no emoji, browsers have; the labels beside them are mapped. */
	{ "\xe2\x98\x83.example", "xn--n3h.example" },
	{ "I\xe2\x9d\xa4.b\xc3\x9c"
	  "cher\xe3\x80\x82"
	  "example",
	  "xn--i-7iq.xn--bcher-kva.example" },
	{ "a\xe2\x80\x9d\xe2\x80\x9d\xf0\x9f\x98\x80-b.example", "xn--a-b-7o0aa06823e.example" },
	{ "-\xc3\xbc.example", "xn----eha.example" },
	{ "\xe2\x98\x83..example", "" },
	{ "\xe2\x98\x83.\xff.example", "" },
	{ "", "" },
	{ ".", "" },
	{ ".example", "" },
	{ "a..b", "" },
	{ "a b.test", "" },
	{ "a\"b.test", "" },
	{ "\xff\xfe.test", "" },
	{ "[192.0.2.1]", "" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", "" },
};

static void names_as_they_are_asked(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	for (size_t i = 0; i < COUNTOF(names); i++) {
		const struct str got = domain_ascii(&arena, str_z(names[i].name));

		if (!str_eq(got, str_z(names[i].ascii)))
			fail_msg("%s: %.*s", names[i].name, STR_ARG(got));
		if (got.n && got.p[got.n] != '\0')
			fail_msg("%s: no NUL behind it", names[i].name);
	}
	arena_reset(&arena);
}

static void names_above_and_below(void **state)
{
	(void)state;
	assert_true(domain_has(STR("b.test"), STR("b.test")));
	assert_true(domain_has(STR("b.test"), STR("a.b.test")));
	assert_false(domain_has(STR("b.test"), STR("ab.test")));
	assert_false(domain_has(STR("a.b.test"), STR("b.test")));
	assert_true(str_eq(domain_parent(STR("a.b.test")), STR("b.test")));
	assert_int_equal(domain_parent(STR("test")).n, 0);
	assert_int_equal(domain_labels(STR("a.b.test")), 3);
	assert_int_equal(domain_labels(STR("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_addresses),
		cmocka_unit_test(a_nul_is_wrong),
		cmocka_unit_test(what_readers_could_find),
		cmocka_unit_test(a_domain_that_is_too_long),
		cmocka_unit_test(names_as_they_are_asked),
		cmocka_unit_test(names_above_and_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
