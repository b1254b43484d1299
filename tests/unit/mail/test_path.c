/* mail/path.h: what MAIL and RCPT may say, by table. */
#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "mail/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct good {
	const char *text, *address, *local, *domain, *rest;
	bool utf8;
};

static const struct good good[] = {
	{ "<a@example.org>", "a@example.org", "a", "example.org", "", false },
	{ " <a@example.org>", "a@example.org", "a", "example.org", "", false },
	{ "<>", "", "", "", "", false },
	{ "<>  SIZE=12 BODY=7BIT", "", "", "", "SIZE=12 BODY=7BIT", false },
	{ "<a@b> SIZE=1", "a@b", "a", "b", "SIZE=1", false },
	{ "<Postmaster>", "Postmaster", "Postmaster", "", "", false },
	{ "<@x.test,@y.test:u@z.test> X", "u@z.test", "u", "z.test", "X", false },
	{ "<@x.test:postmaster>", "postmaster", "postmaster", "", "", false },
	{ "<\"a b>\\\"@\"@c.test>", "\"a b>\\\"@\"@c.test", "\"a b>\\\"@\"", "c.test", "", false },
	{ "<\"\"@c.test>", "\"\"@c.test", "\"\"", "c.test", "", false },
	{ "<a..b.@c_d.test>", "a..b.@c_d.test", "a..b.", "c_d.test", "", false },
	{ "<a@[192.0.2.1]>", "a@[192.0.2.1]", "a", "[192.0.2.1]", "", false },
	{ "<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]", "", false },
	{ "<j\xc3\xbcrgen@b\xc3\xbc.test>", "j\xc3\xbcrgen@b\xc3\xbc.test", "j\xc3\xbcrgen",
	  "b\xc3\xbc.test", "", true },
};

static void takes_what_the_rfc_allows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++) {
		const struct good *g = &good[i];
		struct path path;
		struct str rest;

		if (path_parse(str_z(g->text), &path, &rest) != ERR_OK)
			fail_msg("refused: %s", g->text);
		if (!str_eq(path.address, str_z(g->address)) ||
		    !str_eq(path.local, str_z(g->local)) ||
		    !str_eq(path.domain, str_z(g->domain)) || !str_eq(rest, str_z(g->rest)) ||
		    path.utf8 != g->utf8)
			fail_msg("misread: %s", g->text);
	}
}

static const char *const bad[] = {
	"",
	" ",
	"<",
	">",
	"a@b",
	"a@b>",
	"<a@b",
	"  <a@b>",
	"\t<a@b>",
	"<a@b>x",
	"<a@b>\tSIZE=1",
	"<a>",
	"<a@>",
	"<@b>",
	"<@>",
	"<@:a@b>",
	"<@b a@c>",
	"<a b@c>",
	"<a\x01@c>",
	"<a@c\r>",
	"<a@c\n>",
	"<\"a@b>",
	"<\"a\\\"@b>",
	"<\"a\x7f\"@b>",
	"<a\"b\"@c>",
	"<a@b@c>",
	"<a@-b>",
	"<a@b->",
	"<a@b.>",
	"<a@.b>",
	"<a@b..c>",
	"<a@[192.0.2.1>",
	"<a@[192.0.2.256]>",
	"<a@[2001:db8::1]>",
	"<a@[IPv6:192.0.2.1]>",
	"<a@[]>",
	"< >",
	"<a@b >",
	"<a\xff@b>",
	"<a@\xc0\xaf>",
	"<a@\xed\xa0\x80>",
	"<<a@b>>",
	"<a@b;c>",
};

static void refuses_the_rest(void **state)
{
	struct path path;
	struct str rest;

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (path_parse(str_z(bad[i]), &path, &rest) != ERR_SYNTAX)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(path_parse((struct str){ .p = "<a\0b@c>", .n = 7 }, &path, &rest),
			 ERR_SYNTAX);
}

/* "<" local "@" domain ">" with so many bytes each; domain labels of 50. */
static enum err parse_sized(size_t local, size_t domain)
{
	char bytes[1024];
	struct out o = OUT(bytes);
	struct path path;
	struct str rest;

	out_char(&o, '<');
	for (size_t i = 0; i < local; i++)
		out_char(&o, 'l');
	out_char(&o, '@');
	for (size_t i = 0; i < domain; i++)
		out_char(&o, i % 51 == 50 && i + 1 < domain ? '.' : 'd');
	out_char(&o, '>');
	return path_parse(out_text(&o), &path, &rest);
}

static void sizes_are_those_of_the_table(void **state)
{
	(void)state;
	assert_int_equal(parse_sized(LIMIT_LOCAL_PART, 40), ERR_OK);
	assert_int_equal(parse_sized(LIMIT_LOCAL_PART + 1, 40), ERR_LIMIT);
	assert_int_equal(parse_sized(10, LIMIT_PATH - 13), ERR_OK);
	assert_int_equal(parse_sized(10, LIMIT_PATH - 12), ERR_LIMIT);
	assert_int_equal(parse_sized(1, LIMIT_DOMAIN + 1), ERR_LIMIT);
}

static void parameters_come_one_by_one(void **state)
{
	struct str rest = STR("SIZE=1000  BODY=8BITMIME SMTPUTF8 ORCPT=rfc822;a=b ");
	struct str key, value;
	enum err err;

	(void)state;
	assert_true(path_param(&rest, &key, &value, &err));
	assert_true(str_eq(key, STR("SIZE")) && str_eq(value, STR("1000")));
	assert_true(path_param(&rest, &key, &value, &err));
	assert_true(str_eq(key, STR("BODY")) && str_eq(value, STR("8BITMIME")));
	assert_true(path_param(&rest, &key, &value, &err));
	assert_true(str_eq(key, STR("SMTPUTF8")) && value.p == NULL);
	assert_true(path_param(&rest, &key, &value, &err));
	assert_true(str_eq(key, STR("ORCPT")) && str_eq(value, STR("rfc822;a=b")));
	assert_false(path_param(&rest, &key, &value, &err));
	assert_int_equal(err, ERR_OK);
}

static void bad_parameters_end_the_list(void **state)
{
	static const char *const words[] = { "SIZE=", "=1",     "-A",     "A_B=1",
					     "A\tB",  "A=\x01", "A=\xff", "A=1\r" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(words); i++) {
		struct str rest = str_z(words[i]), key, value;
		enum err err;

		if (path_param(&rest, &key, &value, &err) || err != ERR_SYNTAX)
			fail_msg("taken: %s", words[i]);
	}
}

static void domains_and_literals(void **state)
{
	(void)state;
	assert_true(path_domain_ok(STR("localhost")));
	assert_true(path_domain_ok(STR("Mx-1.Example.ORG")));
	assert_true(path_domain_ok(STR("[ipv6:::1]")));
	assert_false(path_domain_ok(STR("")));
	assert_false(path_domain_ok(STR("mx example")));
	assert_false(path_domain_ok(STR("mx.example.")));
	assert_false(path_domain_ok(STR("[::1]")));
}

static void addresses_are_compared_plain(void **state)
{
	static const struct {
		const char *address, *plain;
	} rows[] = {
		{ "", "" },
		{ "postmaster", "postmaster" },
		{ "a@b.example", "a@b.example" },
		{ "\"ceo\"@b.example", "ceo@b.example" },
		{ "\"c\\eo\"@b.example", "ceo@b.example" },
		{ "\"c.e\"@b.example", "c.e@b.example" },
		{ "\"c\\ e\"@b.example", "\"c e\"@b.example" },
		{ "\"c\\\"e\\\\\"@b.example", "\"c\\\"e\\\\\"@b.example" },
		{ "\"a@b\"@c.example", "\"a@b\"@c.example" },
		{ "\"\"@b.example", "\"\"@b.example" },
		{ "\"@b.example", "\"@b.example" },
		{ "@b.example", "@b.example" },
		{ "r\xc3\xb6t@b\xc3\xbc"
		  "cher.example",
		  "r\xc3\xb6t@xn--bcher-kva.example" },
		{ "\"r\xc3\xb6t\"@[192.0.2.1]", "r\xc3\xb6t@[192.0.2.1]" },
		{ "a@\xff.example", "a@\xff.example" },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct str plain = path_plain(&arena, str_z(rows[i].address));

		if (!str_eq(plain, str_z(rows[i].plain)))
			fail_msg("%s: " STR_FMT, rows[i].address, STR_ARG(plain));
	}
	arena_reset(&arena);
	arena_init(&arena, 0);
	assert_true(str_eq(path_plain(&arena, STR("\"a\"@b")), STR("\"a\"@b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_the_rfc_allows),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(sizes_are_those_of_the_table),
		cmocka_unit_test(parameters_come_one_by_one),
		cmocka_unit_test(bad_parameters_end_the_list),
		cmocka_unit_test(domains_and_literals),
		cmocka_unit_test(addresses_are_compared_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
