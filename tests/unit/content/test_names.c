/* test_names.c - filters/content/element.h: names of colours, and of characters. */
#include "base/check.h"
#include "filters/content/element.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void all_colors(void **state)
{
	static const struct {
		struct str name;
		uint32_t color;
	} rows[] = {
#define COLOR_LENGTH(N)
#define COLOR(NAME, RGB) { STR_INIT(#NAME), (RGB) },
#include "filters/content/colors.def"
#undef COLOR
#undef COLOR_LENGTH
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_int_equal(html_color_named(rows[i].name), rows[i].color);
	assert_int_equal(html_color_named(STR("ReD")), 0xff0000);
}

static void no_colors(void **state)
{
	static const struct str rows[] = {
		STR_INIT(""),     STR_INIT("r"),
		STR_INIT("re"),   STR_INIT("rex"),
		STR_INIT("redd"), STR_INIT("blackblackblackblack"),
		STR_INIT("tan "), STR_INIT("lightgoldenrodyellowlightgoldenrodyellow"),
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_int_equal(html_color_named(rows[i]), HTML_NO_COLOR);
}

static void all_characters(void **state)
{
	static const struct {
		struct str name;
		uint32_t point;
	} rows[] = {
#define ENTITY_LETTER(C, CHAR)
#define ENTITY(NAME, POINT) { STR_INIT(#NAME), (POINT) },
#include "filters/content/entities.def"
#undef ENTITY
#undef ENTITY_LETTER
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		uint32_t point = 0;

		assert_int_equal(html_entity(rows[i].name, &point), rows[i].name.n);
		assert_int_equal(point, rows[i].point);
	}
}

/* The longest name that may stand in front of other letters. */
static void names_in_front(void **state)
{
	static const struct {
		struct str s;
		size_t n;
		uint32_t point;
	} rows[] = {
		{ STR_INIT(""), 0, 0 },           { STR_INIT("g"), 0, 0 },
		{ STR_INIT("gtx"), 2, '>' },      { STR_INIT("gT"), 0, 0 },
		{ STR_INIT("notin"), 5, 0x2209 }, { STR_INIT("notinx"), 3, 0xac },
		{ STR_INIT("noti"), 3, 0xac },    { STR_INIT("Alphax"), 0, 0 },
		{ STR_INIT("sup1"), 4, 0xb9 },    { STR_INIT("supx"), 0, 0 },
		{ STR_INIT("Fx"), 0, 0 },         { STR_INIT("1x"), 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		uint32_t point = 0;

		assert_int_equal(html_entity(rows[i].s, &point), rows[i].n);
		assert_int_equal(point, rows[i].point);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_colors),
		cmocka_unit_test(no_colors),
		cmocka_unit_test(all_characters),
		cmocka_unit_test(names_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
