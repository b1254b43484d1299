/* lookup.c - see lookup.h.
 *
 * The resolver's answers die with done(), a filter reads them in its next call: so they are copied,
 * records and texts, into the owner's arena.  An answer that does not fit there, or is more than the
 * owner's share of it, counts as failed. */
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

/* What an answer takes of the owner's share: strangers write answers, and must not crowd out those of
 * others (a PTR zone the block list's). */
static bool take_share(struct lookups *l, const struct dns_answer *answer, unsigned count)
{
	size_t bytes = count * sizeof(struct rr);

	for (unsigned i = 0; i < count; i++)
		bytes += answer->records[i].text.n;
	if (bytes > LIMIT_FILTER_ANSWERS - l->bytes)
		return false;
	l->bytes += bytes;
	return true;
}

static bool keep(struct lookups *l, const struct dns_answer *answer, struct dns_answer *out)
{
	const unsigned count =
		answer->count < LIMIT_FILTER_RECORDS ? answer->count : LIMIT_FILTER_RECORDS;
	struct rr *records = NULL;

	if (!take_share(l, answer, count))
		return false;
	if (count) {
		records = arena_alloc(l->arena, count * sizeof(*records));
		if (!records)
			return false;
	}
	for (unsigned i = 0; i < count; i++) {
		records[i] = answer->records[i];
		records[i].text = arena_str(l->arena, answer->records[i].text);
		if (!records[i].text.p)
			return false;
	}
	*out = *answer;
	out->count = count;
	out->records = records;
	return true;
}

static void answered(struct op *op, enum err err, const void *result)
{
	struct lookup *lookup = op->arg;
	struct lookups *l = lookup->of;
	const struct dns_answer *answer = result;

	(void)err; /* the status says it: DNS_FAILED */
	lookup->state = LOOKUP_FAILED;
	if (answer && answer->status == DNS_FAILED)
		lookup->out->rcode = answer->rcode;
	else if (answer && keep(l, answer, lookup->out))
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

void lookups_dns(struct lookups *l, struct str name, enum rr_type type, int64_t left_ms,
		 struct dns_answer *out)
{
	struct lookup *lookup = add(l, name);

	*out = (struct dns_answer){ .status = DNS_FAILED };
	if (!lookup)
		return;
	lookup->type = type;
	lookup->out = out;
	if (!may_ask(l, left_ms))
		return;
	if (l->dns(l->ctx, &(struct filter_question){ .name = name,
						      .type = type,
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
