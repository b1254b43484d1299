/* dns.c - net/dns.h over a table: each answer comes when the table says, and never after the deadline. */
#include "net/dns.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fake/inside.h"

enum { ZONE_BYTES = 16 << 20, DEFAULT_TIMEOUT_MS = 5000, NEVER = -1 };

struct entry {
	struct entry *next;
	struct str name;
	enum rr_type type;
	enum dns_status status;
	int64_t after_ms;
	struct rr records[LIMIT_DNS_RECORDS];
	unsigned count;
};

struct fault {
	struct fault *next;
	unsigned nth;
	enum fake_dns_fault kind;
};

struct fake_zone {
	struct arena arena;
	struct entry *entries;
	struct fault *faults;
	unsigned asked;
};

struct dns {
	struct loop *loop;
	int64_t timeout_ms;
	unsigned open;
	struct dns_query *head;
};

struct dns_query {
	struct dns_query *next, **link;
	struct dns *dns;
	struct dns_question *question;
	struct fake_post *answer_post;
	const struct entry *entry; /* NULL: the name does not exist, or `err` */
	enum err err;
	bool exists;
};

static struct fake_zone *zone_of(struct loop *loop)
{
	if (!loop->zone) {
		loop->zone = mem_new(sizeof(*loop->zone));
		arena_init(&loop->zone->arena, ZONE_BYTES);
	}
	return loop->zone;
}

void fake_zone_free(struct loop *loop)
{
	if (!loop->zone)
		return;
	arena_reset(&loop->zone->arena);
	mem_free(loop->zone);
	loop->zone = NULL;
}

/* ---- the table ---- */

static struct entry *find(struct fake_zone *zone, struct str name, enum rr_type type, bool *exists)
{
	*exists = false;
	for (struct entry *e = zone->entries; e; e = e->next) {
		if (!str_ieq(e->name, name))
			continue;
		*exists = true;
		if (e->type == type)
			return e;
	}
	return NULL;
}

static struct entry *entry_of(struct loop *loop, const char *name, enum rr_type type)
{
	struct fake_zone *zone = zone_of(loop);
	bool exists;
	struct entry *e = find(zone, str_z(name), type, &exists);

	if (e)
		return e;
	e = arena_new(&zone->arena, struct entry);
	CHECK(e != NULL);
	e->name = arena_str(&zone->arena, str_z(name));
	e->type = type;
	e->status = DNS_NODATA;
	e->next = zone->entries;
	zone->entries = e;
	return e;
}

void fake_dns_record(struct loop *loop, const char *name, enum rr_type type, const char *value)
{
	struct entry *e = entry_of(loop, name, type);
	struct rr *rr = &e->records[e->count];
	struct str text = arena_str(&zone_of(loop)->arena, str_z(value)), head, tail;
	uint64_t preference;

	CHECK(e->count < COUNTOF(e->records));
	e->status = DNS_OK;
	e->count++;
	*rr = (struct rr){ .type = type, .text = text };
	if (type == RR_A || type == RR_AAAA) {
		CHECK(ip_parse(text, &rr->ip));
		rr->text = STR("");
	} else if (type == RR_MX) {
		CHECK(str_cut(text, ' ', &head, &tail) && str_u64(head, UINT16_MAX, &preference));
		rr->preference = (uint16_t)preference;
		rr->text = tail;
	}
}

void fake_dns_status(struct loop *loop, const char *name, enum rr_type type, enum dns_status status)
{
	struct entry *e = entry_of(loop, name, type);

	CHECK(status != DNS_OK);
	e->status = status;
	e->count = 0;
}

void fake_dns_delay(struct loop *loop, const char *name, enum rr_type type, int64_t ms)
{
	entry_of(loop, name, type)->after_ms = ms;
}

void fake_dns_fault(struct loop *loop, unsigned nth, enum fake_dns_fault kind)
{
	struct fake_zone *zone = zone_of(loop);
	struct fault *f = arena_new(&zone->arena, struct fault);

	CHECK(f != NULL);
	*f = (struct fault){ .next = zone->faults, .nth = nth, .kind = kind };
	zone->faults = f;
}

unsigned fake_dns_asked(const struct loop *loop)
{
	return loop->zone ? loop->zone->asked : 0;
}

/* ---- the resolver ---- */

struct dns *dns_new(struct loop *loop, const struct dns_options *options)
{
	struct dns *dns = mem_new(sizeof(*dns));

	dns->loop = loop;
	dns->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
	return dns;
}

void dns_free(struct dns *dns)
{
	while (dns->head)
		op_cancel(&dns->head->question->op);
	mem_free(dns);
}

static void end_query(struct dns_query *q)
{
	*q->link = q->next;
	if (q->next)
		q->next->link = q->link;
	q->dns->open--;
	q->dns->loop->pending.questions--;
	q->question->query = NULL;
	mem_free(q);
}

static void cancel(struct op *op)
{
	struct dns_query *q = op->provider;

	fake_unpost(q->dns->loop, q->answer_post);
	end_query(q);
}

/* The answer's memory dies when done() has returned, as the contract says. */
static void answer(void *arg)
{
	struct dns_query *q = arg;
	struct dns_question *question = q->question;
	const struct entry *e = q->entry;
	const enum err err = q->err;
	struct dns_answer *a = mem_new(sizeof(*a));
	struct rr *records = NULL;

	*a = (struct dns_answer){ .status = err ? DNS_FAILED : DNS_NXDOMAIN, .ttl_s = 60 };
	if (!err && e) {
		a->status = e->status;
		a->count = e->count;
		records = mem_array(NULL, e->count + 1, sizeof(*records));
		memcpy(records, e->records, e->count * sizeof(*records));
		a->records = records;
	} else if (!err && q->exists) {
		a->status = DNS_NODATA;
	}
	end_query(q);
	op_finish(&question->op, a->status == DNS_FAILED && !err ? ERR_SERVFAIL : err, a);
	mem_free(records);
	mem_free(a);
}

static bool name_ok(struct str name)
{
	size_t label = 0;

	for (size_t i = 0; i < name.n; i++) {
		const char c = name.p[i];

		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LIMIT_DNS_LABEL ||
		    (c != '.' && c != '-' && c != '_' && !ascii_alnum(c)))
			return false;
	}
	return name.n > 0 && name.n <= 253 && label > 0;
}

/* Milliseconds until the answer; sets what it will be. */
static int64_t decide(struct dns_query *q, struct str name, enum rr_type type, int64_t deadline)
{
	struct fake_zone *zone = zone_of(q->dns->loop);
	const unsigned nth = zone->asked++;
	int64_t after = 0;

	if (!name_ok(name) || q->dns->open > LIMIT_DNS_QUERIES) {
		q->err = name_ok(name) ? ERR_LIMIT : ERR_SYNTAX;
		return 0;
	}
	q->entry = find(zone, name, type, &q->exists);
	if (q->entry)
		after = q->entry->after_ms;
	for (const struct fault *f = zone->faults; f; f = f->next) {
		if (f->nth != nth)
			continue;
		after = f->kind == FAKE_DNS_SILENT ? NEVER : 0;
		q->err = ERR_SERVFAIL;
	}
	if (after != NEVER && after < deadline)
		return after;
	q->err = ERR_TIMEOUT;
	return deadline;
}

void dns_ask(struct dns *dns, struct ops *ops, struct dns_question *question, struct str name,
	     enum rr_type type, int64_t deadline_ms)
{
	struct dns_query *q = mem_new(sizeof(*q));

	CHECK(!op_running(&question->op) && deadline_ms >= 0);
	if (deadline_ms == 0 || deadline_ms > dns->timeout_ms)
		deadline_ms = dns->timeout_ms;
	*q = (struct dns_query){ .dns = dns, .question = question, .next = dns->head };
	q->link = &dns->head;
	if (q->next)
		q->next->link = &q->next;
	dns->head = q;
	dns->open++;
	dns->loop->pending.questions++;
	question->query = q;
	question->op.label = "dns";
	question->op.provider = q;
	question->op.cancel = cancel;
	op_start(ops, &question->op);
	q->answer_post = fake_post(dns->loop, decide(q, name, type, deadline_ms), answer, q);
}
