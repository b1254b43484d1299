/* cluster.h - a cluster of the bulk radar as the store keeps it: the body of a record.
 *
 *	1 byte each    version, what the operator said (enum bulk_said), 1 with a text, number of signs
 *	6 bytes each   when the first mail came, the last, the number of the window it came in
 *	4 bytes each   mails in all, in that window, in the one before, with an authenticated domain, by outcome
 *	32 * 4 bytes   the text's signature, where there is one
 *	8 bytes each   the signs, as bulk_ways() gives them
 *	the sets       a byte: how many values of 4 bytes follow; or TALLY_DENSE, and TALLY_REGISTERS bytes
 *
 * Little endian, but the signs.  bulk.lua reads and writes the same.  A set that has got too large for its values becomes
 * a sketch of them (HyperLogLog: Flajolet and others, 2007). */
#ifndef STORE_CLUSTER_H
#define STORE_CLUSTER_H

#include "base/bulk.h"

enum { TALLY_VALUES = 16, TALLY_REGISTERS = 64, TALLY_DENSE = 255 };

enum {
	CLUSTER_VERSION = 1,
	CLUSTER_MAX = 4 + 3 * 6 + (4 + BULK_OUTCOME_COUNT) * 4 + BULK_VALUES * 4 + BULK_SIGNS * 8 +
		      BULK_SET_COUNT * (1 + TALLY_REGISTERS)
};

struct tally {
	unsigned count; /* of values; or TALLY_DENSE */
	union {
		uint32_t values[TALLY_VALUES];
		unsigned char registers[TALLY_REGISTERS];
	};
};

struct cluster {
	enum bulk_said said;
	bool has_text;
	unsigned sign_count;
	int64_t first_ms, last_ms, window; /* the number of */
	uint32_t messages, current, previous, with_domain;
	uint32_t outcomes[BULK_OUTCOME_COUNT];
	uint32_t text[BULK_VALUES];
	uint64_t signs[BULK_SIGNS];
	struct tally sets[BULK_SET_COUNT];
};

/* False: it is none. */
bool cluster_read(struct str body, struct cluster *c) NODISCARD;
struct str cluster_write(const struct cluster *c, char to[CLUSTER_MAX]);

/* One that a mail begins; it is not counted in.  `signs`: bulk_ways() of the mail's. */
struct cluster cluster_new(const struct bulk_sighting *s, const uint64_t *signs, int64_t now_ms);
void cluster_add(struct cluster *c, const struct bulk_sighting *s, int64_t now_ms,
		 int64_t window_ms);
void cluster_tell(struct cluster *c, enum bulk_outcome outcome);

bool cluster_has_sign(const struct cluster *c, uint64_t sign);
/* How many values of the signatures are the same. */
unsigned cluster_alike(const struct cluster *c, const struct bulk_sighting *s);

/* Fills what the cluster itself knows of the answer. */
void cluster_tell_all(const struct cluster *c, int64_t now_ms, int64_t window_ms,
		      struct bulk_seen *seen);

/* What is counted of a mail, by set: values that are not 0.  How many. */
unsigned cluster_values(const struct bulk_sighting *s, enum bulk_set set,
			uint32_t values[BULK_RECIPIENTS]);

#endif
