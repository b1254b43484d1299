/* accepted.h - which recipients a backend accepted lately, and in which words.
 *
 * A mail to such a recipient of the same sender (and of the same client, where the backend is told of it)
 * is answered at RCPT without asking, so that the whole envelope goes out in one write when the message is
 * there.  Nothing is trusted for delivery: the backend hears and judges the envelope before the message.
 * Refusals are not remembered: what was mended in the backend works at once.
 *
 * Zero-initialised is empty.  One row per key, a newer one takes its place. */
#ifndef DELIVERY_ACCEPTED_H
#define DELIVERY_ACCEPTED_H

#include "delivery/delivery.h"

struct accepted_row;

struct accepted {
	struct accepted_row *rows; /* NULL: nothing was noted */
};

/* `of_client`: the backend's answer may depend on the client. */
uint64_t accepted_key(const struct delivery_sender *sender, struct str path, struct str params,
		      bool of_client);

void accepted_note(struct accepted *a, uint64_t key, const struct reply *reply, int64_t until_ms);
/* The reply's text is valid until the next accepted_note(). */
bool accepted_find(const struct accepted *a, uint64_t key, int64_t now_ms,
		   struct reply *reply) NODISCARD;
void accepted_forget(struct accepted *a, uint64_t key);
void accepted_free(struct accepted *a);

#endif
