/* lmdb/lmdb.h: several processes.  Writers are killed at random, over and over, while another one goes on: what was
 * answered is kept, each record decodes and lies under its own hash, and no count is wrong by more than what was
 * under way; nor is any of the bulk radar's, whose ways lie beside the file and are part of no transaction.
 *
 *	POSTERN_KILLS=N build/unit/lmdb/test_lmdb_kills      rounds, instead of some */
#include "base/random.h"
#include "base/siphash.h"
#include "lmdb/lmdb.h"
#include "lmdb/lmdb_file.h"
#include "store/cluster.h"
#include "unit/folder.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR (INT64_C(3600) * 1000)

enum { ROUNDS = 40, ANSWERED_MAX = 30, LIMIT = 1000000 };

/* Between the one that is not killed and us. */
struct shared {
	volatile sig_atomic_t stop;
	volatile unsigned failed, answered;
};

static void open_shop(struct shop *s)
{
	struct loop *loop = loop_new();
	const struct lmdb_options options = { .loop = loop,
					      .folder = str_z(folder),
					      .size_max = INT64_C(64) << 20,
					      .sync_ms = 1000 };
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	if (!store_lmdb(&options, &side, &why))
		fail_msg(STR_FMT, STR_ARG(out_text(&why)));
	shop_open(s, loop, side);
	s->now_ms = 1800000000000;
}

static struct store_answer ask(struct shop *s, enum store_procedure p, unsigned number,
			       const int64_t args[STORE_ARGS])
{
	struct store_question q = { .procedure = p };
	struct store_answer answer;
	char key[64];

	memcpy(q.args, args, sizeof(q.args));
	q.key = (struct str){ .p = key, .n = (size_t)snprintf(key, sizeof(key), "%u", number) };
	(void)shop_ask(s, &q, &answer);
	return answer;
}

static struct store_answer note(struct shop *s, unsigned number)
{
	return ask(s, STORE_GREYLIST, number,
		   (int64_t[STORE_ARGS]){ GREYLIST_NOTE, 60000, 48 * HOUR, 900 * HOUR });
}

static struct store_answer take(struct shop *s, int64_t how)
{
	return ask(s, STORE_BUCKET, 0, (int64_t[STORE_ARGS]){ how, LIMIT, 24 * HOUR, 1 });
}

enum { FAMILIES = 7, OWN = 6, ALIKE = 14 };

/* One of a family's mails, of which each has some values of its own.  `what`: enum bulk_do. */
static struct store_answer mail(struct shop *s, enum bulk_do what, unsigned number)
{
	struct bulk_sighting m = { .has_text = true, .network = 1 + number };
	struct store_question q = { .procedure = STORE_BULK,
				    .label = STR("a subject"),
				    .args = { what, HOUR, 48 * HOUR, ALIKE },
				    .sighting = &m };
	struct store_answer answer;
	char key[BULK_KEY];

	for (unsigned i = 0; i < BULK_VALUES; i++)
		m.text[i] = (number % FAMILIES * BULK_VALUES + i) * 0x9e3779b1;
	for (unsigned i = 0; i < number % OWN; i++)
		m.text[number * (i + 7) % BULK_VALUES] ^= number;
	q.key = bulk_mail_key(&m, key);
	(void)shop_ask(s, &q, &answer);
	return answer;
}

static struct lmdb_file *open_file(void)
{
	const struct lmdb_file_options options = { .folder = str_z(folder), .bytes_max = 1 << 26 };
	struct lmdb_file *f;
	int rc;

	f = lmdb_file_open(&options, &rc);
	assert_non_null(f);
	return f;
}

/* Whether it was marked before. */
static bool mark(struct shop *s, unsigned number)
{
	const struct store_answer a = ask(s, STORE_MARK, number, (int64_t[STORE_ARGS]){ 1, HOUR });

	assert_int_equal(a.status, STORE_OK);
	return a.results[0] == 1;
}

/* ---- those who write, and end with us ---- */

static pid_t start(void)
{
	const pid_t pid = fork();

	if (pid == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(1);
	return pid;
}

static pid_t start_victim(int to, unsigned from)
{
	const pid_t pid = start();
	struct shop s;

	if (pid != 0)
		return pid;
	open_shop(&s);
	for (unsigned i = from;; i++)
		if (note(&s, i).status != STORE_OK || take(&s, 1).status != STORE_OK ||
		    mail(&s, BULK_NOTE, i).status != STORE_OK || write(to, "x", 1) != 1)
			_exit(1);
}

static pid_t start_survivor(struct shared *shared)
{
	const pid_t pid = start();
	struct shop s;

	if (pid != 0)
		return pid;
	open_shop(&s);
	for (unsigned i = 0; !shared->stop; i++)
		if (ask(&s, STORE_MARK, i % 10000, (int64_t[STORE_ARGS]){ 1, HOUR }).status ==
		    STORE_OK)
			shared->answered++;
		else
			shared->failed++;
	shop_close(&s);
	_exit(0);
}

/* ---- what is found ---- */

static void check_table(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	size_t n = 0;

	assert_int_equal(mdb_cursor_open(txn, e->records[p], &cursor), 0);
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		struct packed packed;
		uint64_t hash;

		assert_int_equal(key.mv_size, sizeof(hash));
		memcpy(&hash, key.mv_data, sizeof(hash));
		assert_true(packed_read((struct str){ .p = value.mv_data, .n = value.mv_size },
					&packed));
		assert_true(siphash(e->secret, packed.key) == hash);
		n++;
	}
	mdb_cursor_close(cursor);
	assert_int_equal(lmdb_rows(e, txn, p), n);
}

static void check_file(void)
{
	struct lmdb_file *f = open_file();
	MDB_txn *txn;

	assert_int_equal(mdb_txn_begin(f->env.env, NULL, MDB_RDONLY, &txn), 0);
	for (unsigned p = 0; p < STORE_PROCEDURE_COUNT; p++)
		check_table(&f->env, txn, (enum store_procedure)p);
	mdb_txn_abort(txn);
	lmdb_file_close(f);
}

static unsigned check_answers(unsigned answered, unsigned kills)
{
	struct store_answer a;
	unsigned in_it;
	struct shop s;

	open_shop(&s);
	for (unsigned i = 0; i < answered; i++) {
		a = note(&s, i);
		assert_int_equal(a.results[0], GREYLIST_STATE_EARLY);
		assert_int_equal(a.results[1], 60000);
	}
	in_it = (unsigned)take(&s, 0).results[1];
	assert_in_range(in_it, answered, answered + kills);
	shop_close(&s);
	return in_it;
}

/* Each mail that was answered is in one cluster, and each family in few: a cluster is lost sight of when its first mail
 * was killed with its ways half written. */
static void check_clusters(unsigned answered, unsigned kills)
{
	struct lmdb_file *f = open_file();
	unsigned clusters = 0, mails = 0;
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_txn *txn;

	assert_int_equal(mdb_txn_begin(f->env.env, NULL, MDB_RDONLY, &txn), 0);
	assert_int_equal(mdb_cursor_open(txn, f->env.records[STORE_BULK], &cursor), 0);
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
		struct packed row;
		struct cluster cluster;

		assert_true(
			packed_read((struct str){ .p = value.mv_data, .n = value.mv_size }, &row));
		assert_true(bulk_key_id(row.key) != 0);
		assert_true(cluster_read(row.record.body, &cluster));
		clusters++;
		mails += cluster.messages;
	}
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	lmdb_file_close(f);
	assert_in_range(mails, answered, answered + kills);
	assert_in_range(clusters, FAMILIES, FAMILIES + kills);
	print_message("# %u mails in %u clusters\n", mails, clusters);
}

static void check_sight(void)
{
	struct shop s;

	open_shop(&s);
	for (unsigned i = 0; i < FAMILIES * OWN; i++)
		assert_false(mail(&s, BULK_LOOK, i).bulk.is_new);
	shop_close(&s);
}

/* Reads so many answers of a victim and kills it; those that were still on their way count. */
static unsigned kill_one(unsigned from)
{
	unsigned answered = 0;
	const unsigned most = 1 + random_u32() % ANSWERED_MAX;
	char c[64];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = start_victim(fds[1], from);
	close(fds[1]);
	while (answered < most) {
		assert_int_equal(read(fds[0], c, 1), 1);
		answered++;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while ((n = read(fds[0], c, sizeof(c))) > 0)
		answered += (unsigned)n;
	close(fds[0]);
	return answered;
}

static void kills_lose_nothing(void **state)
{
	const char *text = getenv("POSTERN_KILLS");
	const unsigned rounds = text ? (unsigned)strtoul(text, NULL, 10) : ROUNDS;
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned answered = 0, in_it;
	pid_t survivor;
	int status;

	(void)state;
	assert_true(shared != MAP_FAILED);
	survivor = start_survivor(shared);
	for (unsigned i = 0; i < rounds; i++) {
		answered += kill_one(answered);
		if (i % 10 == 0)
			check_file();
	}
	shared->stop = 1;
	assert_int_equal(waitpid(survivor, &status, 0), survivor);
	assert_int_equal(status, 0);
	assert_int_equal(shared->failed, 0);
	assert_true(shared->answered > 0);
	check_file();
	in_it = check_answers(answered, rounds);
	check_clusters(answered, rounds);
	check_sight();
	print_message("# %u kills, %u answered, %u taken; %u by the one that was not killed\n",
		      rounds, answered, in_it, shared->answered);
	munmap(shared, sizeof(*shared));
}

/* ---- several processes ---- */

static unsigned take_all(struct shop *s, unsigned times)
{
	const struct store_question q = { .procedure = STORE_BUCKET,
					  .key = STR("shared"),
					  .args = { 1, 1000, 24 * HOUR, 1 } };
	struct store_answer answer;
	unsigned taken = 0;

	for (unsigned i = 0; i < times; i++) {
		assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
		taken += answer.results[0] == 1;
	}
	return taken;
}

static void a_limit_holds_for_all_of_them(void **state)
{
	enum { PROCESSES = 3 };
	unsigned taken, sum = 0;
	int fds[2], status;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	for (unsigned i = 0; i < PROCESSES; i++)
		if (start() == 0) {
			struct shop s;

			open_shop(&s);
			taken = take_all(&s, 800);
			shop_close(&s);
			_exit(write(fds[1], &taken, sizeof(taken)) == sizeof(taken) ? 0 : 1);
		}
	for (unsigned i = 0; i < PROCESSES; i++) {
		assert_int_equal(read(fds[0], &taken, sizeof(taken)), sizeof(taken));
		sum += taken;
	}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(sum, 1000);
}

/* The lock of a writer that was killed is taken over (pthread_mutex_consistent(3)). */
static void a_killed_writer_holds_up_nobody(void **state)
{
	int fds[2], status;
	struct shop s;
	pid_t pid;
	char c;

	(void)state;
	open_shop(&s);
	assert_false(mark(&s, 1));
	assert_int_equal(pipe(fds), 0);
	pid = start();
	if (pid == 0) {
		struct lmdb_file *f = open_file();
		MDB_txn *txn;

		if (mdb_txn_begin(f->env.env, NULL, 0, &txn) != 0 ||
		    mdb_drop(txn, f->env.records[STORE_MARK], 0) != 0)
			_exit(1);
		_exit(write(fds[1], "x", 1) == 1 && pause() ? 0 : 1);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	close(fds[0]);
	close(fds[1]);
	assert_true(mark(&s, 1));
	assert_false(mark(&s, 2));
	assert_true(mark(&s, 2));
	shop_close(&s);
}

#define TEST(FUNCTION) cmocka_unit_test_setup_teardown(FUNCTION, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kills_lose_nothing),
		TEST(a_limit_holds_for_all_of_them),
		TEST(a_killed_writer_holds_up_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
