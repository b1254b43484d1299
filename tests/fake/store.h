/* store.h - a store in memory that does not work when it is told so. */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

#include "store/store.h"

enum fake_store_state {
	FAKE_STORE_WORKS,
	FAKE_STORE_FAILS,  /* at once */
	FAKE_STORE_SILENT, /* until the deadline of what is asked */
};

/* *state is looked at with whatever is asked, and stays the caller's. */
struct store_side fake_store(struct loop *loop, const enum fake_store_state *state);

#endif
