/* backend.h - what every kind of backend implements: servers (delivery/relay.h), a folder (delivery/maildir.h).
 *
 * delivery/delivery.h is what sessions use; delivery/backend.c passes each call on to the table. */
#ifndef DELIVERY_BACKEND_H
#define DELIVERY_BACKEND_H

#include "delivery/delivery.h"

#include <sys/types.h>

struct TABLE_ROW backend_ops {
	void (*free)(struct backend *b);
	bool (*give_to)(struct backend *b, uid_t uid, gid_t gid);
	void (*caps)(struct backend *b, struct ops *ops, struct op *op);
	bool (*one_recipient)(const struct backend *b);
	struct str (*name)(const struct backend *b);
	struct delivery *(*open)(struct backend *b, const struct delivery_sender *sender);
	struct lane *(*lane)(struct backend *b, struct wake *lost); /* NULL: offers no AUTH */
	/* NULL: offers nothing that would be said. */
	void (*say)(struct delivery *d, struct ops *ops, struct op *op, struct str line);
	void (*rcpt)(struct delivery *d, struct ops *ops, struct op *op,
		     const struct delivery_rcpt *rcpt);
	void (*drop)(struct delivery *d, const void *who);
	void (*send)(struct delivery *d, struct ops *ops, struct op *op,
		     const struct delivery_message *message);
	struct str (*server)(const struct delivery *d);
	void (*close)(struct delivery *d);
};

/* The first member of each kind's own struct. */
struct backend {
	const struct backend_ops *ops;
};

struct delivery {
	struct backend *backend;
};

#endif
