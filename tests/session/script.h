/* script.h - a session script: what tests/session/README.md describes, read into steps. */
#ifndef SESSION_SCRIPT_H
#define SESSION_SCRIPT_H

#include "base/arena.h"
#include "base/out.h"

/* word at the start of the line, what it is */
#define SCRIPT_STEPS(X)                                                                            \
	X(FROM, "from", "a client connects")                                                       \
	X(LINE, "C:", "the client sends a line")                                                   \
	X(BYTES, "C+:", "the client sends bytes")                                                  \
	X(HEADER, "P:", "the client's connection begins with these bytes")                         \
	X(MANY, "C*:", "the client sends a line many times")                                       \
	X(FILL, "C#:", "the client sends a word and many bytes")                                   \
	X(REPLY_LINE, "S:", "a line of a reply")                                                   \
	X(REPLY, "R:", "a whole reply")                                                            \
	X(CROWD, "crowd", "more clients connect, say nothing and stay")                            \
	X(TLS, "TLS", "the connection is encrypted now")                                           \
	X(HANDSHAKE, "handshake", "how the client answers a handshake")                            \
	X(WAIT, "wait", "time passes")                                                             \
	X(CLOSE, "close", "the client goes")                                                       \
	X(HALF_CLOSE, "half-close", "the client sends no more, and still listens")                 \
	X(RESET, "reset", "the connection breaks")                                                 \
	X(STALL, "stall", "the client reads nothing")                                              \
	X(UNSTALL, "unstall", "the client reads again")                                            \
	X(CLIENT, "client", "whose turn it is")                                                    \
	X(STORE, "store", "it works, fails or is silent from now on")                              \
	X(JOBS, "jobs", "how long they take from now on")                                          \
	X(WATCH, "watch", "block lists are probed from now on")                                    \
	X(MEMORY, "memory", "it is scarce, or enough again")                                       \
	X(DRAIN, "drain", "the server is told to stop")                                            \
	X(CUT, "cut", "the time that sessions had for it is over")                                 \
	X(BACKEND, "backend", "a line for the fake mail server")                                   \
	X(DNS, "dns", "an answer")                                                                 \
	X(EXPECT, "expect", "something holds")

enum script_kind {
#define X(ID, WORD, ABOUT) STEP_##ID,
	SCRIPT_STEPS(X)
#undef X
		STEP_COUNT
};

struct step {
	enum script_kind kind;
	struct str text;  /* what follows the word */
	struct str bytes; /* of the client's steps: what goes over the wire */
	unsigned line;
};

enum { SCRIPT_STEPS_MAX = 2000 };

struct script {
	const char *path;
	struct arena arena;
	struct str conf, rules; /* with what every script has in common */
	struct step steps[SCRIPT_STEPS_MAX];
	size_t count;
	bool no_split, no_gone, no_faults, untracked, maildir;
};

/* `folder`: where spool and rule file are.  NULL: not read, `why` says file:line and reason. */
struct script *script_read(const char *path, const char *folder, struct out *why);
void script_free(struct script *s);

static inline bool script_is_client(enum script_kind kind)
{
	return kind >= STEP_LINE && kind <= STEP_FILL;
}

#endif
