/* duplicate.h - mail that the backend has, and of which the client was perhaps never told.
 *
 * A client whose connection is lost before it hears our 250 sends the mail again, and SMTP has no way to say "I have
 * it".  So, when a session ends and neither the client has said anything after our answer to a message that was
 * delivered, nor its machine has confirmed that answer (conn_receipt()), that mail is marked in the store; one that
 * comes with the same bytes, of the same sender for the same recipients, is answered 250 and not delivered again.  Many
 * go without QUIT, or break the connection off once they have read us, and send the same bytes again because they mean
 * it: they are not lost.
 *
 *   - Nothing is recognised but by SHA-256 of the whole message, together with its sender, each recipient and who the
 *     client is: its login, else the domain SPF vouches for, else its network.  So nobody can make another's mail
 *     vanish by sending it before.
 *   - A mail pays for one look, whether its client has lost one of that size; digests are made only then, and of what
 *     is lost, on the helper thread (io/job.h).
 *   - Between our answer and the client's next word the spool is kept, of at most LIMIT_DUPLICATE_WAITING; the oldest
 *     are then held for heard.
 *   - A recipient is marked for himself: a client may send to some of them alone, or with others who were told to come
 *     later.  Then it is delivered to those others only, and where there is one answer for all it is theirs.
 *   - A mark is good for one mail, and that mail is not marked again: an alarm whose bytes are always the same is held
 *     back once.  Should that answer be lost, too, there is a duplicate.
 *   - A client that is lost while the backend has not answered yet may try again before it does: such mail, told by
 *     whose it is and its size, is marked as in flight until then, and a retry hears 451.
 *   - Without the store all goes on as if nothing had been lost. */
#ifndef SMTP_DUPLICATE_H
#define SMTP_DUPLICATE_H

#include "base/op.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smtp_server;
struct smtp_session;
struct unheard;

/* Of a listener.  Zero-initialised is empty. */
struct duplicates {
	struct unheard *oldest, *newest; /* answered, and not heard from since */
	size_t bytes;                    /* of their messages in memory */
	struct ops digests;              /* of lost ones */
	int64_t said_ms;                 /* when the log was told that the store fails; 0: never */
};

void duplicates_close(struct smtp_server *server);

/* The message is whole: asks whether it was delivered before. */
void duplicate_look(struct smtp_session *s);
enum duplicate_word {
	DUPLICATE_OPEN,  /* the answer is still out, session_wake() follows */
	DUPLICATE_FLIES, /* it is being delivered at this moment, or that has never been settled */
	DUPLICATE_SETTLED, /* recipients who have had it are answered */
};
enum duplicate_word duplicate_settle(struct smtp_session *s);
/* The client is gone while the message is delivered for it. */
void duplicate_fly(struct smtp_session *s);
/* The transaction is over: nobody waits for that any more. */
void duplicate_forget(struct smtp_session *s);

/* The client was answered; the transaction is about to end. */
void duplicate_keep(struct smtp_session *s);
/* It has said so many bytes since: it has heard us, unless they were on their way before. */
void duplicate_said(struct smtp_session *s, size_t bytes);
void duplicate_heard(struct smtp_session *s);
/* The session ends: with a client that has heard us, or without.  False: that shows in a while, ask again. */
bool duplicate_part(struct smtp_session *s);

#endif
