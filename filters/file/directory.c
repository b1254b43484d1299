#include "filters/file/directory.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"

/* What stands in front of each piece. */
enum property {
	END = 0,
	HEADER = 1,
	ARCHIVE_PROPERTIES = 2,
	ADDITIONAL_STREAMS = 3,
	MAIN_STREAMS = 4,
	FILES = 5,
	PACK_INFO = 6,
	UNPACK_INFO = 7,
	SUB_STREAMS = 8,
	SIZE = 9,
	CRC = 10,
	FOLDER = 11,
	UNPACK_SIZE = 12,
	STREAM_COUNTS = 13,
	NAMES = 17,
	PACKED_HEADER = 23,
};

enum { FOLDERS = LIMIT_ARCHIVE_ENTRIES };

/* A folder is files packed together. */
struct folder {
	uint16_t out_streams;
	bool has_sum;
	uint64_t streams; /* the files */
};

/* Reads with a sticky fault: behind it all is 0. */
struct input {
	struct str s;
	bool bad;
	struct listing *listing;
	struct directory_packed *packed; /* of the first folder */
	bool encrypted;
	unsigned folder_count;
	struct folder folders[FOLDERS];
};

static struct str take(struct input *in, uint64_t n)
{
	if (in->bad || n > in->s.n) {
		in->bad = true;
		return (struct str){ 0 };
	}
	return str_take(&in->s, (size_t)n);
}

static uint8_t take_byte(struct input *in)
{
	const struct str one = take(in, 1);

	return one.n ? (uint8_t)one.p[0] : 0;
}

/* The first byte's leading ones say how many bytes follow; the lowest come first. */
static uint64_t take_number(struct input *in)
{
	const uint8_t first = take_byte(in);
	uint64_t value = 0;
	unsigned i = 0;

	for (uint8_t mask = 0x80; mask && first & mask; mask >>= 1, i++)
		value |= (uint64_t)take_byte(in) << (8 * i);
	if (i < 7)
		value |= (uint64_t)(first & (0x7fu >> i)) << (8 * i);
	return value;
}

static bool take_mark(struct input *in, enum property property)
{
	if (in->bad || in->s.n == 0 || (uint8_t)in->s.p[0] != (unsigned)property)
		return false;
	in->s = str_from(in->s, 1);
	return true;
}

static void take_end(struct input *in)
{
	if (!take_mark(in, END))
		in->bad = true;
}

static void skip_numbers(struct input *in, uint64_t n)
{
	while (n-- && !in->bad)
		take_number(in);
}

/* Which of n have a sum, by what comes first; then the sums.  have: told so; NULL: nobody asks. */
static void take_sums(struct input *in, uint64_t n, struct folder *have)
{
	const bool all = take_byte(in) != 0;
	const struct str bits = all ? (struct str){ 0 } : take(in, n / 8 + (n % 8 != 0));
	uint64_t count = 0;

	for (uint64_t i = 0; i < n && !in->bad; i++) {
		const bool has = all || ((uint8_t)bits.p[i / 8] & 0x80u >> i % 8);

		count += has;
		if (have)
			have[i].has_sum = has;
		if (count > in->s.n / 4)
			in->bad = true;
	}
	take(in, count * 4);
}

/* ---- streams ---- */

static void take_pack_info(struct input *in)
{
	const uint64_t at = take_number(in), count = take_number(in);

	if (take_mark(in, SIZE)) {
		const uint64_t size = count ? take_number(in) : 0;

		if (in->packed) {
			in->packed->at = at;
			in->packed->size = size;
		}
		skip_numbers(in, count ? count - 1 : 0);
	}
	if (take_mark(in, CRC))
		take_sums(in, count, NULL);
	take_end(in);
}

enum { ID_SIZE = 15, COMPLEX = 16, PROPERTIES = 32 };

static void take_coder(struct input *in, uint64_t *ins, uint64_t *outs)
{
	const uint8_t flags = take_byte(in);
	const struct str id = take(in, flags & ID_SIZE);
	struct str properties = { 0 };

	*ins += flags & COMPLEX ? take_number(in) : 1;
	*outs += flags & COMPLEX ? take_number(in) : 1;
	if (flags & PROPERTIES)
		properties = take(in, take_number(in));
	if (str_eq(id, STR("\x06\xf1\x07\x01"))) /* AES-256 */
		in->encrypted = true;
	if (in->packed && !in->packed->method.p) {
		in->packed->method = id;
		in->packed->properties = properties;
	}
}

static void take_folder(struct input *in, struct folder *f)
{
	uint64_t coders = take_number(in), ins = 0, outs = 0, pairs;

	while (coders-- && !in->bad)
		take_coder(in, &ins, &outs);
	if (outs == 0 || outs > 32 || ins > 32) { /* 7-Zip's own limit */
		in->bad = true;
		return;
	}
	pairs = outs - 1;
	skip_numbers(in, 2 * pairs);
	if (ins > pairs + 1)
		skip_numbers(in, ins - pairs);
	*f = (struct folder){ .out_streams = (uint16_t)outs, .streams = 1 };
}

static void take_unpack_info(struct input *in)
{
	uint64_t count;

	if (!take_mark(in, FOLDER))
		in->bad = true;
	count = take_number(in);
	if (count > FOLDERS) {
		in->listing->flags |= LISTING_LIMIT;
		in->bad = true;
	}
	if (take_byte(in) != 0) /* somewhere else */
		in->bad = true;
	if (in->bad)
		return;
	in->folder_count = (unsigned)count;
	for (unsigned i = 0; i < in->folder_count && !in->bad; i++)
		take_folder(in, &in->folders[i]);
	if (!take_mark(in, UNPACK_SIZE))
		in->bad = true;
	for (unsigned i = 0; i < in->folder_count && !in->bad; i++) {
		const uint64_t size = take_number(in);

		if (in->packed && i == 0)
			in->packed->unpacked = size;
		listing_unpacks(in->listing, in->packed ? 0 : size);
		skip_numbers(in, in->folders[i].out_streams - 1u);
	}
	if (take_mark(in, CRC))
		take_sums(in, in->folder_count, in->folders);
	take_end(in);
}

static void take_sub_streams(struct input *in)
{
	uint64_t unknown = 0;

	if (take_mark(in, STREAM_COUNTS))
		for (unsigned i = 0; i < in->folder_count; i++)
			in->folders[i].streams = take_number(in);
	for (unsigned i = 0; i < in->folder_count; i++) {
		const struct folder *f = &in->folders[i];

		if (f->streams > in->s.n) /* each has a byte at least, or it is wrong */
			in->bad = in->bad || f->streams > 1;
		if (!in->bad && !(f->streams == 1 && f->has_sum))
			unknown += f->streams;
	}
	if (take_mark(in, SIZE))
		for (unsigned i = 0; i < in->folder_count; i++)
			skip_numbers(in, in->folders[i].streams ? in->folders[i].streams - 1 : 0);
	if (take_mark(in, CRC))
		take_sums(in, unknown, NULL);
	take_end(in);
}

static void take_streams(struct input *in)
{
	in->folder_count = 0;
	if (take_mark(in, PACK_INFO))
		take_pack_info(in);
	if (take_mark(in, UNPACK_INFO))
		take_unpack_info(in);
	if (take_mark(in, SUB_STREAMS))
		take_sub_streams(in);
	take_end(in);
}

/* ---- files ---- */

/* A name in UTF-16, NUL behind it. */
static bool take_name(struct input *in, struct str *names)
{
	char bytes[LIMIT_ATTACHMENT_NAME];
	size_t n = 0;

	while (names->n >= 2) {
		const uint32_t c = (uint32_t)(uint8_t)names->p[0] | (uint32_t)(uint8_t)names->p[1]
									    << 8;

		*names = str_from(*names, 2);
		if (c == 0)
			return n == 0 ||
			       listing_add(in->listing, (struct str){ .p = bytes, .n = n });
		if (n + 4 <= sizeof(bytes))
			n += utf8_put(c, bytes + n);
		else
			in->listing->flags |= LISTING_LIMIT;
	}
	return false;
}

static void take_files(struct input *in)
{
	take_number(in); /* so many */
	while (!in->bad) {
		const uint8_t property = take_byte(in);
		struct str data;

		if (property == END)
			return;
		data = take(in, take_number(in));
		if (property != NAMES || data.n == 0 || data.p[0] != 0)
			continue;
		data = str_from(data, 1);
		while (take_name(in, &data))
			continue;
	}
}

/* Something that Postern has no use for: properties with their sizes. */
static void skip_properties(struct input *in)
{
	while (!in->bad && take_byte(in) != END)
		take(in, take_number(in));
}

static void take_header(struct input *in)
{
	if (take_mark(in, ARCHIVE_PROPERTIES))
		skip_properties(in);
	if (take_mark(in, ADDITIONAL_STREAMS))
		take_streams(in);
	if (take_mark(in, MAIN_STREAMS))
		take_streams(in);
	if (in->encrypted)
		in->listing->flags |= LISTING_ENCRYPTED;
	if (take_mark(in, FILES))
		take_files(in);
	take_end(in);
}

void directory_read(struct str bytes, struct listing *listing, struct directory_packed *packed)
{
	struct input in = { .s = bytes, .listing = listing };

	if (packed && take_mark(&in, PACKED_HEADER)) {
		packed->is = true;
		in.packed = packed;
		take_streams(&in);
		packed->encrypted = in.encrypted;
		packed->is = !in.bad;
	} else if (take_mark(&in, HEADER)) {
		take_header(&in);
	} else {
		in.bad = true;
	}
	if (in.bad && !(listing->flags & LISTING_LIMIT))
		listing->flags |= LISTING_BROKEN;
}
