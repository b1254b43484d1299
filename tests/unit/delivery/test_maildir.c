/* The backend that is a folder: what stands in new/ is what was sent, and nothing stays in tmp/. */
#include "fake/fake.h"
#include "unit/delivery/gate.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct box {
	struct gate *gate;
	char path[64], file[512];
	char bytes[1 << 20];
	size_t n;
};

static int begin(void **state)
{
	struct box *b = mem_new(sizeof(*b));

	snprintf(b->path, sizeof(b->path), "/tmp/postern-maildir-XXXXXX");
	assert_non_null(mkdtemp(b->path));
	b->gate = gate_new();
	b->gate->jobs = jobs_new(b->gate->mta->loop);
	snprintf(b->file, sizeof(b->file), "%s/a/b", b->path);
	b->gate->conf.servers.count = 0;
	b->gate->conf.maildir.text = str_z(b->file);
	gate_open(b->gate);
	*state = b;
	return 0;
}

static int end(void **state)
{
	static const char *const folders[] = {
		"/a/b/tmp", "/a/b/new", "/a/b/cur", "/a/b", "/a", ""
	};
	struct box *b = *state;
	struct gate *g = b->gate;

	if (g->delivery)
		delivery_close(g->delivery);
	g->delivery = NULL;
	fake_turn(g->mta->loop);
	jobs_free(g->jobs);
	gate_free(g);
	for (size_t i = 0; i < COUNTOF(folders); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s", b->path, folders[i]);
		assert_int_equal(rmdir(path), 0); /* the test left it empty */
	}
	mem_free(b);
	return 0;
}

/* Reads and removes the files of a folder: how many there were. */
static int take(struct box *b, const char *folder)
{
	char path[512];
	struct dirent *e;
	int count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/a/b/%s", b->path, folder);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		ssize_t n;
		int fd;

		if (e->d_name[0] == '.')
			continue;
		count++;
		snprintf(b->file, sizeof(b->file), "%s", e->d_name);
		fd = openat(dirfd(dir), e->d_name, O_RDONLY);
		assert_true(fd >= 0);
		n = read(fd, b->bytes, sizeof(b->bytes));
		assert_true(n >= 0);
		b->n = (size_t)n;
		close(fd);
		assert_int_equal(unlinkat(dirfd(dir), e->d_name, 0), 0);
	}
	closedir(dir);
	return count;
}

static void a_message_is_filed(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;
	char expected[600];

	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(rcpt(g, "<c@y>"), 250);
	assert_int_equal(send_message(g, "S: x\r\n\r\n.dot\r\nlone\rcr\r\r\nno end\r"), 250);
	assert_int_equal(take(b, "new"), 1);
	assert_int_equal(take(b, "tmp"), 0);
	assert_true(str_eq((struct str){ .p = b->bytes, .n = b->n },
			   STR("Return-Path: <a@x>\nH: 1\nS: x\n\n.dot\nlone\rcr\r\nno end\r")));
	snprintf(expected, sizeof(expected), "2.0.0 saved as %s", b->file);
	assert_string_equal(g->text, expected);
	assert_non_null(strstr(b->file, ".gate"));
}

static void a_large_one_comes_in_pieces(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;
	const size_t lines = 20000;

	for (size_t i = 0; i < lines; i++)
		assert_int_equal(
			spool_append(g->spool, STR("0123456789012345678901234567890123456\r\n")),
			ERR_OK);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, NULL), 250);
	assert_int_equal(take(b, "new"), 1);
	assert_int_equal(b->n, strlen("Return-Path: <a@x>\nH: 1\n") + lines * 38);
	assert_null(memchr(b->bytes, '\r', b->n));
}

static void every_cut_is_the_same_file(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;
	static char filler[256 * 1024];

	memset(filler, 'x', sizeof(filler));
	/* A CRLF around the end of a piece, on either side of it. */
	for (size_t cut = sizeof(filler) - 40; cut < sizeof(filler) - 10; cut++) {
		assert_int_equal(spool_append(g->spool, (struct str){ .p = filler, .n = cut }),
				 ERR_OK);
		assert_int_equal(spool_append(g->spool, STR("\r\nend\r\n")), ERR_OK);
		assert_int_equal(rcpt(g, "<b@y>"), 250);
		assert_int_equal(send_message(g, NULL), 250);
		assert_int_equal(take(b, "new"), 1);
		assert_int_equal(b->n, 24 + cut + 5);
		assert_true(str_ends((struct str){ .p = b->bytes, .n = b->n }, STR("x\nend\n")));
		close_delivery(g);
	}
}

static void cancelled_it_leaves_nothing(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;

	for (size_t i = 0; i < 20000; i++)
		assert_int_equal(
			spool_append(g->spool, STR("0123456789012345678901234567890123456\r\n")),
			ERR_OK);
	fake_job_delay(g->mta->loop, 10);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	start_send(g, NULL);
	fake_advance(g->mta->loop, 15);
	assert_false(g->done);
	op_cancel(&g->op);
	fake_advance(g->mta->loop, 100);
	assert_int_equal(take(b, "new"), 0);
	assert_int_equal(take(b, "tmp"), 0);
}

static void a_folder_that_went_away_is_a_temporary_failure(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;
	char path[128];

	snprintf(path, sizeof(path), "%s/a/b/tmp", b->path);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(send_message(g, "hi\r\n"), 451);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void a_full_disk_is_said(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;
	struct rlimit before, small;

	/* A file that may not grow stands for a disk that is full. */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 10, .rlim_max = before.rlim_max };
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	start_send(g, "hi\r\n");
	fake_turn(g->mta->loop);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(g->code, 452);
	assert_string_equal(g->text, "4.3.1 the mail store is full");
	assert_int_equal(take(b, "new"), 0);
	assert_int_equal(take(b, "tmp"), 0);
}

static void on_caps(struct op *op, enum err err, const void *result)
{
	struct gate *g = op->arg;

	g->done = true;
	g->err = err;
	g->caps = *(const struct caps *)result;
}

static void it_offers_what_a_folder_can(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;

	gate_ask(g);
	g->op.done = on_caps;
	backend_caps(g->backend, &g->ops, &g->op);
	assert_false(g->done);
	fake_turn(g->mta->loop);
	assert_true(g->done && caps_has(&g->caps, CAP_SMTPUTF8) && !caps_has(&g->caps, CAP_DSN));
	gate_ask(g);
	backend_caps(g->backend, &g->ops, &g->op);
	op_cancel(&g->op);
	assert_false(backend_one_recipient(g->backend));
	assert_true(backend_give_to(g->backend, getuid(), getgid()));
}

static void a_folder_that_cannot_be_is_said(void **state)
{
	struct box *b = *state;
	struct gate *g = b->gate;
	const struct backend_options options = {
		.loop = g->mta->loop,
		.jobs = g->jobs,
		.section = &g->section,
	};
	char bytes[256];
	struct out why = OUT(bytes);

	g->conf.maildir.text = STR("/dev/null/x");
	assert_null(backend_new(&options, &why));
	assert_true(str_starts(out_text(&why), STR("/dev/null/x: ")));
}

int main(void)
{
#define test(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)
	const struct CMUnitTest tests[] = {
		test(a_message_is_filed),
		test(a_large_one_comes_in_pieces),
		test(every_cut_is_the_same_file),
		test(cancelled_it_leaves_nothing),
		test(a_folder_that_went_away_is_a_temporary_failure),
		test(a_full_disk_is_said),
		test(it_offers_what_a_folder_can),
		test(a_folder_that_cannot_be_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
