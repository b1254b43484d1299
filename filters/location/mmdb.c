/* mmdb.c - see mmdb.h.  The format: MaxMind DB File Format Specification 2.0. */
#include "filters/location/mmdb.h"

#include "base/limits.h"
#include "base/octets.h"

enum { GAP = 16, METADATA_MAX = 131072, V4_BITS_IN_V6 = 96 };

enum type {
	TYPE_EXTENDED,
	TYPE_POINTER,
	TYPE_TEXT,
	TYPE_DOUBLE,
	TYPE_BYTES,
	TYPE_U16,
	TYPE_U32,
	TYPE_MAP,
	TYPE_I32,
	TYPE_U64,
	TYPE_U128,
	TYPE_ARRAY,
	TYPE_CONTAINER, /* of a cache, never in a file */
	TYPE_END,
	TYPE_BOOL,
	TYPE_FLOAT,
	TYPE_COUNT
};

struct value {
	enum type type;
	size_t size; /* bytes; of a map its pairs, of an array its values */
	size_t at;   /* of its payload */
	size_t next; /* behind it, or behind the pointer that led to it; of a map or array: of the first value inside */
};

/* Someone who walks; false once something was wrong. */
struct walk {
	const struct mmdb_section *in;
	unsigned left; /* values */
};

static uint64_t number_at(const struct mmdb_section *in, size_t at, size_t n)
{
	return octets_be((const char *)in->p + at, (unsigned)n);
}

static bool has(const struct mmdb_section *in, size_t at, size_t n)
{
	return at <= in->n && n <= in->n - at;
}

/* ---- values ---- */

static bool read_pointer(const struct walk *w, uint8_t control, struct value *v)
{
	static const uint32_t base[] = { 0, 2048, 526336, 0 };
	const unsigned size = control >> 3 & 3;
	const uint64_t high = size < 3 ? control & 7 : 0;

	if (!has(w->in, v->at, size + 1))
		return false;
	v->next = v->at + size + 1;
	v->at = base[size] + (size_t)(high << 8 * (size + 1) | number_at(w->in, v->at, size + 1));
	return true;
}

static bool read_size(const struct walk *w, uint8_t control, struct value *v)
{
	static const uint32_t base[] = { 29, 285, 65821 };
	const size_t more = (control & 31) > 28 ? (control & 31u) - 28 : 0;

	v->size = control & 31;
	if (!has(w->in, v->at, more))
		return false;
	if (more)
		v->size = base[more - 1] + (size_t)number_at(w->in, v->at, more);
	v->at += more;
	return true;
}

static bool read_extended(const struct walk *w, struct value *v)
{
	unsigned type;

	if (!has(w->in, v->at, 1))
		return false;
	type = w->in->p[v->at++] + 7u;
	if (type <= TYPE_MAP || type >= TYPE_COUNT)
		return false;
	v->type = (enum type)type;
	return true;
}

/* How many bytes of payload; -1: no value has such a type or size. */
static int64_t payload(const struct value *v)
{
	static const struct {
		uint8_t least, most; /* 0, 0: as it says */
		bool known, none;
	} types[TYPE_COUNT] = {
		[TYPE_TEXT] = { .known = true },
		[TYPE_BYTES] = { .known = true },
		[TYPE_DOUBLE] = { .known = true, .least = 8, .most = 8 },
		[TYPE_FLOAT] = { .known = true, .least = 4, .most = 4 },
		[TYPE_U16] = { .known = true, .most = 2 },
		[TYPE_U32] = { .known = true, .most = 4 },
		[TYPE_I32] = { .known = true, .most = 4 },
		[TYPE_U64] = { .known = true, .most = 8 },
		[TYPE_U128] = { .known = true, .most = 16 },
		[TYPE_BOOL] = { .known = true, .none = true },
		[TYPE_MAP] = { .known = true, .none = true },
		[TYPE_ARRAY] = { .known = true, .none = true },
	};

	if (!types[v->type].known)
		return -1;
	if (types[v->type].none)
		return 0;
	if (types[v->type].most &&
	    (v->size < types[v->type].least || v->size > types[v->type].most))
		return -1;
	return (int64_t)v->size;
}

/* One value as it stands there; a pointer is a value. */
static bool read_one(struct walk *w, size_t at, struct value *v)
{
	uint8_t control;
	int64_t bytes;

	if (w->left == 0 || !has(w->in, at, 1))
		return false;
	w->left--;
	control = w->in->p[at];
	*v = (struct value){ .type = (enum type)(control >> 5), .at = at + 1 };
	if (v->type == TYPE_POINTER)
		return read_pointer(w, control, v);
	if (v->type == TYPE_EXTENDED && !read_extended(w, v))
		return false;
	if (!read_size(w, control, v))
		return false;
	bytes = payload(v);
	if (bytes < 0 || !has(w->in, v->at, (size_t)bytes))
		return false;
	v->next = v->at + (size_t)bytes;
	return true;
}

/* The same, and of a pointer what it leads to. */
static bool read_value(struct walk *w, size_t at, struct value *v)
{
	struct value pointer;

	if (!read_one(w, at, v))
		return false;
	if (v->type != TYPE_POINTER)
		return true;
	pointer = *v;
	if (!read_one(w, pointer.at, v) || v->type == TYPE_POINTER)
		return false;
	v->next = pointer.next;
	return true;
}

/* Behind the value at `*at` with all in it: what is still to be passed is a number, not a stack. */
static bool skip(struct walk *w, size_t *at)
{
	struct value v;

	for (uint64_t todo = 1; todo; todo--) {
		if (!read_one(w, *at, &v))
			return false;
		if (v.type == TYPE_MAP)
			todo += 2 * (uint64_t)v.size;
		if (v.type == TYPE_ARRAY)
			todo += v.size;
		*at = v.next;
	}
	return true;
}

/* The member of a map. */
static enum mmdb_found find_member(struct walk *w, const struct value *map, struct str name,
				   struct value *member)
{
	size_t at = map->at;
	struct value key;

	for (size_t i = 0; i < map->size; i++) {
		if (!read_value(w, at, &key) || key.type != TYPE_TEXT)
			return MMDB_DAMAGED;
		if (str_eq((struct str){ .p = (const char *)w->in->p + key.at, .n = key.size },
			   name))
			return read_value(w, key.next, member) ? MMDB_FOUND : MMDB_DAMAGED;
		at = key.next;
		if (!skip(w, &at))
			return MMDB_DAMAGED;
	}
	return MMDB_NOTHING;
}

static enum mmdb_found find_path(const struct mmdb_section *in, size_t at, const char *const *path,
				 struct value *v)
{
	struct walk w = { .in = in, .left = LIMIT_LOCATION_VALUES };
	enum mmdb_found found = read_value(&w, at, v) ? MMDB_FOUND : MMDB_DAMAGED;

	for (; *path && found == MMDB_FOUND; path++) {
		const struct value map = *v;

		found = map.type == TYPE_MAP ? find_member(&w, &map, str_z(*path), v)
					     : MMDB_DAMAGED;
	}
	return found;
}

static enum mmdb_found find_text(const struct mmdb_section *in, size_t at, const char *const *path,
				 struct str *text)
{
	struct value v;
	const enum mmdb_found found = find_path(in, at, path, &v);

	if (found != MMDB_FOUND)
		return found;
	*text = (struct str){ .p = (const char *)in->p + v.at, .n = v.size };
	return v.type == TYPE_TEXT ? MMDB_FOUND : MMDB_DAMAGED;
}

static enum mmdb_found find_number(const struct mmdb_section *in, size_t at,
				   const char *const *path, uint64_t *number)
{
	struct value v;
	const enum mmdb_found found = find_path(in, at, path, &v);

	if (found != MMDB_FOUND)
		return found;
	if (v.type != TYPE_U16 && v.type != TYPE_U32 && v.type != TYPE_U64)
		return MMDB_DAMAGED;
	*number = number_at(in, v.at, v.size);
	return MMDB_FOUND;
}

enum mmdb_found mmdb_text(const struct mmdb *db, size_t record, const char *const *path,
			  struct str *text)
{
	return find_text(&db->data, record, path, text);
}

enum mmdb_found mmdb_number(const struct mmdb *db, size_t record, const char *const *path,
			    uint64_t *number)
{
	return find_number(&db->data, record, path, number);
}

/* ---- the tree ---- */

/* What the bit leads to: a node, nothing (== nodes), or data. */
static uint32_t step(const struct mmdb *db, uint32_t node, bool bit)
{
	const size_t bytes = db->record_bits / 4;
	const size_t at = node * bytes;

	if (db->record_bits != 28)
		return (uint32_t)number_at(&db->tree, at + (bit ? bytes / 2 : 0), bytes / 2);
	if (bit)
		return (uint32_t)number_at(&db->tree, at + 3, 4) & 0x0fffffff;
	return (uint32_t)(number_at(&db->tree, at, 3) | (uint64_t)(db->tree.p[at + 3] >> 4) << 24);
}

/* False: it leads behind the data. */
static bool is_sound(const struct mmdb *db, uint32_t record)
{
	return record <= db->nodes ||
	       (record - db->nodes >= GAP && record - db->nodes - GAP < db->data.n);
}

/* Once, at the start: a lookup needs not look again. */
static bool tree_is_sound(const struct mmdb *db)
{
	for (uint32_t node = 0; node < db->nodes; node++)
		if (!is_sound(db, step(db, node, false)) || !is_sound(db, step(db, node, true)))
			return false;
	return true;
}

enum mmdb_found mmdb_find(const struct mmdb *db, const struct ip *ip, size_t *record)
{
	const unsigned bits = ip->family == IP_V4 ? 32 : 128;
	uint32_t node = ip->family == IP_V4 ? db->v4_root : 0;

	if (ip->family == IP_NONE || (ip->family == IP_V6 && !db->v6))
		return MMDB_NOTHING;
	for (unsigned i = 0; i < bits && node < db->nodes; i++)
		node = step(db, node, ip->bytes[i / 8] >> (7 - i % 8) & 1);
	if (node == db->nodes)
		return MMDB_NOTHING;
	if (node < db->nodes)
		return MMDB_DAMAGED; /* more bits than an address has */
	*record = node - db->nodes - GAP;
	return MMDB_FOUND;
}

/* ---- opening ---- */

/* Where the description begins: behind the last of its marks. */
static bool find_metadata(struct str bytes, size_t *mark, struct mmdb_section *metadata)
{
	static const struct str text = STR_INIT("\xab\xcd\xefMaxMind.com");
	const size_t first = bytes.n > METADATA_MAX ? bytes.n - METADATA_MAX : 0;

	for (size_t at = bytes.n >= text.n ? bytes.n - text.n + 1 : 0; at-- > first;)
		if (memcmp(bytes.p + at, text.p, text.n) == 0) {
			*mark = at;
			metadata->p = (const uint8_t *)bytes.p + at + text.n;
			metadata->n = bytes.n - at - text.n;
			return true;
		}
	return false;
}

static uint64_t described(const struct mmdb_section *metadata, const char *name)
{
	const char *const path[] = { name, NULL };
	uint64_t number;

	return find_number(metadata, 0, path, &number) == MMDB_FOUND ? number : 0;
}

static uint32_t find_v4_root(const struct mmdb *db)
{
	uint32_t node = 0;

	for (unsigned i = 0; db->v6 && i < V4_BITS_IN_V6 && node < db->nodes; i++)
		node = step(db, node, false);
	return node;
}

bool mmdb_open(struct mmdb *db, struct str bytes, const char **why)
{
	struct mmdb_section metadata;
	uint64_t nodes, bits, version, tree;
	size_t mark;

	*why = "it is damaged: its description does not fit its size";
	if (!find_metadata(bytes, &mark, &metadata)) {
		*why = "it is not a MaxMind database, or not all of it is there";
		return false;
	}
	if (described(&metadata, "binary_format_major_version") != 2) {
		*why = "it is not of version 2 of the format";
		return false;
	}
	nodes = described(&metadata, "node_count");
	bits = described(&metadata, "record_size");
	version = described(&metadata, "ip_version");
	if (nodes == 0 || nodes > UINT32_MAX || (bits != 24 && bits != 28 && bits != 32) ||
	    (version != 4 && version != 6))
		return false;
	tree = nodes * bits / 4;
	if (tree + GAP > mark)
		return false;
	*db = (struct mmdb){
		.tree = { .p = (const uint8_t *)bytes.p, .n = tree },
		.data = { .p = (const uint8_t *)bytes.p + tree + GAP, .n = mark - tree - GAP },
		.nodes = (uint32_t)nodes,
		.record_bits = (unsigned)bits,
		.v6 = version == 6,
	};
	*why = "it is damaged: its tree leads to where nothing is";
	db->v4_root = find_v4_root(db);
	return tree_is_sound(db);
}
