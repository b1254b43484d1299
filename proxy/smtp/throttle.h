/* throttle.h - what one client may have and do, over all workers: the listener's limits, held with smtp/tally.h.
 *
 * An address is an IPv4 address or an IPv6 /64 (what one host can choose from), a network a /24 or a /48 (what one
 * customer is given).  Each listener counts for itself.  Whoever is over a limit is refused for now; with
 * `limits = shadow` nobody is, but the log says would= and policy has the RATE_ symbol. */
#ifndef SMTP_THROTTLE_H
#define SMTP_THROTTLE_H

#include "base/attr.h"
#include "base/out.h"
#include "conf/blocks.h"

struct smtp_session;

enum { THROTTLE_TEXT = 160 }; /* room for `why` */

/* The functions that say bool: false means over the limit, logged, and `why` is the text of a 4xx reply. */

/* The client is known, or has turned out to be another: it takes its seats. */
bool throttle_connect(struct smtp_session *s, struct out *why) NODISCARD;
void throttle_leave(struct smtp_session *s);

/* One more of these; when refused it was not counted. */
bool throttle_take(struct smtp_session *s, enum client_rate rate, struct out *why) NODISCARD;
/* May there be one more?  For what is counted when it has gone wrong: errors, logins. */
bool throttle_has_room(struct smtp_session *s, enum client_rate rate, struct out *why) NODISCARD;
void throttle_count(struct smtp_session *s, enum client_rate rate);

#endif
