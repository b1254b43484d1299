/* dot.h - dot-stuffing (RFC 5321 4.5.2): where a message needs one more dot on the wire. */
#ifndef PROTOCOL_DOT_H
#define PROTOCOL_DOT_H

#include "base/str.h"

/* What the bytes given so far ended in; begin with DOT_START, behind the CRLF of DATA. */
#define DOT_START ((struct dot){ .at_crlf = true })

struct dot {
	bool inside;  /* a line has begun: a dot here is an ordinary one */
	bool cr;      /* the last byte is CR */
	bool at_crlf; /* the last two are CRLF: the terminator needs no CRLF of its own */
};

/* The run up to where a dot must be put in, or all of *rest; *rest moves behind it.  *stuff: write
 * a dot after the run.  Call until *rest is empty. */
struct str dot_run(struct dot *d, struct str *rest, bool *stuff);

/* True when nothing in these bytes needs a dot: they can go out as they are (and are taken). */
bool dot_plain(struct dot *d, struct str bytes);

/* As dot_plain() for bytes of which it is known. */
void dot_take(struct dot *d, struct str bytes);

/* What ends the message: ".CRLF", or with a CRLF before it. */
struct str dot_end(const struct dot *d);

#endif
