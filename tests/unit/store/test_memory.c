/* store/memory.h: what every store does, and that it stays within its size. */
#include "base/limits.h"
#include "base/log.h"
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

static void answered(struct op *op, enum err err, const void *result)
{
	(void)err;
	(void)result;
	loop_stop(op->arg);
}

static void stop(struct wake *w, void *arg)
{
	(void)w;
	loop_stop(arg);
}

/* Nobody waits for it, and its key is copied. */
static void notes(void **state)
{
	struct loop *loop = loop_new();
	struct store *store = store_new(store_memory(loop, LIMIT_STORE_MEMORY), NULL);
	char key[] = "a key";
	struct store_question q = { .procedure = STORE_MARK,
				    .key = { .p = key, .n = 5 },
				    .now_ms = 1000,
				    .args = { 1, 3600000 } };
	struct store_call call = { .deadline_ms = 1000 };
	struct ops ops = { 0 };
	struct wake noted;

	(void)state;
	wake_init(&noted, loop, stop, loop);
	store_tell(store, &noted);
	store_note(store, &q);
	key[0] = 'b';
	assert_int_equal(store_notes(store), 1);
	loop_run(loop);
	assert_int_equal(store_notes(store), 0);
	key[0] = 'a';
	q.args[0] = 0;
	call.question = q;
	call.op.done = answered;
	call.op.arg = loop;
	store_ask(store, &ops, &call);
	loop_run(loop);
	assert_int_equal(call.answer.results[0], 1);
	store_free(store);
	loop_free(loop);
}

static struct str catch_all; /* what the log was told last */

static void caught(struct str lines, void *arg)
{
	(void)arg;
	catch_all = lines.n ? lines : catch_all;
}

/* As many as may be; the rest is forgotten, which is said once a while, and what is under way ends with the store. */
static void notes_have_a_limit(void **state)
{
	struct loop *loop = loop_new();
	struct store *store = store_new(store_memory(loop, LIMIT_STORE_MEMORY), NULL);
	const struct store_question q = { .procedure = STORE_MARK,
					  .key = STR_INIT("a key"),
					  .label = STR_INIT("a label"),
					  .now_ms = 1000,
					  .args = { 1, 3600000 } };

	(void)state;
	log_to(caught, NULL);
	for (unsigned i = 0; i < LIMIT_STORE_NOTES + 10; i++)
		store_note(store, &q);
	assert_int_equal(store_notes(store), LIMIT_STORE_NOTES);
	store_free(store);
	log_flush();
	log_to(NULL, NULL);
	assert_true(catch_all.n > 0);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conforms),
		cmocka_unit_test(what_is_oldest_goes),
		cmocka_unit_test(notes),
		cmocka_unit_test(notes_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
