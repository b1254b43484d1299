/* packed.h - a record as bytes, as the embedded store writes it to disk.
 *
 *	a byte         version << 4 | PACKED_BODY where there is one | how many fields follow
 *	4 bytes        `due`, little endian
 *	varints        length of the key, expires_ms, the fields but for zeros at their end, the length of the body
 *	the key, then the body, then the label
 *
 * Varints are LEB128: seven bits a byte, the lowest first.  Another version, or what does not decode, is none: its
 * place is taken by the next one that is written. */
#ifndef STORE_PACKED_H
#define STORE_PACKED_H

#include "base/attr.h"
#include "base/limits.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	PACKED_VERSION = 1,
	PACKED_BODY = 8,
	PACKED_MAX = 1 + 4 + 10 * (STORE_FIELDS + 3) + LIMIT_STORE_KEY + LIMIT_STORE_LABEL +
		     LIMIT_STORE_BODY
};

struct packed {
	uint32_t due; /* where it stands in the order of expiry (store/lmdb_env.h) */
	struct str key;
	struct store_record record;
};

size_t packed_write(const struct packed *p, char to[PACKED_MAX]);
/* key, label and body point into `bytes`. */
bool packed_read(struct str bytes, struct packed *p) NODISCARD;

#endif
