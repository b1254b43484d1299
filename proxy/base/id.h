/* id.h - the name of a session, and of each transaction in it.
 *
 * A session is 12 characters (time, worker, counter: unique on a machine, sorts by time);
 * its transactions are the session's with "-1", "-2" ...  So one search finds a session whole. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/attr.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { ID_MAX = 24 };

struct id {
	char text[ID_MAX];
};

/* unix_ms: the wall clock; worker: 0..63. */
struct id id_session(int64_t unix_ms, unsigned worker);
/* The same with a number of the caller's for the counter: as often as asked, the same name. */
struct id id_nth(int64_t unix_ms, unsigned worker, uint64_t nth);
struct id id_transaction(const struct id *session, unsigned nth);

/* As somebody tells it: in either case, O for 0, I and L for 1; of a session, or of a transaction.  Where it is a name
 * of ours, *id is as we write it, and *unix_ms when the session began: of the times that it may mean (it comes round
 * every 70 years) the one that is nearest to now_ms. */
bool id_read(struct str text, int64_t now_ms, struct id *id, int64_t *unix_ms) NODISCARD;
bool id_is_transaction(const struct id *id);

static inline struct str id_str(const struct id *id)
{
	return str_z(id->text);
}

#endif
