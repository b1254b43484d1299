#include "filters/pattern/places.h"

#include "base/mem.h"

enum {
	PLACES_MOST = 1 << 14,
	PLACES_OF_ONE = 1 << 10, /* more are not much less than all of a text */
};

void places_open(struct places *p, size_t rules)
{
	p->items = mem_array(NULL, PLACES_MOST, sizeof(*p->items));
	p->of = mem_new((rules + 1) * sizeof(*p->of));
	p->rules = mem_array(NULL, rules + 1, sizeof(*p->rules));
	p->count = 1;
	p->rule_count = 0;
}

void places_close(struct places *p)
{
	mem_free(p->items);
	mem_free(p->of);
	mem_free(p->rules);
}

void places_clear(struct places *p)
{
	for (uint32_t i = 0; i < p->rule_count; i++)
		p->of[p->rules[i]] = (struct places_of){ .last = 0 };
	p->count = 1;
	p->rule_count = 0;
}

static struct places_of *places_of(struct places *p, uint32_t rule)
{
	struct places_of *of = &p->of[rule];

	if (!of->listed) {
		of->listed = true;
		p->rules[p->rule_count++] = rule;
	}
	return of;
}

/* All places of the rule are forgotten. */
static void lose(struct places_of *of)
{
	of->lost = true;
	of->last = 0;
}

/* The last place has grown to the left: those that it touches now become one with it. */
static void merge(struct places *p, struct place *last)
{
	const struct place *before = &p->items[last->other];

	while (last->other && before->piece == last->piece && before->to >= last->from) {
		if (before->from < last->from)
			last->from = before->from;
		last->told += before->told;
		last->other = before->other;
		before = &p->items[last->other];
	}
}

static void tell(struct place *last, uint32_t seen)
{
	last->told += seen != last->seen;
	last->seen = seen;
}

static void widen(struct places *p, struct place *last, const struct place *by)
{
	tell(last, by->seen);
	if (by->to > last->to)
		last->to = by->to;
	if (by->from < last->from) {
		last->from = by->from;
		merge(p, last);
	}
}

void places_add(struct places *p, uint32_t rule, const struct place *place)
{
	struct places_of *of = places_of(p, rule);
	struct place *last = &p->items[of->last];

	if (of->lost)
		return;
	if (of->last && last->piece == place->piece && place->from <= last->to) {
		widen(p, last, place);
		return;
	}
	if (p->count == PLACES_MOST || of->count == PLACES_OF_ONE ||
	    (of->last && last->piece > place->piece)) {
		lose(of);
		return;
	}
	p->items[p->count] = *place;
	p->items[p->count].other = of->last;
	of->last = p->count++;
	of->count++;
}

void places_count(struct places *p, uint32_t rule, uint32_t piece, uint32_t seen)
{
	struct place *last = &p->items[p->of[rule].last];

	if (p->of[rule].last && last->piece == piece)
		tell(last, seen);
}

uint32_t places_take(struct places *p, uint32_t rule)
{
	uint32_t behind = 0, at = p->of[rule].last;

	while (at) {
		const uint32_t before = p->items[at].other;

		p->items[at].other = behind;
		behind = at;
		at = before;
	}
	return behind;
}
