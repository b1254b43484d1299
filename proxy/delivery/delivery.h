/* delivery.h - one transaction's way to a backend, as a session sees it.
 *
 * The session asks for each recipient while the client waits, and hands over the message once it
 * is judged.  In between the delivery keeps (leases) the backend connection for LIMIT_LEASE_MS; when
 * the client dawdles the connection goes back to the pool and the envelope is replayed on another,
 * MAIL, all RCPTs and DATA in one write.
 *
 * What may be asked again is asked again: a pooled connection that turns out dead before the
 * message's final dot was sent is replaced once, silently.  After the final dot nobody knows; the op
 * ends with an error and the client gets 451.
 *
 * A client that authenticates does so on a connection of its own, its lane, which then carries all its mail.  A lane
 * that is lost is not replaced: the login is lost with it.
 *
 * op results are const struct reply *, the backend's own words, valid until done() returns.  err other
 * than ERR_OK: there is no reply (ERR_TIMEOUT, ERR_UNREACHABLE, ERR_CLOSED, ERR_LIMIT, ERR_TLS,
 * ERR_PROTOCOL), the session answers 451 4.4.x itself; 451 4.3.0 when the message cannot be read (ERR_FILE). */
#ifndef DELIVERY_DELIVERY_H
#define DELIVERY_DELIVERY_H

#include "base/ip.h"
#include "base/op.h"
#include "conf/blocks.h"
#include "io/job.h"
#include "io/loop.h"
#include "io/spool.h"
#include "protocol/caps.h"
#include "protocol/reply.h"

#include <sys/types.h>

struct backend; /* one configured backend of a worker: servers, pool, health, what EHLO said */
struct delivery;
struct lane;
struct wake;

struct backend_options {
	struct loop *loop;
	struct jobs *jobs;                  /* for maildir's fsync */
	const struct conf_section *section; /* block_backend */
	struct str hostname;                /* said in EHLO */
};

/* NULL with a reason: a server that does not parse, a CA file that does not load, a folder that
 * cannot be made.  Opens folders, so it may run before privileges are dropped. */
struct backend *backend_new(const struct backend_options *options, struct out *why) NODISCARD;
void backend_free(struct backend *b); /* no delivery may be open */

/* Hands what lies on disk to the user the workers become; false when that cannot be done. */
bool backend_give_to(struct backend *b, uid_t uid, gid_t gid) NODISCARD;

/* What the backend offers.  result is a const struct caps *; the answer is kept and refreshed by every
 * new connection, so this rarely connects.  err: unreachable and never seen. */
void backend_caps(struct backend *b, struct ops *ops, struct op *op);

/* LMTP answers per recipient after DATA, SMTP clients without PRDR take one answer: for them such a backend takes
 * one recipient per transaction, and further ones are told 452 4.5.3, which they send at once. */
bool backend_one_recipient(const struct backend *b);

/* What the backend calls itself, as far as it is known; may be empty. */
struct str backend_name(const struct backend *b);

/* The transaction's sender and client.  Texts must live until delivery_close(). */
struct delivery_sender {
	struct str path; /* "<a@example.org>" or "<>" */
	struct str
		params; /* " BODY=8BITMIME RET=HDRS": checked and offered ones, each with a leading space; no SIZE */
	uint64_t size;                 /* as the client declared; 0: it did not */
	struct ip client_ip, local_ip; /* local: where the client has connected to */
	uint16_t client_port, local_port;
	struct str login;       /* empty: not authenticated */
	struct str client_name; /* confirmed reverse name or empty */
	struct str helo;
	bool esmtp;
	bool prdr; /* an answer for each recipient is wanted: asked of a backend that has PRDR */
	struct str id;     /* transaction id: the log, XFORWARD IDENT */
	struct lane *lane; /* the only connection its mail may take; NULL: any */
};

/* For a client that authenticates: backends that offer AUTH have it.  lost: is set when a login that was accepted, or
 * is under way and waits for its client, is lost.  No delivery may use it when it is closed; nobody else ever gets
 * its connection. */
struct lane *backend_lane(struct backend *b, struct wake *lost);
bool lane_is_lost(const struct lane *lane);
void lane_close(struct lane *lane);

struct delivery *delivery_open(struct backend *b, const struct delivery_sender *sender);

/* Says one command outside of a transaction (AUTH, ETRN), the client's identity before it.  line: with its CRLF, must
 * live until the op ends.  After a 334 the next line is the response to it; the delivery is for nothing else. */
void delivery_say(struct delivery *d, struct ops *ops, struct op *op, struct str line);

/* path "<b@example.net>", params as above; both live until close. */
struct delivery_rcpt {
	struct str path, params;
	void *who; /* for delivery_each_fn */
};

/* Asks for one recipient.  A refused MAIL is the answer to RCPT.  One question at a time. */
void delivery_rcpt(struct delivery *d, struct ops *ops, struct op *op,
		   const struct delivery_rcpt *rcpt);

/* One who was accepted is to get nothing after all: the envelope is said again without him, should there be others. */
void delivery_drop(struct delivery *d, const void *who);

/* The backend's answer for one recipient; the text until it returns.  final: it holds whatever comes; otherwise
 * a 2xx is void unless the op ends with a 2xx too. */
typedef void delivery_each_fn(void *who, const struct reply *reply, bool final);

/* headers: lines with CRLF put in front of what the spool has from `from` on.  Both must live until the op ends. */
struct delivery_message {
	struct str headers;
	struct spool *spool;
	uint64_t from;
	delivery_each_fn *
		each; /* NULL: nobody wants to know, and there is one recipient when backend_one_recipient() */
};

/* Sends the message to the recipients accepted so far.  The reply is the backend's to the final dot, or to what it
 * refused before: for those recipients that `each` was not told of. */
void delivery_send(struct delivery *d, struct ops *ops, struct op *op,
		   const struct delivery_message *message);

/* For the log: "10.0.0.5:25"; empty before a connection was used. */
struct str delivery_server(const struct delivery *d);

/* Always allowed; an unfinished envelope is reset (RSET) before the connection is used again. */
void delivery_close(struct delivery *d);

#endif
