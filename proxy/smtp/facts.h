/* facts.h - symbols the proxy itself sets: they are policy's facts, known from the start. */
#ifndef SMTP_FACTS_H
#define SMTP_FACTS_H

#include "policy/policy.h"

#define SMTP_FACTS(X)                                                                              \
	X(AUTHENTICATED, "the client has authenticated")                                           \
	X(CLIENT_TLS, "the session is encrypted")                                                  \
	X(NULL_SENDER, "the sender is <>: a bounce or an automatic reply")                         \
	X(EARLY_TALKER, "the client did not wait for the greeting")                                \
	X(EARLY_PIPELINING, "the client did not wait for a reply it must wait for (RFC 2920 3.1)") \
	X(NON_SMTP_COMMAND, "the client sent a command of another protocol, or a header line")     \
	X(BARE_NEWLINE, "a command line ended without CRLF (RFC 5321 2.3.8)")

/* Numbers of the facts: defined right after policy_new(), in this order, so they are constants. */
enum smtp_fact {
#define X(ID, ABOUT) FACT_##ID,
	SMTP_FACTS(X)
#undef X
		FACT_COUNT
};

void smtp_facts_define(struct policy *p);

#endif
