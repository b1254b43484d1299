/* rar.c - RAR as of version 1.5 and of 5.0: headers that say how long the data behind them is. */
#include "filters/file/walk.h"

/* ---- 1.5 to 4 ---- */

enum {
	RAR4_MAIN = 0x73,
	RAR4_FILE = 0x74,
	RAR4_END = 0x7b,

	RAR4_NAMES_ENCRYPTED = 0x80, /* of the archive */
	RAR4_ENCRYPTED = 4,          /* of a file */
	RAR4_LARGE = 0x100,          /* its sizes have 64 bits */
	RAR4_UNICODE = 0x200,        /* its name is there twice, with a NUL between */
	RAR4_LONG = 0x8000,          /* of a header: data behind it */

	RAR4_NAME_AT = 32,
};

static bool take_file4(struct walk *w, struct str header, uint32_t flags)
{
	const size_t at = flags & RAR4_LARGE ? RAR4_NAME_AT + 8 : RAR4_NAME_AT;
	struct str name, wide;

	if (header.n < at || at + walk_u16(header, 26) > header.n)
		return false;
	name = str_head(str_from(header, at), walk_u16(header, 26));
	if (flags & RAR4_UNICODE)
		(void)!str_cut(name, '\0', &name, &wide);
	if (flags & RAR4_ENCRYPTED)
		w->listing->flags |= LISTING_ENCRYPTED;
	w->listing->packed += walk_u32(header, 7);
	w->listing->unpacked += walk_u32(header, 11);
	w->skip = walk_u32(header, 7);
	if (flags & RAR4_LARGE)
		w->skip += (uint64_t)walk_u32(header, RAR4_NAME_AT) << 32;
	return walk_entry(w, name);
}

void walk_rar4(struct walk *w, struct str have)
{
	const uint8_t type = (uint8_t)have.p[2];
	const uint32_t flags = walk_u16(have, 3), size = walk_u16(have, 5);
	const size_t seen = size < LIMIT_ARCHIVE_HEADER ? size : LIMIT_ARCHIVE_HEADER;

	if (size < 7) {
		walk_broken(w);
		return;
	}
	if (have.n < seen) {
		w->want = seen;
		return;
	}
	w->used = seen;
	if (type == RAR4_MAIN && flags & RAR4_NAMES_ENCRYPTED) {
		w->listing->flags |= LISTING_NAMES_ENCRYPTED;
		walk_over(w);
	} else if (type == RAR4_END) {
		walk_over(w);
	} else if (type == RAR4_FILE) {
		if (!take_file4(w, str_head(have, seen), flags) && w->step)
			walk_broken(w);
	} else if (flags & RAR4_LONG && seen >= 11) {
		w->skip = walk_u32(have, 7);
	}
	w->skip += size - seen;
}

/* ---- 5 ---- */

enum {
	RAR5_FILE = 2,
	RAR5_ENCRYPTION = 4,
	RAR5_END = 5,

	RAR5_EXTRA = 1, /* of a header */
	RAR5_DATA = 2,
	RAR5_DIRECTORY = 1, /* of a file */
	RAR5_TIME = 2,
	RAR5_SUM = 4,
	RAR5_EXTRA_ENCRYPTION = 1,
};

/* Seven bits a byte, the lowest first; what does not end there is 0, and takes all of it. */
static uint64_t take_number(struct str *s)
{
	uint64_t value = 0;

	for (size_t i = 0; i < s->n && i < 10; i++) {
		const uint8_t byte = (uint8_t)s->p[i];

		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*s = str_from(*s, i + 1);
			return value;
		}
	}
	*s = str_from(*s, s->n);
	return 0;
}

static struct str take_bytes(struct str *s, uint64_t n)
{
	return str_take(s, n < s->n ? (size_t)n : s->n);
}

static bool has_record(struct str extra, uint64_t type)
{
	while (extra.n) {
		struct str record = take_bytes(&extra, take_number(&extra));

		if (record.n == 0)
			return false;
		if (take_number(&record) == type)
			return true;
	}
	return false;
}

static void take_file5(struct walk *w, struct str header, uint64_t extra_size)
{
	const uint64_t flags = take_number(&header), unpacked = take_number(&header);
	struct str name;

	take_number(&header); /* attributes */
	take_bytes(&header, (flags & RAR5_TIME ? 4 : 0) + (flags & RAR5_SUM ? 4 : 0));
	take_number(&header); /* method */
	take_number(&header); /* of which system */
	name = take_bytes(&header, take_number(&header));
	if (extra_size && extra_size <= header.n &&
	    has_record(str_from(header, header.n - (size_t)extra_size), RAR5_EXTRA_ENCRYPTION))
		w->listing->flags |= LISTING_ENCRYPTED;
	w->listing->packed += w->skip;
	w->listing->unpacked += unpacked;
	if (!(flags & RAR5_DIRECTORY))
		walk_entry(w, name);
}

static void take_header5(struct walk *w, struct str header)
{
	const uint64_t type = take_number(&header), flags = take_number(&header);
	const uint64_t extra = flags & RAR5_EXTRA ? take_number(&header) : 0;

	w->skip = flags & RAR5_DATA ? take_number(&header) : 0;
	if (type == RAR5_ENCRYPTION)
		w->listing->flags |= LISTING_NAMES_ENCRYPTED;
	if (type == RAR5_ENCRYPTION || type == RAR5_END)
		walk_over(w);
	else if (type == RAR5_FILE)
		take_file5(w, header, extra);
}

void walk_rar5(struct walk *w, struct str have)
{
	struct str rest = str_from(have, 4); /* behind the checksum */
	const uint64_t size = take_number(&rest);
	const size_t front = (size_t)(rest.p - have.p);
	uint64_t seen = front + size;

	if (size == 0 || size > UINT32_MAX) {
		walk_broken(w);
		return;
	}
	if (seen > LIMIT_ARCHIVE_HEADER)
		seen = LIMIT_ARCHIVE_HEADER;
	if (have.n < seen) {
		w->want = (size_t)seen;
		return;
	}
	w->used = (size_t)seen;
	take_header5(w, str_head(str_from(have, front), (size_t)seen - front));
	w->skip += front + size - seen;
}
