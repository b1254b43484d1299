/* reply.h - SMTP replies: what a backend said, parsed; and how ours are printed (RFC 5321 4.2). */
#ifndef PROTOCOL_REPLY_H
#define PROTOCOL_REPLY_H

#include "base/attr.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

enum { REPLY_TEXT_MAX = LIMIT_BACKEND_REPLY_LINE };

/* One reply, whole.  text: its lines without code, separated by '\n', cleaned of anything but
 * printable ASCII and space (what a backend says goes to the client and the log). */
struct reply {
	unsigned code; /* 200..599 */
	struct str text;
};

/* Reads replies from a stream, a piece at a time. */
struct reply_reader {
	unsigned code, lines;
	struct out text;
	char bytes[REPLY_TEXT_MAX];
};

void reply_reader_init(struct reply_reader *r);

/* Takes one reply from the input if it is complete.  *used: bytes to consume (also of an incomplete
 * reply whose finished lines were taken).  ERR_OK: *reply is filled, valid until the next call;
 * ERR_NOTFOUND: more input is needed; ERR_PROTOCOL, ERR_LIMIT: this is not SMTP. */
enum err reply_read(struct reply_reader *r, struct str input, size_t *used,
		    struct reply *reply) NODISCARD;

static inline bool reply_positive(const struct reply *r)
{
	return r->code >= 200 && r->code < 400;
}

/* Prints it for the wire: every line with the code, at most 512 bytes a line.  When the text bears no
 * enhanced status code (RFC 3463, RFC 2034) of the code's class, `enhanced` ("2.1.5") is put in; NULL: none. */
void reply_print(struct out *o, const struct reply *r, const char *enhanced);

#endif
