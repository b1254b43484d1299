/* packed.h - a record as bytes, as the embedded store writes it to disk.
 *
 *	a byte         version << 4 | PACKED_BODY where there is one | how many fields follow
 *	6 bytes        expires_ms, little endian
 *	varints        length of the key, the fields but for zeros at their end, the length of the body
 *	the key, then the body, then the label
 *
 * Varints are LEB128: seven bits a byte, the lowest first.  Another version, or what does not decode, is none: its
 * place is taken by the next one that is written.  The first seven bytes mean the same in all versions to come. */
#ifndef LMDB_PACKED_H
#define LMDB_PACKED_H

#include "base/attr.h"
#include "base/limits.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	PACKED_VERSION = 2,
	PACKED_BODY = 8,
	PACKED_MAX = 1 + 6 + 10 * (STORE_FIELDS + 2) + LIMIT_STORE_KEY + LIMIT_STORE_LABEL +
		     LIMIT_STORE_BODY
};

#define PACKED_EXPIRES_MAX                                                                         \
	((INT64_C(1) << 48) - 1) /* in the year 10889; what expires later does so then */

struct packed {
	struct str key;
	struct store_record record;
};

size_t packed_write(const struct packed *p, char to[PACKED_MAX]);
/* key, label and body point into `bytes`. */
bool packed_read(struct str bytes, struct packed *p) NODISCARD;
/* When it expires, also if it is of a later version.  0: at once, it can be of no use to anybody. */
int64_t packed_expires_ms(struct str bytes);

#endif
