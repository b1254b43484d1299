/* body.h - the message on its way into a connection: our headers, its bytes, the final dot; or, as the
 * one chunk of BDAT, the bytes as they are.
 *
 * What fits (LIMIT_BACKEND_ONE_WRITE) is written at once; the rest piece by piece, each after the one
 * before is with the kernel, so that a large message costs no memory. */
#ifndef DELIVERY_BODY_H
#define DELIVERY_BODY_H

#include "io/conn.h"
#include "io/spool.h"
#include "protocol/dot.h"

enum body_form { BODY_LINES, BODY_CHUNK };

struct body {
	enum body_form form;
	struct str headers;
	struct spool *message;
	uint64_t from; /* where it begins in the spool */
	uint64_t at;
	struct dot dot;
	bool begun; /* the headers are written */
};

void body_set(struct body *b, struct str headers, struct spool *message, uint64_t from);
void body_begin(struct body *b,
		enum body_form form);     /* once it is set; again on another connection */
uint64_t body_size(const struct body *b); /* before dot-stuffing, as SIZE counts (RFC 1870 3) */

/* Writes the next piece; *last: it was the last one.  ERR_FILE: the message cannot be read. */
enum err body_write(struct body *b, struct conn *c, bool *last) NODISCARD;

#endif
