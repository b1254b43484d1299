/* charset.h - text of any charset as UTF-8, as its bytes come.
 *
 * Named as mail names them, by a table: what is not in it (and what has no name, and US-ASCII with bytes over 127) is
 * taken for UTF-8, a byte that is not for Windows-1252.  Of what is named, a wrong byte is U+FFFD.  Latin-1 is
 * Windows-1252 and so on, as for every program that shows mail (WHATWG Encoding 4.2).
 *
 * The rest is iconv's.  Charsets of a byte a character it is asked for once; for others a worker keeps the descriptors
 * that nobody uses, which have a state and are costly to open. */
#ifndef FILTERS_CONTENT_CHARSET_H
#define FILTERS_CONTENT_CHARSET_H

#include "base/str.h"
#include "filters/content/utf7.h"

#include <stdbool.h>
#include <stdint.h>

enum charset_kind {
	CHARSET_GUESS,
	CHARSET_UTF8,
	CHARSET_1252,
	CHARSET_TABLE, /* a byte a character, ASCII up to 127 */
	CHARSET_UTF7,
	CHARSET_ICONV,
	CHARSET_ORDER, /* UTF-16, UTF-32: the first byte says which of two it is */
};

struct charsets; /* of a worker */
struct charsets *charsets_new(void);
void charsets_free(void *charsets);

struct charset {
	struct charsets *all;
	enum charset_kind kind;
	unsigned row;          /* in the table */
	void *handle;          /* CHARSET_ICONV */
	bool used;             /* it is not in the state it began with */
	const uint16_t *table; /* CHARSET_TABLE: what the bytes from 128 on are */
	char kept[8];          /* the head of a character */
	uint8_t n;
	struct utf7 utf7;
};

/* A character of it has two bytes or four: where ASCII was read before, the text is not in it. */
bool charset_is_wide(const struct charset *c);

/* Every one that is opened is closed. */
void charset_open(struct charset *c, struct charsets *all, struct str name);
void charset_close(struct charset *c);

/* It is in UTF-8 what it is now. */
bool charset_leaves(const struct charset *c, struct str text);
/* Converts the head of *in and steps over it; returns how many bytes are in `out`.  Takes all of *in unless
 * `room`, at least CHARSET_ROOM, is used up. */
enum { CHARSET_ROOM = 64 };
size_t charset_take(struct charset *c, struct str *in, char *out, size_t room);
/* The end: what a character that is not whole comes to; at most CHARSET_ROOM bytes.  A new text may begin. */
size_t charset_end(struct charset *c, char *out);

/* The character that a byte of Windows-1252 is. */
uint32_t charset_1252(uint8_t byte);

#endif
