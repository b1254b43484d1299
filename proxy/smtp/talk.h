/* talk.h - a session says something to the backend outside of a transaction, and waits for the answer. */
#ifndef SMTP_TALK_H
#define SMTP_TALK_H

#include "smtp/session.h"

/* first: the line, or the begin of it; the whole is copied, and ended.  The answer is in s->result.  While a 334 is
 * open the next call is the response to it. */
void talk_say(struct smtp_session *s, struct str first, struct str rest);
/* It is over; also when nothing was said. */
void talk_end(struct smtp_session *s);

#endif
