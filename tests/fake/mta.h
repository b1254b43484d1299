/* mta.h - a mail server at the far end of the fake connections: takes everything, unless its script says
 * otherwise.  It answers every conn_connect() of its loop.
 *
 *	connect [GLOB] refuse | never | ok     what happens to connections
 *	handshake [first] ok | fail | silent   how it answers TLS; first: before the greeting
 *	proxy                                  connections begin with a PROXY header, or it hangs up
 *	ehlo SIZE 1000000 AUTH:PLAIN:LOGIN     the extensions, one word or KEYWORD NUMBER or KEYWORD:WORD:WORD each
 *	[once] STEP [GLOB] [after 2s] DO       what it does at a step
 *
 * STEP: greeting ehlo helo lhlo starttls xclient xforward auth response etrn mail rcpt data dot each last rset noop quit other.
 * Once auth or response is answered 334 the next line is a response, compared whole.
 * GLOB, in <...> or beginning with *, is compared with what follows the verb ("rcpt <b@x>", "mail *SIZE=*"),
 * for connect and greeting with the address ("connect *:2501 refuse").
 * DO: a reply ("550 5.1.1 no", `\n` between its lines, perhaps with ` then close` behind it), close,
 * silent, or at the dot stored-close, stored-silent: it keeps the message but never says so.
 * The end of a message sent by BDAT (which must be offered: `backend ehlo CHUNKING`) is the step dot too.
 * "each" is the reply for one recipient behind the message: of LMTP, which says what "dot" says unless told otherwise;
 * and of PRDR (`backend ehlo PRDR`), when MAIL asked for it and "dot" is positive: 353, each, and "last".
 * The latest line that matches holds; `once` is used up by its first match. */
#ifndef FAKE_MTA_H
#define FAKE_MTA_H

#include "fake/fake.h"

struct mta;

struct mta_message {
	struct mta_message *next;
	struct str from,
		to; /* "<a@x> SIZE=3", "<b@y> <c@y>"; one only with LMTP, whose replies are for one each */
	struct str bytes; /* dots removed, without the final one */
	bool confirmed;   /* its 250 went out, or one of LMTP's */
};

struct mta *mta_new(struct loop *loop);
void mta_free(struct mta *m);

/* False: not understood. */
bool mta_script(struct mta *m, struct str line) NODISCARD;

/* Everything it does is counted from 0: an answer to a connection, a reply.  The nth goes wrong. */
#define MTA_FAULTS(X)                                                                              \
	X(CLOSE, "refuses or closes")                                                              \
	X(SILENT, "never answers")                                                                 \
	X(BUSY, "421 and closes")                                                                  \
	X(LATER, "451")                                                                            \
	X(NEVER, "554")                                                                            \
	X(GARBAGE, "what is no SMTP")                                                              \
	X(STORED_CLOSE, "keeps the message and closes")                                            \
	X(STORED_SILENT, "keeps the message and is silent")

enum mta_fault {
#define X(ID, TEXT) MTA_##ID,
	MTA_FAULTS(X)
#undef X
		MTA_FAULT_COUNT
};

void mta_fault(struct mta *m, unsigned nth, enum mta_fault fault);
unsigned mta_actions(const struct mta *m);

const struct mta_message *mta_messages(const struct mta *m); /* in order of arrival */
unsigned mta_connections(const struct mta *m);
/* Every command received, a line each; "." for a message.  A PROXY header is "PROXY 192.0.2.1 4000 127.0.0.1 25" or
 * "PROXY LOCAL"; a connection from an address that is not the gate's own begins with "FROM 192.0.2.1". */
struct str mta_transcript(const struct mta *m);

#endif
