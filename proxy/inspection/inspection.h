/* inspection.h - one message under judgement: filters fed with facts, findings handed to policy.
 *
 * The SMTP session and `postern scan` both use it: the same facts in the same order give the same
 * judgement.  Connection, greeting and transaction (the scopes of filters/filter.h) each have an arena, a runner
 * and findings here; a new greeting or transaction replaces what its scope held.  Whatever is in an arena dies with
 * its scope: inspection_arena(TRANSACTION) is the transaction's memory for the session too.
 *
 * Recipients have a runner and findings of their own, in the transaction's memory, where some filter looks at them. */
#ifndef INSPECTION_INSPECTION_H
#define INSPECTION_INSPECTION_H

#include "filters/run.h"
#include "inspection/facts.h"
#include "net/dns.h"
#include "policy/policy.h"

/* Symbols of filters that say who the client is; SYMBOL_NONE: nobody finds them. */
struct inspection_symbols {
	symbol_id confirmed, unconfirmed, nameless; /* rdns */
	symbol_id country, as;                      /* location */
};

struct inspection_options {
	const struct filter_set *filters;
	const struct policy *policy;
	struct loop *loop;
	struct dns *dns;
	struct store *store;
	int64_t unix_ms; /* what time it is for signatures; 0: the loop's clock */
	struct inspection_symbols symbols;
	/* A filter can go on: call inspection_turn() from the loop, not from inside this call. */
	void (*progress)(void *arg);
};

/* Fills o->symbols from o->policy. */
void inspection_find_symbols(struct inspection_options *o);

struct inspection;

struct inspection_scope {
	struct inspection *owner;
	struct filter_services services;
	struct arena *arena;
	struct findings findings;
	uint64_t outstanding; /* its sources whose symbols are not all known yet */
	struct filter_runner *runner;
};

/* Lives in the transaction's arena, to its end. */
struct inspection_recipient {
	struct inspection_scope scope;
	struct inspection_recipient *next, *next_at_work;
	struct str address;
	unsigned phases; /* of RCPT and RCPT_END have begun */
	bool at_work;    /* in the list of these */
	bool settled;    /* the outcome is told */
};

struct inspection {
	const struct inspection_options *o; /* outlives the inspection */
	void *arg;                          /* for o->progress */
	struct ip client_ip;                /* for replies */
	struct filter_facts facts;
	struct str mail_domain; /* the sender's, as A-labels */
	struct arena arenas[SCOPE_RECIPIENT];
	struct inspection_scope scopes[SCOPE_RECIPIENT]; /* those of which there is one at a time */
	struct inspection_recipient *recipients, *at_work;
	bool ended; /* the message is there */
};

/* Whom a judgement is for. */
struct inspection_subject {
	const struct inspection_recipient *recipient; /* NULL: no filter looks at him */
	uint64_t class;
	unsigned canary;
	struct policy_names names;
	uint64_t *seen; /* see struct evidence */
};

void inspection_open(struct inspection *i, const struct inspection_options *o, void *arg);
void inspection_close(struct inspection *i);

/* The facts, as they become known.  ERR_NOMEM: over the scope's memory. */
enum err inspection_connect(struct inspection *i, const struct ip *client, uint16_t port) NODISCARD;
/* Right after it: the address is not the client's own (smtp/vantage.h), and no filter is told it. */
void inspection_hide_address(struct inspection *i);
enum err inspection_greet(struct inspection *i, struct str helo, bool esmtp, bool tls) NODISCARD;
enum err inspection_mail(struct inspection *i, struct str mail_from) NODISCARD;
/* The client turns out to be another (XCLIENT): all that is known is forgotten, inspection_connect() follows.
 * Between the two facts.client_name may be set, in the connection's arena. */
void inspection_forget_client(struct inspection *i);
/* The client has authenticated, and stays so until it is forgotten.  login: in the connection's arena; empty: not known. */
void inspection_authenticated(struct inspection *i, struct str login);
/* After STARTTLS: what EHLO said is forgotten. */
void inspection_forget_greeting(struct inspection *i);
/* RCPT.  *r is NULL where no filter looks at recipients.  The address must live as long as the transaction. */
enum err inspection_rcpt(struct inspection *i, struct str address,
			 struct inspection_recipient **r) NODISCARD;
/* What became of him, at most once: filters hear it, and what they still ask does not matter.  NULL: nobody hears. */
void inspection_rcpt_outcome(struct inspection_recipient *r, enum filter_fate fate);
/* The message as it arrives: its header section (which lives in the transaction's arena), the rest in pieces,
 * its end.  Pieces may be left out where nobody wants them. */
void inspection_header(struct inspection *i, struct str header);
bool inspection_wants_body(const struct inspection *i);
void inspection_body(struct inspection *i, struct str bytes);
void inspection_end(struct inspection *i, uint64_t size);
/* What became of the transaction, once, before it is over. */
void inspection_outcome(struct inspection *i, const struct filter_outcome *outcome);
/* The transaction is over: its lookups are cancelled, its memory given back. */
void inspection_reset(struct inspection *i);

/* Lets filters go on.  True when everything that was asked for is complete. */
bool inspection_turn(struct inspection *i);

struct arena *inspection_arena(struct inspection *i, enum filter_scope scope);

/* The proxy itself has seen this. */
void inspection_fact(struct inspection *i, enum filter_scope scope, enum smtp_fact fact);
void inspection_fact_of(struct inspection *i, enum filter_scope scope, enum smtp_fact fact,
			struct str detail);

/* The name of the client: as we were told, or its confirmed reverse name (RDNS_CONFIRMED's detail); or empty. */
struct str inspection_client_name(const struct inspection *i);

/* Was this found of the connection? */
bool inspection_found(const struct inspection *i, symbol_id symbol);
struct str inspection_detail(const struct inspection *i, symbol_id symbol); /* empty: no, or none */

/* "DE" and "AS3320 Deutsche Telekom AG"; empty: not known. */
struct str inspection_country(const struct inspection *i);
struct str inspection_as(const struct inspection *i);

void inspection_judge(struct inspection *i, enum stage stage,
		      const struct inspection_subject *subject, struct judgement *j);
/* Was the same found of both, and is as much known of both?  Both may be NULL. */
bool inspection_is_same(const struct inspection_recipient *a, const struct inspection_recipient *b);
/* Is it so as far as verdicts are concerned (policy_is_alike())?  Both may be NULL. */
bool inspection_is_alike(const struct inspection *i, const struct inspection_recipient *a,
			 const struct inspection_recipient *b, unsigned canary, bool greylisted);
/* r: NULL for none. */
void inspection_degraded(const struct inspection *i, const struct inspection_recipient *r,
			 struct out *o);

/* All symbols that are true, for scan --json. */
void inspection_each_symbol(struct inspection *i, const struct inspection_recipient *r,
			    policy_symbol_fn *fn, void *arg);

#endif
