/* conformance.h - what every kind of store must do: the procedures as procedures.c has them, on any records, in
 * any order, over time; questions cancelled; many at once; pages of records. */
#ifndef UNIT_STORE_CONFORMANCE_H
#define UNIT_STORE_CONFORMANCE_H

#include "io/loop.h"
#include "store/store.h"

/* A store on a loop of its own, and questions that wait for their answer. */
struct shop {
	struct loop *loop;
	struct store *store;
	struct ops ops;
	int64_t now_ms; /* given to questions */
};

void shop_open(struct shop *s, struct loop *loop, struct store_side side);
void shop_close(struct shop *s);
/* Asks and runs the loop until it is answered. */
enum err shop_ask(struct shop *s, const struct store_question *q, struct store_answer *answer);

/* On a store without records whose keys begin with "test". */
void store_conforms(struct shop *s);
void store_conforms_bulk(struct shop *s); /* is part of it */

/* Several processes, each with a shop of its own, note varied copies of a mail; together they have counted each once. */
void store_counts_for_many(void (*open)(struct shop *s));

#endif
