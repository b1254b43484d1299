/* transfer.h - transfer encodings undone as the bytes come (RFC 2045 6), pure.
 *
 * Never fails: what is malformed comes out as programs that show mail have it.  Base64 steps over what is no
 * letter of it; "=" ends a group, and what follows begins a new one.  Quoted-printable leaves a "=" that means
 * nothing where it is.  Of uuencode, which is no encoding of MIME's but is met, lines that do not begin with a length are
 * left out, "begin" and "end" among them.  An encoding that nobody knows is none. */
#ifndef FILTERS_CONTENT_TRANSFER_H
#define FILTERS_CONTENT_TRANSFER_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum transfer { TRANSFER_NONE, TRANSFER_BASE64, TRANSFER_QUOTED, TRANSFER_UUENCODE };

/* What Content-Transfer-Encoding calls it. */
enum transfer transfer_named(struct str name);

struct decoder {
	enum transfer encoding;
	uint32_t bits; /* uuencode: of the group at work */
	uint8_t count; /* its letters, of base64 and quoted-printable in `kept` */
	bool in_line;  /* uuencode: what begins it is gone by */
	uint8_t left;  /* uuencode: bytes that this line still has */
	char kept
		[4]; /* base64: letters, behind them none; quoted-printable: "=" and what may belong to it */
};

/* Decodes the head of *in and steps over it; returns how many bytes are in `out`.  Takes all of *in unless `room`, at
 * least 4, is used up. */
size_t decoder_take(struct decoder *d, struct str *in, char *out, size_t room);
/* What a call of it took that decoded so many bytes to so many, by a byte of base64 as programs write it. */
size_t decoder_effort(const struct decoder *d, size_t from, size_t to);
/* The end: what is left, at most 3 bytes. */
size_t decoder_end(struct decoder *d, char *out);

/* The six bits that a letter of base64 is; over 63: it is none. */
uint8_t transfer_letter(char c);

#endif
