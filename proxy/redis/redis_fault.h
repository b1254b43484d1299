/* redis_fault.h - what a Redis says when it does not do what it was asked, and what is done about it.  Pure. */
#ifndef REDIS_REDIS_FAULT_H
#define REDIS_REDIS_FAULT_H

#include "base/err.h"
#include "base/str.h"

enum redis_remedy {
	REDIS_REMEDY_NONE,  /* the call fails, the connection goes on */
	REDIS_REMEDY_WHOLE, /* the call is made again, with the script's text */
	REDIS_REMEDY_MOVE, /* the master is another one now: it is looked for, and the call made there */
	REDIS_REMEDY_LEAVE, /* this server is of no use now */
};

/* The first word of the error; remedy; what the caller gets; for the log, NULL: the server's own text. */
#define REDIS_FAULTS(X)                                                                            \
	X(OTHER, "", NONE, REFUSED, NULL)                                                          \
	X(NOSCRIPT, "NOSCRIPT", WHOLE, PROTOCOL, NULL)                                             \
	X(READONLY, "READONLY", MOVE, UNREACHABLE, "it is a replica, or has become one")           \
	X(MASTERDOWN, "MASTERDOWN", MOVE, UNREACHABLE, "it is a replica and has lost its master")  \
	X(LOADING, "LOADING", LEAVE, UNREACHABLE, "it has started and still loads its data")       \
	X(NOAUTH, "NOAUTH", LEAVE, REFUSED, "it asks for a password, and the url has none")        \
	X(WRONGPASS, "WRONGPASS", LEAVE, REFUSED, "it does not take this user and password")       \
	X(NOPERM, "NOPERM", NONE, REFUSED, NULL)                                                   \
	X(OOM, "OOM", NONE, LIMIT, "its memory is full (maxmemory): nothing is stored")            \
	X(MISCONF, "MISCONF", NONE, IO, NULL)                                                      \
	X(NOREPLICAS, "NOREPLICAS", NONE, UNREACHABLE, NULL)                                       \
	X(BUSY, "BUSY", NONE, TIMEOUT, "it is busy with a script that does not end")               \
	X(MOVED, "MOVED", LEAVE, REFUSED, "it is part of a Redis Cluster, which is not supported") \
	X(ASK, "ASK", LEAVE, REFUSED, "it is part of a Redis Cluster, which is not supported")     \
	X(CLUSTERDOWN, "CLUSTERDOWN", LEAVE, REFUSED,                                              \
	  "it is part of a Redis Cluster, which is not supported")

enum redis_fault {
#define X(ID, WORD, REMEDY, ERR, TEXT) REDIS_FAULT_##ID,
	REDIS_FAULTS(X)
#undef X
		REDIS_FAULT_COUNT
};

struct redis_fault_row {
	struct str word;
	enum redis_remedy remedy;
	enum err err;
	const char *text;
};

extern const struct redis_fault_row redis_faults[REDIS_FAULT_COUNT];

/* Of an error reply.  Before Redis 7, an error inside a script is told as "ERR Error running script ...: -OOM ...". */
enum redis_fault redis_fault_of(struct str error);

#endif
