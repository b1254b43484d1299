/* shared_bulk.h - STORE_BULK on a Redis: the mail as bulk.lua reads it, and what it gives back.
 *
 *	a byte         1 with a text; then 32 values of 4 bytes
 *	a byte         how many ways that lead to clusters, and a byte: how many in all; then 8 bytes each, as bulk_ways() gives
 *	               them, and bulk_again_way()
 *	for each set   a byte: how many values; then 4 bytes each
 *	the key of the authenticated domain, if there is one
 *
 * Little endian, but the ways.  A record lies under SHARED_BULK and its key (store/bulk.h). */
#ifndef STORE_SHARED_BULK_H
#define STORE_SHARED_BULK_H

#include "base/bulk.h"
#include "base/store.h"
#include "redis/redis_reader.h"
#include "store/record.h"

#define SHARED_BULK "postern:1:bulk:{bulk}"

enum {
	SHARED_BULK_MAIL = 1 + BULK_VALUES * 4 + 2 + (BULK_BANDS + BULK_SIGNS + 1) * 8 +
			   BULK_SET_COUNT * (1 + BULK_RECIPIENTS * 4) + BULK_KEY
};

/* Empty: the question is not about a mail. */
struct str shared_bulk_mail(const struct store_question *q, char to[SHARED_BULK_MAIL]);

/* False: that is not what bulk.lua says. */
bool shared_bulk_answer(const struct store_question *q, const struct redis_value *reply,
			struct bulk_seen *seen) NODISCARD;

/* Of a page: the key as the other kinds of store have it, and the record.  False: it is none. */
bool shared_bulk_row(struct str *key, struct str value, struct store_record *r) NODISCARD;

#endif
