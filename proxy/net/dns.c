/* A query is one (name, type) on its way, with everybody who asked for it.  It moves in step() only,
 * and step() is called only from the wake: what happens to a query elsewhere (asked for, a packet
 * came, time passed, a server died) puts it on the due list.  So nothing is ever delivered inside
 * dns_ask(), inside c-ares, or inside another delivery; only step() changes the cache, and
 * a query is freed nowhere else.  done() may ask, cancel and drop what it likes. */
#include "net/dns.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/dnshunt.h"
#include "net/dnswire.h"

#include <stddef.h>

enum { BUCKETS = 1024 };

struct dns_query {
	struct dns_hunt hunt;
	struct dns_query *chain; /* same bucket */
	struct dns_query *due;   /* next on the due list */
	bool is_due, is_open;    /* on the due list; in the table */
	struct dns *dns;
	struct dns_question *askers;
	char name[];
};

struct dns {
	struct dns_group group;
	struct dns_cache *cache;
	struct dns_query *buckets[BUCKETS]; /* open queries */
	size_t open;
	struct dns_query *due, **due_end;
	struct wake wake;
	bool delivering; /* done() is being called */
};

/* ---- the due list and the table ---- */

static void make_due(struct dns_query *q)
{
	struct dns *dns = q->dns;

	if (q->is_due)
		return;
	q->is_due = true;
	q->due = NULL;
	*dns->due_end = q;
	dns->due_end = &q->due;
	wake_set(&dns->wake);
}

static void on_stirred(struct dns_hunt *hunt)
{
	make_due((struct dns_query *)((char *)hunt - offsetof(struct dns_query, hunt)));
}

static struct dns_query **place_of(struct dns *dns, struct dns_key key)
{
	struct dns_query **at = &dns->buckets[dns_key_hash(key) % BUCKETS];

	while (*at && !dns_key_eq((*at)->hunt.key, key))
		at = &(*at)->chain;
	return at;
}

static struct dns_query *query_new(struct dns *dns, struct dns_key key)
{
	struct dns_query *q = mem_new(sizeof(*q) + key.name.n);

	q->dns = dns;
	memcpy(q->name, key.name.p, key.name.n);
	q->hunt.group = &dns->group;
	q->hunt.key.type = key.type;
	q->hunt.key.name = (struct str){ .p = q->name, .n = key.name.n };
	q->hunt.stirred = on_stirred;
	q->hunt.stranger = true;
	dns_hunt_init(&q->hunt);
	return q;
}

static void query_open(struct dns_query *q)
{
	struct dns_query **at = place_of(q->dns, q->hunt.key);

	CHECK(*at == NULL);
	*at = q;
	q->is_open = true;
	q->dns->open++;
}

static void query_close(struct dns_query *q)
{
	struct dns_query **at = place_of(q->dns, q->hunt.key);

	if (!q->is_open)
		return;
	CHECK(*at == q);
	*at = q->chain;
	q->is_open = false;
	q->dns->open--;
}

static void query_free(struct dns_query *q)
{
	CHECK(!q->is_due && q->askers == NULL);
	query_close(q);
	dns_hunt_free(&q->hunt);
	mem_free(q);
}

/* ---- delivering ---- */

static void unlink_asker(struct dns_question *question)
{
	timer_stop(&question->deadline);
	*question->link = question->next;
	if (question->next)
		question->next->link = question->link;
	question->query = NULL;
}

static void finish(struct dns *dns, struct dns_question *question, const struct dns_known *known)
{
	dns->delivering = true;
	op_finish(&question->op, known->err, &known->answer);
	dns->delivering = false;
}

/* Out of the table first: who asks again in done() finds the cache or begins anew. */
static void deliver(struct dns_query *q, const struct dns_known *known)
{
	query_close(q);
	while (q->askers) {
		struct dns_question *question = q->askers;

		unlink_asker(question);
		finish(q->dns, question, known);
	}
}

static void step(struct dns_query *q)
{
	struct dns_hunt *hunt = &q->hunt;
	struct dns_cache *cache = q->dns->cache;
	const int64_t now_ms = loop_now_ms(q->dns->group.loop);
	struct dns_known known;

	if (hunt->state == DNS_HUNT_ENDED) {
		if (q->is_open)
			dns_cache_put(cache, hunt->key, &hunt->known, now_ms);
		deliver(q, &hunt->known);
		query_free(q);
	} else if (!q->askers) {
		if (hunt->expired)
			dns_hunt_doubt(hunt);
		query_free(q);
	} else if (hunt->state == DNS_HUNT_NEW &&
		   dns_cache_find(cache, hunt->key, now_ms, &known)) {
		deliver(q, &known);
		query_free(q);
	} else {
		dns_hunt_advance(hunt);
	}
}

/* Only what is due now: what done() asks is for the next round. */
static void on_wake(struct wake *w, void *arg)
{
	struct dns *dns = arg;
	struct dns_query *q = dns->due;

	(void)w;
	dns->due = NULL;
	dns->due_end = &dns->due;
	while (q) {
		struct dns_query *next = q->due;

		q->is_due = false;
		step(q);
		q = next;
	}
}

/* ---- the askers' side ---- */

static void on_deadline(struct timer *t, void *arg)
{
	const struct dns_known timeout = {
		.answer = { .status = DNS_FAILED },
		.err = ERR_TIMEOUT,
	};
	struct dns_question *question = arg;
	struct dns_query *q = question->query;
	struct dns *dns = q->dns;

	(void)t;
	unlink_asker(question);
	dns_hunt_doubt(&q->hunt);
	/* Nobody else waits, and it had time enough: this is the answer, and it is remembered. */
	if (!q->askers && q->hunt.state != DNS_HUNT_ENDED && dns_hunt_was_long(&q->hunt))
		dns_hunt_end(&q->hunt, ERR_TIMEOUT);
	finish(dns, question, &timeout);
}

/* The query goes on until its next step, so that an answer on its way is not lost. */
static void on_cancel(struct op *op)
{
	unlink_asker(op->provider);
}

static struct str plain_name(struct str name, char *buffer)
{
	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (!dnswire_name_ok(name))
		return (struct str){ .p = buffer };
	for (size_t i = 0; i < name.n; i++)
		buffer[i] = ascii_lower(name.p[i]);
	return (struct str){ .p = buffer, .n = name.n };
}

static struct dns_query *query_for(struct dns *dns, struct dns_key key, bool stranger)
{
	const size_t most = LIMIT_DNS_QUERIES - (stranger ? LIMIT_DNS_RESERVED : 0);

	struct dns_query *q = key.name.n ? *place_of(dns, key) : NULL;

	if (q)
		return q;
	q = query_new(dns, key);
	if (key.name.n == 0)
		dns_hunt_end(&q->hunt, ERR_SYNTAX);
	else if (dns->open >= most)
		dns_hunt_end(&q->hunt, ERR_LIMIT);
	else
		query_open(q);
	make_due(q);
	return q;
}

void dns_ask(struct dns *dns, struct ops *ops, struct dns_question *question, struct str name,
	     enum rr_type type, int64_t deadline_ms)
{
	char buffer[LIMIT_DNS_NAME];
	const struct dns_key key = { .name = plain_name(name, buffer), .type = type };
	struct dns_query *q = query_for(dns, key, question->stranger);

	q->hunt.stranger &= question->stranger;
	if (deadline_ms <= 0 || deadline_ms > dns->group.timeout_ms)
		deadline_ms = dns->group.timeout_ms;
	question->query = q;
	question->next = q->askers;
	question->link = &q->askers;
	if (question->next)
		question->next->link = &question->next;
	q->askers = question;
	timer_init(&question->deadline, dns->group.loop, on_deadline, question);
	timer_start(&question->deadline, deadline_ms);
	question->op.label = "dns";
	question->op.provider = question;
	question->op.cancel = on_cancel;
	op_start(ops, &question->op);
}

/* ---- life of the resolver ---- */

/* Who waits for that server has to look again. */
static void on_failed(struct dns_group *group, void *arg)
{
	struct dns *dns = arg;

	(void)group;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct dns_query *q = dns->buckets[i]; q; q = q->chain)
			make_due(q);
}

struct dns *dns_new(struct loop *loop, const struct dns_options *options)
{
	struct dns *dns = mem_new(sizeof(*dns));

	dns->due_end = &dns->due;
	dns->cache = dns_cache_new(LIMIT_DNS_CACHE, LIMIT_DNS_CACHE_BYTES);
	wake_init(&dns->wake, loop, on_wake, dns);
	dns->group.loop = loop;
	dns->group.failed = on_failed;
	dns->group.arg = dns;
	dns_group_open(&dns->group, options);
	return dns;
}

static void cancel_askers(struct dns_query *q)
{
	while (q->askers)
		op_cancel(&q->askers->op);
}

/* Refused questions are on the due list only, all others in the table. */
void dns_free(struct dns *dns)
{
	CHECK(!dns->delivering);
	while (dns->due) {
		struct dns_query *q = dns->due;

		dns->due = q->due;
		q->is_due = false;
		cancel_askers(q);
		query_free(q);
	}
	for (size_t i = 0; i < BUCKETS; i++) {
		while (dns->buckets[i]) {
			cancel_askers(dns->buckets[i]);
			query_free(dns->buckets[i]);
		}
	}
	wake_clear(&dns->wake);
	dns_group_close(&dns->group);
	dns_cache_free(dns->cache);
	mem_free(dns);
}
