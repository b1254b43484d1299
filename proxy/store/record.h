/* record.h - what the store keeps under a key. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/str.h"

#include <stdint.h>

enum { STORE_FIELDS = 5 };

/* Zeroed: there is none. */
struct store_record {
	int64_t expires_ms; /* wall clock; from then on there is none */
	int64_t fields[STORE_FIELDS];
	struct str label;
	struct str body; /* at most LIMIT_STORE_BODY bytes, of STORE_BULK: see store/bulk.h */
};

#endif
