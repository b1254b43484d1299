/* store/memory.h: what every store does, and that it stays within its size. */
#include "base/limits.h"
#include "base/out.h"
#include "unit/store/conformance.h"
#include "store/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void conforms(void **state)
{
	struct loop *loop = loop_new();
	struct shop s;

	(void)state;
	shop_open(&s, loop, store_memory(loop, LIMIT_STORE_MEMORY));
	store_conforms(&s);
	shop_close(&s);
}

static bool is_marked(struct shop *s, unsigned number, bool set)
{
	char key[32];
	struct store_question q = { .procedure = STORE_MARK, .args = { set, 3600000 } };
	struct store_answer answer;

	q.key = (struct str){ .p = key, .n = (size_t)snprintf(key, sizeof(key), "%u", number) };
	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	return answer.results[0];
}

static void what_is_oldest_goes(void **state)
{
	struct loop *loop = loop_new();
	unsigned kept = 0;
	struct shop s;

	(void)state;
	shop_open(&s, loop, store_memory(loop, 100000));
	assert_false(is_marked(&s, 0, true));
	for (unsigned i = 1; i < 5000; i++) {
		assert_false(is_marked(&s, i, true));
		assert_true(is_marked(&s, 0, true)); /* written again and again: never oldest */
	}
	for (unsigned i = 1; i < 5000; i++) {
		const bool here = is_marked(&s, i, false);

		assert_true(here || kept == 0); /* all that are kept are newer than all that went */
		kept += here;
	}
	assert_in_range(kept, 300, 1200);
	shop_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conforms),
		cmocka_unit_test(what_is_oldest_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
