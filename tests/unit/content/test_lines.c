/* filters/content/lines.h: of how much of a message lines are looked at. */
#include "filters/content/lines.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { LINE = 4 };

/* In a part of its own. */
static void feed_lines(struct line_facts *facts, uint32_t bytes)
{
	const struct entity e = { .type = STR("text"),
				  .subtype = STR("plain"),
				  .encoding = TRANSFER_QUOTED };
	struct lines l;

	lines_begin(&l, facts, &e, false);
	for (uint32_t n = 0; n < bytes; n += LINE)
		lines_feed(&l, STR("=41\n"));
	lines_end(&l);
}

static void of_a_part_and_of_all(void **state)
{
	struct line_facts facts = { 0 };
	unsigned parts = 0;

	(void)state;
	feed_lines(&facts, 3 * LINE);
	assert_int_equal(facts.quoted_bytes, 3 * LINE);
	assert_int_equal(facts.quoted_needless, 3);
	feed_lines(&facts, LIMIT_LINES_PART + 3 * LINE);
	assert_int_equal(facts.quoted_bytes, LIMIT_LINES_PART + 3 * LINE);
	while (parts++ < LIMIT_LINES / LIMIT_LINES_PART)
		feed_lines(&facts, LIMIT_LINES_PART);
	assert_int_equal(facts.quoted_bytes, LIMIT_LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(of_a_part_and_of_all) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
