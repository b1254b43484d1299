/* model.h - what a client must hear and what must have been delivered, told without looking at the gate's code.
 *
 * It reads the bytes a client sends as RFC 5321, 3030 and 3207 mean them, and says the class of each reply.  A
 * command is a row of the table in model.c, known by its exact text; whatever is no row is an unknown command. */
#ifndef UNIT_MODEL_MODEL_H
#define UNIT_MODEL_MODEL_H

#include "base/str.h"

#include <stdbool.h>

/* How the gate is set up, as far as it changes what is heard. */
struct model_gate {
	const char *conf;       /* listener and backend */
	const char *backend[4]; /* lines for the fake mail server */
	bool tls, tls_required, normalize, keep_nul, trusted, binary;
	bool login;          /* the backend has AUTH; offered over TLS */
	bool slow;           /* the backend takes its time */
	char dot;            /* class of the backend's answer to a message */
	unsigned errors_max; /* 5xx replies */
};

enum {
	MODEL_REPLIES = 512,
	MODEL_MAILS = 32,
	MODEL_TEXT = 262144,
	MODEL_PATHS = 512,
	MODEL_LINE = 8192
};

struct model_mail {
	const char *from;
	char to[MODEL_PATHS]; /* "<b@y> <c@y>" */
	char text[MODEL_TEXT];
	size_t size;
	bool altered; /* bare newlines were normalised: the text is not the same */
	bool binary;
	bool maybe; /* nobody waited for it to be confirmed */
};

enum model_at { MODEL_COMMAND, MODEL_DATA, MODEL_CHUNK, MODEL_SHAKING, MODEL_CLOSED };

struct model {
	const struct model_gate *gate;
	enum model_at at;
	bool greeted, esmtp, secure, binary, known; /* known: has logged in */
	bool begun;                                 /* a chunk of the message came */
	const char *from;                           /* NULL: no MAIL */
	char to[MODEL_PATHS];
	char line[MODEL_LINE]; /* of a command, so far */
	size_t line_n;
	size_t text_n;
	size_t chunk_left;
	bool chunk_last, chunk_refused;
	unsigned errors;
	char replies[MODEL_REPLIES]; /* a class each: '2' '3' '4' '5' */
	size_t reply_count;
	size_t mail_count;
	char text[MODEL_TEXT]; /* of the message so far; behind DATA with a CRLF in front */
	struct model_mail mails[MODEL_MAILS];
};

void model_open(struct model *m, const struct model_gate *gate);
/* One segment: what stands behind STARTTLS in it is forgotten (RFC 3207 4.2). */
void model_hear(struct model *m, struct str bytes);
void model_shaken(struct model *m, bool good);
/* The client says nothing for longer than it may, or has gone. */
void model_timeout(struct model *m);
void model_gone(struct model *m);

/* The rows, to choose from. */
size_t model_rows(void);
const char *model_row(size_t i);

#endif
