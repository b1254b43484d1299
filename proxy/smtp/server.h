/* server.h - a listener's SMTP service in one worker: sessions are born, counted, drained here. */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include "base/ip.h"
#include "conf/blocks.h"
#include "delivery/delivery.h"
#include "filters/run.h"
#include "io/loop.h"
#include "io/tls.h"
#include "net/dns.h"
#include "policy/policy.h"
#include "smtp/tally.h"
#include "store/store.h"

/* What sessions count, in a page shared with the master. */
#define SMTP_COUNTERS(X)                                                                           \
	X(connections, "connections accepted")                                                     \
	X(ended, "of these, those that are over")                                                  \
	X(refused_connections, "connections answered 421")                                         \
	X(transactions, "transactions begun")                                                      \
	X(logins, "logins accepted")                                                               \
	X(logins_refused, "logins answered 5xx")                                                   \
	X(accepted, "messages answered 250")                                                       \
	X(refused, "recipients or messages answered 5xx")                                          \
	X(deferred, "recipients or messages answered 4xx")                                         \
	X(duplicates, "messages recognised as delivered before")                                   \
	X(degraded, "recipients judged while something could not be looked at (degraded=)")        \
	X(wrong_vantage, "clients whose address was nobody's: filters of addresses were off")      \
	X(journal_lost, "records of the journal that could not be written")

struct smtp_counters {
#define X(NAME, ABOUT) uint64_t NAME;
	SMTP_COUNTERS(X)
#undef X
};

struct journal;

struct smtp_server_options {
	struct loop *loop;
	struct dns *dns;
	struct store *store;
	const struct filter_set *filters;
	const struct policy *policy;
	const struct conf_listener *conf;
	const struct conf_pregreet *pregreet;
	const struct conf_vantage *vantage;
	const struct conf_authentication_results *results;
	const struct conf_duplicates *duplicates;
	struct jobs *jobs;
	struct journal *journal; /* NULL: none is kept */
	size_t sessions_max;     /* 0: what conf says */
	struct backend *backend;
	struct tls *tls; /* NULL: none */
	struct str hostname;
	const char *spool;   /* folder */
	struct str listener; /* its title: each listener counts its clients for itself */
	unsigned worker;
	struct tally_desk tally;
	struct smtp_counters *counters;
	uint64_t *hits; /* a row of the policy's counters (policy/hits.h) */
};

struct smtp_server;

struct smtp_server *smtp_server_new(const struct smtp_server_options *options);
/* Takes over fd. */
void smtp_server_accept(struct smtp_server *s, int fd, const struct ip *peer, uint16_t peer_port,
			const struct ip *local, uint16_t local_port);
/* Idle sessions get 421; those in a transaction finish it first. */
void smtp_server_drain(struct smtp_server *s);
/* What is open has had its time: it ends within the next turns, with a word in the log for each recipient that the
 * backend has not answered for. */
void smtp_server_cut(struct smtp_server *s);
/* Open ones, and what is still to be marked of some that were lost. */
size_t smtp_server_sessions(const struct smtp_server *s);
void smtp_server_free(struct smtp_server *s); /* ends what is open */

#endif
