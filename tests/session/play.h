/* play.h - a script played once, in one of its variants. */
#ifndef SESSION_PLAY_H
#define SESSION_PLAY_H

#include "session/client.h"
#include "session/script.h"
#include "session/world.h"

#define PLAY_KINDS(X)                                                                              \
	X(WRITTEN, "as written")                                                                   \
	X(BYTES, "one byte at a time")                                                             \
	X(SPLIT, "split in two")                                                                   \
	X(GONE, "client gone")                                                                     \
	X(DNS, "lookup lost")                                                                      \
	X(MTA, "backend at fault")

enum play_kind {
#define X(ID, TEXT) PLAY_##ID,
	PLAY_KINDS(X)
#undef X
		PLAY_KIND_COUNT
};

enum play_gone { GONE_AT_ONCE, GONE_LATER, GONE_BROKEN, GONE_IN_LINE, GONE_HALF, GONE_COUNT };

struct variant {
	enum play_kind kind;
	unsigned at;  /* the byte, the line, the lookup, the backend's action, from 0 */
	unsigned how; /* enum play_gone, fake_dns_fault, mta_fault */
};

/* What a play saw: how many variants of each kind there are. */
struct play_counts {
	unsigned bytes, lines, lookups, actions;
};

/* True: all went well.  Otherwise `why` says where and what. */
bool play(const struct script *script, const struct setup *setup, const struct variant *v,
	  struct play_counts *counts, struct out *why);
void play_print_variant(struct out *o, const struct variant *v);

#endif
