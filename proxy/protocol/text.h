/* text.h - the bytes behind DATA or BDAT, scanned as they arrive (RFC 5321 4.1.1.4, 4.5.2), pure.
 *
 * Only CRLF.CRLF ends a message, however it is split over packets.  A CR or LF alone is never a line end
 * (RFC 5321 2.3.8): with `reject` it is noted and the message is refused after its true end; with
 * `normalize` a lone LF becomes CRLF, but a space next to a dot, and a lone CR becomes a space, so
 * that nothing on the way out can look like an end of data that was none on the way in.
 *
 * Almost every byte of almost every message is neither: text_scan() hands out runs as long as they
 * are clean, found 16 bytes at a time. */
#ifndef PROTOCOL_TEXT_H
#define PROTOCOL_TEXT_H

#include "base/str.h"
#include "conf/blocks.h"

#include <stdbool.h>

enum text_at {
	TEXT_LINE_START, /* after CRLF, or at the beginning */
	TEXT_LINE,
	TEXT_CR,     /* a CR that may begin CRLF: not handed out yet */
	TEXT_LF,     /* a lone LF: not handed out yet */
	TEXT_DOT,    /* a dot at the start of a line: not handed out yet */
	TEXT_DOT_CR, /* and a CR behind it */
	TEXT_END,    /* CRLF.CRLF was seen */
};

enum text_kind {
	TEXT_DATA,  /* ends by itself, dots are unstuffed */
	TEXT_CHUNK, /* counted bytes: dots are ordinary, the end is told by text_finish() */
};

struct text_scan {
	enum text_kind kind;
	enum text_at at;
	enum bare_newline bare;
	bool bare_seen; /* set by the scan: a lone CR or LF was there */
	bool nul_seen;  /* set by the scan: a NUL was there; it is handed out */
	bool dots;      /* set by the scan: a line of the message may begin with a dot */
	char before;    /* the last byte handed out: is a lone LF next to a dot? */
};

void text_begin(struct text_scan *t, enum text_kind kind, enum bare_newline bare);

/* Takes bytes from the input: returns how many, and in *keep what they add to the message (dots
 * unstuffed; a view into the input or a static text; may be empty).  Call until the input is used up or
 * t->at is TEXT_END. */
size_t text_scan(struct text_scan *t, struct str input, struct str *keep);

/* TEXT_CHUNK: no more comes.  What a CR or LF that was held back adds. */
struct str text_finish(struct text_scan *t);

#endif
