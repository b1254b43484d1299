/* filters/rbl/template: tags in names that are asked, and what comes of many values. */
#include "base/check.h"
#include "filters/rbl/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void reading(void **state)
{
	static const struct {
		const char *text, *shape; /* text, <tag>, <tag:argument>; @ and the zone */
	} rows[] = {
		{ "_DKIMDOMAIN_._vouch.dwl.example.org",
		  "<0>|._vouch.dwl.example.org@_vouch.dwl.example.org" },
		{ "_AUTHORDOMAIN_.fresh.example.", "<0>|.fresh.example.@fresh.example" },
		{ "_AUTHORDOMAIN_.example", "<0>|.example@" },
		{ "x_SENDERDOMAIN_", "x|<0>@" },
		{ "_dmarc._AUTHORDOMAIN_", "_dmarc.|<0>@" },
		{ "_SENDERDOMAIN__AUTHORDOMAIN_._SENDERDOMAIN_.a.b", "<0>|<1>|.|<0>|.a.b@a.b" },
		{ "_HEADER(Reply-To:addr:domain)_.a.b", "<0:Reply-To:addr:domain>|.a.b@a.b" },
		{ "_HEADER(x)__HEADER(y)__HEADER(X)_.a.b", "<0:x>|<1:y>|<0:x>|.a.b@a.b" },
		{ "whole.example.org", "whole.example.org@whole.example.org" },
		{ "_25._tcp.a.b", "_25._tcp.a.b@_25._tcp.a.b" },
		{ "_SENDERDOMAIN.a.b", "_SENDERDOMAIN.a.b@_SENDERDOMAIN.a.b" },
		{ "_SENDERDOMAIN_.9.a.b", "<0>|.9.a.b@9.a.b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct name_template t;
		struct str wrong;
		char bytes[200] = { 0 };
		struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };

		assert_true(template_read(str_z(rows[i].text), &t, &wrong));
		for (unsigned k = 0; k < t.piece_count; k++) {
			const struct template_piece *p = &t.pieces[k];

			out_str(&o, k ? STR("|") : STR(""));
			if (p->tag < 0)
				out_str(&o, p->text);
			else if (t.tags[p->tag].argument.n)
				out_printf(&o, "<%d:" STR_FMT ">", p->tag,
					   STR_ARG(t.tags[p->tag].argument));
			else
				out_printf(&o, "<%d>", p->tag);
		}
		out_printf(&o, "@" STR_FMT, STR_ARG(t.zone));
		assert_string_equal(bytes, rows[i].shape);
	}
}

static void what_is_no_tag_is_named(void **state)
{
	static const struct {
		const char *text, *wrong;
	} rows[] = {
		{ "a._NO_SUCH_TAG_.b", "_NO_SUCH_TAG_" },
		{ "_A__B_.b", "_A_" },
		{ "_HEADER_.b", "_HEADER_" },
		{ "_HEADER()_.b", "_HEADER()_" },
		{ "_SENDERDOMAIN(x)_.b", "_SENDERDOMAIN(x)_" },
		{ "_HEADER(a)__HEADER(b)__HEADER(c)__HEADER(d)__HEADER(e)_", "_HEADER(e)_" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct name_template t;
		struct str wrong;

		assert_false(template_read(str_z(rows[i].text), &t, &wrong));
		if (!str_eq(wrong, str_z(rows[i].wrong)))
			fail_msg("%s: " STR_FMT, rows[i].text, STR_ARG(wrong));
	}
}

static const char *names_text(const struct names *names)
{
	static char bytes[8192];
	struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };

	for (unsigned i = 0; i < names->count; i++)
		out_printf(&o, STR_FMT " ", STR_ARG(name_text(&names->items[i])));
	bytes[o.n] = '\0';
	return bytes;
}

static void names_of_many_values(void **state)
{
	static const struct {
		const char *text;
		struct template_values values[2];
		const char *names;
		bool cut;
	} rows[] = {
		{ "_SENDERDOMAIN_.x._AUTHORDOMAIN_.a.b",
		  { { .items = { STR_INIT("11"), STR_INIT("22") }, .count = 2 },
		    { .items = { STR_INIT("Xx"), STR_INIT("yy") }, .count = 2 } },
		  "11.x.xx.a.b 11.x.yy.a.b 22.x.xx.a.b 22.x.yy.a.b ",
		  false },
		{ "_SENDERDOMAIN_.a.b", { { .count = 0 } }, "", false },
		{ "_SENDERDOMAIN_._AUTHORDOMAIN_.a.b",
		  { { .items = { STR_INIT("q") }, .count = 1 }, { .count = 0 } },
		  "",
		  false },
		{ "_SENDERDOMAIN_.a.b.",
		  { { .items = { STR_INIT("b\xc3\xbc"
					  "cher.example"),
				 STR_INIT("[192.0.2.1]"), STR_INIT("a b"), STR_INIT("x..y"),
				 STR_INIT("-\x01") },
		      .count = 5 } },
		  "xn--bcher-kva.example.a.b ",
		  false },
		{ "_SENDERDOMAIN_",
		  { { .items = { STR_INIT("localhost"), STR_INIT("a.b"), STR_INIT("A.B.") },
		      .count = 3 } },
		  "a.b ",
		  false },
		{ "_SENDERDOMAIN__AUTHORDOMAIN_.a.b",
		  { { .items = { STR_INIT("1"), STR_INIT("2"), STR_INIT("3"), STR_INIT("4") },
		      .count = 4 },
		    { .items = { STR_INIT("1"), STR_INIT("2"), STR_INIT("3") }, .count = 3 } },
		  "11.a.b 12.a.b 13.a.b 21.a.b 22.a.b 23.a.b 31.a.b 32.a.b 33.a.b ",
		  true },
		{ "whole.example", { { .count = 0 } }, "whole.example ", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct names names = { .count = 0 };
		struct name_template t;
		struct arena arena;
		struct str wrong;

		arena_init(&arena, 1 << 16);
		assert_true(template_read(str_z(rows[i].text), &t, &wrong));
		template_put(&t, rows[i].values, &arena, &names);
		assert_string_equal(names_text(&names), rows[i].names);
		assert_int_equal(names.cut, rows[i].cut);
		arena_reset(&arena);
	}
}

static void what_is_too_long_is_no_name(void **state)
{
	char label[64], text[600];
	struct out o = OUT(text);
	struct template_values values = { .count = 1 };
	struct names names = { .count = 0 };
	struct name_template t;
	struct arena arena;
	struct str wrong;

	(void)state;
	memset(label, 'a', sizeof(label));
	for (unsigned i = 0; i < 9; i++) {
		out_str(&o, (struct str){ .p = label, .n = 63 });
		out_char(&o, '.');
	}
	values.items[0] = str_head(out_text(&o), 250);
	arena_init(&arena, 1 << 16);
	assert_true(template_read(STR("_SENDERDOMAIN_.a.b"), &t, &wrong));
	template_put(&t, &values, &arena, &names);
	assert_int_equal(names.count, 0);
	values.items[0] = (struct str){ .p = label, .n = 64 };
	template_put(&t, &values, &arena, &names);
	assert_int_equal(names.count, 0);
	values.items[0].n = 63;
	template_put(&t, &values, &arena, &names);
	assert_int_equal(names.count, 1);
	arena_reset(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(what_is_no_tag_is_named),
		cmocka_unit_test(names_of_many_values),
		cmocka_unit_test(what_is_too_long_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
