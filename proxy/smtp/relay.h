/* relay.h - the backend made of servers: deliveries over pooled SMTP or LMTP connections. */
#ifndef SMTP_RELAY_H
#define SMTP_RELAY_H

#include "smtp/delivery.h"

struct backend *relay_new(const struct backend_options *options, struct out *why) NODISCARD;

#endif
