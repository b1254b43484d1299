/* facts.h - symbols the proxy itself sets: they are policy's facts, known from the start. */
#ifndef INSPECTION_FACTS_H
#define INSPECTION_FACTS_H

#include "policy/policy.h"

#define SMTP_FACTS(X)                                                                              \
	X(AUTHENTICATED, "the client has authenticated")                                           \
	X(CLIENT_TLS, "the session is encrypted")                                                  \
	X(CLIENT_CERTIFICATE, "the client showed a TLS certificate; its SHA-256 fingerprint")      \
	X(CLIENT_CERTIFICATE_VERIFIED, "client_ca vouches for the client's TLS certificate")       \
	X(NULL_SENDER, "the sender is <>: a bounce or an automatic reply")                         \
	X(EARLY_TALKER, "the client did not wait for the greeting")                                \
	X(EARLY_PIPELINING, "the client did not wait for a reply it must wait for (RFC 2920 3.1)") \
	X(NON_SMTP_COMMAND, "the client sent a command of another protocol, or a header line")     \
	X(BARE_NEWLINE, "a command line ended without CRLF (RFC 5321 2.3.8)")                      \
	X(MANY_SESSIONS, "the client has more sessions than sessions_per_address or _network")     \
	X(RATE_CONNECTIONS, "the client connects more often than connection_rate")                 \
	X(RATE_MESSAGES, "the client sends more messages than message_rate")                       \
	X(RATE_RECIPIENTS, "the client names more recipients than recipient_rate")                 \
	X(RATE_ERRORS, "the client has earned more errors than error_rate")                        \
	X(RATE_LOGINS, "the client has failed to log in more often than login_rate")               \
	X(WRONG_VANTAGE, "the client has the address that nearly all have: NAT, or a forwarder")   \
	X(HELO_AS_GREETED, "the client of another machine calls itself what we call ourselves")    \
	X(HELO_CHANGED, "the client has called itself something else before")                      \
	X(MANY_ERRORS, "the client has earned half the errors that end a session (errors_max)")

/* Numbers of the facts: defined right after policy_new(), in this order, so they are constants. */
enum smtp_fact {
#define X(ID, ABOUT) FACT_##ID,
	SMTP_FACTS(X)
#undef X
		FACT_COUNT
};

void smtp_facts_define(struct policy *p);

#endif
