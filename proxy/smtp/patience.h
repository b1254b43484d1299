/* patience.h - the deadlines of a session: how long its client may take, and is kept waiting. */
#ifndef SMTP_PATIENCE_H
#define SMTP_PATIENCE_H

#include "io/loop.h"

struct smtp_session;

/* From now on it has so long for what it has to do next.  Who has gone is granted nothing more by any of these. */
void patience_client(struct smtp_session *s);
void patience_until(struct smtp_session *s, int64_t ms); /* it is kept waiting so long */
void patience_message(struct smtp_session *s); /* it sends: bytes buy time at the least rate */
void patience_within(struct smtp_session *s, int64_t ms); /* it has at most this long */
void patience_hurry(struct smtp_session *s); /* what was granted before is too long now */

void patience_gone(struct smtp_session *s); /* all that it said before it went has so long */
bool patience_is_over(const struct smtp_session *s); /* it has gone, and that time is up */
timer_fn patience_timer;

#endif
