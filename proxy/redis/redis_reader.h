/* redis_reader.h - replies of a Redis (RESP2) out of bytes as they arrive: hiredis' parser, and what it makes bounded.
 *
 * A server is told apart from garbage, and nothing it sends can make us grow: a reply has at most
 * LIMIT_REDIS_REPLY bytes as it came and the same again as values; hiredis itself stops at 7 arrays within each other. */
#ifndef REDIS_REDIS_READER_H
#define REDIS_REDIS_READER_H

#include "base/arena.h"
#include "base/err.h"

#include <stdint.h>

enum redis_type {
	REDIS_NIL,
	REDIS_INTEGER,
	REDIS_TEXT,   /* a bulk string */
	REDIS_STATUS, /* a word, "OK" */
	REDIS_ERROR,  /* "WRONGTYPE Operation against a key ..." */
	REDIS_ARRAY,
};

struct redis_value {
	enum redis_type type;
	int64_t integer;
	struct str text; /* of REDIS_TEXT, REDIS_STATUS, REDIS_ERROR */
	struct redis_value *items;
	size_t count;
};

/* Items of a reply that need no memory of their own. */
enum { REDIS_FEW = 16 };

struct redis_reader {
	struct redisReader *parser; /* NULL: nothing came yet */
	struct redis_value root, few[REDIS_FEW];
	size_t few_used;
	struct arena arena;
	bool over; /* a value did not fit */
};

void redis_reader_init(struct redis_reader *r);
void redis_reader_free(struct redis_reader *r); /* it may be used again */

void redis_reader_feed(struct redis_reader *r, struct str bytes);

/* The next reply, or NULL: ERR_OK when more bytes are needed, ERR_LIMIT when it is too large, ERR_PROTOCOL when it is
 * none; after these two, only redis_reader_free().  Valid until the next call. */
const struct redis_value *redis_reader_next(struct redis_reader *r, enum err *err) NODISCARD;

#endif
