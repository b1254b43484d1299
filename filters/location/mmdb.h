/* mmdb.h - a MaxMind DB (format 2.0) in memory, pure: what it says of an address.
 *
 * A file is a binary tree over the bits of addresses, a section of records (maps, texts, numbers, pointers to others)
 * and a map that describes it, at the end.  Nothing in it is trusted: each offset is looked at before it is followed, a
 * pointer leads to no pointer, and the values walked over for one answer are counted, so that whatever is in a file costs
 * a bounded time and no stack.
 *
 * Not libmaxminddb: the one of Debian 12 (1.7.1) passes over nested values by recursion, as deep as the file likes, and
 * dies of a record of 6 MB.  To keep such files from it would take a reader like this one.  It is the tests' oracle. */
#ifndef FILTERS_LOCATION_MMDB_H
#define FILTERS_LOCATION_MMDB_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mmdb_section {
	const uint8_t *p;
	size_t n;
};

struct mmdb {
	struct mmdb_section tree, data;
	uint32_t nodes;
	unsigned record_bits; /* 24, 28 or 32; a node has two */
	bool v6;
	uint32_t v4_root; /* the node where IPv4 addresses begin; may be no node */
};

/* The bytes must outlive it.  False: *why says what is wrong, static text. */
bool mmdb_open(struct mmdb *db, struct str bytes, const char **why) NODISCARD;

enum mmdb_found { MMDB_NOTHING, MMDB_FOUND, MMDB_DAMAGED };

/* The record of an address: its place in the data section. */
enum mmdb_found mmdb_find(const struct mmdb *db, const struct ip *ip, size_t *record) NODISCARD;

/* Members of a record by their names, NULL at the end of the path: { "country", "iso_code", NULL }.  A text points into
 * the file and holds anything. */
enum mmdb_found mmdb_text(const struct mmdb *db, size_t record, const char *const *path,
			  struct str *text) NODISCARD;
enum mmdb_found mmdb_number(const struct mmdb *db, size_t record, const char *const *path,
			    uint64_t *number) NODISCARD;

#endif
