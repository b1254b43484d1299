/* canon.h - the bytes a signature is over (RFC 6376 3.4): header fields and body, simple and relaxed, pure. */
#ifndef FILTERS_CANON_H
#define FILTERS_CANON_H

#include "mail/header.h"

#include <stdint.h>

/* Where they go, in runs of up to CANON_BUFFER bytes or longer ones as they lie. */
enum { CANON_BUFFER = 1024 };
struct canon_sink {
	void (*put)(void *arg, struct str bytes);
	void *arg;
	size_t n;
	char buffer[CANON_BUFFER];
};
void canon_flush(struct canon_sink *to);

/* One field; `hole`, a part of its value (or empty), is left out; last: without its CRLF (RFC 6376 3.7). */
struct canon_field {
	struct header_field field;
	struct str hole;
	bool relaxed, last;
};
void canon_field(struct canon_sink *to, const struct canon_field *f);

/* The body as it comes in pieces.  Zeroed but for relaxed before the first. */
struct canon_body {
	bool relaxed;
	uint64_t line_ends; /* that came, and are part of it when something follows */
	bool cr, space, any;
};
void canon_body(struct canon_body *c, struct canon_sink *to, struct str bytes);
void canon_body_end(struct canon_body *c, struct canon_sink *to);

#endif
