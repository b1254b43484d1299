/* io/spool_room.h, and spools under its bounds. */
#include "io/spool_room.h"

#include "base/limits.h"
#include "io/spool.h"
#include "io/spool_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { KB = 1024, MB = 1024 * KB, IN_MEMORY = 8192 };

static const char *const folder = "/tmp";

/* As far as there is room. */
static struct spool *spool_of(size_t n)
{
	static const char bytes[KB];
	struct spool *s = spool_new(folder, IN_MEMORY);
	enum err err = ERR_OK;

	for (size_t at = 0; at < n && err == ERR_OK; at += sizeof(bytes))
		err = spool_append(s, (struct str){ .p = bytes, .n = sizeof(bytes) });
	return s;
}

static int unbound(void **state)
{
	(void)state;
	spool_files_free();
	spool_room_bound(0, 0);
	return 0;
}

static void it_is_taken_to_the_last_byte_and_given_back(void **state)
{
	(void)state;
	spool_room_bound(MB, 0);
	assert_int_equal(spool_room_take(-1, MB - 1), 0);
	assert_int_equal(spool_room_for(folder, 1), 0);
	assert_int_equal(spool_room_for(folder, 2), SPOOL_ROOM_MAX);
	assert_int_equal(spool_room_take(-1, 2), SPOOL_ROOM_MAX);
	assert_int_equal(spool_room_take(-1, 1), 0);
	assert_int_equal(spool_room_take(-1, 1), SPOOL_ROOM_MAX);
	spool_room_give(MB);
	assert_int_equal(spool_room_take(-1, MB), 0);
	spool_room_give(MB);
}

static void a_message_without_room_leaves_it_to_others(void **state)
{
	struct spool *a, *b;

	(void)state;
	spool_room_bound(MB, 0);
	a = spool_of(600 * KB);
	assert_null(spool_fault(a));
	b = spool_of(600 * KB);
	assert_string_equal(spool_fault(b), spool_room_text(SPOOL_ROOM_MAX));
	assert_int_equal(spool_append(b, STR("x")), ERR_IO);
	spool_free(b);
	b = spool_of(300 * KB);
	assert_null(spool_fault(b));
	spool_free(b);
	spool_free(a);
	a = spool_of(MB);
	assert_null(spool_fault(a));
	spool_free(a);
}

/* What a file holds that is used again was taken by the message before. */
static void a_file_that_is_used_again_is_counted_once(void **state)
{
	(void)state;
	spool_room_bound(4 * MB, 0);
	for (unsigned i = 0; i < 20; i++)
		spool_free(spool_of(MB - 64 * KB));
	assert_int_equal(spool_room_for(folder, 3 * MB), 0);
	assert_int_equal(spool_room_for(folder, 3 * MB + 128 * KB), SPOOL_ROOM_MAX);
	spool_files_free();
	assert_int_equal(spool_room_for(folder, 4 * MB), 0);
}

static void files_are_kept_in_a_part_of_the_room(void **state)
{
	struct spool *several[LIMIT_SPOOL_FILES];

	(void)state;
	spool_room_bound(4 * MB, 0);
	for (unsigned i = 0; i < LIMIT_SPOOL_FILES; i++)
		several[i] = spool_of(900 * KB);
	for (unsigned i = 0; i < LIMIT_SPOOL_FILES; i++)
		spool_free(several[i]);
	assert_int_equal(spool_room_for(folder, 3 * MB), 0);
}

static void nothing_is_written_when_little_is_free(void **state)
{
	struct spool *s;

	(void)state;
	spool_room_bound(0, UINT64_MAX / 2);
	assert_int_equal(spool_room_for(folder, 1), SPOOL_ROOM_DISK);
	s = spool_of(IN_MEMORY);
	assert_null(spool_fault(s));
	spool_free(s);
	for (unsigned i = 0; i < 2; i++) { /* the disk is asked each time */
		s = spool_of(IN_MEMORY + KB);
		assert_string_equal(spool_fault(s), spool_room_text(SPOOL_ROOM_DISK));
		spool_free(s);
	}
	spool_room_bound(0, 1);
	s = spool_of(MB);
	assert_null(spool_fault(s));
	spool_free(s);
}

static void a_disk_that_does_not_tell_is_written_to(void **state)
{
	(void)state;
	spool_room_bound(0, UINT64_MAX / 2);
	assert_int_equal(spool_room_for("/nonexistent", MB), 0);
	assert_int_equal(spool_room_take(-1, MB), 0);
	spool_room_give(MB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_is_taken_to_the_last_byte_and_given_back, unbound),
		cmocka_unit_test_teardown(a_message_without_room_leaves_it_to_others, unbound),
		cmocka_unit_test_teardown(a_file_that_is_used_again_is_counted_once, unbound),
		cmocka_unit_test_teardown(files_are_kept_in_a_part_of_the_room, unbound),
		cmocka_unit_test_teardown(nothing_is_written_when_little_is_free, unbound),
		cmocka_unit_test_teardown(a_disk_that_does_not_tell_is_written_to, unbound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
