/* rar.c - RAR as of version 1.5 and of 5.0: headers that say how long the data behind them is. */
#include "base/out.h"
#include "base/utf8.h"
#include "filters/file/walk.h"

static struct str take_bytes(struct str *s, uint64_t n)
{
	return str_take(s, n < s->n ? (size_t)n : s->n);
}

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

/* A character for each of the other name's, by two bits: a byte; a byte and `high`; two bytes; some of the other name. */
struct wide_name {
	struct str codes, plain;
	size_t at; /* characters so far */
	struct out *to;
	uint32_t high;
};

static uint32_t take_code(struct wide_name *n)
{
	const struct str code = take_bytes(&n->codes, 1);

	return code.n ? (uint8_t)code.p[0] : 0;
}

static void put_wide(struct wide_name *n, uint32_t c)
{
	char bytes[4];

	out_str(n->to, (struct str){ .p = bytes, .n = utf8_put(c, bytes) });
	n->at++;
}

static void put_plain(struct wide_name *n)
{
	const uint32_t length = take_code(n);
	const bool changed = length & 0x80;
	const uint32_t by = changed ? take_code(n) : 0;

	for (uint32_t i = 0; i < (length & 0x7f) + 2 && n->at < n->plain.n; i++) {
		const uint32_t c = (uint8_t)n->plain.p[n->at];

		put_wide(n, changed ? ((c + by) & 0xff) | n->high : c);
	}
}

static void put_wide_name(struct str codes, struct str plain, struct out *to)
{
	struct wide_name n = { .codes = codes, .plain = plain, .to = to };
	uint32_t kinds = 0;

	n.high = take_code(&n) << 8;
	for (unsigned left = 0; n.codes.n && !to->full; left--, kinds <<= 2) {
		uint32_t kind, low;

		if (left == 0) {
			kinds = take_code(&n);
			left = 4;
		}
		kind = kinds >> 6 & 3;
		if (kind == 3) {
			put_plain(&n);
			continue;
		}
		low = take_code(&n);
		if (kind == 2)
			low |= take_code(&n) << 8;
		put_wide(&n, kind == 1 ? low | n.high : low);
	}
}

/* What is shown is the name behind the NUL; what cannot read it takes the other. */
static bool take_names(struct walk *w, struct str names)
{
	char bytes[LIMIT_ATTACHMENT_NAME];
	struct out wide = OUT(bytes);
	struct str plain, codes;

	if (str_cut(names, '\0', &plain, &codes))
		put_wide_name(codes, plain, &wide);
	if (wide.full)
		w->listing->flags |= LISTING_LIMIT;
	return walk_entry(w, plain) &&
	       (str_eq(plain, out_text(&wide)) || walk_entry(w, out_text(&wide)));
}

static bool take_file4(struct walk *w, struct str header, uint32_t flags)
{
	const size_t at = flags & RAR4_LARGE ? RAR4_NAME_AT + 8 : RAR4_NAME_AT;
	struct str name;

	if (header.n < at || at + walk_u16(header, 26) > header.n)
		return false;
	name = str_head(str_from(header, at), walk_u16(header, 26));
	if (flags & RAR4_ENCRYPTED)
		w->listing->flags |= LISTING_ENCRYPTED;
	listing_unpacks(w->listing, walk_u32(header, 11));
	w->skip = walk_u32(header, 7);
	if (flags & RAR4_LARGE)
		w->skip += (uint64_t)walk_u32(header, RAR4_NAME_AT) << 32;
	return flags & RAR4_UNICODE ? take_names(w, name) : walk_entry(w, name);
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
	RAR5_NO_SIZE = 8, /* it was not known */
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

static bool has_record(struct walk *w, struct str extra, uint64_t type)
{
	while (extra.n && walk_pay(w, 1)) {
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
	if (extra_size < header.n) /* it is the last of the header, if there is all of it */
		header = str_from(header, header.n - (size_t)extra_size);
	if (extra_size && has_record(w, header, RAR5_EXTRA_ENCRYPTION))
		w->listing->flags |= LISTING_ENCRYPTED;
	listing_unpacks(w->listing, flags & RAR5_NO_SIZE ? 0 : unpacked);
	if (w->step && !(flags & RAR5_DIRECTORY))
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
