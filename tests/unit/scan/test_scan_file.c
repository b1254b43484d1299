/* scan/scan_file.h, scan/scan_walk.h: files as messages, folders in order. */
#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "scan/scan_walk.h"
#include "unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void line_ends_become_those_of_mail(void **state)
{
	const struct {
		struct str in, out;
	} rows[] = {
		{ STR(""), STR("") },
		{ STR("a\nb\n"), STR("a\r\nb\r\n") },
		{ STR("a\r\nb\r\n"), STR("a\r\nb\r\n") },
		{ STR("\n\n"), STR("\r\n\r\n") },
		{ STR("a\rb"), STR("a\rb") }, /* not ours to repair */
		{ STR(">From a\n>>From b"), STR("From a\r\n>From b") },
		{ STR("> From a\nx>From b\n"), STR("> From a\r\nx>From b\r\n") },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct scan_item item = { .path = "", .quoted = true, .raw = rows[i].in };
		struct str message = scan_wire(&item);

		assert_true(str_eq(message, rows[i].out));
		scan_forget(&message);
		assert_null(message.p);
	}
}

/* Two of them, at each pair of places, and a third byte in front of the second one. */
static void line_ends_are_found_wherever_they_are(void **state)
{
	char text[20], bytes[2 * sizeof(text)];

	(void)state;
	for (size_t i = 0; i < sizeof(text) * sizeof(text) * 2; i++) {
		const size_t one = i % sizeof(text), other = i / sizeof(text) % sizeof(text);
		const struct scan_item item = { .path = "",
						.raw = { .p = text, .n = sizeof(text) - i % 7 } };
		struct out expected = OUT(bytes);
		struct str message;

		memset(text, 'a', sizeof(text));
		text[other ? other - 1 : 0] = i % 2 ? '\r' : 'b';
		text[one] = text[other] = '\n';
		for (size_t k = 0; k < item.raw.n; k++) {
			if (text[k] == '\n' && (k == 0 || text[k - 1] != '\r'))
				out_char(&expected, '\r');
			out_char(&expected, text[k]);
		}
		message = scan_wire(&item);
		assert_true(str_eq(message, out_text(&expected)));
		scan_forget(&message);
	}
}

/* "path#index[q]: text;" or "path#index! why;", line ends as '|'. */
static bool gather(void *arg, const struct scan_item *item, const char *error)
{
	struct out *o = arg;

	out_printf(o, "%s#%u%s", item->path, (unsigned)item->index, item->quoted ? "q" : "");
	if (error)
		out_printf(o, "! %s;", error);
	else
		out_printf(o, ": " STR_FMT ";", STR_ARG(item->raw));
	for (size_t i = 0; i < o->n; i++)
		if (o->p[i] == '\n')
			o->p[i] = '|';
	return true;
}

#define MARK "From a Mon Nov  2 10:00:00 2026\n"

static void files_hold_one_message_or_many(void **state)
{
	const struct {
		struct str file, messages;
	} rows[] = {
		{ STR(""), STR("m#0: ;") },
		{ STR("A: b\n\nx\n"), STR("m#0: A: b||x|;") },
		{ STR("From: x\n\n" MARK), STR("m#0: From: x||From a Mon Nov  2 10:00:00 2026|;") },
		{ STR("From "), STR("m#1q: ;") },
		{ STR("From x\nA: b\n"), STR("m#1q: A: b|;") },
		{ STR(MARK "A: b\n\nx\n\n" MARK "C: d\n\ny"),
		  STR("m#1q: A: b||x|;m#2q: C: d||y;") },
		{ STR(MARK "Content-Length: 2\n\nx\n\n" MARK "C: d\n\n>From y"),
		  STR("m#1: Content-Length: 2||x|;m#2q: C: d||>From y;") },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char text[256];
		struct out o = OUT(text);

		write_file("m", rows[i].file);
		assert_true(scan_file("m", gather, &o));
		assert_int_equal(out_text(&o).n, rows[i].messages.n);
		assert_memory_equal(text, rows[i].messages.p, o.n);
	}
	unlink("m");
}

struct sizes {
	unsigned count, errors;
	size_t bytes;
};

static bool measure(void *arg, const struct scan_item *item, const char *error)
{
	struct sizes *s = arg;

	s->count++;
	s->errors += error != NULL;
	s->bytes += item->raw.n;
	return true;
}

static void fill(int fd, size_t n)
{
	static const char zeros[65536] = "";

	for (; n >= sizeof(zeros); n -= sizeof(zeros))
		assert_int_equal(write(fd, zeros, sizeof(zeros)), sizeof(zeros));
}

/* Of a message over the limit all but that is an error; it does not take those behind it with it. */
static void too_large_is_said_of_that_one(void **state)
{
	static const char mark[] = "\n" MARK "A: b\n\nx\n";
	struct sizes s = { 0 };
	int fd;

	(void)state;
	write_file("m", STR(MARK "A: b\n\n"));
	fd = open("m", O_WRONLY | O_APPEND);
	fill(fd, LIMIT_MESSAGE + (8u << 20));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(write(fd, mark, sizeof(mark) - 1), sizeof(mark) - 1);
	close(fd);
	assert_true(scan_file("m", measure, &s));
	assert_int_equal(s.count, 3);
	assert_int_equal(s.errors, 1);
	assert_int_equal(s.bytes, 2 * STR("A: b\n\nx\n").n);
	s = (struct sizes){ 0 };
	assert_int_equal(truncate("m", 0), 0);
	fd = open("m", O_WRONLY);
	fill(fd, LIMIT_MESSAGE + (8u << 20));
	close(fd);
	assert_true(scan_file("m", measure, &s));
	assert_true(s.count == 1 && s.errors == 1 && s.bytes == 0);
	unlink("m");
}

static void what_cannot_be_read_says_why(void **state)
{
	char text[256];
	struct out o = OUT(text);

	(void)state;
	assert_true(scan_file("none", gather, &o));
	assert_true(scan_file(".", gather, &o));
	assert_true(str_eq(out_text(&o),
			   STR("none#0! No such file or directory;.#0! Is a directory;")));
}

static bool name(void *arg, const struct scan_item *item, const char *error)
{
	out_printf(arg, "%s%s;", item->path, error ? "!" : "");
	return !str_ends(out_text(arg), STR("stop;"));
}

static void folders_are_walked_in_order(void **state)
{
	char text[256], in[] = "in", none[] = "none";
	struct out o = OUT(text);

	(void)state;
	assert_int_equal(mkdir("in", 0700) | mkdir("in/b", 0700) | mkdir("in/d", 0700), 0);
	write_file("in/c", STR(""));
	write_file("in/b/2", STR(""));
	write_file("in/b/10", STR(""));
	write_file("in/a", STR(""));
	assert_int_equal(mkfifo("in/b/3", 0600), 0);
	assert_int_equal(symlink("nowhere", "in/e") | symlink("..", "in/d/loop"), 0);
	assert_true(scan_walk(in, name, &o));
	assert_true(scan_walk(none, name, &o));
	assert_true(str_eq(out_text(&o), STR("in/a;in/b/10;in/b/2;in/b/3!;in/c;in/e!;none!;")));
	write_file("in/b/stop", STR(""));
	o.n = 0;
	assert_false(scan_walk(in, name, &o));
	assert_true(str_eq(out_text(&o), STR("in/a;in/b/10;in/b/2;in/b/3!;in/b/stop;")));
	unlink("in/d/loop");
	unlink("in/a");
	unlink("in/c");
	unlink("in/e");
	unlink("in/b/2");
	unlink("in/b/10");
	unlink("in/b/3");
	unlink("in/b/stop");
	rmdir("in/b");
	rmdir("in/d");
	rmdir("in");
}

static void of_a_maildir_the_mail_is_taken(void **state)
{
	static const char *const folders[] = { "box",          "box/cur",     "box/new",
					       "box/tmp",      "box/.Sub",    "box/.Sub/cur",
					       "box/.Sub/new", "box/.Sub/tmp" };
	static const char *const files[] = { "box/dovecot-uidlist",    "box/tmp/1",
					     "box/cur/2:2,S",          "box/new/3",
					     "box/.Sub/maildirfolder", "box/.Sub/cur/4" };
	char text[256], box[] = "box";
	struct out o = OUT(text);

	(void)state;
	for (size_t i = 0; i < COUNTOF(folders); i++)
		assert_int_equal(mkdir(folders[i], 0700), 0);
	for (size_t i = 0; i < COUNTOF(files); i++)
		write_file(files[i], STR(""));
	assert_true(scan_walk(box, name, &o));
	assert_true(str_eq(out_text(&o), STR("box/.Sub/cur/4;box/cur/2:2,S;box/new/3;")));
	for (size_t i = COUNTOF(files); i--;)
		unlink(files[i]);
	for (size_t i = COUNTOF(folders); i--;)
		rmdir(folders[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends_become_those_of_mail),
		cmocka_unit_test(line_ends_are_found_wherever_they_are),
		cmocka_unit_test(files_hold_one_message_or_many),
		cmocka_unit_test(too_large_is_said_of_that_one),
		cmocka_unit_test(what_cannot_be_read_says_why),
		cmocka_unit_test(folders_are_walked_in_order),
		cmocka_unit_test(of_a_maildir_the_mail_is_taken),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
