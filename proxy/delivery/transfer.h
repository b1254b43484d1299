/* transfer.h - a delivery to servers: delivery/delivery.h over a pool's connections. */
#ifndef DELIVERY_TRANSFER_H
#define DELIVERY_TRANSFER_H

#include "delivery/backend.h"
#include "delivery/pool.h"

struct delivery *transfer_open(struct backend *b, struct pool *pool,
			       const struct delivery_sender *sender);
void transfer_say(struct delivery *delivery, struct ops *ops, struct op *op, struct str line);
void transfer_rcpt(struct delivery *delivery, struct ops *ops, struct op *op,
		   const struct delivery_rcpt *rcpt);
void transfer_drop(struct delivery *delivery, const void *who);
void transfer_send(struct delivery *delivery, struct ops *ops, struct op *op,
		   const struct delivery_message *message);
struct str transfer_server(const struct delivery *delivery);
void transfer_close(struct delivery *delivery);

#endif
