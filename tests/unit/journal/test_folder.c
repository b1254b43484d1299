/* journal/file.h, folder.h, find.h: files by the hour, which go when they are old or too many, and ids found in them. */
#include "base/limits.h"
#include "base/out.h"
#include "base/units.h"
#include "journal/file.h"
#include "journal/find.h"
#include "journal/folder.h"
#include "unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* 28 November 2026, 10:00 UTC */
#define HOUR   INT64_C(498850)
#define NOW_MS (HOUR * HOUR_MS + 600000)
#define DAYS7  (7 * DAY_MS)

static void append(int64_t hour, struct str bytes)
{
	struct journal_file f;

	assert_true(journal_file_init(&f, str_z(folder)));
	assert_int_equal(journal_file_write(&f, bytes, hour * HOUR_MS), bytes.n);
	journal_file_close(&f);
}

static bool is_there(int64_t hour)
{
	char path[sizeof(folder) + JOURNAL_NAME_MAX + 1], name[JOURNAL_NAME_MAX];

	journal_file_name(hour, name);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

/* ---- files ---- */

static void an_hour_has_a_name(void **state)
{
	static const char *const none[] = {
		"",
		"2026-11-28T10",
		"2026-11-28T10.jsonl.gz",
		"2026-11-28T24.jsonl",
		"2026-11-31T10.jsonl",
		"2026-13-28T10.jsonl",
		" 2026-11-28T10.jsonl",
		"2026-11-28T1.jsonl",
		"2026-1-28T10.jsonl",
		"1969-11-28T10.jsonl",
		"99999-11-28T10.jsonl",
		"store.lmdb",
	};
	char name[JOURNAL_NAME_MAX];
	int64_t hour;

	(void)state;
	journal_file_name(HOUR, name);
	assert_string_equal(name, "2026-11-28T10.jsonl");
	assert_true(journal_file_hour(name, &hour));
	assert_int_equal(hour, HOUR);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(journal_file_hour(none[i], &hour));
}

static void a_new_hour_is_a_new_file(void **state)
{
	struct journal_file f, other;
	struct stat st;
	char path[sizeof(folder) + JOURNAL_NAME_MAX + 1];

	(void)state;
	assert_true(journal_file_init(&f, str_z(folder)) &&
		    journal_file_init(&other, str_z(folder)));
	assert_int_equal(journal_file_write(&f, STR("a\n"), NOW_MS), 2);
	assert_int_equal(journal_file_write(&other, STR("bb\n"), NOW_MS), 3);
	assert_int_equal(journal_file_write(&f, STR("c\n"), NOW_MS + HOUR_MS), 2);
	assert_true(is_there(HOUR) && is_there(HOUR + 1));
	(void)snprintf(path, sizeof(path), "%s/2026-11-28T10.jsonl", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 0137, 0); /* 0640, or less */
	journal_file_close(&f);
	journal_file_close(&other);
}

enum { WRITERS = 3, LINES = 60, LINE = 100 * 1000 };

static void write_lines(char letter)
{
	static char line[LINE];
	struct journal_file f;

	memset(line, letter, sizeof(line));
	line[LINE - 1] = '\n';
	if (!journal_file_init(&f, str_z(folder)))
		_exit(1);
	for (unsigned i = 0; i < LINES; i++)
		if (journal_file_write(&f, (struct str){ .p = line, .n = LINE }, NOW_MS) != LINE)
			_exit(1);
	_exit(0);
}

/* However long they are. */
static void lines_of_several_processes_do_not_mix(void **state)
{
	static char line[LINE];
	char path[sizeof(folder) + JOURNAL_NAME_MAX + 1];
	unsigned lines = 0;
	int status, fd;

	(void)state;
	for (unsigned i = 0; i < WRITERS; i++)
		if (fork() == 0)
			write_lines((char)('a' + i));
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	(void)snprintf(path, sizeof(path), "%s/2026-11-28T10.jsonl", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (; read(fd, line, LINE) == LINE; lines++) {
		assert_true(line[LINE - 1] == '\n');
		assert_memory_equal(line, line + 1, LINE - 2); /* one letter */
	}
	close(fd);
	assert_int_equal(lines, WRITERS * LINES);
}

/* A link under the name of an hour leads nowhere. */
static void a_link_is_no_file(void **state)
{
	struct journal_file f;
	char path[sizeof(folder) + JOURNAL_NAME_MAX + 1];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/2026-11-28T10.jsonl", folder);
	assert_int_equal(symlink("/tmp/postern-nowhere", path), 0);
	assert_true(journal_file_init(&f, str_z(folder)));
	assert_int_equal(journal_file_write(&f, STR("a\n"), NOW_MS), -1);
	assert_int_equal(errno, ELOOP);
	journal_file_close(&f);
}

/* ---- which go ---- */

static void what_is_old_goes(void **state)
{
	const struct journal_bounds bounds = { .keep_ms = DAYS7, .size_max = 1 << 30 };

	(void)state;
	append(HOUR - 7 * 24 - 1, STR("x\n"));
	append(HOUR - 7 * 24, STR("x\n"));
	append(HOUR, STR("x\n"));
	append(HOUR + 5, STR("x\n")); /* the clock was wrong */
	assert_int_equal(journal_tidy(folder, &bounds, NOW_MS), 0);
	assert_false(is_there(HOUR - 7 * 24 - 1));
	assert_true(is_there(HOUR - 7 * 24) && is_there(HOUR) && is_there(HOUR + 5));
}

static void the_oldest_go_when_there_is_too_much(void **state)
{
	static char large[100 * 1024];
	const struct journal_bounds bounds = { .keep_ms = DAYS7, .size_max = 256 * 1024 };

	(void)state;
	memset(large, 'x', sizeof(large));
	for (int64_t hour = HOUR - 4; hour <= HOUR; hour++)
		append(hour, (struct str){ .p = large, .n = sizeof(large) });
	assert_int_equal(journal_tidy(folder, &bounds, NOW_MS), 3);
	assert_true(!is_there(HOUR - 2) && is_there(HOUR - 1) && is_there(HOUR));
	append(HOUR, (struct str){ .p = large, .n = sizeof(large) });
	append(HOUR, (struct str){ .p = large, .n = sizeof(large) });
	assert_int_equal(journal_tidy(folder, &bounds, NOW_MS), 1);
	assert_true(is_there(HOUR)); /* which is being written, however large */
}

static void a_folder_that_is_gone_is_no_trouble(void **state)
{
	const struct journal_bounds bounds = { .keep_ms = DAYS7 };
	struct journal_hours hours;

	(void)state;
	assert_int_equal(journal_tidy("/nonexistent/journal", &bounds, NOW_MS), 0);
	assert_int_equal(journal_hours_list("/nonexistent/journal", &hours), ENOENT);
}

/* ---- finding ---- */

struct found {
	char text[4096];
	struct out o;
	unsigned torn;
};

static void note(void *arg, struct str record, bool whole)
{
	struct found *f = arg;

	out_str(&f->o, record);
	out_char(&f->o, '|');
	f->torn += !whole;
}

static const char *find(const char *word, struct found *f, unsigned *files)
{
	struct id id;
	struct journal_search s = { .folder = folder, .id = &id, .fn = note, .arg = f };

	*f = (struct found){ .torn = 0 };
	f->o = OUT(f->text);
	assert_true(id_read(str_z(word), NOW_MS, &id, &s.unix_ms));
	assert_int_equal(journal_find(&s), 0);
	*files = s.files;
	out_char(&f->o, '\0');
	return f->text;
}

#define RECORD(ID, REST) "{\"event\":\"transaction\",\"id\":\"" ID "\"" REST "}"

/* The nth transaction of a session that began at NOW_MS. */
static struct id nth(unsigned n)
{
	const struct id session = id_nth(NOW_MS, 3, 7);

	return id_transaction(&session, n);
}

static void append_record(int64_t hour, const char *id, const char *rest)
{
	char line[512];
	struct out o = OUT(line);

	out_printf(&o, RECORD("%s", "%s") "\n", id, rest);
	append(hour, out_text(&o));
}

static void a_record_is_found_in_its_hour(void **state)
{
	struct found f;
	unsigned files;
	const struct id session = id_nth(NOW_MS, 3, 7), other = id_nth(NOW_MS + 1, 3, 7);
	const struct id one = nth(1), two = nth(2), ten = nth(10);

	(void)state;
	append_record(HOUR - 1, one.text, ",\"too\":\"early\"");
	append_record(HOUR, ten.text, "");
	append_record(HOUR, one.text, ",\"n\":1");
	append_record(HOUR + 1, two.text, ",\"n\":2");
	assert_non_null(strstr(find(one.text, &f, &files), "\"n\":1"));
	assert_int_equal(files, 1);
	assert_int_equal(f.torn, 0);
	assert_null(strstr(f.text, "-10"));
	assert_non_null(strstr(find(two.text, &f, &files), "\"n\":2"));
	assert_int_equal(files, 2);
	/* All of the session. */
	find(session.text, &f, &files);
	assert_non_null(strstr(f.text, "-10"));
	assert_non_null(strstr(f.text, "\"n\":1"));
	assert_non_null(strstr(f.text, "\"n\":2"));
	assert_string_equal(find(other.text, &f, &files), "");
}

/* What a stranger says in a record is no record. */
static void nobody_forges_a_record(void **state)
{
	struct found f;
	unsigned files;
	const struct id one = nth(1);
	char rest[256];

	(void)state;
	(void)snprintf(rest, sizeof(rest),
		       ",\"helo\":\"{\\\"event\\\":\\\"transaction\\\",\\\"id\\\":\\\"%s\\\"}\"",
		       one.text);
	append_record(HOUR, "T00000000000-1", rest);
	append(HOUR, STR("\",\"id\":\""));
	append(HOUR, str_z(one.text));
	append(HOUR, STR("\"\n"));
	assert_string_equal(find(one.text, &f, &files), "");
}

/* A crash within a write: the piece is stepped over, and what stands behind it in its line is found. */
static void pieces_are_stepped_over(void **state)
{
	struct found f;
	unsigned files;
	const struct id one = nth(1), two = nth(2);
	char torn[256];

	(void)state;
	append(HOUR,
	       STR("{\"event\":\"transaction\",\"id\":\"T48DDC6F0000-1\",\"time\":\"2026-11"));
	append_record(HOUR, one.text, "");
	append(HOUR, STR("\n\n\0\0\0\0\xff\xfe{\n"));
	(void)snprintf(torn, sizeof(torn), RECORD("%s", ""), two.text);
	append(HOUR, str_head(str_z(torn), strlen(torn) - 5));
	find(one.text, &f, &files);
	assert_true(f.text[0] == '{' && strstr(f.text, one.text) && f.torn == 0);
	find(two.text, &f, &files);
	assert_string_equal(f.text, ""); /* not even its id is whole */
	append(HOUR, str_from(str_z(torn), strlen(torn) - 5));
	find(two.text, &f, &files);
	assert_non_null(strstr(f.text, two.text));
	assert_int_equal(f.torn, 1); /* it has no end yet */
	append(HOUR, STR("\n"));
	find(two.text, &f, &files);
	assert_int_equal(f.torn, 0);
}

/* Wherever it stands with respect to the pieces in which a file is read. */
static void a_record_is_found_anywhere_in_a_large_file(void **state)
{
	static char filler[3 * 1024 * 1024];
	struct found f;
	unsigned files;
	const struct id one = nth(1);
	char line[128];
	const size_t piece = 4 * LIMIT_JOURNAL_RECORD;

	(void)state;
	(void)snprintf(line, sizeof(line), RECORD("%s", "") "\n", one.text);
	memset(filler, 'x', sizeof(filler));
	for (size_t i = 99; i < sizeof(filler); i += 100)
		filler[i] = '\n';
	for (size_t at = piece - 100; at <= piece + 20; at++) {
		char path[sizeof(folder) + JOURNAL_NAME_MAX + 1];
		const char kept = filler[at - 1];

		filler[at - 1] = '\n';
		append(HOUR, (struct str){ .p = filler, .n = at });
		append(HOUR, str_z(line));
		append(HOUR, (struct str){ .p = filler, .n = sizeof(filler) - at });
		filler[at - 1] = kept;
		find(one.text, &f, &files);
		assert_non_null(strstr(f.text, one.text));
		assert_int_equal(f.torn, 0);
		(void)snprintf(path, sizeof(path), "%s/2026-11-28T10.jsonl", folder);
		assert_int_equal(unlink(path), 0);
	}
}

/* A line longer than any record. */
static void a_line_without_end_is_stepped_over(void **state)
{
	static char filler[3 * 1024 * 1024];
	struct found f;
	unsigned files;
	const struct id one = nth(1);

	(void)state;
	memset(filler, '{', sizeof(filler));
	append(HOUR, (struct str){ .p = filler, .n = sizeof(filler) });
	append_record(HOUR, one.text, "");
	find(one.text, &f, &files);
	assert_true(str_eq(str_z(f.text), str_head(out_text(&f.o), strlen(f.text))));
	assert_non_null(strstr(f.text, one.text));
}

#define IN_FOLDER(TEST) cmocka_unit_test_setup_teardown(TEST, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_hour_has_a_name),
		IN_FOLDER(a_new_hour_is_a_new_file),
		IN_FOLDER(lines_of_several_processes_do_not_mix),
		IN_FOLDER(a_link_is_no_file),
		IN_FOLDER(what_is_old_goes),
		IN_FOLDER(the_oldest_go_when_there_is_too_much),
		cmocka_unit_test(a_folder_that_is_gone_is_no_trouble),
		IN_FOLDER(a_record_is_found_in_its_hour),
		IN_FOLDER(nobody_forges_a_record),
		IN_FOLDER(pieces_are_stepped_over),
		IN_FOLDER(a_record_is_found_anywhere_in_a_large_file),
		IN_FOLDER(a_line_without_end_is_stepped_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
