/* Files: what they include, and files that cannot be read. */
#include "unit/conf/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name holds what a glob would take for wildcards. */
static char dir[64] = "/tmp/postern[a]conf.XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Messages without the folder's name. */
static struct conf *load(const char *name, struct said *said)
{
	const size_t length = strlen(dir);
	size_t n;
	const struct conf_block *const *blocks = conf_blocks(&n);
	struct conf *conf = conf_load(path_of(name), blocks, n, said_start(said));

	for (char *p; (p = strstr(said->text, dir));)
		memmove(p, p + length + 1, strlen(p + length + 1) + 1);
	return conf;
}

static void files_include_what_stands_beside_them(void **state)
{
	struct said said;
	const struct conf_section *s;
	struct conf *conf;

	(void)state;
	mkdir(path_of("conf.d"), 0700);
	write_file("main.conf", "include \"conf.d/*.conf\"\ninclude more.conf\n"
				"include \"none*\"\nworkers = 2");
	write_file("conf.d/b.conf", "backend \"b\" { maildir = x }");
	write_file("conf.d/a.conf", "listener \"a\" { address = 1.2.3.4:25 }");
	write_file("more.conf", "\nbackend \"c\" { maildir = y }");
	conf = load("main.conf", &said);
	assert_string_equal(said.text, "3:9 warning no file is named none*\n");
	s = conf_first(conf, &block_backend);
	assert_string_equal(s->title.text.p, "b");
	assert_true(str_ends(str_z(s->at.file), STR("/conf.d/b.conf")));
	s = conf_next(s);
	assert_string_equal(s->title.text.p, "c");
	assert_int_equal(s->at.line, 2);
	conf_free(conf);
}

static void a_file_that_is_not_there_is_told(void **state)
{
	struct said said;

	(void)state;
	assert_null(load("nothing.conf", &said));
	assert_string_equal(said.text, "0:0 cannot read nothing.conf: No such file or directory\n");
	assert_null(load("conf.d", &said));
	assert_string_equal(said.text, "0:0 cannot read conf.d: it is a folder\n");
	write_file("main.conf", "\n include \"nothing.conf\"\n include \"\"\n include x{");
	assert_null(load("main.conf", &said));
	assert_string_equal(said.text,
			    "2:10 cannot read nothing.conf: No such file or directory\n"
			    "3:10 include needs the name of a file\n"
			    "4:11 \"{\" right behind a value; values with such characters need "
			    "quotes\n");
}

static void cycles_and_depth_end(void **state)
{
	struct said said;

	(void)state;
	write_file("a.conf", "include \"b.conf\"");
	write_file("b.conf", "include \"./a.conf\"");
	assert_null(load("a.conf", &said));
	assert_string_equal(said.text, "1:9 cannot read ./a.conf: it includes itself\n");
	for (int i = 0; i < 12; i++) {
		char name[32], text[64];

		snprintf(name, sizeof(name), "deep%d.conf", i);
		snprintf(text, sizeof(text), "include \"deep%d.conf\"", i + 1);
		write_file(name, text);
	}
	assert_null(load("deep0.conf", &said));
	assert_string_equal(said.text, "1:9 cannot read deep9.conf: too many levels of include\n");
}

static void pipes_and_huge_files_are_refused(void **state)
{
	struct said said;
	FILE *f;

	(void)state;
	assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
	write_file("main.conf", "include \"pip?\"");
	assert_null(load("main.conf", &said));
	assert_string_equal(said.text, "1:9 cannot read pipe: it is not a file\n");
	f = fopen(path_of("huge.conf"), "w");
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), LIMIT_CONF_FILE + 1), 0);
	fclose(f);
	assert_null(load("huge.conf", &said));
	assert_string_equal(said.text, "0:0 huge.conf is longer than 4194304 bytes\n");
}

static void many_files_end(void **state)
{
	struct said said;
	FILE *f;

	(void)state;
	write_file("none.conf", "");
	f = fopen(path_of("many.conf"), "w");
	assert_non_null(f);
	for (int i = 0; i < 2000; i++)
		fputs("include none.conf\n", f);
	fclose(f);
	write_file("main.conf", "include many.conf");
	assert_null(load("main.conf", &said));
	assert_string_equal(said.text, "1023:9 more than 1024 files\n");
}

static void memory_cannot_include(void **state)
{
	struct said said;

	(void)state;
	assert_null(core_parse("include \"/etc/passwd\"", &said));
	assert_string_equal(said.text, "1:9 include works in files only\n");
	assert_null(core_parse("rules { include \"x\" }", &said));
	assert_string_equal(said.text, "1:17 expected = behind \"include\", found \"\"\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_include_what_stands_beside_them),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
		cmocka_unit_test(cycles_and_depth_end),
		cmocka_unit_test(pipes_and_huge_files_are_refused),
		cmocka_unit_test(many_files_end),
		cmocka_unit_test(memory_cannot_include),
	};

	return cmocka_run_group_tests_name("conf: files", tests, make_dir, remove_dir);
}
