/* journal/journal.h on a disk that does as it is told: records go out whole, in a write for each turn; a disk that is
 * full or slow holds up nothing, and what is lost is counted. */
#include "fake/fake.h"

#include "base/limits.h"
#include "base/log.h"
#include "fake/inside.h"
#include "journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>

struct disk {
	struct loop *loop;
	struct journal *journal;
	struct fake_bytes file;
	unsigned writes;
	uint64_t lost;
	/* How the next writes go. */
	int error;        /* 0: well */
	size_t takes;     /* of a write at most; 0: all */
	int64_t takes_ms; /* its time */
	char log[2048];
	struct out said;
};

static ssize_t write_to_disk(void *arg, struct str lines, int64_t unix_ms)
{
	struct disk *d = arg;
	const size_t n = d->takes && d->takes < lines.n ? d->takes : lines.n;

	assert_int_equal(unix_ms, loop_unix_ms(d->loop));
	d->writes++;
	d->loop->now += d->takes_ms;
	if (d->error) {
		errno = d->error;
		return -1;
	}
	fake_bytes_add(&d->file, str_head(lines, n));
	return (ssize_t)n;
}

static void catch_log(struct str lines, void *arg)
{
	out_str(arg, lines);
}

static void open_disk(struct disk *d)
{
	*d = (struct disk){ .loop = loop_new() };
	d->said = OUT(d->log);
	log_to(catch_log, &d->said);
	d->journal = journal_new(&(struct journal_options){
		.loop = d->loop, .write = write_to_disk, .arg = d, .lost = &d->lost });
}

static void close_disk(struct disk *d)
{
	journal_free(d->journal);
	log_to(NULL, NULL);
	fake_bytes_free(&d->file);
	loop_free(d->loop);
}

static bool put(struct disk *d, struct str record)
{
	struct out *o = journal_begin(d->journal);

	if (!o)
		return false;
	out_str(o, record);
	journal_end(d->journal);
	return true;
}

static struct str on_disk(const struct disk *d)
{
	return fake_bytes_str(&d->file);
}

static struct str log_of(struct disk *d)
{
	log_flush();
	return out_text(&d->said);
}

static void a_turn_is_a_write(void **state)
{
	struct disk d;

	(void)state;
	open_disk(&d);
	put(&d, STR("{1}"));
	put(&d, STR("{2}"));
	assert_int_equal(d.writes, 0);
	fake_turn(d.loop);
	assert_true(str_eq(on_disk(&d), STR("{1}\n{2}\n")));
	assert_int_equal(d.writes, 1);
	fake_turn(d.loop);
	assert_int_equal(d.writes, 1);
	put(&d, STR("{3}"));
	fake_turn(d.loop);
	assert_true(str_eq(on_disk(&d), STR("{1}\n{2}\n{3}\n")));
	put(&d, STR("{4}"));
	close_disk(&d); /* which writes: the fake loop has nothing left */
}

static void what_waits_is_written_at_the_end(void **state)
{
	struct disk d;

	(void)state;
	open_disk(&d);
	put(&d, STR("{1}"));
	journal_free(d.journal);
	d.journal = NULL;
	assert_true(str_eq(on_disk(&d), STR("{1}\n")));
	assert_int_equal(d.lost, 0);
	close_disk(&d);
}

static void what_cannot_be_written_at_the_end_is_lost(void **state)
{
	struct disk d;

	(void)state;
	open_disk(&d);
	put(&d, STR("{1}"));
	put(&d, STR("{2}"));
	d.takes = 5;
	journal_free(d.journal);
	d.journal = NULL;
	assert_int_equal(d.lost, 1);
	close_disk(&d);
}

static void a_full_disk_is_told_once_and_nothing_is_lost_in_a_while(void **state)
{
	struct disk d;

	(void)state;
	open_disk(&d);
	d.error = ENOSPC;
	put(&d, STR("{1}"));
	fake_turn(d.loop);
	put(&d, STR("{2}"));
	fake_turn(d.loop);
	assert_int_equal(d.writes, 1); /* left alone */
	fake_advance(d.loop, LIMIT_JOURNAL_PAUSE_MS);
	assert_int_equal(d.writes, 2);
	assert_true(
		str_eq(log_of(&d),
		       STR("degraded id=- what=journal text=\"cannot be written: No space left on "
			   "device; mail goes on without it\"\n")));
	d.error = 0;
	fake_advance(d.loop, LIMIT_JOURNAL_PAUSE_MS);
	assert_true(str_eq(on_disk(&d), STR("{1}\n{2}\n")));
	assert_true(str_ends(
		log_of(&d), STR("journal id=- what=written-again text=\"0 records were lost\"\n")));
	assert_int_equal(d.lost, 0);
	close_disk(&d);
}

static void what_memory_does_not_hold_is_lost_and_counted(void **state)
{
	static char large[LIMIT_JOURNAL_RECORD / 2];
	struct disk d;
	unsigned kept = 0;

	(void)state;
	memset(large, 'x', sizeof(large));
	open_disk(&d);
	d.error = EIO;
	put(&d, STR("{}"));
	fake_turn(d.loop);
	while (put(&d, (struct str){ .p = large, .n = sizeof(large) }))
		kept++;
	assert_false(put(&d, STR("{}")));
	assert_int_equal(d.lost, 2);
	assert_true(kept * (sizeof(large) + 1) <= LIMIT_JOURNAL_WAITING);
	assert_true(kept >= 2);
	d.error = 0;
	fake_advance(d.loop, LIMIT_JOURNAL_PAUSE_MS);
	assert_int_equal(d.file.n, 3 + kept * (sizeof(large) + 1));
	assert_true(str_ends(log_of(&d), STR("text=\"2 records were lost\"\n")));
	assert_true(put(&d, STR("{}")));
	close_disk(&d);
}

/* Many in one turn are more than memory holds: they are written in between. */
static void a_turn_may_have_more_than_memory_holds(void **state)
{
	static char large[LIMIT_JOURNAL_RECORD / 2];
	struct disk d;

	(void)state;
	memset(large, 'x', sizeof(large));
	open_disk(&d);
	for (unsigned i = 0; i < 50; i++)
		assert_true(put(&d, (struct str){ .p = large, .n = sizeof(large) }));
	fake_turn(d.loop);
	assert_int_equal(d.file.n, 50 * (sizeof(large) + 1));
	assert_int_equal(d.lost, 0);
	close_disk(&d);
}

/* The piece stays, for others may have written behind it; its record comes again, whole and in a line of its own. */
static void a_torn_record_is_written_again(void **state)
{
	struct disk d;

	(void)state;
	open_disk(&d);
	d.takes = 6;
	put(&d, STR("{1}"));
	put(&d, STR("{2}"));
	put(&d, STR("{3}"));
	fake_turn(d.loop);
	assert_true(str_eq(on_disk(&d), STR("{1}\n{2")));
	fake_bytes_add(&d.file, STR("{another's}\n"));
	d.takes = 1;
	fake_advance(d.loop, LIMIT_JOURNAL_PAUSE_MS);
	d.takes = 0;
	fake_advance(d.loop, LIMIT_JOURNAL_PAUSE_MS);
	assert_true(str_eq(on_disk(&d), STR("{1}\n{2{another's}\n\n{2}\n{3}\n")));
	close_disk(&d);
}

static void a_slow_disk_has_a_twentieth_of_the_time(void **state)
{
	struct disk d;
	int64_t begun;

	(void)state;
	open_disk(&d);
	d.takes_ms = LIMIT_JOURNAL_SLOW_MS;
	begun = loop_now_ms(d.loop);
	for (unsigned i = 0; i < 1000; i++) {
		put(&d, STR("{}"));
		fake_advance(d.loop, 10);
	}
	assert_true(d.writes * d.takes_ms * 20 <= loop_now_ms(d.loop) - begun + 2000);
	assert_true(d.writes > 5);
	assert_int_equal(d.lost, 0);
	assert_true(
		str_eq(log_of(&d),
		       STR("degraded id=- what=journal text=\"its disk took 50 ms for a write and "
			   "is left alone for a while\"\n")));
	d.takes_ms = 0;
	fake_advance(d.loop, LIMIT_JOURNAL_PAUSE_MS);
	assert_int_equal(d.file.n, 3 * 1000);
	close_disk(&d);
}

static void one_that_does_not_fit_is_lost_alone(void **state)
{
	static char larger[LIMIT_JOURNAL_RECORD];
	struct disk d;

	(void)state;
	memset(larger, 'x', sizeof(larger));
	open_disk(&d);
	put(&d, STR("{1}"));
	put(&d, (struct str){ .p = larger, .n = sizeof(larger) });
	put(&d, STR("{2}"));
	fake_turn(d.loop);
	assert_true(str_eq(on_disk(&d), STR("{1}\n{2}\n")));
	assert_int_equal(d.lost, 1);
	close_disk(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_is_a_write),
		cmocka_unit_test(what_waits_is_written_at_the_end),
		cmocka_unit_test(what_cannot_be_written_at_the_end_is_lost),
		cmocka_unit_test(a_full_disk_is_told_once_and_nothing_is_lost_in_a_while),
		cmocka_unit_test(what_memory_does_not_hold_is_lost_and_counted),
		cmocka_unit_test(a_turn_may_have_more_than_memory_holds),
		cmocka_unit_test(a_torn_record_is_written_again),
		cmocka_unit_test(a_slow_disk_has_a_twentieth_of_the_time),
		cmocka_unit_test(one_that_does_not_fit_is_lost_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
