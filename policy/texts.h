/* texts.h - what is known of a message as text: one table for expressions and for %{...} in replies.
 *
 * Where several are known of one name (dkim.domains) a comparison is true when it is of any of them; where none
 * is known, the text is empty. */
#ifndef POLICY_TEXTS_H
#define POLICY_TEXTS_H

#include "base/str.h"

/* How it is compared; without case (ASCII) all of them. */
enum comparison {
	COMPARE_PLAIN,
	COMPARE_DOMAIN,  /* ".example.org": that domain and what is below it */
	COMPARE_ADDRESS, /* "192.0.2.0/24" */
	COMPARE_SENDER,  /* "user@example.org" as it stands, or "" */
	COMPARE_AS,      /* "AS3320", whatever name is behind it */
	COMPARE_RECIPIENT, /* not at all: a verdict holds for all recipients of a class, see policy_class() */
	COMPARE_REPLY, /* not at all: means something in replies only */
};

/* name, kind, the symbol whose sources find it (NULL: known from the start), what the config needs for it */
#define POLICY_TEXTS(X)                                                                            \
	X(CLIENT_IP, "client.ip", ADDRESS, NULL, NULL)                                             \
	X(CLIENT_NAME, "client.name", DOMAIN, "RDNS_CONFIRMED", NULL)                              \
	X(CLIENT_COUNTRY, "client.country", PLAIN, "LOCATION_COUNTRY", "location with country")    \
	X(CLIENT_AS, "client.as", AS, "LOCATION_AS", "location with as")                           \
	X(LOGIN, "login", PLAIN, NULL, NULL)                                                       \
	X(HELO, "helo", DOMAIN, NULL, NULL)                                                        \
	X(MAIL_FROM, "mail_from", SENDER, NULL, NULL)                                              \
	X(MAIL_FROM_DOMAIN, "mail_from.domain", DOMAIN, NULL, NULL)                                \
	X(SPF_DOMAIN, "spf.domain", DOMAIN, "SPF_PASS", "spf")                                     \
	X(DKIM_DOMAINS, "dkim.domains", DOMAIN, "DKIM_PASS", "dkim")                               \
	X(FROM_DOMAIN, "from.domain", DOMAIN, "FROM_MISSING", "from")                              \
	X(RCPT, "rcpt", RECIPIENT, NULL, NULL)                                                     \
	X(RCPT_DOMAIN, "rcpt.domain", RECIPIENT, NULL, NULL)                                       \
	X(ID, "id", REPLY, NULL, NULL)                                                             \
	X(SCORE, "score", REPLY, NULL, NULL)

enum policy_text {
#define X(ID, NAME, KIND, SYMBOL, NEEDS) POLICY_TEXT_##ID,
	POLICY_TEXTS(X)
#undef X
		POLICY_TEXT_COUNT
};

/* The i-th text of this name, counted from 0; false: there are no more.  Never asked for client.ip, which evidence
 * has as an address, nor for what only the caller knows (rcpt, id, score). */
typedef bool policy_text_fn(const void *ctx, enum policy_text text, unsigned i, struct str *value);

#endif
