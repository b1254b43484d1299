/* mta_inside.h - the fake mail server's script and its dialogue, as mta.c and mta_script.c share them. */
#ifndef FAKE_MTA_INSIDE_H
#define FAKE_MTA_INSIDE_H

#include "base/arena.h"
#include "fake/inside.h"
#include "fake/mta.h"
#include "protocol/proxy_header.h"

#define MTA_STEPS(X)                                                                               \
	X(CONNECT, "connect", "")                                                                  \
	X(GREETING, "greeting", "220 mta.test ESMTP")                                              \
	X(EHLO, "ehlo", "")                                                                        \
	X(HELO, "helo", "250 mta.test")                                                            \
	X(LHLO, "lhlo", "")                                                                        \
	X(STARTTLS, "starttls", "220 2.0.0 go ahead")                                              \
	X(XCLIENT, "xclient", "220 mta.test ESMTP")                                                \
	X(XFORWARD, "xforward", "250 2.0.0 ok")                                                    \
	X(MAIL, "mail", "250 2.1.0 ok")                                                            \
	X(RCPT, "rcpt", "250 2.1.5 ok")                                                            \
	X(DATA, "data", "354 go ahead")                                                            \
	X(DOT, "dot", "250 2.0.0 queued")                                                          \
	X(EACH, "each", "")                                                                        \
	X(LAST, "last", "250 2.0.0 queued")                                                        \
	X(RESPONSE, "response", "235 2.7.0 you are who you are")                                   \
	X(AUTH, "auth", "235 2.7.0 you are who you are")                                           \
	X(ETRN, "etrn", "250 2.0.0 queue started")                                                 \
	X(RSET, "rset", "250 2.0.0 ok")                                                            \
	X(NOOP, "noop", "250 2.0.0 ok")                                                            \
	X(QUIT, "quit", "221 2.0.0 bye")                                                           \
	X(OTHER, "other", "502 5.5.2 what?")

enum mta_step {
#define X(ID, WORD, REPLY) MTA_STEP_##ID,
	MTA_STEPS(X)
#undef X
		MTA_STEP_COUNT
};

enum mta_do {
	MTA_REPLY,
	MTA_REPLY_CLOSE,
	MTA_DO_CLOSE,
	MTA_DO_SILENT,
	MTA_DO_STORE_CLOSE,
	MTA_DO_STORE_SILENT
};

struct mta_act {
	enum mta_do what;
	int64_t after_ms;
	struct str reply;
};

struct mta_rule {
	struct mta_rule *next;
	enum mta_step step;
	struct str glob; /* empty: any */
	struct mta_act act;
	bool once, used;
};

struct mta {
	struct loop *loop;
	struct arena arena;
	struct mta_rule *rules; /* the latest first */
	struct str extensions;  /* "PIPELINING", "SIZE 1000" separated by \n */
	struct mta_message *messages, **last;
	struct fake_bytes transcript;
	unsigned actions, connections;
	enum fake_tls tls; /* of connections from now on */
	bool tls_first;    /* it greets after the handshake */
	bool proxy;        /* a PROXY header comes first */
	bool faulty;
	unsigned fault_at;
	enum mta_fault fault;
	struct mta_link *links;
};

enum link_state { LINK_COMMAND, LINK_RESPONSE, LINK_DATA, LINK_CHUNK, LINK_ENDING, LINK_SILENT };

struct mta_link { /* a connection to it */
	struct mta_link *next;
	struct mta *mta;
	struct fake_peer *peer;
	enum link_state state;
	struct fake_post *reply_post; /* a delayed reply: input waits */
	struct mta_act act;           /* what is done when it is over */
	enum mta_step step;
	struct fake_bytes from, to, data;
	size_t to_before; /* of `to`: without the RCPT at work */
	unsigned recipients;
	size_t chunk_left; /* LINK_CHUNK */
	/* LINK_ENDING: the recipients that wait for their reply, those that have a 2xx, and the default */
	struct str waiting;
	struct fake_bytes taken;
	struct str dot;
	bool lmtp, prdr, hung_up, greeted;
	bool heralded; /* the PROXY header came, or none must */
	bool garbled; /* it has said what is no SMTP: who listens on is not to be blamed for what comes */
};

extern const char *const mta_step_words[];
extern const char *const mta_step_replies[];

/* What to do at this step; counts it. */
struct mta_act mta_decide(struct mta *m, enum mta_step step, struct str argument);

/* mta_note.c: how it was called, see mta_transcript(). */
void mta_note_header(struct mta *m, const struct proxy_header *h);
void mta_note_source(struct mta *m, struct ip source);

/* ---- mta_keep.c ---- */

void mta_forget(struct mta_link *l); /* the envelope */
void mta_store(struct mta_link *l, struct str to, bool confirmed);
/* "<b@y>" of "<b@y> NOTIFY=NEVER"; there may be spaces in it. */
struct str mta_path(struct str argument);
/* The first of "<b@y> <c@y>", taken off. */
struct str mta_next_path(struct str *paths);
/* It answers for each recipient (RFC 2033 4.2; PRDR, when there are several). */
bool mta_in_parts(const struct mta_link *l);
/* This one has its 2xx. */
void mta_took(struct mta_link *l, struct str path, bool confirmed);

#endif
