/* lmdb_env.c - see lmdb_env.h.
 *
 * The file is written with MDB_NOSYNC and without MDB_WRITEMAP.  A commit is then some pwrite() into the kernel's
 * cache: a process that is killed at any point leaves the last commit as it was, no commit waits for the disk, a full
 * disk is an error of the call and not a SIGBUS, and no stray pointer of ours can reach the file.  What a power
 * loss may do is in lmdb/lmdb_survey.h.
 *
 * The map is far larger than the file ever gets (LIMIT_STORE_MAP_MB; it is address space, not memory): how much is kept is
 * our own count (lmdb/lmdb_tidy.h), so that there is always room to delete, and processes of different
 * configurations can have it open together. */
#include "lmdb/lmdb_env.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/out.h"
#include "base/random.h"
#include "base/siphash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	READERS = 512,
	READER_BYTES = 128, /* of the lock file, and some for what stands before them */
	TABLES = STORE_PROCEDURE_COUNT + 1,
	MODE = 0600,
	SAME_BOOT_MS = 10000,
};

/* ---- opening ---- */

/* A file of an older program has not all of them: to a reader these are empty. */
static int open_table(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *table)
{
	const int rc = mdb_dbi_open(txn, name, flags, table);

	if (rc != MDB_NOTFOUND || (flags & MDB_CREATE))
		return rc;
	*table = LMDB_NO_TABLE;
	return 0;
}

static int open_tables(struct lmdb_env *e, MDB_txn *txn, unsigned create)
{
	int rc = mdb_dbi_open(txn, "about", create, &e->about);

	for (unsigned p = 0; !rc && p < STORE_PROCEDURE_COUNT; p++) {
		const char *name = store_procedure_name((enum store_procedure)p);

		rc = open_table(txn, name, create | MDB_INTEGERKEY, &e->records[p]);
	}
	return rc;
}

/* ---- table `about` ---- */

static char secret_name[] = "secret", boot_name[] = "boot";

static int put_about(const struct lmdb_env *e, MDB_txn *txn, char *name, void *bytes, size_t n)
{
	MDB_val key = { .mv_size = strlen(name), .mv_data = name },
		value = { .mv_size = n, .mv_data = bytes };

	return mdb_put(txn, e->about, &key, &value, 0);
}

static int get_about(const struct lmdb_env *e, MDB_txn *txn, char *name, void *bytes, size_t n)
{
	MDB_val key = { .mv_size = strlen(name), .mv_data = name }, value;
	const int rc = mdb_get(txn, e->about, &key, &value);

	if (rc)
		return rc;
	if (value.mv_size != n)
		return MDB_CORRUPTED;
	memcpy(bytes, value.mv_data, n);
	return 0;
}

/* When the machine came up, by its clock, which may be set meanwhile: then it only seems to have been down. */
static int64_t boot_ms(void)
{
	return clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME);
}

bool lmdb_is_of_this_boot(const struct lmdb_env *e)
{
	int64_t noted = 0;
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return false;
	rc = get_about(e, txn, boot_name, &noted, sizeof(noted));
	mdb_txn_abort(txn);
	return !rc && llabs(noted - boot_ms()) < SAME_BOOT_MS;
}

int lmdb_set_secret(struct lmdb_env *e, MDB_txn *txn, const uint64_t secret[2])
{
	memcpy(e->secret, secret, sizeof(e->secret));
	return put_about(e, txn, secret_name, e->secret, sizeof(e->secret));
}

/* A new file has neither. */
static int make_about(struct lmdb_env *e, MDB_txn *txn)
{
	int64_t boot = boot_ms();
	const int rc = put_about(e, txn, boot_name, &boot, sizeof(boot));

	random_bytes(e->secret, sizeof(e->secret));
	return rc ? rc : put_about(e, txn, secret_name, e->secret, sizeof(e->secret));
}

/* The library maps the lock file and makes it long, which takes no space until something is written: then a full disk would be a
 * SIGBUS.  Nobody of this process has it open: closing it would let go of the locks. */
static int make_lock_file(const char *path)
{
	char name[PATH_MAX];
	struct out o = OUT(name);
	int fd, rc;

	out_printf(&o, "%s-lock", path);
	out_char(&o, '\0');
	if (o.full)
		return ENAMETOOLONG;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, MODE);
	if (fd < 0)
		return errno;
	rc = posix_fallocate(fd, 0, READERS * READER_BYTES);
	close(fd);
	return rc;
}

static int set_up(struct lmdb_env *e, const char *path, unsigned flags)
{
	int rc = mdb_env_set_mapsize(e->env, (size_t)LIMIT_STORE_MAP_MB << 20);

	if (!rc)
		rc = make_lock_file(path);
	if (!rc)
		rc = mdb_env_set_maxreaders(e->env, READERS);
	if (!rc)
		rc = mdb_env_set_maxdbs(e->env, TABLES);
	if (!rc)
		rc = mdb_env_open(e->env, path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS | flags,
				  MODE);
	return rc;
}

static int prepare(struct lmdb_env *e, unsigned flags)
{
	MDB_txn *txn;
	MDB_stat stat;
	int rc = mdb_env_stat(e->env, &stat);

	if (!rc)
		rc = mdb_txn_begin(e->env, NULL, flags, &txn);
	if (rc)
		return rc;
	e->page_bytes = stat.ms_psize;
	rc = open_tables(e, txn, flags & MDB_RDONLY ? 0 : MDB_CREATE);
	if (!rc)
		rc = get_about(e, txn, secret_name, e->secret, sizeof(e->secret));
	if (rc == MDB_NOTFOUND && !(flags & MDB_RDONLY))
		rc = make_about(e, txn);
	if (!rc)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
}

/* Opening while another process opens it too, or puts another file in its place, goes wrong.  -1: there is no folder,
 * and no file. */
static int lock_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	const size_t n = slash ? (size_t)(slash - path) : 0;
	int fd;

	if (n == 0 || n >= sizeof(folder))
		return -1;
	memcpy(folder, path, n);
	folder[n] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	return fd;
}

static int open_with(struct lmdb_env *e, const char *path, unsigned flags)
{
	int rc, fd;

	*e = (struct lmdb_env){ .env = NULL };
	rc = mdb_env_create(&e->env);
	if (rc)
		return rc;
	fd = lock_folder(path);
	rc = set_up(e, path, flags);
	if (!rc)
		rc = prepare(e, flags);
	if (rc)
		lmdb_close(e);
	if (fd >= 0)
		close(fd);
	return rc;
}

int lmdb_open(struct lmdb_env *e, const char *path)
{
	return open_with(e, path, 0);
}

int lmdb_open_to_read(struct lmdb_env *e, const char *path)
{
	return open_with(e, path, MDB_RDONLY);
}

void lmdb_close(struct lmdb_env *e)
{
	if (e->env)
		mdb_env_close(e->env);
	e->env = NULL;
}

bool lmdb_is_damage(int rc)
{
	return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID ||
	       rc == MDB_VERSION_MISMATCH || rc == MDB_INCOMPATIBLE || rc == MDB_CURSOR_FULL;
}

/* ---- rows ---- */

int lmdb_find(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p, struct str key,
	      struct lmdb_row *row)
{
	MDB_val hash = { .mv_size = sizeof(row->hash), .mv_data = &row->hash }, value = { 0 };
	int rc;

	row->procedure = p;
	row->hash = siphash(e->secret, key);
	rc = mdb_get(txn, e->records[p], &hash, &value);
	row->taken = rc == 0;
	if (rc ||
	    !packed_read((struct str){ .p = value.mv_data, .n = value.mv_size }, &row->packed) ||
	    !str_eq(row->packed.key, key))
		row->packed.record = (struct store_record){ 0 };
	row->packed.key = key;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Packed before anything is written: key and label may lie in the page that is. */
int lmdb_keep(const struct lmdb_env *e, MDB_txn *txn, const struct lmdb_row *row)
{
	uint64_t hash = row->hash;
	char bytes[PACKED_MAX];
	MDB_val key = { .mv_size = sizeof(hash), .mv_data = &hash },
		value = { .mv_size = packed_write(&row->packed, bytes), .mv_data = bytes };

	return mdb_put(txn, e->records[row->procedure], &key, &value, 0);
}

int lmdb_drop(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p, uint64_t hash)
{
	MDB_val key = { .mv_size = sizeof(hash), .mv_data = &hash };
	const int rc = mdb_del(txn, e->records[p], &key, NULL);

	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* ---- how much there is ---- */

static size_t pages(MDB_txn *txn, MDB_dbi table, size_t *rows)
{
	MDB_stat s;

	if (mdb_stat(txn, table, &s) != 0)
		return 0;
	if (rows)
		*rows = s.ms_entries;
	return s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages;
}

size_t lmdb_rows(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p)
{
	size_t rows = 0;

	(void)pages(txn, e->records[p], &rows);
	return rows;
}

size_t lmdb_pages_of(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p)
{
	return pages(txn, e->records[p], NULL);
}

size_t lmdb_pages(const struct lmdb_env *e, MDB_txn *txn)
{
	size_t n = 0;

	for (unsigned p = 0; p < STORE_PROCEDURE_COUNT; p++)
		n += lmdb_pages_of(e, txn, (enum store_procedure)p);
	return n;
}

size_t lmdb_pages_of_file(const struct lmdb_env *e)
{
	MDB_envinfo info;

	return mdb_env_info(e->env, &info) == 0 ? info.me_last_pgno + 1 : 0;
}
