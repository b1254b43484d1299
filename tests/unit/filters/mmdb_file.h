/* mmdb_file.h - writes small files in MaxMind's format, sound ones and broken ones. */
#ifndef UNIT_FILTERS_MMDB_FILE_H
#define UNIT_FILTERS_MMDB_FILE_H

#include "base/ip.h"
#include "base/out.h"

enum { MMDB_FILE_NODES = 4096, MMDB_FILE_DATA = 1 << 20 };

struct mmdb_file {
	unsigned record_bits;
	bool v6;
	unsigned nodes;
	int64_t tree[MMDB_FILE_NODES][2]; /* a node; -1: nothing; below: -2 - offset of data */
	struct out data;
	/* Said instead of the truth, unless 0. */
	uint64_t say_nodes, say_bits, say_version;
	struct out bytes; /* what mmdb_file_write() made */
};

struct mmdb_file *mmdb_file_new(unsigned record_bits, bool v6);
void mmdb_file_free(struct mmdb_file *f);

/* Values, appended to `o`; a map is followed by that many keys and values. */
void mmdb_put(struct out *o, unsigned type, size_t size);
void mmdb_put_text(struct out *o, const char *text);
void mmdb_put_map(struct out *o, size_t pairs);
void mmdb_put_number(struct out *o, uint32_t number);
void mmdb_put_pointer(struct out *o, size_t to);

/* The network's record is what stands at this offset of f->data. */
void mmdb_file_net(struct mmdb_file *f, const char *net, size_t data);
struct str mmdb_file_write(struct mmdb_file *f);

/* Records as the databases have them; return where they begin. */
size_t mmdb_file_country(struct mmdb_file *f, const char *iso);
size_t mmdb_file_as(struct mmdb_file *f, uint32_t number, const char *name);

#endif
