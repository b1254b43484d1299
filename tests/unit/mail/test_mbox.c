/* mail/mbox.h: where messages end in a file of many, whatever piece of it is there. */
#include "base/check.h"
#include "mail/mbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MARK "From a@b.example Mon Nov  2 10:00:00 2026\n"

static void lines_that_begin_a_message(void **state)
{
	const struct {
		struct str line;
		enum mbox_end end;
	} rows[] = {
		{ STR(MARK "A: b\n"), MBOX_END_FOUND },
		{ STR(MARK), MBOX_END_FOUND },
		{ STR("From a Mon Nov 2 10:00 2026\r\nA: b"), MBOX_END_FOUND },
		{ STR("From \"a b\"@c Mon Nov  2 10:00:00 2026 remote from d\nA: b"),
		  MBOX_END_FOUND },
		{ STR("From  Mon Nov  2 10:00:00 2026\nA: b"), MBOX_END_FOUND },
		{ STR("From a Mon Nov  2 10:00:00 MET DST 2026\nA: b"), MBOX_END_FOUND },
		{ STR("From a Mon Nov  2 10:00:00 2026 +0100\n>From b Mon\n"), MBOX_END_FOUND },
		{ STR("From a Mon Nov  2 10:00:00 2026\nand so he wrote: no"), MBOX_END_OPEN },
		{ STR("From a Mon Nov  2 10:00:00 2026\n\n"), MBOX_END_OPEN },
		{ STR("From a Mon Nov  2 10:00:00\nA: b"), MBOX_END_OPEN },
		{ STR("From a Mon Nox  2 10:00:00 2026\nA: b"), MBOX_END_OPEN },
		{ STR("From a Mon Nov  2 1000 2026\nA: b"), MBOX_END_OPEN },
		{ STR("From a Mon Nov  2 10:00:0x 2026\nA: b"), MBOX_END_OPEN },
		{ STR("From now on Mondays\nA: b"), MBOX_END_OPEN },
		{ STR(">" MARK "A: b"), MBOX_END_OPEN },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char text[256] = "x\n";
		const struct str s = { .p = text, .n = 2 + rows[i].line.n };
		size_t at = 0;

		memcpy(text + 2, rows[i].line.p, rows[i].line.n);
		assert_int_equal(mbox_end_by_line(s, true, &at), rows[i].end);
		if (rows[i].end == MBOX_END_FOUND)
			assert_int_equal(at, 2);
	}
}

static void more_is_asked_for_until_it_is_known(void **state)
{
	static const char begin[] = "x\n\nFrom nobody\n" MARK "Subject: ";
	char file[256];
	const struct str s = { .p = file, .n = sizeof(file) };
	enum mbox_end end = MBOX_END_MORE;
	size_t at = 0, n = 0;

	(void)state;
	memset(file, 'x', sizeof(file));
	memcpy(file, begin, sizeof(begin) - 1);
	for (; end == MBOX_END_MORE && n < s.n; n++)
		end = mbox_end_by_line(str_head(s, n), false, &at);
	assert_int_equal(end, MBOX_END_FOUND);
	assert_int_equal(at, 15);
	assert_true(n > sizeof(begin));
}

static void a_length_is_believed_when_the_file_agrees(void **state)
{
	const struct {
		struct str file;
		enum mbox_end end;
		size_t at;
	} rows[] = {
		/* what looks like a message is in the first one */
		{ STR("From x\nContent-Length: 48\n\nbody\n\n" MARK "A: b\n"), MBOX_END_OPEN, 0 },
		{ STR("From x\nContent-Length: 53\n\nbody\n\n" MARK "A: b\n"), MBOX_END_FOUND, 80 },
		{ STR("From x\ncontent-length:5\n\nbody\n\n" MARK "A: b\n"), MBOX_END_FOUND, 31 },
		{ STR("From x\nContent-Length: 4\n\nbody\n\n" MARK "A: b\n"), MBOX_END_FOUND, 32 },
		{ STR("From x\r\nContent-Length: 6\r\n\r\nbody\r\n\r\n" MARK "A: b\n"),
		  MBOX_END_FOUND, 37 },
		{ STR("From x\nContent-Length: 3\n\nbody\n\n" MARK "A: b\n"), MBOX_END_OPEN, 0 },
		{ STR("From x\nContent-Length: 99\n\nbody\n"), MBOX_END_OPEN, 0 },
		{ STR("From x\nContent-Length: 5\n\nbody\n"), MBOX_END_FOUND, 31 },
		{ STR("From x\nContent-Length: 99999999999999999999\n\nbody\n"), MBOX_END_OPEN, 0 },
		{ STR("From x\nContent-Length: -1\n\nbody\n"), MBOX_END_OPEN, 0 },
		{ STR("From x\nA: b\n\nContent-Length: 5\n"), MBOX_END_OPEN, 0 },
		{ STR("From x\nContent-Length: 5"), MBOX_END_OPEN, 0 },
		{ STR("From x"), MBOX_END_OPEN, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		size_t at = 0;

		assert_int_equal(mbox_end_by_length(rows[i].file, true, &at), rows[i].end);
		if (rows[i].end == MBOX_END_FOUND)
			assert_int_equal(at, rows[i].at);
	}
}

static void a_message_is_what_is_between(void **state)
{
	(void)state;
	assert_true(str_eq(mbox_message(STR(MARK "A: b\n\nc\n\n")), STR("A: b\n\nc\n")));
	assert_true(
		str_eq(mbox_message(STR(MARK "A: b\r\n\r\nc\r\n\r\n")), STR("A: b\r\n\r\nc\r\n")));
	assert_true(str_eq(mbox_message(STR(MARK "A: b\n\nc")), STR("A: b\n\nc")));
	assert_true(str_eq(mbox_message(STR("From ")), STR("")));
	assert_true(mbox_is(STR("From a@b.test Mon Nov  2 10:00:00 2026\n")) &&
		    mbox_is(STR("From ")));
	assert_false(mbox_is(STR("From : a@b.test\n")) || mbox_is(STR("From  \t: a@b.test\n")) ||
		     mbox_is(STR("From: a@b.test\n")));
	assert_true(mbox_is_quoted(STR(">From ")) && mbox_is_quoted(STR(">>>From x")));
	assert_false(mbox_is_quoted(STR("From ")) || mbox_is_quoted(STR("> From ")) ||
		     mbox_is_quoted(STR(">From")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_begin_a_message),
		cmocka_unit_test(more_is_asked_for_until_it_is_known),
		cmocka_unit_test(a_length_is_believed_when_the_file_agrees),
		cmocka_unit_test(a_message_is_what_is_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
