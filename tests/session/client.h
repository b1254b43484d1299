/* client.h - the client of a script, and what it was promised.
 *
 * It keeps all that it sent and reads the replies as RFC 5321 means them: each reply answers the next command of
 * what was sent, the one after 354 answers the message, or with PRDR those after 353.  So it knows for which messages, to which recipients,
 * it heard 250. */
#ifndef SESSION_CLIENT_H
#define SESSION_CLIENT_H

#include "base/arena.h"
#include "fake/inside.h"
#include "fake/mta.h"

struct promise {
	struct promise *next;
	struct str to;    /* "<b@y> <c@y>": those for whom the backend has not shown it yet */
	struct str bytes; /* the message, dots removed */
	bool chunks;      /* it came by BDAT */
};

enum client_at { AT_GREETING, AT_COMMAND, AT_MESSAGE, AT_BLOCK, AT_END };

struct client {
	struct loop *loop;
	struct fake_peer *peer;
	struct arena arena;
	struct fake_bytes sent, got;
	size_t answered;   /* of sent: what replies were read for */
	size_t read;       /* of got: lines a script has looked at */
	size_t reply_from; /* of got: begin of the reply being read */
	size_t header;     /* of sent: a PROXY header, which nothing answers */
	bool proxied;      /* the gate takes one: what of `sent` it is, the greeting tells */
	struct fake_bytes to;
	struct fake_bytes chunks; /* of BDAT so far */
	/* PRDR: asked for; AT_BLOCK: the message, who waits for a reply, who has a 2xx */
	bool prdr, by_chunks;
	struct str message, waiting;
	struct fake_bytes taken;
	enum client_at at;
	bool gone;   /* it sends no more on this connection */
	bool before; /* some answer was that a message had been delivered before */
	bool lost;   /* some connection ended so: what was promised on it may not have been heard */
	struct promise *promises, **last_promise;
};

void client_init(struct client *c);
/* A (new) connection, with nothing said yet. */
void client_connect(struct client *c);
void client_free(struct client *c);

void client_send(struct client *c, struct str bytes);
void client_hang_up(struct client *c);
void client_half_close(struct client *c); /* and listens on: nothing is lost */
void client_break(struct client *c);
/* Takes what has arrived. */
void client_receive(struct client *c);
/* The next line not looked at yet, without CRLF. */
bool client_line(struct client *c, struct str *line);

/* Was it ever told that a message had been delivered before? */
bool client_heard_before(struct client *c);

/* The first of "<b@y> <c@y>", taken off. */
struct str client_next_path(struct str *paths);

#endif
