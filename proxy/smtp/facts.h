/* facts.h - symbols the proxy itself sets: they are policy's facts, known from the start. */
#ifndef SMTP_FACTS_H
#define SMTP_FACTS_H

#include "policy/policy.h"

#define SMTP_FACTS(X)                                                                              \
	X(AUTHENTICATED, "the client has authenticated")                                           \
	X(CLIENT_TLS, "the session is encrypted")                                                  \
	X(NULL_SENDER, "the sender is <>: a bounce or an automatic reply")

/* Numbers of the facts: defined right after policy_new(), in this order, so they are constants. */
enum smtp_fact {
#define X(ID, ABOUT) FACT_##ID,
	SMTP_FACTS(X)
#undef X
		FACT_COUNT
};

void smtp_facts_define(struct policy *p);

#endif
