/* call.h - what rule files want computed of messages: `header NAME eval:function('text', 2)`.  Policy reads it out of them;
 * a filter knows the functions, and says which ones it does not. */
#ifndef CONF_CALL_H
#define CONF_CALL_H

#include "conf/conf.h"

enum { CALL_ARGUMENTS = 8 };

/* How it wants DNS asked (tflags), as bits. */
#define CALL_ASKS(X)                                                                               \
	X(WHOLE, "notrim")            /* about hosts, not domains */                               \
	X(SERVERS, "ns")              /* about the addresses of name servers */                    \
	X(ADDRESSES, "a")             /* about the addresses of hosts */                           \
	X(ONLY_NAMES, "domains_only") /* of what may be both */                                    \
	X(ONLY_IPS, "ips_only")

enum call_ask_bit {
#define X(ID, WORD) CALL_BIT_##ID,
	CALL_ASKS(X)
#undef X
};
enum call_ask {
#define X(ID, WORD) CALL_##ID = 1 << CALL_BIT_##ID,
	CALL_ASKS(X)
#undef X
};

struct rule_call {
	struct str rule;
	struct conf_place at; /* of the function */
	struct str function;
	struct str arguments[CALL_ARGUMENTS]; /* without quotes */
	unsigned count;
	uint8_t asks;    /* enum call_ask */
	bool raw;        /* of a `rawbody` rule */
	bool weightless; /* its score is 0: nobody need be asked for it */
	bool idle;       /* nothing hangs on it: it need not be computed */
};

#endif
