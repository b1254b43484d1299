/* daemon/scan_file.h: files as messages, folders in order. */
#define _GNU_SOURCE 1 /* mkdtemp */

#include "base/check.h"
#include "daemon/scan_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/postern-scan.XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static void write_file(const char *name, struct str bytes)
{
	const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	close(fd);
}

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
		{ STR("From x Mon\nA: b\n"), STR("A: b\r\n") },
		{ STR("From: x\n"), STR("From: x\r\n") },
		{ STR("From "), STR("From ") },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char text[128];
		struct out why = OUT(text);
		struct str message;

		write_file("m", rows[i].in);
		assert_true(scan_read("m", &message, &why));
		assert_true(str_eq(message, rows[i].out));
		scan_forget(&message);
		assert_null(message.p);
	}
	unlink("m");
}

static void what_cannot_be_read_says_why(void **state)
{
	char text[128];
	struct out why = OUT(text);
	struct str message;

	(void)state;
	assert_false(scan_read("none", &message, &why));
	assert_true(str_eq(out_text(&why), STR("No such file or directory")));
	why.n = 0;
	assert_false(scan_read(folder, &message, &why));
	assert_true(str_eq(out_text(&why), STR("Is a directory")));
}

static void gather(void *arg, const char *path, const char *error)
{
	out_printf(arg, "%s%s;", path, error ? "!" : "");
}

static void folders_are_walked_in_order(void **state)
{
	char text[256], in[] = "in", none[] = "none", standard[] = "-";
	struct out o = OUT(text);

	(void)state;
	assert_int_equal(mkdir("in", 0700) | mkdir("in/b", 0700) | mkdir("in/d", 0700), 0);
	write_file("in/c", STR(""));
	write_file("in/b/2", STR(""));
	write_file("in/b/10", STR(""));
	write_file("in/a", STR(""));
	assert_int_equal(symlink("nowhere", "in/e") | symlink("..", "in/d/loop"), 0);
	scan_walk(in, gather, &o);
	scan_walk(standard, gather, &o);
	scan_walk(none, gather, &o);
	assert_true(str_eq(out_text(&o), STR("in/a;in/b/10;in/b/2;in/c;in/e!;-;none!;")));
	unlink("in/d/loop");
	unlink("in/a");
	unlink("in/c");
	unlink("in/e");
	unlink("in/b/2");
	unlink("in/b/10");
	rmdir("in/b");
	rmdir("in/d");
	rmdir("in");
}

static int drop_folder(void **state)
{
	(void)state;
	return chdir("/") | rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_ends_become_those_of_mail),
		cmocka_unit_test(what_cannot_be_read_says_why),
		cmocka_unit_test(folders_are_walked_in_order),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
