/* filters/body_hash.h: those that agree are one, and lengths. */
#include "filters/body_hash.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* sha256sum's, in base64 */
#define OF_EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define OF_CRLF  "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
#define OF_ABC   "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="

static struct arena arena;

static void add(struct body_hashes *b, struct str body, size_t step)
{
	for (; body.n; body = str_from(body, step < body.n ? step : body.n))
		body_hashes_add(b, str_head(body, step));
	body_hashes_end(b);
}

static void those_that_agree_are_one(void **state)
{
	struct body_hashes b = { { NULL } };
	struct body_hash *all, *some, *simple;

	(void)state;
	arena_init(&arena, 1 << 20);
	all = body_hashes_want(&b, &arena, true, UINT64_MAX);
	some = body_hashes_want(&b, &arena, true, 3);
	simple = body_hashes_want(&b, &arena, false, 3);
	assert_true(all && some && simple && all != some && some != simple);
	assert_ptr_equal(body_hashes_want(&b, &arena, true, UINT64_MAX), all);
	assert_ptr_equal(body_hashes_want(&b, &arena, false, 3), simple);
	add(&b, STR("abc \r\n\r\n"), 3);
	assert_int_equal(all->body, 5);
	assert_int_equal(some->body, 5);
	assert_int_equal(simple->body, 6);
	assert_true(sha256_is(&some->digest, STR(OF_ABC)));
	assert_true(sha256_is(&simple->digest,
			      STR(" ungWv48Bz+pBQUDeXa4iI7ADYaO\r\n\tWF3qctBD/YfIAFa0=")));
	assert_false(sha256_is(&all->digest, STR(OF_ABC)));
	body_hashes_drop(&b);
	arena_reset(&arena);
}

static void lengths(void **state)
{
	static const struct {
		struct str body;
		uint64_t simple, relaxed;
	} rows[] = {
		{ STR_INIT(""), 2, 0 },
		{ STR_INIT("\r\n\r\n"), 2, 0 },
		{ STR_INIT(" \r\n\r\n"), 3, 0 },
		{ STR_INIT("a"), 3, 3 },
		{ STR_INIT("a \t b \r\n"), 8, 5 },
		{ STR_INIT("a\r\n\r\n \r\nb\r\n\r\n"), 11, 10 },
		{ STR_INIT("a\rb\nc\r\r\n"), 8, 8 },
		{ STR_INIT("a\r"), 4, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		for (size_t step = 1; step < 9; step++) {
			struct body_hashes b = { { NULL } };
			struct body_hash *simple, *relaxed;

			arena_init(&arena, 1 << 20);
			simple = body_hashes_want(&b, &arena, false, UINT64_MAX);
			relaxed = body_hashes_want(&b, &arena, true, 0);
			add(&b, rows[i].body, step);
			assert_int_equal(simple->body, rows[i].simple);
			assert_int_equal(relaxed->body, rows[i].relaxed);
			assert_true(sha256_is(&relaxed->digest, STR(OF_EMPTY)));
			if (i < 2)
				assert_true(sha256_is(&simple->digest, STR(OF_CRLF)));
			arena_reset(&arena);
		}
}

static void given_up(void **state)
{
	struct body_hashes b = { { NULL } };

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_non_null(body_hashes_want(&b, &arena, true, UINT64_MAX));
	body_hashes_add(&b, STR("abc"));
	body_hashes_drop(&b);
	body_hashes_drop(&b);
	arena_reset(&arena);
	b = (struct body_hashes){ { NULL } };
	arena_init(&arena, 16);
	assert_null(body_hashes_want(&b, &arena, true, UINT64_MAX));
	body_hashes_add(&b, STR("abc"));
	body_hashes_end(&b);
	body_hashes_drop(&b);
	arena_reset(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_that_agree_are_one),
		cmocka_unit_test(lengths),
		cmocka_unit_test(given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
