/* lmdb_env.h - the file of the embedded store: what lies in it, and one record of it read and written.
 *
 * Each procedure has two tables.  `records`: the hash of the key (SipHash with a secret of this file) -> the packed
 * record with its key; one whose key is another's counts as none.  `order`: when it is due to be looked at, and the hash
 * -> nothing.  A record is due when it expires, rounded up; one that has been prolonged is not moved in the order
 * each time but found alive when its time has come, and moved then.  Table `about`: the secret, the boot of the
 * machine, and who tidies up.
 *
 * All functions return 0 or what LMDB or the system says (mdb_strerror). */
#ifndef STORE_LMDB_ENV_H
#define STORE_LMDB_ENV_H

#include "base/store.h"
#include "store/packed.h"

#include <limits.h>
#include <lmdb.h>

#define LMDB_FILE "store.lmdb" /* in its folder; beside it LMDB_FILE "-lock" */

/* In a file that is open to be read: what it has not got. */
#define LMDB_NO_TABLE UINT_MAX

struct lmdb_env {
	MDB_env *env;
	MDB_dbi about;
	MDB_dbi records[STORE_PROCEDURE_COUNT], order[STORE_PROCEDURE_COUNT];
	uint64_t secret[2];
	size_t page_bytes;
};

/* The file `path` and `path`-lock beside it, made when there are none.  Once in a process: a second time breaks the
 * locks of the first (lmdb.h). */
int lmdb_open(struct lmdb_env *e, const char *path) NODISCARD;
/* The same without a write; the file has to be there. */
int lmdb_open_to_read(struct lmdb_env *e, const char *path) NODISCARD;
void lmdb_close(struct lmdb_env *e);

/* Whether it is the file that is wrong and not the world. */
bool lmdb_is_damage(int rc);

/* Whether the machine has not been down since the file was made (store/lmdb_survey.h). */
bool lmdb_is_of_this_boot(const struct lmdb_env *e);
/* For rows copied from another file. */
int lmdb_set_secret(struct lmdb_env *e, MDB_txn *txn, const uint64_t secret[2]) NODISCARD;

/* ---- rows ---- */

struct lmdb_row {
	enum store_procedure procedure;
	uint64_t hash;
	/* due 0: the place is free, or what is there does not decode.  record.expires_ms 0: there is none. */
	struct packed packed;
};

/* Fills the row; `key` has to stay, and the label lies in the file until the next write. */
int lmdb_find(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p, struct str key,
	      struct lmdb_row *row) NODISCARD;
/* The same by procedure and hash, with the key that is there. */
int lmdb_read(const struct lmdb_env *e, MDB_txn *txn, struct lmdb_row *row) NODISCARD;
/* Writes a row that was found, with another record. */
int lmdb_keep(const struct lmdb_env *e, MDB_txn *txn, struct lmdb_row *row) NODISCARD;
int lmdb_drop(const struct lmdb_env *e, MDB_txn *txn, const struct lmdb_row *row) NODISCARD;

/* ---- the order ---- */

/* Of a time, in the order's unit, rounded up. */
uint32_t lmdb_due(int64_t expires_ms);
/* Which is due first, and its hash.  MDB_NOTFOUND: none. */
int lmdb_first(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p, uint32_t *due,
	       uint64_t *hash) NODISCARD;
/* Takes out an entry whose row is gone or stands elsewhere. */
int lmdb_forget_due(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p, uint32_t due,
		    uint64_t hash) NODISCARD;
/* Moves a row to when it is really due. */
int lmdb_postpone(const struct lmdb_env *e, MDB_txn *txn, struct lmdb_row *row) NODISCARD;

/* ---- how much there is ---- */

size_t lmdb_rows(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p);
size_t lmdb_pages_of(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p);
size_t lmdb_pages(const struct lmdb_env *e, MDB_txn *txn);
size_t lmdb_pages_of_file(const struct lmdb_env *e);

#endif
