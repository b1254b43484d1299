/* filters/taglist.h: RFC 6376 3.2. */
#include "filters/taglist.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct taglist list;

static const char *get(const char *name)
{
	static char text[256];
	const struct str value = taglist_get(&list, str_z(name));

	if (!value.p)
		return NULL;
	snprintf(text, sizeof(text), STR_FMT, STR_ARG(value));
	return text;
}

static void tags_are_read(void **state)
{
	(void)state;
	assert_true(taglist_parse(
		STR(" v=1; A =\r\n\trsa-sha256 ;b=ab=\r\n c==;empty=;x_1=\xc3\xa4; "), &list));
	assert_int_equal(list.count, 5);
	assert_string_equal(get("v"), "1");
	assert_string_equal(get("A"), "rsa-sha256");
	assert_null(get("a"));
	assert_string_equal(get("b"), "ab=\r\n c==");
	assert_string_equal(get("empty"), "");
	assert_true(taglist_parse(STR(""), &list));
	assert_int_equal(list.count, 0);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		struct str text;
		const char *wrong;
	} cases[] = {
		{ STR_INIT("a=1; a=2"), "a tag stands twice" },
		{ STR_INIT("a=1;;b=2"), "a tag without a value" },
		{ STR_INIT(";"), "a tag without a value" },
		{ STR_INIT("a=1; word"), "a tag without a value" },
		{ STR_INIT("=1"), "a tag's name is malformed" },
		{ STR_INIT("1a=1"), "a tag's name is malformed" },
		{ STR_INIT("a b=1"), "a tag's name is malformed" },
		{ STR_INIT("a=\0"), "a control character in a tag" },
		{ STR_INIT("a=1\x7f"), "a control character in a tag" },
		{ STR_INIT("a=1\r2"), "a line end inside the list" },
		{ STR_INIT("a=1\n2"), "a line end inside the list" },
		{ STR_INIT("a=1\r\n2"), "a line end inside the list" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char wrong[64];

		assert_false(taglist_parse(cases[i].text, &list));
		snprintf(wrong, sizeof(wrong), STR_FMT, STR_ARG(list.wrong));
		assert_string_equal(wrong, cases[i].wrong);
	}
}

static void tags_are_counted(void **state)
{
	char bytes[LIMIT_TAGS * 8 + 16];
	struct out o = OUT(bytes);

	(void)state;
	for (unsigned i = 0; i < LIMIT_TAGS; i++)
		out_printf(&o, "t%u=;", i);
	assert_true(taglist_parse(out_text(&o), &list));
	out_str(&o, STR("more=1"));
	assert_false(taglist_parse(out_text(&o), &list));
}

static void white_space_is_squeezed_out(void **state)
{
	char bytes[16];
	struct out o = OUT(bytes);

	(void)state;
	taglist_squeeze(&o, STR(" a b\r\n\tc\t"));
	assert_true(str_eq(out_text(&o), STR("abc")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_read),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(tags_are_counted),
		cmocka_unit_test(white_space_is_squeezed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
