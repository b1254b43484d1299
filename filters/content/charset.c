#include "filters/content/charset.h"

#include "base/check.h"
#include "base/eight.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>

struct row {
	enum charset_kind kind;
	const char *iconv;
	struct str names; /* with a space between */
};

static const struct row rows[] = {
#define CHARSET(KIND, ICONV_NAME, NAMES) { CHARSET_##KIND, ICONV_NAME, STR_INIT(NAMES) },
#include "filters/content/charsets.def"
#undef CHARSET
};

enum { SLOTS = 1024 }; /* three times as many as there are names */

struct name {
	struct str text; /* empty: none */
	unsigned row;
};

struct charsets {
	struct name names[SLOTS];   /* by their hashes, each in the first place that is free */
	void *spare[COUNTOF(rows)]; /* an open descriptor that nobody uses */
	uint16_t *tables[COUNTOF(rows)];
};

/* Its place, or where it would be. */
static struct name *find_name(struct charsets *all, struct str name)
{
	uint64_t at = str_ihash(name);

	while (all->names[at % SLOTS].text.n && !str_ieq(all->names[at % SLOTS].text, name))
		at++;
	return &all->names[at % SLOTS];
}

struct charsets *charsets_new(void)
{
	struct charsets *all = mem_new(sizeof(*all));

	for (unsigned i = 0; i < COUNTOF(rows); i++) {
		struct str rest = rows[i].names, one;

		while (str_word(&rest, &one))
			*find_name(all, one) = (struct name){ .text = one, .row = i };
	}
	return all;
}

void charsets_free(void *charsets)
{
	struct charsets *all = charsets;

	for (size_t i = 0; i < COUNTOF(rows); i++) {
		if (all->spare[i])
			iconv_close(all->spare[i]);
		mem_free(all->tables[i]);
	}
	mem_free(all);
}

/* ---- by name ---- */

static void *new_iconv(unsigned row)
{
	const iconv_t handle = iconv_open("UTF-8", rows[row].iconv);

	return handle == (iconv_t)-1 ? NULL : handle; /* not installed */
}

static void open_iconv(struct charset *c)
{
	void **spare = &c->all->spare[c->row];

	c->handle = *spare ? *spare : new_iconv(c->row);
	*spare = NULL;
	if (!c->handle)
		c->kind = CHARSET_GUESS;
}

/* What iconv has for each byte; U+FFFD: nothing. */
static uint16_t *new_table(unsigned row)
{
	void *handle = new_iconv(row);
	uint16_t *table;

	if (!handle)
		return NULL;
	table = mem_array(NULL, 128, sizeof(*table));
	for (unsigned i = 0; i < 128; i++) {
		char byte = (char)(128 + i), out[8], *from = &byte, *to = out;
		size_t left = 1, space = sizeof(out);

		table[i] = 0xfffd;
		iconv(handle, NULL, NULL, NULL, NULL);
		if (iconv(handle, &from, &left, &to, &space) != (size_t)-1 && to > out)
			table[i] = (uint16_t)utf8_point(
				(struct str){ .p = out, .n = (size_t)(to - out) });
	}
	iconv_close(handle);
	return table;
}

static void open_table(struct charset *c)
{
	uint16_t **table = &c->all->tables[c->row];

	if (!*table)
		*table = new_table(c->row);
	c->table = *table;
	if (!c->table)
		c->kind = CHARSET_GUESS;
}

bool charset_is_wide(const struct charset *c)
{
	const struct str name = str_z(rows[c->row].iconv);

	return str_starts(name, STR("UTF-16")) || str_starts(name, STR("UTF-32"));
}

void charset_open(struct charset *c, struct charsets *all, struct str name)
{
	/* A name that has no place is taken for one of the first row. */
	*c = (struct charset){ .all = all, .row = find_name(all, str_trim(name))->row };
	c->kind = rows[c->row].kind;
	if (c->kind == CHARSET_ICONV)
		open_iconv(c);
	else if (c->kind == CHARSET_TABLE)
		open_table(c);
}

static void reset_iconv(struct charset *c)
{
	if (c->used)
		iconv(c->handle, NULL, NULL, NULL, NULL);
	c->used = false;
}

void charset_close(struct charset *c)
{
	if (!c->handle)
		return;
	reset_iconv(c);
	if (c->all->spare[c->row])
		iconv_close(c->handle);
	else
		c->all->spare[c->row] = c->handle;
	c->handle = NULL;
}

/* ---- bytes ---- */

uint32_t charset_1252(uint8_t byte)
{
	static const uint16_t high[32] = {
		0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
		0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
		0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
	};

	return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

static size_t ascii_length(struct str s)
{
	uint64_t eight;
	size_t n = 0;

	for (; n + 8 <= s.n; n += 8) {
		memcpy(&eight, s.p + n, 8);
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (n < s.n && (unsigned char)s.p[n] < 0x80)
		n++;
	return n;
}

static size_t put_wrong(const struct charset *c, char byte, char *out)
{
	return c->kind == CHARSET_GUESS ? utf8_put(charset_1252((uint8_t)byte), out)
					: utf8_put(0xfffd, out);
}

/* The character at the head of s, at most 4 bytes; what it is cut from is in *used; 0: not all of it is there. */
static size_t take_character(const struct charset *c, struct str s, char *out, size_t *used)
{
	*used = 1;
	if (c->kind == CHARSET_1252)
		return utf8_put(charset_1252((uint8_t)s.p[0]), out);
	*used = utf8_length(s);
	if (*used) {
		memcpy(out, s.p, *used);
		return *used;
	}
	if (utf8_is_head(s))
		return 0;
	*used = 1;
	return put_wrong(c, s.p[0], out);
}

static void drop_kept(struct charset *c, size_t n)
{
	memmove(c->kept, c->kept + n, c->n - n);
	c->n = (uint8_t)(c->n - n);
}

/* A byte more of a character that came in pieces. */
static size_t take_kept(struct charset *c, char byte, char *out)
{
	size_t n = 0, used, more;

	c->kept[c->n++] = byte;
	while (c->n) {
		const struct str kept = { .p = c->kept, .n = c->n };

		more = take_character(c, kept, out + n, &used);
		if (more == 0)
			break;
		n += more;
		drop_kept(c, used);
	}
	return n;
}

static size_t take_bytes(struct charset *c, struct str *in, char *out, size_t room)
{
	size_t n = 0;

	while (in->n && room - n >= CHARSET_ROOM) {
		size_t plain, used, more;

		if (c->n) {
			n += take_kept(c, in->p[0], out + n);
			*in = str_from(*in, 1);
			continue;
		}
		plain = ascii_length(str_head(*in, room - n));
		memcpy(out + n, in->p, plain);
		n += plain;
		*in = str_from(*in, plain);
		if (in->n == 0 || room - n < CHARSET_ROOM)
			break;
		more = take_character(c, *in, out + n, &used);
		if (more == 0) {
			memcpy(c->kept, in->p, in->n);
			c->n = (uint8_t)in->n;
			used = in->n;
		}
		n += more;
		*in = str_from(*in, used);
	}
	return n;
}

/* ---- iconv ---- */

/* One call; the bytes that were taken in *used.  Steps over a wrong byte. */
static size_t call_iconv(struct charset *c, struct str in, char *out, size_t room, size_t *used)
{
	union {
		const char *is;
		char *wanted; /* iconv() does not write there */
	} from = { .is = in.p };
	size_t left = in.n, space = room - 4;
	char *to = out;

	c->used = true;
	if (iconv(c->handle, &from.wanted, &left, &to, &space) == (size_t)-1 && errno == EILSEQ &&
	    left) {
		to += utf8_put(0xfffd, to);
		left--;
	}
	*used = in.n - left;
	return (size_t)(to - out);
}

/* A byte more of what iconv() wanted more of. */
static size_t feed_kept(struct charset *c, char byte, char *out, size_t room)
{
	size_t n = 0, used;

	c->kept[c->n++] = byte;
	do {
		const struct str kept = { .p = c->kept, .n = c->n };

		n += call_iconv(c, kept, out + n, room - n, &used);
		drop_kept(c, used);
	} while (used && c->n);
	if (c->n == sizeof(c->kept)) { /* no character is that long */
		n += utf8_put(0xfffd, out + n);
		c->n = 0;
	}
	return n;
}

static size_t take_iconv(struct charset *c, struct str *in, char *out, size_t room)
{
	size_t n = 0, used;

	while (in->n && room - n >= CHARSET_ROOM) {
		if (c->n) {
			n += feed_kept(c, in->p[0], out + n, room - n);
			*in = str_from(*in, 1);
			continue;
		}
		n += call_iconv(c, *in, out + n, room - n, &used);
		*in = str_from(*in, used);
		if (used || room - n < CHARSET_ROOM)
			continue;
		used = in->n < sizeof(c->kept) ? in->n : 1;
		if (used == in->n) {
			memcpy(c->kept, in->p, used);
			c->n = (uint8_t)used;
		} else {
			n += utf8_put(0xfffd, out + n);
		}
		*in = str_from(*in, used);
	}
	return n;
}

static size_t take_table(const struct charset *c, struct str *in, char *out, size_t room)
{
	size_t n = 0, at = 0;

	for (; at < in->n && room - n >= CHARSET_ROOM; at++) {
		const unsigned char byte = (unsigned char)in->p[at];

		if (byte < 128)
			out[n++] = (char)byte;
		else
			n += utf8_put(c->table[byte - 128], out + n);
	}
	*in = str_from(*in, at);
	return n;
}

static size_t take_utf7(struct charset *c, struct str *in, char *out, size_t room)
{
	size_t n = 0;

	while (in->n && room - n >= CHARSET_ROOM) {
		n += utf7_take(&c->utf7, in->p[0], out + n);
		*in = str_from(*in, 1);
	}
	return n;
}

/* The mark of order at the beginning is a character without a width.  Without it RFC 2781 4.3 has the larger byte first and
 * WHATWG Encoding the smaller one: text begins with a letter of ASCII, mostly.  (An iconv of "UTF-16" that has seen a mark
 * keeps its order, whatever it is told.) */
static void settle_order(struct charset *c, uint8_t first)
{
	char bytes[16];
	struct out o = OUT(bytes);

	out_str(&o, str_z(rows[c->row].iconv));
	out_str(&o, first == 0 || first == 0xfe ? STR("BE") : STR("LE"));
	charset_open(c, c->all, out_text(&o));
}

bool charset_leaves(const struct charset *c, struct str text)
{
	return c->kind <= CHARSET_TABLE && c->n == 0 && !eight_has_high(text.p, text.n);
}

size_t charset_take(struct charset *c, struct str *in, char *out, size_t room)
{
	if (in->n == 0)
		return 0;
	if (c->kind == CHARSET_ORDER)
		settle_order(c, (uint8_t)in->p[0]);
	switch (c->kind) {
	case CHARSET_GUESS:
	case CHARSET_UTF8:
	case CHARSET_1252:
		return take_bytes(c, in, out, room);
	case CHARSET_TABLE:
		return take_table(c, in, out, room);
	case CHARSET_UTF7:
		return take_utf7(c, in, out, room);
	case CHARSET_ICONV:
		return take_iconv(c, in, out, room);
	case CHARSET_ORDER:
		break;
	}
	return 0;
}

size_t charset_end(struct charset *c, char *out)
{
	size_t n = utf7_end(&c->utf7, out);

	if (c->handle && c->n)
		n = utf8_put(0xfffd, out);
	reset_iconv(c);
	for (size_t i = 0; !c->handle && i < c->n; i++)
		n += put_wrong(c, c->kept[i], out + n);
	c->n = 0;
	return n;
}
