/* duplicate.c - what is kept until the client says something, and marked when it does not: see duplicate.h. */
#include "smtp/duplicate.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "filters/auth.h"
#include "smtp/digest.h"
#include "smtp/duplicate_inside.h"
#include "smtp/session.h"

#include <string.h>

enum { TEXT_WHO, TEXT_FROM, TEXTS };

struct unheard {
	struct digest digest; /* first: it is a job's argument */
	struct op op;
	struct smtp_server *server;
	struct unheard *older, *newer;
	struct smtp_session *session; /* whose client has said nothing since; NULL: it is lost */
	size_t behind;                /* bytes that came before the answer went out */
	bool flies;                   /* it is marked as being delivered */
	bool late;                    /* the client had closed its half before */
	int64_t said_ms;              /* when the last byte of the message came */
	int64_t until_ms;             /* the client's receipt is waited for; 0: not yet */
	struct id id;
	struct ip client_ip;
	unsigned recipients;
	struct str texts[]; /* who, from, recipients; their bytes are behind them */
};

/* ---- keys ---- */

const struct conf_duplicates *duplicate_conf(const struct smtp_session *s)
{
	const struct conf_duplicates *conf = s->server->o.duplicates;
	const unsigned recipients = s->tx->recipient_count;

	return conf->enabled && recipients > 0 && recipients <= LIMIT_DUPLICATE_RECIPIENTS ? conf
											   : NULL;
}

static void print_network(const struct ip *ip, struct out *o)
{
	struct ip_net net = { .base = *ip, .bits = ip->family == IP_V6 ? 48 : 24 };

	net.base = ip_net_first(&net);
	ip_net_print(o, &net);
}

struct str duplicate_who(const struct smtp_session *s, struct out *o)
{
	const struct auth *auth = s->inspection.facts.auth;

	if (s->login.n) {
		out_str(o, STR("login:"));
		out_str(o, s->login);
	} else if (auth->spf.result == AUTH_PASS) {
		out_str(o, STR("spf:"));
		out_str(o, auth->spf.domain);
	} else {
		print_network(&s->client_ip, o);
	}
	return out_text(o);
}

struct store_question duplicate_size(const struct duplicate_sender *from, uint64_t size,
				     char to[LIMIT_STORE_KEY])
{
	char bytes[24];
	struct out o = OUT(bytes);

	out_u64(&o, size);
	return (struct store_question){
		.procedure = STORE_MARK,
		.key = store_key(
			to, LIMIT_STORE_KEY,
			(const struct str[]){ STR("unheard"), out_text(&o), from->who, from->from },
			4),
	};
}

struct store_question duplicate_flight(const struct duplicate_sender *from, uint64_t size,
				       char to[LIMIT_STORE_KEY])
{
	struct store_question q = duplicate_size(from, size, to);
	char rest[LIMIT_STORE_KEY];

	memcpy(rest, q.key.p, q.key.n);
	q.key = store_key(
		to, LIMIT_STORE_KEY,
		(const struct str[]){ STR("flight"), (struct str){ .p = rest, .n = q.key.n } }, 2);
	return q;
}

struct store_question duplicate_mail(const struct duplicate_sender *from, struct str digest,
				     struct str rcpt, char to[LIMIT_STORE_KEY])
{
	return (struct store_question){
		.procedure = STORE_MARK,
		.key = store_key(
			to, LIMIT_STORE_KEY,
			(const struct str[]){ STR("mail"), digest, from->who, from->from, rcpt },
			5),
	};
}

static void set(const struct smtp_server *server, struct store_question q, int64_t lifetime_ms)
{
	q.args[0] = 1;
	q.args[1] = lifetime_ms;
	q.now_ms = loop_unix_ms(server->o.loop);
	store_note(server->o.store, &q);
}

/* ---- being delivered, without a client ---- */

void duplicate_fly(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	char bytes[DUPLICATE_WHO], key[LIMIT_STORE_KEY];
	struct out o = OUT(bytes);
	struct duplicate_sender from;

	if (tx->flies || !duplicate_conf(s))
		return;
	tx->flies = true;
	from = (struct duplicate_sender){ .who = duplicate_who(s, &o), .from = tx->from };
	set(s->server, duplicate_size(&from, spool_size(tx->spool), key),
	    s->server->o.duplicates->lifetime_ms);
	set(s->server, duplicate_flight(&from, spool_size(tx->spool), key),
	    LIMIT_DUPLICATE_FLIGHT_MS);
}

static void land(const struct smtp_server *server, const struct duplicate_sender *from,
		 const struct spool *spool)
{
	char key[LIMIT_STORE_KEY];

	set(server, duplicate_flight(from, spool_size(spool), key), 1); /* ms: it is over */
}

void duplicate_forget(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	char bytes[DUPLICATE_WHO];
	struct out o = OUT(bytes);

	recognition_end(s);
	if (!tx->flies)
		return;
	land(s->server, &(struct duplicate_sender){ .who = duplicate_who(s, &o), .from = tx->from },
	     tx->spool);
	tx->flies = false;
}

/* ---- what waits ---- */

static size_t weight(const struct unheard *u)
{
	const uint64_t size = spool_size(u->digest.spool);

	return sizeof(*u) + (size < LIMIT_SPOOL_MEMORY ? (size_t)size : LIMIT_SPOOL_MEMORY);
}

static void join(struct unheard *u)
{
	struct duplicates *d = &u->server->duplicates;

	u->older = d->newest;
	*(d->newest ? &d->newest->newer : &d->oldest) = u;
	d->newest = u;
	d->bytes += weight(u);
}

static void leave(struct unheard *u)
{
	struct duplicates *d = &u->server->duplicates;

	*(u->older ? &u->older->newer : &d->oldest) = u->newer;
	*(u->newer ? &u->newer->older : &d->newest) = u->older;
	d->bytes -= weight(u);
	u->session->unheard = NULL;
	u->session = NULL;
}

static struct duplicate_sender sender_of(const struct unheard *u)
{
	return (struct duplicate_sender){ .who = u->texts[TEXT_WHO], .from = u->texts[TEXT_FROM] };
}

static void drop(void *arg)
{
	struct unheard *u = arg;
	const struct duplicate_sender from = sender_of(u);

	if (u->flies)
		land(u->server, &from, u->digest.spool);
	spool_free(u->digest.spool);
	mem_free(u);
}

void duplicate_heard(struct smtp_session *s)
{
	struct unheard *u = s->unheard;

	if (!u)
		return;
	leave(u);
	drop(u);
}

void duplicate_said(struct smtp_session *s, size_t bytes)
{
	struct unheard *u = s->unheard;

	if (!u)
		return;
	if (u->behind >= bytes)
		u->behind -= bytes;
	else
		duplicate_heard(s);
}

/* ---- an answer goes out ---- */

/* Of whom a mark answered, that was the one mail it was good for. */
static bool has_it(const struct transaction *tx, const struct recipient *r)
{
	if (r->known)
		return false;
	return tx->prdr ? r->code / 100 == 2 : filter_outcome_delivered(&tx->outcome);
}

static void copy_text(struct unheard *u, unsigned at, char **to, struct str text)
{
	u->texts[at] = (struct str){ .p = *to, .n = text.n };
	if (text.n)
		memcpy(*to, text.p, text.n);
	*to += text.n;
}

static struct unheard *copy(const struct transaction *tx, struct str who, unsigned recipients)
{
	size_t bytes = who.n + tx->from.n;
	struct unheard *u;
	char *to;

	for (const struct recipient *r = tx->first; r; r = r->next)
		bytes += r->address.n;
	u = mem_new(sizeof(*u) + (TEXTS + recipients) * sizeof(struct str) + bytes);
	to = (char *)&u->texts[TEXTS + recipients];
	copy_text(u, TEXT_WHO, &to, who);
	copy_text(u, TEXT_FROM, &to, tx->from);
	for (const struct recipient *r = tx->first; r; r = r->next)
		if (has_it(tx, r))
			copy_text(u, TEXTS + u->recipients++, &to, r->address);
	return u;
}

void duplicate_keep(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	char bytes[DUPLICATE_WHO];
	struct out who = OUT(bytes);
	unsigned recipients = 0;
	struct unheard *u;

	duplicate_use_up(s);
	duplicate_heard(s); /* of an earlier one, if it has gone on without waiting */
	if (!tx->spool || !duplicate_conf(s))
		return;
	for (const struct recipient *r = tx->first; r; r = r->next)
		recipients += has_it(tx, r);
	if (!recipients)
		return;
	u = copy(tx, duplicate_who(s, &who), recipients);
	u->digest.spool = tx->spool;
	tx->spool = NULL;
	u->flies = tx->flies;
	tx->flies = false;
	u->server = s->server;
	u->session = s;
	u->behind = conn_input(s->conn).n;
	u->late = conn_peer_has_closed(s->conn);
	u->said_ms = tx->whole_ms;
	u->id = tx->id;
	u->client_ip = s->client_ip;
	s->unheard = u;
	join(u);
	while (s->server->duplicates.bytes > LIMIT_DUPLICATE_WAITING)
		duplicate_heard(s->server->duplicates.oldest->session);
}

/* ---- a client is lost ---- */

static void mark(const struct unheard *u)
{
	const struct duplicate_sender from = sender_of(u);
	const int64_t lifetime = u->server->o.duplicates->lifetime_ms;
	char key[LIMIT_STORE_KEY], hex[DIGEST_HEX];
	const struct str digest = digest_hex(&u->digest, hex);

	for (unsigned i = 0; i < u->recipients; i++)
		set(u->server, duplicate_mail(&from, digest, u->texts[TEXTS + i], key), lifetime);
	set(u->server, duplicate_size(&from, spool_size(u->digest.spool), key), lifetime);
}

static void say(const struct unheard *u)
{
	struct log_line l;

	log_begin(&l, "unheard", id_str(&u->id));
	log_ip(&l, "ip", &u->client_ip);
	log_said(&l, "from", u->texts[TEXT_FROM]);
	log_u64(&l, "recipients", u->recipients);
	log_u64(&l, "size", spool_size(u->digest.spool));
	log_end(&l);
}

static void digested(struct op *op, enum err err, const void *result)
{
	struct unheard *u = op->arg;

	(void)result;
	if (err == ERR_OK) { /* a file that cannot be read is told by whoever delivers from it */
		mark(u);
		say(u);
	}
	drop(u);
}

/* Where many are lost at once, as with the network, some are forgotten: a duplicate is no loss. */
static void lose(struct unheard *u)
{
	leave(u);
	if (u->server->duplicates.digests.pending >= LIMIT_DUPLICATE_DIGESTS) {
		drop(u);
		return;
	}
	u->op = (struct op){ .label = "digest", .done = digested, .arg = u };
	job_start(u->server->o.jobs, &u->server->duplicates.digests, &u->op, digest_job, drop, u);
}

/* A receipt is of the client's own machine: for who comes through another, only an end in order speaks.  One that was
 * there a moment ago, and breaks off behind our answer, does so itself: its network, or what stands in between, takes
 * longer to fail.  (It may have read us without a receipt, which is sent 40 ms later.) */
static enum conn_receipt receipt_of(const struct smtp_session *s, const struct unheard *u)
{
	const int64_t now = loop_now_ms(s->server->o.loop);
	const bool broken = conn_is_broken(s->conn);
	enum conn_receipt receipt;

	if (s->via.family != IP_NONE)
		return s->peer == PEER_GONE && !u->late && !broken ? CONN_RECEIPT_COMPLETE
								   : CONN_RECEIPT_NONE;
	receipt = conn_receipt(s->conn);
	if (receipt == CONN_RECEIPT_NONE && broken && !u->late &&
	    now - u->said_ms <= LIMIT_DUPLICATE_LIVELY_MS)
		return CONN_RECEIPT_COMPLETE;
	if (receipt == CONN_RECEIPT_AWAITED && u->until_ms && now >= u->until_ms)
		return CONN_RECEIPT_NONE;
	return receipt;
}

static void await_receipt(struct smtp_session *s, struct unheard *u)
{
	if (u->until_ms)
		return;
	u->until_ms = loop_now_ms(s->server->o.loop) + LIMIT_DUPLICATE_RECEIPT_MS;
	conn_end_output(s->conn);
}

bool duplicate_part(struct smtp_session *s)
{
	struct unheard *u = s->unheard;

	if (!u)
		return true;
	switch (receipt_of(s, u)) {
	case CONN_RECEIPT_COMPLETE:
		duplicate_heard(s);
		return true;
	case CONN_RECEIPT_NONE:
		lose(u);
		return true;
	case CONN_RECEIPT_AWAITED:
		await_receipt(s, u);
		return false;
	}
	UNREACHABLE();
}

void duplicates_close(struct smtp_server *server)
{
	CHECK(!server->duplicates.oldest);
	ops_cancel_all(&server->duplicates.digests);
}
