/* io/spool.h on both sides of the memory limit. */
#include "io/spool.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/spool_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The byte at a place is told by the place: period 251 fits no buffer size. */
static char byte_at(uint64_t at)
{
	return (char)(at % 251);
}

static void append_run(struct spool *s, size_t n)
{
	char buf[9000];
	const uint64_t from = spool_size(s);

	assert_true(n <= sizeof(buf));
	for (size_t i = 0; i < n; i++)
		buf[i] = byte_at(from + i);
	assert_int_equal(spool_append(s, (struct str){ .p = buf, .n = n }), ERR_OK);
	assert_int_equal(spool_size(s), from + n);
}

static void assert_run(struct spool *s, uint64_t at, struct str *run)
{
	assert_int_equal(spool_read(s, at, run), ERR_OK);
	for (size_t i = 0; i < run->n; i++)
		assert_int_equal(run->p[i], byte_at(at + i));
}

static void assert_whole(struct spool *s)
{
	uint64_t at = 0;
	struct str run;

	do {
		assert_run(s, at, &run);
		at += run.n;
	} while (run.n);
	assert_int_equal(at, spool_size(s));
}

static void an_empty_spool_reads_empty(void **state)
{
	struct spool *s = spool_new("/nonexistent", 8192);

	(void)state;
	assert_whole(s);
	assert_int_equal(spool_append(s, (struct str){ 0 }), ERR_OK);
	assert_whole(s);
	spool_free(s);
	spool_free(NULL);
}

/* The folder does not exist: nothing is opened while the message fits. */
static void what_fits_stays_in_memory_in_one_run(void **state)
{
	struct spool *s = spool_new("/nonexistent", 20000);
	struct str run;

	(void)state;
	for (size_t n = 1; spool_size(s) + n <= 20000; n += 7)
		append_run(s, n);
	append_run(s, (size_t)(20000 - spool_size(s)));
	assert_run(s, 0, &run);
	assert_int_equal(run.n, 20000);
	assert_whole(s);
	spool_free(s);
}

static void one_byte_over_the_limit_needs_the_file(void **state)
{
	struct spool *s = spool_new("/tmp", 20000);

	(void)state;
	while (spool_size(s) < 20000)
		append_run(s, 5000);
	append_run(s, 1);
	assert_whole(s);
	spool_free(s);
}

static void a_big_message_comes_back_as_it_was(void **state)
{
	struct spool *s = spool_new("/tmp", 100000);
	struct str run;

	(void)state;
	for (size_t n = 1; spool_size(s) < 1500000; n = (n * 7 + 3) % 9000)
		append_run(s, n);
	assert_whole(s);
	assert_run(s, 1234567, &run);
	assert_run(s, 3, &run);
	assert_run(s, spool_size(s) - 1, &run);
	assert_int_equal(run.n, 1);
	spool_free(s);
}

static void reading_and_appending_may_take_turns(void **state)
{
	struct spool *s = spool_new("/tmp", 8192);
	struct str run;

	(void)state;
	for (int i = 0; i < 60; i++) {
		append_run(s, 4001);
		assert_run(s, spool_size(s) / 3, &run);
	}
	assert_whole(s);
	spool_free(s);
}

/* All that is told to lie in the file is there; what is not, spool_read() has. */
static void what_lies_in_the_file_can_be_sent_from_there(void **state)
{
	struct spool *s = spool_new("/tmp", 8192);
	uint64_t offset, n;
	struct str run;
	char *bytes;
	int fd;

	(void)state;
	append_run(s, 8000);
	assert_int_equal(spool_lend(s, 0, &fd, &offset), 0);
	for (int i = 0; i < 50; i++)
		append_run(s, 8999);
	for (uint64_t at = 0; at < spool_size(s); at += n) {
		n = spool_lend(s, at, &fd, &offset);
		if (n == 0) {
			assert_int_equal(spool_read(s, at, &run), ERR_OK);
			n = run.n;
			assert_int_equal(run.p[0], byte_at(at));
			continue;
		}
		assert_true(at + n <= spool_size(s));
		bytes = malloc(n);
		assert_int_equal(pread(fd, bytes, n, (off_t)offset), n);
		for (uint64_t i = 0; i < n; i++)
			assert_int_equal(bytes[i], byte_at(at + i));
		free(bytes);
	}
	assert_int_equal(spool_lend(s, spool_size(s), &fd, &offset), 0);
	spool_free(s);
}

static const char *const folder = "/tmp";

/* Fills a spool with one byte, past its memory. */
static struct spool *spool_of(char byte, size_t n)
{
	struct spool *s = spool_new(folder, 8192);
	char buf[1000];

	memset(buf, byte, sizeof(buf));
	for (size_t at = 0; at < n; at += sizeof(buf))
		assert_int_equal(spool_append(s, (struct str){ .p = buf, .n = sizeof(buf) }),
				 ERR_OK);
	return s;
}

static struct stat file_of(struct spool *s)
{
	struct stat st;
	uint64_t offset;
	int fd;

	assert_true(spool_lend(s, 0, &fd, &offset) > 0);
	assert_int_equal(fstat(fd, &st), 0);
	return st;
}

/* The next message is shorter: nothing of the one before is seen behind its end. */
static void a_file_is_used_again_and_shows_its_own_message_only(void **state)
{
	struct spool *s = spool_of('a', 500000);
	const off_t length = file_of(s).st_size;
	struct str run;
	uint64_t at = 0, offset;
	int fd;

	(void)state;
	spool_returned(s);
	spool_free(s);
	s = spool_of('b', 100000);
	assert_int_equal(spool_read(s, 3, &run), ERR_OK); /* all of it lies in the file now */
	assert_int_equal(file_of(s).st_size, length);
	assert_int_equal(spool_lend(s, 0, &fd, &offset), 100000);
	assert_int_equal(spool_lend(s, 100000, &fd, &offset), 0);
	do {
		assert_int_equal(spool_read(s, at, &run), ERR_OK);
		for (size_t i = 0; i < run.n; i++)
			assert_int_equal(run.p[i], 'b');
		at += run.n;
	} while (run.n);
	assert_int_equal(at, 100000);
	spool_free(s);
	spool_files_free();
}

/* The kernel may still be sending from it. */
static void a_file_that_was_lent_is_not_written_over(void **state)
{
	struct spool *s = spool_of('a', 100000), *next;
	uint64_t offset;
	char byte;
	int fd, mine;

	(void)state;
	assert_true(spool_lend(s, 0, &fd, &offset) > 0);
	mine = dup(fd);
	spool_free(s);
	next = spool_of('b', 100000);
	assert_int_equal(pread(mine, &byte, 1, 0), 1);
	assert_int_equal(byte, 'a');
	close(mine);
	spool_free(next);
	spool_files_free();
}

/* Two messages at a time have two files. */
static void a_file_in_use_is_nobody_elses(void **state)
{
	struct spool *a = spool_of('a', 100000), *b;

	(void)state;
	spool_free(a);
	a = spool_of('a', 100000);
	b = spool_of('b', 100000);
	assert_true(file_of(a).st_ino != file_of(b).st_ino);
	spool_free(a);
	spool_free(b);
	spool_files_free();
}

static void a_large_file_is_not_kept(void **state)
{
	struct spool *s = spool_of('a', LIMIT_SPOOL_FILE + 1000000);

	(void)state;
	spool_free(s);
	s = spool_of('b', 100000);
	assert_true(file_of(s).st_size <= 100000);
	spool_free(s);
	spool_files_free();
}

/* A header section as long as may be is one run, however short memory is; the rest is not waited for. */
static void with_little_memory_the_header_section_stays_in_it(void **state)
{
	struct spool *s = spool_new("/tmp", LIMIT_SPOOL_MEMORY);
	void *ballast;
	struct str run;

	(void)state;
	mem_limit(1);
	ballast = mem_new(4096);
	assert_true(mem_is_scarce());
	while (spool_size(s) <= LIMIT_MESSAGE_HEADER - 8192)
		append_run(s, 8192);
	assert_run(s, 0, &run);
	assert_int_equal(run.n, LIMIT_MESSAGE_HEADER);
	append_run(s, 1);
	(void)file_of(s);
	assert_whole(s);
	spool_free(s);
	mem_limit(0);
	mem_free(ballast);
}

static void no_folder_is_an_io_error_and_stays_one(void **state)
{
	struct spool *s = spool_new("/nonexistent", 4096);
	char buf[5000] = { 0 };
	struct str run;

	(void)state;
	assert_int_equal(spool_append(s, (struct str){ .p = buf, .n = sizeof(buf) }), ERR_IO);
	assert_int_equal(spool_append(s, STR("x")), ERR_IO);
	assert_int_equal(spool_read(s, 0, &run), ERR_IO);
	spool_free(s);
}

static void a_full_disk_is_an_io_error(void **state)
{
	struct spool *s = spool_new("/tmp", 8192);
	struct rlimit before, small;
	enum err err = ERR_OK;
	char buf[8192] = { 0 };
	uint64_t offset;
	int fd;

	(void)state;
	spool_files_free();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 50000, .rlim_max = before.rlim_max };
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 20 && err == ERR_OK; i++)
		err = spool_append(s, (struct str){ .p = buf, .n = sizeof(buf) });
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, ERR_IO);
	assert_int_equal(spool_lend(s, 0, &fd, &offset), 0); /* the message is not whole */
	spool_free(s);
	s = spool_of('b', 10000);
	assert_true(file_of(s).st_size <= 10000); /* nor was its room kept */
	spool_free(s);
	spool_files_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_spool_reads_empty),
		cmocka_unit_test(what_fits_stays_in_memory_in_one_run),
		cmocka_unit_test(one_byte_over_the_limit_needs_the_file),
		cmocka_unit_test(a_big_message_comes_back_as_it_was),
		cmocka_unit_test(reading_and_appending_may_take_turns),
		cmocka_unit_test(what_lies_in_the_file_can_be_sent_from_there),
		cmocka_unit_test(a_file_is_used_again_and_shows_its_own_message_only),
		cmocka_unit_test(a_file_that_was_lent_is_not_written_over),
		cmocka_unit_test(a_file_in_use_is_nobody_elses),
		cmocka_unit_test(a_large_file_is_not_kept),
		cmocka_unit_test(with_little_memory_the_header_section_stays_in_it),
		cmocka_unit_test(no_folder_is_an_io_error_and_stays_one),
		cmocka_unit_test(a_full_disk_is_an_io_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
