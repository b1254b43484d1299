/* envelope.h - the commands in front of a message, in order, as steps that can be said again on
 * another connection:
 *
 *	XCLIENT... EHLO | XFORWARD... MAIL RCPT... DATA | BDAT
 *
 * A server with CHUNKING gets the message by BDAT (RFC 3030): counted bytes, so nothing in it can look like
 * its end, no dot is stuffed, and an exchange is saved.  BDAT waits for all answers: it cannot be taken back.
 *
 * Pure: it knows which step comes when and how it is written, not who reads it. */
#ifndef DELIVERY_ENVELOPE_H
#define DELIVERY_ENVELOPE_H

#include "base/limits.h"
#include "delivery/delivery.h"
#include "delivery/identity.h"

enum step {
	STEP_XCLIENT,
	STEP_EHLO,
	STEP_XFORWARD,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_BDAT,
	STEP_NONE
};

/* A recipient: answered 2xx, or the one being asked (the last). */
struct rcpt {
	struct delivery_rcpt as; /* as the delivery was asked */
	bool gone;               /* he is refused after all, and was told so */
};

struct envelope {
	const struct delivery_sender *sender;
	struct rcpt *rcpts;
	unsigned count, room;
	struct rcpt few[4]; /* most have no more */
	uint64_t size;      /* for SIZE=, 0: not known */
};

/* How far it got on one connection. */
struct script {
	uint32_t xclient_attributes, xforward_attributes;
	unsigned xclient, xforward; /* commands of each */
	unsigned sent, answered;    /* steps */
	enum step message;          /* STEP_DATA or STEP_BDAT */
};

/* With its CRLF: the longest is a RCPT as long as the client's own, or an identity. */
enum { ENVELOPE_LINE_MAX = LIMIT_COMMAND_LINE + LIMIT_PATH + 128 };

void envelope_add(struct envelope *e, const struct delivery_rcpt *rcpt);
void envelope_drop_last(struct envelope *e);
/* The one of this delivery_rcpt.who, who is in it. */
void envelope_drop(struct envelope *e, const void *who);
void envelope_free(struct envelope *e);
/* The extensions a server must have to be told all this: bits as in struct caps. */
uint32_t envelope_needs(const struct envelope *e);
/* Somebody is gone. */
bool envelope_lacks(const struct envelope *e);
/* A server with these capabilities is asked for an answer for each recipient. */
bool envelope_has_prdr(const struct envelope *e, const struct caps *caps);

/* Which identity is told with which command (0: none), and how the message is sent. */
void script_begin(struct script *s, const struct envelope *e, uint32_t xclient, uint32_t xforward,
		  enum step message);

/* What the nth step (from 0) is; *nth: which of its kind. */
enum step script_step(const struct script *s, const struct envelope *e, unsigned at, unsigned *nth);
unsigned script_first(const struct script *s, enum step step); /* index of a kind's first step */

/* May the next step be said while others are unanswered?  RFC 2920 3.1; XCLIENT and EHLO start the
 * session over. */
bool script_may_say(const struct script *s, const struct envelope *e, bool pipelining);

/* Writes the step's command.  caps: of this connection; ehlo: "EHLO name". */
void script_print(const struct script *s, const struct envelope *e, unsigned at,
		  const struct caps *caps, struct out *o);

#endif
