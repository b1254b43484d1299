/* lookup.c - see lookup.h.
 *
 * The resolver's answers die with done(), a filter reads them in its next call: so they are copied,
 * records and texts, into the owner's arena.  An answer that does not fit there, or is more than the
 * owner's share of it, counts as failed; what is too large in itself is left out. */
#include "filters/lookup.h"

enum { NAMED_FAILURES = 3 }; /* more are counted, not named */

static struct lookup *add(struct lookups *l, struct str name)
{
	struct lookup *lookup = arena_new(l->arena, struct lookup);

	if (!lookup) {
		l->no_memory = true;
		return NULL;
	}
	*lookup = (struct lookup){
		.of = l,
		.name = arena_str(l->arena, name),
		.state = LOOKUP_FAILED,
	};
	if (l->last)
		l->last->next = lookup;
	else
		l->first = lookup;
	l->last = lookup;
	return lookup;
}

/* ---- what is kept of an answer: strangers write it, and must not crowd out those of others ---- */

enum { WANTED = 2 };

static unsigned most_of(const struct lookup *lookup)
{
	if (lookup->wanted)
		return WANTED;
	if (lookup->type == RR_NS)
		return LIMIT_FILTER_SERVERS;
	if (lookup->type == RR_MX || lookup->type == RR_PTR)
		return LIMIT_FILTER_NAMES;
	return LIMIT_FILTER_RECORDS;
}

struct choice {
	const struct rr *records[LIMIT_FILTER_RECORDS];
	unsigned count;
	size_t texts; /* bytes */
	bool cut;
};

static void choose(struct choice *c, const struct lookup *lookup, const struct dns_answer *answer)
{
	const unsigned most = most_of(lookup);

	c->cut = answer->cut;
	for (unsigned i = 0; i < answer->count; i++) {
		const struct rr *record = &answer->records[i];

		if (lookup->wanted && !lookup->wanted(record->text))
			continue;
		if (c->count == most || record->text.n > LIMIT_FILTER_ANSWER - c->texts) {
			c->cut = true;
			continue;
		}
		c->records[c->count++] = record;
		c->texts += record->text.n;
	}
}

/* Addresses are small, and have a share of their own. */
static bool take_share(struct lookups *l, const struct choice *c)
{
	size_t *taken = c->texts ? &l->texts : &l->addresses;
	const size_t bytes = c->count * sizeof(struct rr) + c->texts;

	if (bytes > l->share - *taken)
		return false;
	*taken += bytes;
	return true;
}

static bool copy(struct arena *arena, const struct choice *c, struct rr *records)
{
	for (unsigned i = 0; i < c->count; i++) {
		records[i] = *c->records[i];
		records[i].text = arena_str(arena, c->records[i]->text);
		if (!records[i].text.p)
			return false;
	}
	return true;
}

static bool keep(struct lookups *l, const struct lookup *lookup, const struct dns_answer *answer)
{
	struct choice c = { .count = 0 };
	struct rr *records = NULL;

	choose(&c, lookup, answer);
	if (!take_share(l, &c))
		return false;
	if (c.count) {
		records = arena_alloc(l->arena, c.count * sizeof(*records));
		if (!records || !copy(l->arena, &c, records))
			return false;
	}
	*lookup->out = *answer;
	lookup->out->count = c.count;
	lookup->out->records = records;
	lookup->out->cut = c.cut;
	return true;
}

/* ---- lookups ---- */

static void answered(struct op *op, enum err err, const void *result)
{
	struct lookup *lookup = op->arg;
	struct lookups *l = lookup->of;
	const struct dns_answer *answer = result;

	(void)err; /* the status says it: DNS_FAILED */
	lookup->state = LOOKUP_FAILED;
	if (answer && answer->status == DNS_FAILED)
		lookup->out->rcode = answer->rcode;
	else if (answer && keep(l, lookup, answer))
		lookup->state = LOOKUP_OVER;
	if (l->ops.pending == 0)
		l->settled(l->owner);
}

static bool may_ask(struct lookups *l, int64_t left_ms)
{
	if (l->count >= LIMIT_FILTER_LOOKUPS || left_ms <= 0)
		return false;
	l->count++;
	return true;
}

void lookups_dns(struct lookups *l, const struct lookup_dns *what, int64_t left_ms,
		 struct dns_answer *out)
{
	struct lookup *lookup = add(l, what->name);

	*out = (struct dns_answer){ .status = DNS_FAILED };
	if (!lookup)
		return;
	lookup->type = what->type;
	lookup->wanted = what->wanted;
	lookup->out = out;
	if (!may_ask(l, left_ms))
		return;
	if (l->dns(l->ctx, &(struct filter_question){ .name = what->name,
						      .type = what->type,
						      .stranger = l->strangers,
						      .deadline_ms = left_ms,
						      .arena = l->arena,
						      .ops = &l->ops,
						      .done = answered,
						      .arg = lookup }))
		lookup->state = LOOKUP_OPEN;
}

static void stored(struct op *op, enum err err, const void *result)
{
	struct lookup *lookup = op->arg;
	struct lookups *l = lookup->of;

	(void)err; /* the status says it */
	*lookup->stored = *(const struct store_answer *)result;
	lookup->state = lookup->stored->status == STORE_FAILED ? LOOKUP_FAILED : LOOKUP_OVER;
	l->local |= lookup->stored->status == STORE_LOCAL;
	if (l->ops.pending == 0)
		l->settled(l->owner);
}

void lookups_store(struct lookups *l, const struct store_question *question, int64_t left_ms,
		   struct store_answer *out)
{
	struct lookup *lookup = add(l, STR("store"));

	*out = (struct store_answer){ .status = STORE_FAILED };
	if (!lookup)
		return;
	lookup->stored = out;
	if (!l->store || !may_ask(l, left_ms))
		return;
	if (l->store(l->ctx, &(struct filter_store_question){ .question = question,
							      .deadline_ms = left_ms,
							      .arena = l->arena,
							      .ops = &l->ops,
							      .done = stored,
							      .arg = lookup }))
		lookup->state = LOOKUP_OPEN;
}

void lookups_fail(struct lookups *l, struct str what)
{
	(void)add(l, what);
}

void lookups_forgive(struct lookups *l)
{
	for (struct lookup *lookup = l->first; lookup; lookup = lookup->next)
		if (lookup->state == LOOKUP_FAILED)
			lookup->state = LOOKUP_OVER;
	l->no_memory = false;
}

void lookups_forget(struct lookups *l)
{
	l->first = l->last = NULL;
	l->no_memory = false;
}

bool lookups_failed(const struct lookups *l, struct out *o)
{
	unsigned failed = 0;

	for (const struct lookup *lookup = l->first; lookup; lookup = lookup->next) {
		if (lookup->state != LOOKUP_FAILED || failed++ >= NAMED_FAILURES)
			continue;
		if (failed > 1)
			out_str(o, STR(", "));
		out_str(o, lookup->name);
	}
	if (failed > NAMED_FAILURES)
		out_printf(o, " and %u more", failed - NAMED_FAILURES);
	if (l->no_memory)
		out_str(o, STR(" (over the memory budget)"));
	return failed > 0 || l->no_memory;
}
