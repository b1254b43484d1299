/* utf7.h - UTF-7 (RFC 2152) as its bytes come: iconv's loses its place behind what is wrong, in a way that depends on how
 * the bytes are cut. */
#ifndef FILTERS_CONTENT_UTF7_H
#define FILTERS_CONTENT_UTF7_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct utf7 {
	uint32_t bits;
	uint16_t high; /* the first half of a surrogate pair */
	uint8_t count; /* of bits that are no code unit yet */
	bool shifted;  /* behind "+" */
	bool fresh;    /* and nothing behind it */
};

enum { UTF7_ROOM = 8 };
/* Writes at most UTF7_ROOM bytes of UTF-8, returns how many. */
size_t utf7_take(struct utf7 *u, char byte, char *out);
size_t utf7_end(struct utf7 *u, char *out); /* a new text may begin */

#endif
