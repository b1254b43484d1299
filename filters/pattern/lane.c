#include "filters/pattern/lane.h"

#include "filters/pattern/share.h"

enum {
	PAST_DEPTHS = 1u << LANE_DEPTH, /* depths from here on do not matter */
	PASSES_MOST = 1 << 16,          /* of parts of an expression */
};

#define NOTHING 1e-9f /* a share that is not told from a smaller one */

/* ---- of an expression ---- */

/* Depths are bits: those at which a text may stand. */
struct walk {
	struct lane *lane;
	unsigned visits;
};

static void open_from(struct lane *lane, uint32_t depths)
{
	const unsigned lowest = depths ? (unsigned)__builtin_ctz(depths) : LANE_DEPTH;

	if (lowest < lane->open)
		lane->open = lowest;
}

static uint32_t pass(struct walk *w, const struct tree *t, uint32_t depths);

static uint32_t pass_class(struct walk *w, const struct byte_set *set, uint32_t depths)
{
	for (uint32_t rest = depths; rest; rest &= rest - 1) {
		struct byte_set *to = &w->lane->sets[__builtin_ctz(rest)];

		for (unsigned i = 0; i < 4; i++)
			to->bits[i] |= set->bits[i];
	}
	return depths << 1 & (PAST_DEPTHS - 1);
}

static uint32_t pass_repeat(struct walk *w, const struct tree *below, unsigned least, unsigned most,
			    uint32_t depths)
{
	uint32_t behind = least == 0 ? depths : 0;

	for (unsigned n = 1; n <= most && depths; n++) {
		const uint32_t before = behind;

		depths = pass(w, below, depths);
		if (n >= least)
			behind |= depths;
		if (n >= least && behind == before)
			break;
	}
	return behind;
}

/* Returns the depths behind it. */
static uint32_t pass(struct walk *w, const struct tree *t, uint32_t depths)
{
	uint32_t behind = 0;

	if (depths == 0)
		return 0;
	if (++w->visits > PASSES_MOST) {
		open_from(w->lane, depths);
		return 0;
	}
	switch (t->kind) {
	case TREE_PLACE:
		return depths;
	case TREE_CLASS:
		return pass_class(w, &t->set, depths);
	case TREE_ANYTHING:
		open_from(w->lane, depths);
		return 0;
	case TREE_SEQUENCE:
		for (t = t->first; t; t = t->next)
			depths = pass(w, t, depths);
		return depths;
	case TREE_CHOICE:
		for (t = t->first; t; t = t->next)
			behind |= pass(w, t, depths);
		return behind;
	case TREE_REPEAT:
		return pass_repeat(w, t->first, t->least, t->most, depths);
	}
	return depths;
}

static void walk_all(struct lane *lane, const struct step *s)
{
	struct walk w = { .lane = lane };
	uint32_t depths = 1;

	for (; s && depths; s = s->next)
		depths = s->tree->kind == TREE_REPEAT
				 ? pass_repeat(&w, s->tree->first, s->least, s->most, depths)
				 : pass(&w, s->tree, depths);
	open_from(lane, depths);
}

static void put_before(struct lane *lane, const struct byte_set *set, const struct lane *behind)
{
	lane->sets[0] = *set;
	memcpy(lane->sets + 1, behind->sets, (LANE_DEPTH - 1) * sizeof(*lane->sets));
	lane->open = behind->open < LANE_DEPTH ? behind->open + 1 : LANE_DEPTH;
}

/* Alternatives of one byte have the same behind them, which is found out once. */
const struct lane *lane_of(struct step *s)
{
	if (s->is_known)
		return &s->lane;
	s->is_known = true;
	s->lane = (struct lane){ .open = LANE_DEPTH };
	if (s->tree->kind == TREE_CLASS && s->next)
		put_before(&s->lane, &s->tree->set, lane_of(s->next));
	else
		walk_all(&s->lane, s);
	return &s->lane;
}

void lane_unite(struct lane *to, const struct lane *with)
{
	for (unsigned d = 0; d < LANE_DEPTH; d++)
		for (unsigned i = 0; i < 4; i++)
			to->sets[d].bits[i] |= with->sets[d].bits[i];
	if (with->open < to->open)
		to->open = with->open;
}

/* ---- shares ---- */

void lane_shares_open(struct lane_shares *shares, struct str usual)
{
	shares->usual = usual;
	for (unsigned k = 0; k < 32; k++)
		for (unsigned bits = 0; bits < 256; bits++) {
			float sum = 0;

			for (unsigned i = 0; i < 8; i++)
				if (bits >> i & 1)
					sum += share_of_byte((unsigned char)(8 * k + i));
			shares->of[k][bits] = sum;
		}
}

static float share_to(const struct lane_shares *shares, const struct lane *a, const struct lane *b,
		      unsigned depth)
{
	float share = 1;

	for (unsigned d = 0; d < depth && d < a->open && d < b->open && share > NOTHING; d++) {
		float sum = 0;

		for (unsigned word = 0; word < 4; word++) {
			uint64_t bits = a->sets[d].bits[word] | b->sets[d].bits[word];

			for (unsigned k = 8 * word; bits; k++, bits >>= 8)
				sum += shares->of[k][bits & 0xff];
		}
		share *= sum < 1 ? sum : 1;
	}
	return share;
}

static bool is_at(struct str text, const struct lane *lane, unsigned depth)
{
	for (unsigned d = 0; d < depth && d < lane->open; d++)
		if (d >= text.n || !byte_set_has(&lane->sets[d], (unsigned char)text.p[d]))
			return false;
	return true;
}

static float share_in(struct str text, const struct lane *lane, unsigned depth)
{
	unsigned count = 0;

	for (size_t at = 0; at < text.n; at++)
		count += is_at(str_from(text, at), lane, depth);
	return text.n ? (float)count / (float)text.n : 0;
}

float lane_share(const struct lane_shares *shares, const struct lane *lane, unsigned depth)
{
	const float share = share_to(shares, lane, lane, depth);
	const float usual = share_in(shares->usual, lane, depth);

	return share > usual ? share : usual;
}

float lane_share_united(const struct lane_shares *shares, const struct lane *a,
			const struct lane *b)
{
	return share_to(shares, a, b, LANE_DEPTH);
}
