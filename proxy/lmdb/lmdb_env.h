/* lmdb_env.h - the file of the embedded store: what lies in it, and one record of it read and written.
 *
 * Each procedure has a table: the hash of the key (SipHash with a secret of this file) -> the packed record with its
 * key; one whose key is another's counts as none.  Table `about`: the secret, the boot of the machine, and who
 * tidies up.  No table says what expires when: each row that is written would change a second tree, which takes as long
 * as the first (lmdb/lmdb_tidy.h does without).
 *
 * All functions return 0 or what LMDB or the system says (mdb_strerror). */
#ifndef LMDB_LMDB_ENV_H
#define LMDB_LMDB_ENV_H

#include "base/store.h"
#include "lmdb/packed.h"

#include <limits.h>
#include <lmdb.h>
#include <stdbool.h>

#define LMDB_FILE "store.lmdb" /* in its folder; beside it LMDB_FILE "-lock" */

/* In a file that is open to be read: what it has not got. */
#define LMDB_NO_TABLE UINT_MAX

struct lmdb_env {
	MDB_env *env;
	MDB_dbi about;
	MDB_dbi records[STORE_PROCEDURE_COUNT];
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

/* Whether the machine has not been down since the file was made (lmdb/lmdb_survey.h). */
bool lmdb_is_of_this_boot(const struct lmdb_env *e);
/* For rows copied from another file. */
int lmdb_set_secret(struct lmdb_env *e, MDB_txn *txn, const uint64_t secret[2]) NODISCARD;

/* ---- rows ---- */

struct lmdb_row {
	enum store_procedure procedure;
	uint64_t hash;
	bool taken;           /* the place is not free, whatever lies there */
	struct packed packed; /* record.expires_ms 0: there is none */
};

/* Fills the row; `key` has to stay, and the label lies in the file until the next write. */
int lmdb_find(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p, struct str key,
	      struct lmdb_row *row) NODISCARD;
/* Writes a row that was found, with another record. */
int lmdb_keep(const struct lmdb_env *e, MDB_txn *txn, const struct lmdb_row *row) NODISCARD;
int lmdb_drop(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p,
	      uint64_t hash) NODISCARD;

/* ---- how much there is ---- */

size_t lmdb_rows(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p);
size_t lmdb_pages_of(const struct lmdb_env *e, MDB_txn *txn, enum store_procedure p);
size_t lmdb_pages(const struct lmdb_env *e, MDB_txn *txn);
size_t lmdb_pages_of_file(const struct lmdb_env *e);

#endif
