#include "policy/hits.h"

#include "base/check.h"
#include "policy/inside.h"

enum { NONE_TRUE, FIRST_VERDICT };

static size_t first_would(const struct policy *p)
{
	return FIRST_VERDICT + p->verdict_count;
}

static size_t first_symbol(const struct policy *p)
{
	return first_would(p) + p->verdict_count;
}

size_t hits_count(const struct policy *p)
{
	return first_symbol(p) + p->symbol_count;
}

static struct hit of_verdict(enum hit_kind kind, const struct verdict *v)
{
	return (struct hit){ .kind = kind,
			     .name = str_z(v->name),
			     .action = v->action,
			     .hidden =
				     v->mode == (kind == HIT_WOULD ? MODE_ENFORCE : MODE_SHADOW) };
}

struct hit hits_of(const struct policy *p, size_t i)
{
	const struct symbol *s;

	CHECK(i < hits_count(p));
	if (i == NONE_TRUE)
		return (struct hit){ .kind = HIT_VERDICT, .action = ACTION_ACCEPT };
	if (i < first_would(p))
		return of_verdict(HIT_VERDICT, &p->verdicts[i - FIRST_VERDICT]);
	if (i < first_symbol(p))
		return of_verdict(HIT_WOULD, &p->verdicts[i - first_would(p)]);
	s = &p->symbols[i - first_symbol(p)];
	return (struct hit){ .kind = HIT_SYMBOL,
			     .name = s->name,
			     .hidden = symbol_is_sub(s) || s->kind == SYMBOL_MATCH };
}

static size_t find_symbol(const struct policy *p, struct str name)
{
	const symbol_id id = symbol_find(p, name);

	return id == SYMBOL_NONE ? hits_count(p) : first_symbol(p) + id;
}

size_t hits_find(const struct policy *p, const struct hit *hit)
{
	if (hit->kind == HIT_SYMBOL)
		return find_symbol(p, hit->name);
	for (size_t i = 0; i < first_symbol(p); i++) {
		const struct hit own = hits_of(p, i);

		if (own.kind == hit->kind && own.action == hit->action &&
		    str_eq(own.name, hit->name))
			return i;
	}
	return hits_count(p);
}

void hits_add_decided(const struct policy *p, uint64_t *row, const struct judgement *j)
{
	row[j->verdict]++;
	for (uint64_t would = j->would_bits; would; would &= would - 1)
		row[first_would(p) + (unsigned)__builtin_ctzll(would)]++;
}

void hits_add_seen(const struct policy *p, uint64_t *row, const uint64_t *seen)
{
	uint64_t *symbols = row + first_symbol(p);

	for (size_t word = 0; word < policy_seen_words(p); word++)
		for (uint64_t bits = seen[word]; bits; bits &= bits - 1)
			symbols[word * 64 + (unsigned)__builtin_ctzll(bits)]++;
}
