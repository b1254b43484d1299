#include "filters/content/text.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "filters/content/run.h"

/* What a character is to a reader. */
enum look { LOOK_PLAIN, LOOK_SPACE, LOOK_NOTHING, LOOK_TURNS, LOOK_TURNS_BACK };

/* Bytes that may begin something else than a plain character: whitespace and controls, and the heads of those below. */
static run_stops stops = {
#define ALL8   1, 1, 1, 1, 1, 1, 1, 1
#define NONE8  0, 0, 0, 0, 0, 0, 0, 0
#define NONE16 NONE8, NONE8
#define NONE64 NONE16, NONE16, NONE16, NONE16
	ALL8,   ALL8,   ALL8,   ALL8,                                              /* 00 */
	1,      0,      0,      0,    0, 0, 0, 0, NONE8, NONE16,                   /* 20 */
	NONE16, NONE16, NONE16,                                                    /* 40 */
	NONE8,  0,      0,      0,    0, 0, 0, 0, 1,                               /* 70 */
	NONE64,                                                                    /* 80 */
	0,      0,      1,      0,    0, 0, 0, 0, 0,     0,      0, 0, 0, 1, 0, 0, /* c0 */
	0,      0,      0,      0,    0, 0, 0, 0, 1,     0,      0, 0, 0, 0, 0, 0, /* d0 */
	0,      1,      1,      1,    0, 0, 0, 0, 0,     0,      0, 0, 0, 0, 0, 1, /* e0 */
	0,      0,      0,      1,    0, 0, 0, 0, NONE8,                           /* f0 */
#undef NONE64
#undef NONE16
#undef NONE8
#undef ALL8
};

/* Others than plain ones, in the order of their numbers: of Unicode White_Space and Default_Ignorable_Code_Point, and what is
 * empty though it has a width.  ESC ends a word: with it begins a sequence of ISO 2022, as in "http://x.example/ESC(B". */
static const struct range {
	uint32_t first, last;
	enum look look;
} ranges[] = {
	{ 0x0, 0x8, LOOK_NOTHING },         { 0x9, 0xd, LOOK_SPACE },
	{ 0xe, 0x1a, LOOK_NOTHING },        { 0x1b, 0x1b, LOOK_SPACE },
	{ 0x1c, 0x1f, LOOK_NOTHING },       { 0x20, 0x20, LOOK_SPACE },
	{ 0x7f, 0x7f, LOOK_NOTHING },       { 0xa0, 0xa0, LOOK_SPACE },
	{ 0xad, 0xad, LOOK_NOTHING },       { 0x34f, 0x34f, LOOK_NOTHING },
	{ 0x61c, 0x61c, LOOK_NOTHING },     { 0x115f, 0x1160, LOOK_NOTHING }, /* of Hangul */
	{ 0x1680, 0x1680, LOOK_SPACE },     { 0x17b4, 0x17b5, LOOK_NOTHING },
	{ 0x180b, 0x180f, LOOK_NOTHING },   { 0x2000, 0x200a, LOOK_SPACE },
	{ 0x200b, 0x200f, LOOK_NOTHING },   { 0x2028, 0x2029, LOOK_SPACE },
	{ 0x202a, 0x202b, LOOK_NOTHING },   { 0x202c, 0x202d, LOOK_TURNS_BACK },
	{ 0x202e, 0x202e, LOOK_TURNS },     { 0x202f, 0x202f, LOOK_SPACE },
	{ 0x205f, 0x205f, LOOK_SPACE },     { 0x2060, 0x206f, LOOK_NOTHING },
	{ 0x2800, 0x2800, LOOK_SPACE },                                     /* of Braille */
	{ 0x3000, 0x3000, LOOK_SPACE },     { 0x3164, 0x3164, LOOK_SPACE }, /* of Hangul */
	{ 0xfe00, 0xfe0f, LOOK_NOTHING },   { 0xfeff, 0xfeff, LOOK_NOTHING },
	{ 0xffa0, 0xffa0, LOOK_SPACE },     { 0xfff9, 0xfffb, LOOK_NOTHING },
	{ 0xe0000, 0xe0fff, LOOK_NOTHING },
};

static enum look look_of(struct str character)
{
	const uint32_t point = character.n == 1 ? (uint8_t)character.p[0] : utf8_point(character);
	size_t low = 0, high = COUNTOF(ranges);

	if (point == ' ' || point == 0xa0 || (point >= '\t' && point <= '\r'))
		return LOOK_SPACE; /* mostly */
	while (low < high) {
		const size_t mid = (low + high) / 2;

		if (point > ranges[mid].last)
			low = mid + 1;
		else if (point < ranges[mid].first)
			high = mid;
		else
			return ranges[mid].look;
	}
	return LOOK_PLAIN;
}

enum { LEAST_BYTES = 1024, LEAST_STEPS = 4096 }; /* a part that may have less is not read */

static struct text_effort left_of(const struct text *t)
{
	return (struct text_effort){ .bytes = LIMIT_TEXT - t->n,
				     .paragraphs = LIMIT_TEXT_PARAGRAPHS - t->count,
				     .steps = t->steps < LIMIT_TEXT_STEPS
						      ? LIMIT_TEXT_STEPS - t->steps
						      : 0 };
}

void text_begin_part(struct text *t)
{
	const struct text_effort left = left_of(t);

	t->kept.bytes = left.bytes / 2;
	t->kept.paragraphs = left.paragraphs / 2;
	t->kept.steps = left.steps / 2;
	t->full = t->kept.bytes < LEAST_BYTES || t->kept.paragraphs == 0 ||
		  t->kept.steps < LEAST_STEPS;
}

void text_add_steps(struct text *t, uint32_t steps)
{
	t->steps += steps;
	if (left_of(t).steps > t->kept.steps)
		return;
	t->cut = t->costly = t->full = true;
}

/* ---- what is shown from right to left ---- */

static void turn(char *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		const char c = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
}

/* Character by character.  True: there is a word of ASCII in it. */
static bool turn_text(char *p, size_t n)
{
	unsigned letters = 0;

	turn(p, n);
	for (size_t i = 0, begin = 0; i < n; i++) {
		letters += ascii_alpha(p[i]);
		if ((p[i] & 0xc0) == 0x80)
			continue;
		turn(p + begin, i + 1 - begin);
		begin = i + 1;
	}
	return letters > 1;
}

void text_turn_last(struct text *t)
{
	uint32_t from = t->turn_from;

	from += from < t->n && t->bytes[from] == ' ';
	if (from < t->n && turn_text(t->bytes + from, t->n - from))
		t->turned = true;
	t->turn_from = t->n;
}

void text_turn(struct text *t, bool on)
{
	text_settle(t);
	t->turning = on;
	t->turn_from = t->n;
}

void text_break(struct text *t)
{
	if (t->turning)
		text_turn(t, false);
	t->open = t->space = false;
}

void text_mode(struct text *t, enum text_source source, enum text_sight sight)
{
	if (t->source == source && t->sight == sight)
		return;
	text_break(t);
	t->source = (uint8_t)source;
	t->sight = (uint8_t)sight;
}

void text_space(struct text *t)
{
	t->space = t->open;
}

static bool open_paragraph(struct text *t)
{
	if (t->open)
		return true;
	if (left_of(t).paragraphs <= t->kept.paragraphs) {
		t->cut = t->full = true;
		return false;
	}
	t->paragraphs = mem_grow(t->paragraphs, &t->room, t->count + 1, sizeof(*t->paragraphs));
	t->paragraphs[t->count++] =
		(struct text_paragraph){ .at = t->n, .source = t->source, .sight = t->sight };
	t->open = true;
	t->space = false;
	return true;
}

/* Plain characters. */
static bool append(struct text *t, struct str s)
{
	uint32_t wanted;

	if (t->kept.bytes + s.n + t->space > LIMIT_TEXT - t->n) {
		t->cut = t->full = true;
		return false;
	}
	if (!open_paragraph(t))
		return false;
	wanted = t->n + (uint32_t)s.n + t->space;
	t->bytes = mem_grow(t->bytes, &t->size, wanted, 1);
	if (t->space)
		t->bytes[t->n++] = ' ';
	t->space = false;
	memcpy(t->bytes + t->n, s.p, s.n);
	t->n = wanted;
	t->paragraphs[t->count - 1].n = t->n - t->paragraphs[t->count - 1].at;
	return true;
}

void text_expect(struct text *t, size_t n)
{
	const size_t left = LIMIT_TEXT - t->n;

	t->bytes = mem_grow(t->bytes, &t->size, t->n + (uint32_t)(n < left ? n : left), 1);
}

bool text_put(struct text *t, struct str s)
{
	bool seen = false;

	while (s.n && !t->full) {
		size_t n = run_length(s, stops);
		enum look look = LOOK_PLAIN;

		t->steps++;
		if (n == 0) {
			n = utf8_length(s);
			look = n ? look_of(str_head(s, n)) : LOOK_NOTHING;
			n += n == 0;
		}
		if (look == LOOK_PLAIN)
			seen = append(t, str_head(s, n)) || seen;
		else if (look == LOOK_SPACE)
			text_space(t);
		else if (look == LOOK_NOTHING)
			t->steps++;
		else
			text_turn(t, look == LOOK_TURNS);
		s = str_from(s, n);
	}
	return seen;
}

void text_rewind(struct text *t, uint32_t count)
{
	text_break(t);
	if (count < t->count)
		t->n = t->paragraphs[count].at;
	t->count = count;
}

void text_demote(struct text *t, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (t->paragraphs[i].sight == TEXT_SHOWN)
			t->paragraphs[i].sight = TEXT_OTHER;
}

bool text_refer(struct text *t, enum text_link_kind kind, struct str reference)
{
	if (t->link_count == LIMIT_TEXT_LINKS ||
	    reference.n > LIMIT_TEXT_REFERENCES - t->references_n) {
		t->cut = true;
		return false;
	}
	t->links = mem_grow(t->links, &t->link_room, t->link_count + 1, sizeof(*t->links));
	t->references = mem_grow(t->references, &t->references_size,
				 t->references_n + (uint32_t)reference.n, 1);
	t->links[t->link_count++] = (struct text_link){ .at = t->references_n,
							.n = (uint32_t)reference.n,
							.from = t->n,
							.to = t->n,
							.kind = (uint8_t)kind };
	if (reference.n)
		memcpy(t->references + t->references_n, reference.p, reference.n);
	t->references_n += (uint32_t)reference.n;
	return true;
}

void text_free(struct text *t)
{
	mem_free(t->bytes);
	mem_free(t->references);
	mem_free(t->paragraphs);
	mem_free(t->links);
	*t = (struct text){ 0 };
}
