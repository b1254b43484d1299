/* redis/redis_reader.h: replies cut anywhere, replies of any kind, and what is too large or none. */
#include "redis/redis_reader.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct redis_reader reader;

static void show(struct out *o, const struct redis_value *v)
{
	switch (v->type) {
	case REDIS_NIL:
		out_str(o, STR("nil"));
		return;
	case REDIS_INTEGER:
		out_printf(o, "%lld", (long long)v->integer);
		return;
	case REDIS_TEXT:
		out_printf(o, "'" STR_FMT "'", STR_ARG(v->text));
		return;
	case REDIS_STATUS:
		out_printf(o, "+" STR_FMT, STR_ARG(v->text));
		return;
	case REDIS_ERROR:
		out_printf(o, "-" STR_FMT, STR_ARG(v->text));
		return;
	case REDIS_ARRAY:
		out_char(o, '[');
		for (size_t i = 0; i < v->count; i++) {
			out_str(o, i ? STR(" ") : STR(""));
			show(o, &v->items[i]);
		}
		out_char(o, ']');
		return;
	}
}

/* All replies that can be read now, a space behind each. */
static enum err read_all(struct out *o)
{
	const struct redis_value *v;
	enum err err;

	while ((v = redis_reader_next(&reader, &err)) != NULL) {
		show(o, v);
		out_char(o, ' ');
	}
	return err;
}

static const struct str talk =
	STR_INIT("+OK\r\n:-7\r\n$-1\r\n$5\r\na\r\nbc\r\n*-1\r\n*0\r\n-READONLY no\r\n$0\r\n\r\n"
		 "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n+y\r\n*1\r\n$-1\r\n");

static void replies_are_read_wherever_they_are_cut(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= talk.n; cut++) {
		char bytes[256];
		struct out o = OUT(bytes);

		redis_reader_feed(&reader, str_head(talk, cut));
		assert_int_equal(read_all(&o), ERR_OK);
		redis_reader_feed(&reader, str_from(talk, cut));
		assert_int_equal(read_all(&o), ERR_OK);
		out_char(&o, '\0');
		assert_string_equal(
			bytes, "+OK -7 nil 'a\r\nbc' nil [] -READONLY no '' [1 ['x' +y] [nil]] ");
		redis_reader_free(&reader);
	}
}

static void bytes_one_by_one_make_the_same_replies(void **state)
{
	char bytes[256];
	struct out o = OUT(bytes);

	(void)state;
	for (size_t i = 0; i < talk.n; i++) {
		redis_reader_feed(&reader, str_head(str_from(talk, i), 1));
		assert_int_equal(read_all(&o), ERR_OK);
	}
	out_char(&o, '\0');
	assert_string_equal(bytes,
			    "+OK -7 nil 'a\r\nbc' nil [] -READONLY no '' [1 ['x' +y] [nil]] ");
	redis_reader_free(&reader);
}

static void long_lists_have_memory_of_their_own(void **state)
{
	const struct redis_value *v;
	enum err err;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		redis_reader_feed(&reader, STR("*100\r\n"));
		for (unsigned i = 0; i < 100; i++) {
			assert_null(redis_reader_next(&reader, &err));
			redis_reader_feed(&reader, STR("$3\r\nkey\r\n"));
		}
		v = redis_reader_next(&reader, &err);
		assert_non_null(v);
		assert_int_equal(v->count, 100);
		assert_true(str_eq(v->items[99].text, STR("key")));
	}
	redis_reader_free(&reader);
}

static void garbage_is_an_error_once_and_for_all(void **state)
{
	static const char *const garbage[] = {
		"HTTP/1.1 400 Bad Request\r\n",
		"220 mx.example ESMTP\r\n",
		":x\r\n",
		":99999999999999999999\r\n",
		"$x\r\n",
		"$-2\r\n",
		"*x\r\n",
		"*-2\r\n",
		"*4294967297\r\n",
		"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
		"\x16\x03\x01",
		"%1\r\n+a\r\n+b\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(garbage); i++) {
		enum err err;

		redis_reader_feed(&reader, str_z(garbage[i]));
		assert_null(redis_reader_next(&reader, &err));
		if (err != ERR_PROTOCOL)
			fail_msg("%s: %s", garbage[i], err_word(err));
		redis_reader_feed(&reader, STR("+OK\r\n"));
		assert_null(redis_reader_next(&reader, &err));
		assert_int_equal(err, ERR_PROTOCOL);
		redis_reader_free(&reader);
	}
}

static void what_is_too_large_is_not_kept(void **state)
{
	static const char *const heads[] = { "*2147483647\r\n", "*100000\r\n",
					     "*1\r\n*2\r\n*1000000\r\n" };
	const size_t n = LIMIT_REDIS_REPLY + 100;
	char *much = mem_new(n);
	enum err err;

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i++) {
		redis_reader_feed(&reader, str_z(heads[i]));
		assert_null(redis_reader_next(&reader, &err));
		assert_int_equal(err, ERR_LIMIT);
		redis_reader_free(&reader);
	}
	redis_reader_feed(&reader, STR("$500000000\r\n"));
	assert_null(redis_reader_next(&reader, &err));
	assert_int_equal(err, ERR_OK);
	redis_reader_feed(&reader, (struct str){ .p = much, .n = n });
	assert_null(redis_reader_next(&reader, &err));
	assert_int_equal(err, ERR_LIMIT);
	redis_reader_free(&reader);
	mem_free(much);
}

static int begin(void **state)
{
	(void)state;
	redis_reader_init(&reader);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read_wherever_they_are_cut),
		cmocka_unit_test(bytes_one_by_one_make_the_same_replies),
		cmocka_unit_test(long_lists_have_memory_of_their_own),
		cmocka_unit_test(garbage_is_an_error_once_and_for_all),
		cmocka_unit_test(what_is_too_large_is_not_kept),
	};

	return cmocka_run_group_tests_name("store/redis_reader", tests, begin, NULL);
}
