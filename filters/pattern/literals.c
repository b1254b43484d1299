#include "base/check.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/share.h"

/* What is in each match several times is told of as seldom as what is in so many times fewer places. */
enum { OFTEN = 256 };

void literals_only(struct literals *set, struct str text)
{
	struct literal *l = &set->items[0];

	CHECK(text.n <= LITERAL_LONGEST);
	set->count = set->times = 1;
	set->least = set->most = 0;
	l->n = (uint8_t)text.n;
	for (size_t i = 0; i < text.n; i++)
		l->bytes[i] = ascii_lower(text.p[i]);
}

static bool same(const struct literal *a, const struct literal *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->bytes, b->bytes, a->n) == 0);
}

/* False: there is no room. */
static bool add(struct literals *set, const struct literal *l)
{
	for (unsigned i = 0; i < set->count; i++)
		if (same(&set->items[i], l))
			return true;
	if (set->count == LITERALS_MOST)
		return false;
	set->items[set->count++] = *l;
	return true;
}

bool literals_unite(struct literals *to, const struct literals *with)
{
	const unsigned before = to->count;

	for (unsigned i = 0; i < with->count; i++)
		if (!add(to, &with->items[i])) {
			to->count = before;
			return false;
		}
	if (before == 0 || with->times < to->times)
		to->times = with->times;
	if (before == 0 || with->least < to->least)
		to->least = with->least;
	if (before == 0 || with->most > to->most)
		to->most = with->most;
	return true;
}

static bool join(struct literals *to, const struct literal *a, const struct literal *b)
{
	struct literal both = *a;

	if (a->n + b->n > LITERAL_LONGEST)
		return false;
	memcpy(both.bytes + a->n, b->bytes, b->n);
	both.n = (uint8_t)(a->n + b->n);
	return add(to, &both);
}

bool literals_follow(struct literals *to, const struct literals *with)
{
	struct literals product = { .times = 1, .least = to->least, .most = to->most };

	for (unsigned i = 0; i < to->count; i++)
		for (unsigned j = 0; j < with->count; j++)
			if (!join(&product, &to->items[i], &with->items[j]))
				return false;
	*to = product;
	return true;
}

void literals_cut(struct literals *set, unsigned n)
{
	const unsigned count = set->count;

	set->count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct literal head = set->items[i];

		if (head.n > n)
			head.n = (uint8_t)n;
		(void)add(set, &head); /* no more than before */
	}
}

bool literals_in(const struct literals *set, struct str text)
{
	for (unsigned i = 0; i < set->count; i++) {
		const struct literal *l = &set->items[i];
		struct str behind;

		if (str_find(text, (struct str){ .p = l->bytes, .n = l->n }, &behind))
			return true;
	}
	return false;
}

float literals_share(const struct literals *set)
{
	float sum = 0;

	for (unsigned i = 0; i < set->count; i++) {
		float share = 1;

		for (unsigned k = 0; k < set->items[i].n; k++)
			share *= share_of_byte((unsigned char)set->items[i].bytes[k]);
		sum += share;
	}
	return set->count ? sum : 1;
}

/* One byte tells something when it is seldom in mail. */
static bool tells(const struct literal *l)
{
	const char c = l->bytes[0];

	return l->n > 1 || (l->n == 1 && !ascii_alnum(c) && !memchr(" .,-\n", c, 5));
}

/* At what share of places there is something to be told; 1: it tells nothing. */
static float told(const struct literals *set)
{
	for (unsigned i = 0; i < set->count; i++)
		if (!tells(&set->items[i]))
			return 1;
	return literals_share(set) / (set->times > 1 ? OFTEN : 1);
}

bool literals_tell_more(const struct literals *a, const struct literals *b)
{
	return told(a) < told(b);
}
