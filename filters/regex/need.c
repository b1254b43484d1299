#include "filters/regex/need.h"

#include "base/check.h"
#include "base/eight.h"
#include "filters/regex/tree.h"

enum {
	LONG = 256,  /* longer ones have nearly all */
	BYTES = 128, /* bits of bytes of ASCII; behind them are 256 of pairs */
	NO_BYTE = 256,
};

/* Kinds have the bits of capitals, for which small letters stand. */
enum { ANY = 'A', DIGIT, CAPITAL, SPACE, CONTROL, HIGH };

#define LETTERS UINT64_C(0x7fffffe) /* in a word of bytes */
#define SPACES  (UINT64_C(0x1f) << '\t' | UINT64_C(1) << ' ')
#define BLANKS  (UINT64_C(1) << '\t' | UINT64_C(1) << '\n' | UINT64_C(1) << '\r')

static const struct {
	unsigned bit;
	struct byte_set bytes;
} kinds[] = {
	{ ANY, { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } } },
	{ DIGIT, { { UINT64_C(0x3ff) << '0' } } },
	{ CAPITAL, { { 0, LETTERS } } },
	{ SPACE, { { SPACES } } },
	{ CONTROL, { { UINT32_MAX & ~BLANKS, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX } } },
	{ HIGH, { { 0, 0, UINT64_MAX, UINT64_MAX } } },
};

static void put(struct need *need, unsigned bit)
{
	need->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void put_pair(struct need *need, unsigned a, unsigned b)
{
	put(need, BYTES + ((a << 8 | b) * 0x9e3779b1u >> 24));
}

/* ---- of an expression ---- */

static bool is_among(const struct byte_set *set, const struct byte_set *others)
{
	for (unsigned i = 0; i < 4; i++)
		if (set->bits[i] & ~others->bits[i])
			return false;
	return true;
}

/* The byte that stands there, of both cases the small one. */
static unsigned only_byte(const struct byte_set *set)
{
	unsigned only = NO_BYTE;

	for (unsigned i = 0; i < 4; i++)
		for (uint64_t rest = set->bits[i]; rest; rest &= rest - 1) {
			const char c = (char)(64 * i + (unsigned)__builtin_ctzll(rest));
			const unsigned small = (unsigned char)ascii_lower(c);

			if (only != NO_BYTE && only != small)
				return NO_BYTE;
			only = small;
		}
	return only;
}

static unsigned pass_class(const struct byte_set *set, unsigned before, struct need *need)
{
	const unsigned byte = only_byte(set);

	for (size_t i = 0; i < COUNTOF(kinds); i++)
		if (is_among(set, &kinds[i].bytes))
			put(need, kinds[i].bit);
	if (byte < BYTES)
		put(need, byte);
	if (byte != NO_BYTE && before != NO_BYTE)
		put_pair(need, before, byte);
	return byte;
}

static unsigned pass(const struct tree *t, unsigned before, struct need *need);

/* What each of them needs. */
static unsigned pass_choice(const struct tree *t, unsigned before, struct need *need)
{
	struct need all = { { 0 } };
	const unsigned last = pass(t, before, &all);
	bool is_last = true;

	while ((t = t->next)) {
		struct need own = { { 0 } };

		is_last &= pass(t, before, &own) == last;
		for (unsigned i = 0; i < NEED_WORDS; i++)
			all.bits[i] &= own.bits[i];
	}
	for (unsigned i = 0; i < NEED_WORDS; i++)
		need->bits[i] |= all.bits[i];
	return is_last ? last : NO_BYTE;
}

/* Behind the byte before it; returns its own last one.  NO_BYTE: it is not known. */
static unsigned pass(const struct tree *t, unsigned before, struct need *need)
{
	switch (t->kind) {
	case TREE_PLACE:
		return before;
	case TREE_ANYTHING:
		break;
	case TREE_CLASS:
		return pass_class(&t->set, before, need);
	case TREE_SEQUENCE:
		for (t = t->first; t; t = t->next)
			before = pass(t, before, need);
		return before;
	case TREE_CHOICE:
		return pass_choice(t->first, before, need);
	case TREE_REPEAT:
		if (t->least)
			return pass(t->first, before, need);
		break;
	}
	return NO_BYTE;
}

void need_of(const struct tree *expression, struct need *need)
{
	*need = (struct need){ { 0 } };
	(void)pass(expression, NO_BYTE, need);
}

/* ---- of a text ---- */

static void drop(struct need *need, unsigned bit)
{
	need->bits[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

/* All but what is seen at once. */
static void put_long(struct str text, struct need *has)
{
	memset(has, 0xff, sizeof(*has));
	if (!eight_has_high(text.p, text.n))
		drop(has, HIGH);
	if (!memchr(text.p, '\0', text.n))
		drop(has, '\0');
}

static void put_kinds(const struct byte_set *seen, struct need *has)
{
	has->bits[0] = seen->bits[0];
	has->bits[1] = (seen->bits[1] & ~LETTERS) | (seen->bits[1] & LETTERS) << 32;
	for (size_t i = 0; i < COUNTOF(kinds); i++)
		for (unsigned k = 0; k < 4; k++)
			if (seen->bits[k] & kinds[i].bytes.bits[k])
				put(has, kinds[i].bit);
}

void need_of_text(struct str text, struct need *has)
{
	struct byte_set seen = { { 0 } };
	unsigned before = 0;

	if (text.n > LONG) {
		put_long(text, has);
		return;
	}
	*has = (struct need){ { 0 } };
	for (size_t i = 0; i < text.n; i++) {
		const unsigned c = (unsigned char)text.p[i];
		const unsigned small = (unsigned char)ascii_lower(text.p[i]);

		seen.bits[c / 64] |= UINT64_C(1) << c % 64;
		put_pair(has, before, small);
		before = small;
	}
	put_kinds(&seen, has);
}
