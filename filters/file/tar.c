/* tar.c - tar (POSIX pax, with GNU's long names), gzip, which has one file in it and may say its name (RFC 1952), and
 * Microsoft's cabinets. */
#include "filters/file/walk.h"

/* Up to the NUL, if there is one. */
static struct str text_at(struct str s, size_t at, size_t n)
{
	struct str text = str_head(str_from(s, at), n), rest;

	(void)!str_cut(text, '\0', &text, &rest);
	return text;
}

/* ---- tar ---- */

enum { BLOCK = 512, TAR_LONG = 1 };

/* Behind spaces, up to what is no digit. */
static uint64_t octal(struct str s)
{
	uint64_t value = 0;
	size_t at = 0;

	if ((uint8_t)s.p[0] & 0x80) { /* GNU: a number of base 256 */
		for (size_t i = 4; i < s.n; i++)
			value = value << 8 | (uint8_t)s.p[i];
		return value;
	}
	while (at < s.n && s.p[at] == ' ')
		at++;
	for (; at < s.n && s.p[at] >= '0' && s.p[at] <= '7'; at++)
		value = value * 8 + (uint64_t)(s.p[at] - '0');
	return value;
}

bool kind_is_tar(struct str head)
{
	const struct str block = str_head(head, BLOCK);
	uint64_t sum = 8 * ' ';

	if (block.n < BLOCK)
		return false;
	for (size_t i = 0; i < BLOCK; i++)
		if (i < 148 || i >= 156)
			sum += (uint8_t)block.p[i];
	return sum == octal(str_head(str_from(block, 148), 8));
}

/* "27 path=a file\n" among others: the length of all of it.  The last one counts. */
static struct str pax_path(struct walk *w, struct str s)
{
	struct str path = { 0 }, length, field;
	uint64_t n;

	while (str_cut(s, ' ', &length, &field) && str_u64(length, s.n, &n) && n > length.n + 1 &&
	       walk_pay(w, 1)) {
		field = str_head(field, (size_t)n - length.n - 2);
		if (str_starts(field, STR("path=")))
			path = str_from(field, 5);
		s = str_from(s, (size_t)n);
	}
	return path;
}

static uint64_t to_block(uint64_t n)
{
	return (n + BLOCK - 1) / BLOCK * BLOCK;
}

/* The name of the next entry, behind a header of its own. */
static void take_long_name(struct walk *w, struct str have, uint64_t size, bool pax)
{
	const uint64_t most = BLOCK + size;
	const size_t seen = most < LIMIT_ARCHIVE_HEADER ? (size_t)most : LIMIT_ARCHIVE_HEADER;
	struct str data;

	if (have.n < seen) {
		w->want = seen;
		return;
	}
	data = str_head(str_from(have, BLOCK), seen - BLOCK);
	w->used = seen;
	w->skip = BLOCK + to_block(size) - seen;
	data = pax ? pax_path(w, data) : text_at(data, 0, data.n);
	if (w->step)
		walk_entry(w, data);
}

void walk_tar(struct walk *w, struct str have)
{
	const struct str block = str_head(have, BLOCK);
	uint64_t size;

	if (block.p[0] == '\0') {
		walk_over(w);
		return;
	}
	size = octal(str_head(str_from(block, 124), 12));
	if (!kind_is_tar(block) || size > UINT64_MAX / 2) {
		walk_broken(w);
		return;
	}
	if (block.p[156] == 'L' || block.p[156] == 'x') {
		take_long_name(w, have, size, block.p[156] == 'x');
		return;
	}
	w->used = BLOCK;
	w->skip = to_block(size);
	listing_unpacks(w->listing, size);
	walk_entry(w, text_at(block, 0, 100));
}

/* ---- gzip ---- */

enum {
	GZIP_EXTRA = 4,
	GZIP_NAME = 8,
	GZIP_FIXED = 10,
	GZIP_BEHIND =
		10, /* bytes at least behind the name: nothing, packed, its sum and its size */
};

void walk_gzip(struct walk *w, struct str have)
{
	const uint8_t flags = (uint8_t)have.p[3];
	size_t at = GZIP_FIXED;

	if (flags & GZIP_EXTRA) {
		if (have.n < at + 2) {
			w->want = at + 2;
			return;
		}
		at += 2 + walk_u16(have, at);
	}
	if (!(flags & GZIP_NAME) || at > LIMIT_ARCHIVE_HEADER) {
		walk_over(w);
		return;
	}
	if (have.n <= at || !memchr(have.p + at, '\0', have.n - at)) {
		w->want = have.n <= at ? at + 1 : have.n + GZIP_BEHIND;
		if (w->want > at + LIMIT_ATTACHMENT_NAME)
			walk_broken(w);
		return;
	}
	if (walk_entry(w, text_at(have, at, have.n - at)))
		walk_over(w);
}

/* ---- cabinets ---- */

enum { CAB_FIXED = 36, CAB_FILES_AT = 16, CAB_COUNT = 28, CAB_NAME = 16 };

/* An entry of the list of files. */
static void take_file(struct walk *w, struct str have)
{
	const char *end = memchr(have.p + CAB_NAME, '\0', have.n - CAB_NAME);

	if (!end) {
		w->want = have.n + 1;
		if (w->want > CAB_NAME + LIMIT_ATTACHMENT_NAME)
			walk_broken(w);
		return;
	}
	w->used = (size_t)(end - have.p) + 1;
	listing_unpacks(w->listing, walk_u32(have, 0));
	if (walk_entry(w, text_at(have, CAB_NAME, w->used - CAB_NAME)) && --w->left == 0)
		walk_over(w);
}

void walk_cab(struct walk *w, struct str have)
{
	const uint32_t at = w->at == 0 ? walk_u32(have, CAB_FILES_AT) : 0;

	if (w->at > 0) {
		take_file(w, have);
		return;
	}
	w->left = walk_u16(have, CAB_COUNT);
	w->first = CAB_NAME + 1;
	w->used = CAB_FIXED;
	w->skip = at > CAB_FIXED ? at - CAB_FIXED : 0;
	if (w->left == 0)
		walk_over(w);
}
