#include "journal/journal.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "journal/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SLOW_TIMES = 20 };

struct journal {
	struct journal_options o;
	struct wake turn;   /* set: there is something to write at the end of the turn */
	struct timer pause; /* running: nothing is written */
	struct out record;  /* the one being written, behind `n` */
	size_t n;           /* bytes that wait */
	bool torn;          /* the file ends in a piece of a line, by us */
	bool troubled;      /* as the log was told */
	uint64_t lost;      /* since then */
	char bytes[LIMIT_JOURNAL_WAITING + 1]; /* the first is for a '\n' before what waits */
};

ssize_t journal_to_file(void *arg, struct str lines, int64_t unix_ms)
{
	return journal_file_write(arg, lines, unix_ms);
}

/* ---- what the log is told: when trouble begins, and when it ends ---- */

static PRINTF_LIKE(2, 3) void say_trouble(struct journal *j, const char *format, ...)
{
	char text[256];
	va_list args;

	if (j->troubled)
		return;
	j->troubled = true;
	j->lost = 0;
	va_start(args, format);
	CHECK(vsnprintf(text, sizeof(text), format, args) >= 0);
	va_end(args);
	log_note("degraded", "journal", "%s", text);
}

static void say_well(struct journal *j)
{
	if (!j->troubled)
		return;
	j->troubled = false;
	log_note("journal", "written-again", "%" PRIu64 " records were lost", j->lost);
}

static void lose(struct journal *j)
{
	j->lost++;
	++*j->o.lost;
}

/* ---- writing ---- */

/* What has gone out, up to its last line end, is done with: what is left begins with a whole record. */
static void drop_written(struct journal *j, size_t written)
{
	size_t done = written;

	while (done && j->bytes[done] != '\n')
		done--;
	j->torn = done != written;
	memmove(j->bytes + 1, j->bytes + 1 + done, j->n - done);
	j->n -= done;
}

static void failed(struct journal *j, const char *why)
{
	say_trouble(j, "cannot be written: %s; mail goes on without it", why);
	timer_start(&j->pause, LIMIT_JOURNAL_PAUSE_MS);
}

static void look_at_time(struct journal *j, int64_t took_ms)
{
	if (took_ms < LIMIT_JOURNAL_SLOW_MS) {
		say_well(j);
		return;
	}
	say_trouble(j, "its disk took %" PRId64 " ms for a write and is left alone for a while",
		    took_ms);
	took_ms *= SLOW_TIMES;
	timer_start(&j->pause, took_ms < LIMIT_JOURNAL_PAUSE_MS ? took_ms : LIMIT_JOURNAL_PAUSE_MS);
}

static void write_out(struct journal *j)
{
	const int64_t before = loop_unix_ms(j->o.loop);
	const size_t torn = j->torn;
	const struct str all = { .p = j->bytes + 1 - torn, .n = j->n + torn };
	ssize_t n;

	if (!j->n)
		return;
	n = j->o.write(j->o.arg, all, before);
	if (n > 0)
		drop_written(j, (size_t)n - torn);
	if (n < 0)
		failed(j, strerror(errno));
	else if (j->n)
		failed(j, strerror(ENOSPC));
	else
		look_at_time(j, loop_unix_ms(j->o.loop) - before);
}

static void at_end_of_turn(struct wake *w, void *arg)
{
	struct journal *j = arg;

	(void)w;
	if (!timer_active(&j->pause))
		write_out(j);
}

static void after_pause(struct timer *t, void *arg)
{
	(void)t;
	write_out(arg);
}

/* ---- records ---- */

struct out *journal_begin(struct journal *j)
{
	if (LIMIT_JOURNAL_WAITING - j->n < LIMIT_JOURNAL_RECORD && !timer_active(&j->pause))
		write_out(j);
	if (LIMIT_JOURNAL_WAITING - j->n < LIMIT_JOURNAL_RECORD) {
		lose(j);
		return NULL;
	}
	j->record = (struct out){ .p = j->bytes + 1 + j->n, .cap = LIMIT_JOURNAL_RECORD - 1 };
	return &j->record;
}

void journal_end(struct journal *j)
{
	if (j->record.full) {
		lose(j);
		return;
	}
	j->n += j->record.n;
	j->bytes[1 + j->n++] = '\n';
	wake_set(&j->turn);
}

/* ---- life ---- */

struct journal *journal_new(const struct journal_options *options)
{
	struct journal *j = mem_new(sizeof(*j));

	j->o = *options;
	j->bytes[0] = '\n';
	wake_init(&j->turn, options->loop, at_end_of_turn, j);
	timer_init(&j->pause, options->loop, after_pause, j);
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	write_out(j);
	for (size_t i = 1; i <= j->n; i++)
		if (j->bytes[i] == '\n')
			lose(j);
	wake_clear(&j->turn);
	timer_stop(&j->pause);
	mem_free(j);
}
