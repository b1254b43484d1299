/* as_client.h - connections to a backend that are made in a client's name: with a PROXY header, or from the
 * client's own address.
 *
 * Such a connection is that client's from its first byte, so it is never anybody else's; those that are made for
 * nobody (to learn what a server offers, to see whether it is back) say so: LOCAL, or our own address. */
#ifndef DELIVERY_AS_CLIENT_H
#define DELIVERY_AS_CLIENT_H

#include "conf/blocks.h"
#include "delivery/delivery.h"
#include "io/conn.h"

enum { AS_CLIENT_KEY_MAX = 160, AS_CLIENT_HEADER_MAX = 128 };

/* Each client has a connection of its own. */
bool as_client(const struct conf_backend *conf);

/* Where two are equal, they may use one connection.  sender == NULL: nobody. */
struct str as_client_key(struct out *o, const struct conf_backend *conf,
			 const struct delivery_sender *sender);

/* The address to connect from; NULL: our own, also where the client's does not lead to such a server. */
const struct ip *as_client_source(const struct conf_backend *conf, const struct endpoint *to,
				  const struct delivery_sender *sender);

/* What comes first on a fresh connection, before TLS; may be nothing. */
void as_client_header(struct out *o, const struct conf_backend *conf,
		      const struct delivery_sender *sender);

#endif
