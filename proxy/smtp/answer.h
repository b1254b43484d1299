/* answer.h - what is said to the client of a session. */
#ifndef SMTP_ANSWER_H
#define SMTP_ANSWER_H

#include "base/err.h"
#include "base/out.h"
#include "base/str.h"
#include "protocol/reply.h"

struct smtp_session;

void answer(struct smtp_session *s, unsigned code, const char *text);
/* Who we say we are in 220 and 250: ourselves, or the backend as soon as its name is known. */
struct str answer_name(const struct smtp_session *s);
/* As answer(), with the id behind it: every refusal names its transaction.  A recipient or a message is
 * refused; counted. */
void answer_refusal(struct smtp_session *s, unsigned code, struct str text);
/* The same of a command, or, with 421, of the session.  Logged, but for a 421: the disconnect says why. */
void answer_error(struct smtp_session *s, unsigned code, const char *text);
/* The backend's own words, or ours in its place.  `enhanced`: for a positive reply that bears no status code
 * (RFC 2034). */
void answer_backend(struct smtp_session *s, const struct reply *reply, const char *enhanced);
/* With PRDR: a part of the answer to a message, and its end.  One message is one error of the session. */
void answer_part(struct smtp_session *s, const struct reply *reply, const char *enhanced);
void answer_end(struct smtp_session *s, unsigned code, struct str text);
/* The same of a command that is no part of a transaction. */
void answer_command(struct smtp_session *s, const struct reply *reply, const char *enhanced);
/* A 334 of the backend, whose text is base64 and goes on as it came. */
void answer_challenge(struct smtp_session *s, struct str text);
/* The text of the 451 for what the backend could not answer, in `o`. */
struct str answer_unavailable(enum err err, struct out *o);

#endif
