/* talk.h - one conversation with the gate and with the model, and where they differ. */
#ifndef UNIT_MODEL_TALK_H
#define UNIT_MODEL_TALK_H

#include "session/world.h"
#include "unit/model/model.h"

/* what a client does, its word in a printed conversation */
#define MOVES(X)                                                                                   \
	X(ROW, "says")       /* a command of the table */                                          \
	X(TEXT, "says")      /* a bit of a message, perhaps where none is due */                   \
	X(CHUNK, "chunk")    /* BDAT and bytes, perhaps not as many */                             \
	X(BYTES, "says")     /* just these */                                                      \
	X(SHAKE, "shake")    /* how it answers handshakes from now on */                           \
	X(WAIT, "waits")     /* a little */                                                        \
	X(PAUSE, "is idle")  /* longer than it may */                                              \
	X(HALF, "ends")      /* a TLS close, or of its half of the connection */                   \
	X(HANG_UP, "leaves") /* at once, without waiting for what it is told */                    \
	X(BREAK, "breaks")

enum move_kind {
#define X(ID, WORD) MOVE_##ID,
	MOVES(X)
#undef X
		MOVE_KINDS
};

struct move {
	enum move_kind kind;
	uint32_t a, b; /* which one: row, text, handshake; for a chunk its payload and its count */
	bool more;     /* the next one goes out in the same segment */
	struct str bytes;
};

enum { MOVES_MAX = 40 };

/* The setups of the gates, as `run` would have them; ends the program where one is no good. */
void talk_setups(const struct model_gate *gates, struct setup *setups, size_t count);
/* The bits of messages there are. */
size_t talk_texts(void);
/* False: `why` says what differed.  `loud`: the conversation is printed. */
bool talk(const struct model_gate *gate, const struct setup *setup, const struct move *moves,
	  size_t count, bool loud, struct out *why);

#endif
