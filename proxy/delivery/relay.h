/* relay.h - the backend made of servers: deliveries over pooled SMTP or LMTP connections. */
#ifndef DELIVERY_RELAY_H
#define DELIVERY_RELAY_H

#include "delivery/delivery.h"

struct backend *relay_new(const struct backend_options *options, struct out *why) NODISCARD;

#endif
