/* tnef.c - what Exchange puts into winmail.dat (MS-OXTNEF): attributes one behind another, those of a file begun by
 * attAttachRendData.  The names are the file's title and, in its properties, the long file name. */
#include "base/check.h"
#include "filters/file/walk.h"

enum {
	HEAD = 9, /* level, attribute, length */
	SUM = 2,  /* behind the data */

	TITLE = 0x00018010,
	DATA = 0x0006800f,
	PROPERTIES = 0x00069005,

	NAMES_FROM = 0x8000,
	FILE_NAME = 0x3707,
	MULTIPLE = 0x1000,
};

/* 0 too where nothing is left. */
static uint32_t take_u32(struct str *s)
{
	const struct str four = str_take(s, 4);

	return four.n == 4 ? walk_u32(four, 0) : 0;
}

static size_t padded(uint32_t n)
{
	return ((size_t)n + 3) / 4 * 4;
}

/* A property with a name in place of a number: a set, and a number or a text. */
static void skip_name(struct str *s)
{
	str_take(s, 16);
	if (take_u32(s) == 1)
		str_take(s, padded(take_u32(s)));
	else
		str_take(s, 4);
}

/* Bytes of a value, padded; 0: its length is in front of it. */
static size_t fixed_size(uint32_t type)
{
	static const struct {
		uint8_t type, size;
	} sizes[] = {
		{ 0x01, 0 }, { 0x02, 4 }, { 0x03, 4 }, { 0x04, 4 }, { 0x05, 8 }, { 0x06, 8 },
		{ 0x07, 8 }, { 0x0a, 4 }, { 0x0b, 4 }, { 0x14, 8 }, { 0x40, 8 }, { 0x48, 16 },
	};

	for (size_t i = 0; i < COUNTOF(sizes); i++)
		if (sizes[i].type == type)
			return sizes[i].size;
	return 0;
}

/* ASCII of it is enough to see what kind of file it is. */
static void take_name(struct walk *w, struct str value, bool wide)
{
	char bytes[LIMIT_ATTACHMENT_NAME];
	size_t n = 0;

	for (size_t i = 0; i < value.n && n < sizeof(bytes); i += wide ? 2 : 1) {
		if (value.p[i] == '\0' && (!wide || i + 1 >= value.n || value.p[i + 1] == '\0'))
			break;
		bytes[n++] = wide && i + 1 < value.n && value.p[i + 1] ? '?' : value.p[i];
	}
	if (n == sizeof(bytes))
		w->listing->flags |= LISTING_LIMIT;
	walk_entry(w, (struct str){ .p = bytes, .n = n });
}

/* One value, or several. */
static void take_property(struct walk *w, struct str *s)
{
	const uint32_t tag = take_u32(s), type = tag & 0xfff, number = tag >> 16;
	const size_t fixed = fixed_size(type);
	uint32_t values = 1;

	if (number >= NAMES_FROM)
		skip_name(s);
	if (tag & MULTIPLE || (fixed == 0 && type > 1))
		values = take_u32(s);
	while (s->n && values-- && type > 1 && walk_pay(w, 1)) {
		const uint32_t length = fixed ? (uint32_t)fixed : take_u32(s);
		const struct str value = str_take(s, padded(length));

		if (number == FILE_NAME && (type == 0x1e || type == 0x1f))
			take_name(w, str_head(value, length), type == 0x1f);
	}
}

static void take_data(struct walk *w, uint32_t attribute, struct str data)
{
	if (attribute == TITLE) {
		take_name(w, data, false);
	} else {
		uint32_t count = take_u32(&data);

		while (w->step && data.n && count--)
			take_property(w, &data);
	}
}

void walk_tnef(struct walk *w, struct str have)
{
	const uint32_t attribute = walk_u32(have, 1), length = walk_u32(have, 5);
	const bool wanted = attribute == TITLE || attribute == PROPERTIES;
	const uint64_t whole = HEAD + (uint64_t)length;
	size_t seen = HEAD;

	if (have.p[0] != 1 && have.p[0] != 2) {
		walk_broken(w);
		return;
	}
	if (wanted)
		seen = whole < LIMIT_ARCHIVE_TAIL ? (size_t)whole : LIMIT_ARCHIVE_TAIL;
	if (have.n < seen) {
		w->want = seen;
		return;
	}
	if (wanted && seen < whole)
		w->listing->flags |= LISTING_UNSEEN;
	w->used = seen;
	w->skip = whole - seen + SUM;
	w->file = attribute == DATA ? length : 0;
	if (wanted)
		take_data(w, attribute, str_head(str_from(have, HEAD), seen - HEAD));
}
