#include "filters/pattern/single.h"

#include "filters/pattern/share.h"

#define DENSE .02f /* of mail's bytes: what is there less often, PCRE2 finds sooner */

static void unite(struct byte_set *to, const struct byte_set *with)
{
	for (unsigned i = 0; i < 4; i++)
		to->bits[i] |= with->bits[i];
}

static bool put(const struct tree *t, struct single *s);

/* One byte alone, or what begins with one and is longer. */
static bool put_sequence(const struct tree *first, struct single *s)
{
	if (!first)
		return false;
	if (!first->next)
		return put(first, s);
	unite(&s->stops, &first->set);
	return first->kind == TREE_CLASS;
}

static bool put(const struct tree *t, struct single *s)
{
	switch (t->kind) {
	case TREE_CLASS:
		unite(&s->hits, &t->set);
		return true;
	case TREE_SEQUENCE:
		return put_sequence(t->first, s);
	case TREE_CHOICE:
		for (t = t->first; t; t = t->next)
			if (!put(t, s))
				return false;
		return true;
	case TREE_PLACE:
	case TREE_ANYTHING:
	case TREE_REPEAT:
		break;
	}
	return false;
}

/* A tree takes more than its expression may. */
static bool is_match(struct regex_engine *engine, const struct regex *expression, unsigned byte)
{
	const char c = (char)byte;

	return regex_count(engine, expression, (struct str){ .p = &c, .n = 1 }, 1) == 1;
}

bool single_of(const struct tree *tree, const struct regex *expression, struct regex_engine *engine,
	       struct single *single)
{
	float share = 0;

	*single = (struct single){ .hits = { { 0 } } };
	if (!put(tree, single))
		return false;
	for (unsigned i = 0; i < 4; i++)
		single->hits.bits[i] &= ~single->stops.bits[i];
	for (unsigned c = 0; c < 256; c++) {
		if (!byte_set_has(&single->hits, c))
			continue;
		if (is_match(engine, expression, c)) {
			share += share_of_byte((unsigned char)c);
			continue;
		}
		single->hits.bits[c / 64] &= ~(UINT64_C(1) << c % 64);
		single->stops.bits[c / 64] |= UINT64_C(1) << c % 64;
	}
	return share >= DENSE;
}

unsigned single_count(const struct single *single, struct str text, size_t *from, unsigned most)
{
	unsigned n = 0;
	size_t at = *from;

	for (; at < text.n && n < most; at++) {
		const unsigned c = (unsigned char)text.p[at];

		if (byte_set_has(&single->stops, c))
			break;
		n += byte_set_has(&single->hits, c);
	}
	*from = at;
	return n;
}
