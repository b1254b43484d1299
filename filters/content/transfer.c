#include "filters/content/transfer.h"

#include "base/sixteen.h"

#include <endian.h>

enum transfer transfer_named(struct str name)
{
	if (str_ieq(name, STR("base64")))
		return TRANSFER_BASE64;
	if (str_ieq(name, STR("quoted-printable")))
		return TRANSFER_QUOTED;
	if (str_ieq(name, STR("x-uuencode")) || str_ieq(name, STR("uuencode")) ||
	    str_ieq(name, STR("x-uue")) || str_ieq(name, STR("uue")))
		return TRANSFER_UUENCODE;
	return TRANSFER_NONE;
}

/* ---- base64 ---- */

/* Letters with others among them, before whole groups are looked for again. */
enum { MIXED = 16 };

/* clang-format off */

/* In the order of bytes: L(BITS) a letter, E "=", N any other. */
#define ALPHABET(L, N, E)                                                                         \
	N16(N), N16(N), N4(N), N4(N), N, N, N, L(62), N, N, N, L(63),                             \
	TEN(L, 52), N, N, N, E, N, N,                                                             \
	N, TEN(L, 0), TEN(L, 10), L(20), L(21), L(22), L(23), L(24), L(25), N4(N), N,             \
	N, TEN(L, 26), TEN(L, 36), L(46), L(47), L(48), L(49), L(50), L(51), N4(N), N,            \
	N16(N), N16(N), N16(N), N16(N), N16(N), N16(N), N16(N), N16(N)
#define N4(N)     N, N, N, N
#define N16(N)    N4(N), N4(N), N4(N), N4(N)
#define TEN(L, B) L(B), L(B + 1), L(B + 2), L(B + 3), L(B + 4), L(B + 5), L(B + 6), L(B + 7), L(B + 8), L(B + 9)

enum { NONE = 64 };
#define BITS(B) (B)
static const uint8_t letters[256] = { ALPHABET(BITS, NONE, NONE) };

/* The same, as the first to fourth of a group: that it is missing has a bit of its own. */
enum { MISSING = 24 };
#define NO(N)     UINT32_C(1) << (MISSING + N)
#define FIRST(B)  (B) << 18
#define SECOND(B) (B) << 12
#define THIRD(B)  (B) << 6
static const uint32_t groups[4][256] = {
	{ ALPHABET(FIRST, NO(0), NO(0)) },
	{ ALPHABET(SECOND, NO(1), NO(1)) },
	{ ALPHABET(THIRD, NO(2), NO(2)) },
	{ ALPHABET(BITS, NO(3), NO(3)) },
};

/* What it does to the count of letters: so many more of them, and a mask; "=" ends a group. */
enum { MASK = 8 };
#define MOVE(MORE, KEPT) ((KEPT) << MASK | (MORE))
#define ONE_MORE(B)      MOVE(1, 0xff)
static const uint16_t moves[256] = { ALPHABET(ONE_MORE, MOVE(0, 0xff), MOVE(3, 0xfc)) };

/* clang-format on */

uint8_t transfer_letter(char c)
{
	return letters[(uint8_t)c];
}

/* Of 24 bits the bytes, and one behind them that means nothing. */
static void put_bits(char out[4], uint32_t bits)
{
	const uint32_t in_order = htobe32(bits << 8);

	memcpy(out, &in_order, sizeof(in_order));
}

static uint32_t group_of(const char *p)
{
	return groups[0][(uint8_t)p[0]] | groups[1][(uint8_t)p[1]] | groups[2][(uint8_t)p[2]] |
	       groups[3][(uint8_t)p[3]];
}

/* Returns how many bytes it is. */
static size_t put_group(char out[4], uint32_t group)
{
	static const uint8_t bytes[16] = { [0] = 3, [8] = 2, [4 | 8] = 1 };

	put_bits(out, group);
	return bytes[group >> MISSING];
}

/* Whole groups, as long as there is nothing between their letters. */
static size_t take_groups(struct str *in, char *out, size_t room)
{
	size_t n = 0, at = 0;

	for (; in->n - at >= 4 && room - n >= 4; at += 4) {
		const uint32_t group = group_of(in->p + at);

		if (group >> MISSING)
			break;
		put_bits(out + n, group);
		n += 3;
	}
	*in = str_from(*in, at);
	return n;
}

/* Between groups everything that is no letter means nothing, "=" too. */
static struct str skip_others(struct str in)
{
	size_t n = 0;

	while (n < in.n && transfer_letter(in.p[n]) >= NONE)
		n++;
	return str_from(in, n);
}

/* Some groups with others among their letters, or ended by "=".  Without a branch for what a byte is: that is a stranger's
 * choice. */
static size_t take_mixed(struct decoder *d, struct str *in, char *out, size_t room)
{
	const unsigned most = room < MIXED ? (unsigned)room / 4 * 4 : MIXED;
	char found[MIXED + 4] = { 0 };
	unsigned n = d->count;
	size_t i = 0, done = 0;

	memcpy(found, d->kept, sizeof(d->kept));
	for (; i < in->n && n < most; i++) {
		const unsigned move = moves[(uint8_t)in->p[i]];

		found[n] = in->p[i];
		n = (n + (uint8_t)move) & move >> MASK;
	}
	*in = str_from(*in, i);
	for (i = 0; i < n / 4; i++)
		done += put_group(out + done, group_of(found + 4 * i));
	d->count = n % 4;
	memcpy(d->kept, found + n / 4 * 4, sizeof(d->kept));
	return done;
}

static size_t take_base64(struct decoder *d, struct str *in, char *out, size_t room)
{
	size_t n = 0, groups_n;

	while (in->n && room - n >= 4) {
		do {
			if (d->count)
				break;
			*in = skip_others(*in);
			groups_n = take_groups(in, out + n, room - n);
			n += groups_n;
		} while (groups_n);
		if (room - n >= 4)
			n += take_mixed(d, in, out + n, room - n);
	}
	return n;
}

/* What an unfinished group holds: 2 letters are a byte, 3 are two. */
static size_t end_base64(const struct decoder *d, char *out)
{
	char bytes[4];
	const size_t n = put_group(bytes, group_of(d->kept));

	memcpy(out, bytes, n);
	return n;
}

/* ---- quoted-printable ---- */

/* Without a branch for each byte, for what comes is a stranger's choice: what may be a code is written as text is, and what comes
 * behind it may take it back. */

/* What of a code is there: nothing; "="; "=4"; "= ", a space for all of them: at the end of a line they are lost.  A state is
 * where its bits are in what a byte does. */
enum { IN_TEXT = 0, MARKED = 6, HALF = 12, SPACED = 18 };

/* What a byte does in a state: the next one, and that it is the second digit of a code; by how much less than by itself the bytes
 * grow; for all states, its value as a digit.  All is 0 of what is text everywhere. */
enum { WHOLE = 32, LESS = 32, VALUE = 60 };

#define STEP(STATE, NEXT, LOSES)                                                                   \
	((uint64_t)(NEXT) << (STATE) | (uint64_t)(LOSES) << (LESS + (STATE)))
#define MARK                                                                                       \
	(STEP(IN_TEXT, MARKED, 0) | STEP(MARKED, MARKED, 0) | STEP(HALF, MARKED, 0) |              \
	 STEP(SPACED, MARKED, 0))
#define SPACE    (STEP(MARKED, SPACED, 0) | STEP(SPACED, SPACED, 1))
#define EOL      (STEP(MARKED, IN_TEXT, 2) | STEP(SPACED, IN_TEXT, 3))
#define DIGIT(N) (STEP(MARKED, HALF, 0) | STEP(HALF, IN_TEXT | WHOLE, 2) | (uint64_t)(N) << VALUE)

static const uint64_t steps[256] = {
	['='] = MARK,      ['\n'] = EOL,      ['\t'] = SPACE,    ['\r'] = SPACE,
	[' '] = SPACE,     ['0'] = DIGIT(0),  ['1'] = DIGIT(1),  ['2'] = DIGIT(2),
	['3'] = DIGIT(3),  ['4'] = DIGIT(4),  ['5'] = DIGIT(5),  ['6'] = DIGIT(6),
	['7'] = DIGIT(7),  ['8'] = DIGIT(8),  ['9'] = DIGIT(9),  ['A'] = DIGIT(10),
	['B'] = DIGIT(11), ['C'] = DIGIT(12), ['D'] = DIGIT(13), ['E'] = DIGIT(14),
	['F'] = DIGIT(15), ['a'] = DIGIT(10), ['b'] = DIGIT(11), ['c'] = DIGIT(12),
	['d'] = DIGIT(13), ['e'] = DIGIT(14), ['f'] = DIGIT(15),
};

struct quoted {
	char *to;
	unsigned state;
	unsigned digit; /* the last byte's value, if it is one */
};

static inline void step(struct quoted *q, uint8_t c)
{
	const uint64_t all = steps[c], does = all >> q->state;
	const unsigned whole = does / WHOLE & 1, digit = (unsigned)(all >> VALUE);
	const unsigned byte = q->digit << 4 | digit;

	q->to[-2 * (int)whole] = (char)(c ^ ((c ^ byte) & (0 - whole)));
	q->to += 1 - (int)(does >> LESS & 3);
	q->state = does % WHOLE;
	q->digit = digit;
}

/* The bytes in front of what may be a code, of the next sixteen, which all are copied. */
static size_t take_text(char *to, const char *p)
{
	const sixteen bytes = sixteen_load(p), marks = (sixteen)(bytes == '=');

	memcpy(to, &bytes, sizeof(bytes));
	return sixteen_any(marks) ? sixteen_first(marks) : sizeof(bytes);
}

static void take_bytes(struct quoted *state, struct str s)
{
	struct quoted q = *state;
	const char *p = s.p, *const end = s.p + s.n;

	while (end - p >= 16 + 4) {
		if (q.state == IN_TEXT) {
			const size_t n = take_text(q.to, p);

			q.to += n;
			p += n;
			if (n == 16)
				continue;
		}
		for (unsigned i = 0; i < 4; i++)
			step(&q, (uint8_t)*p++);
	}
	while (p < end)
		step(&q, (uint8_t)*p++);
	*state = q;
}

static unsigned kept_state(const struct decoder *d)
{
	if (d->count < 2)
		return d->count ? MARKED : IN_TEXT;
	return steps[(uint8_t)d->kept[1]] == SPACE ? SPACED : HALF;
}

static size_t let_go(struct decoder *d, char *out)
{
	const size_t n = d->count;

	memcpy(out, d->kept, n);
	d->count = 0;
	return n;
}

static size_t take_quoted(struct decoder *d, struct str *in, char *out, size_t room)
{
	struct quoted q = { .state = kept_state(d),
			    .digit = (unsigned)(steps[(uint8_t)d->kept[1]] >> VALUE) };

	q.to = out + let_go(d, out);
	take_bytes(&q, str_take(in, room - (size_t)(q.to - out)));
	d->count = q.state < HALF ? (uint8_t)(q.state / MARKED) : 2;
	memcpy(d->kept, q.to - d->count, d->count);
	return (size_t)(q.to - out) - d->count;
}

/* ---- uuencode ---- */

/* Letters at the end of a line may be missing: they are spaces. */
static size_t end_uu_group(struct decoder *d, char *out)
{
	const size_t n = d->count == 0 ? 0 : d->left < 3 ? d->left : 3;

	d->bits <<= 6 * (4 - d->count);
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(d->bits >> (16 - 8 * i));
	d->left = (uint8_t)(d->left - n);
	d->bits = 0;
	d->count = 0;
	return n;
}

static inline size_t take_uu_letter(struct decoder *d, char c, char *out)
{
	const bool letter = c >= ' ' && c <= '`';
	const uint8_t six = (uint8_t)(c - ' ') & 63;

	if (c == '\n') {
		const size_t n = end_uu_group(d, out);

		d->in_line = false;
		d->left = 0;
		return n;
	}
	if (!d->in_line) {
		d->in_line = true;
		d->left = letter ? six : 0;
		return 0;
	}
	if (!letter || d->left == 0)
		return 0;
	d->bits = d->bits << 6 | six;
	return ++d->count == 4 ? end_uu_group(d, out) : 0;
}

/* Whole groups of a line, as long as there is nothing between their letters. */
static size_t take_uu_groups(struct decoder *d, struct str *in, char *out, size_t room)
{
	size_t n = 0, at = 0;

	for (; d->left >= 3 && in->n - at >= 4 && room - n >= 4; at += 4, n += 3) {
		uint32_t bits = 0;
		bool others = false;

		for (unsigned k = 0; k < 4; k++) {
			const uint8_t six = (uint8_t)(in->p[at + k] - ' ');

			others |= six > 64;
			bits = bits << 6 | (six & 63);
		}
		if (others)
			break;
		put_bits(out + n, bits);
		d->left = (uint8_t)(d->left - 3);
	}
	*in = str_from(*in, at);
	return n;
}

static size_t take_uuencode(struct decoder *d, struct str *in, char *out, size_t room)
{
	struct decoder at_work = *d;
	struct str rest = *in;
	size_t n = 0;

	while (rest.n && room - n >= 4) {
		n += take_uu_letter(&at_work, rest.p[0], out + n);
		rest = str_from(rest, 1);
		if (at_work.count == 0 && at_work.left >= 3)
			n += take_uu_groups(&at_work, &rest, out + n, room - n);
	}
	*d = at_work;
	*in = rest;
	return n;
}

/* ---- all of them ---- */

static size_t take_plain(struct str *in, char *out, size_t room)
{
	const struct str s = str_head(*in, room);

	memcpy(out, s.p, s.n);
	*in = str_from(*in, s.n);
	return s.n;
}

size_t decoder_take(struct decoder *d, struct str *in, char *out, size_t room)
{
	if (in->n == 0)
		return 0;
	switch (d->encoding) {
	case TRANSFER_NONE:
		return take_plain(in, out, room);
	case TRANSFER_BASE64:
		return take_base64(d, in, out, room);
	case TRANSFER_QUOTED:
		return take_quoted(d, in, out, room);
	case TRANSFER_UUENCODE:
		return take_uuencode(d, in, out, room);
	}
	return 0;
}

size_t decoder_effort(const struct decoder *d, size_t from, size_t to)
{
	switch (d->encoding) {
	case TRANSFER_NONE:
		return 0;
	case TRANSFER_BASE64:
		return 2 * to < from ? 3 * from : from; /* letters one by one */
	case TRANSFER_QUOTED:
	case TRANSFER_UUENCODE:
		return 4 * from;
	}
	return 0;
}

size_t decoder_end(struct decoder *d, char *out)
{
	switch (d->encoding) {
	case TRANSFER_NONE:
		break;
	case TRANSFER_BASE64:
		return end_base64(d, out);
	case TRANSFER_QUOTED:
		if (kept_state(d) != HALF)
			d->count = 0; /* the line end that it undid is the boundary's */
		return let_go(d, out);
	case TRANSFER_UUENCODE:
		return end_uu_group(d, out);
	}
	return 0;
}
