/* sender.h - a mail for filters that look at who sent it. */
#ifndef UNIT_FILTERS_SENDER_H
#define UNIT_FILTERS_SENDER_H

#include "filters/auth.h"
#include "unit/filters/world.h"

/* From a@example.org and 192.0.2.7 to b@example.net, about whose sender `auth` knows nothing yet; fails the test when
 * the config is refused. */
struct world *world_with_sender(const char *conf, struct auth *auth);

#endif
