#include "filters/content/body.h"

#include "base/attr.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "filters/content/run.h"

enum {
	RENDERED_PART = 50000, /* of a part that SpamAssassin looks at: body_part_scan_size */
	RAW_PART = 500000,     /* rawbody_part_scan_size */
	RAW_LEAST = 2048,      /* a piece, but for the last */
	RAW_MOST = 4096,
	SPACE_MOST = 3, /* bytes between two words */
	BEHIND = 64,    /* zeroes: machine code of expressions looks past an end */
	LEAST_ROOM = 4096,
};

/* ---- pieces ---- */

/* For so many bytes more, which the limit allows. */
static void make_room(struct body_pieces *p, size_t n)
{
	const uint32_t wanted = p->n + (uint32_t)n + BEHIND;

	if (wanted <= p->size)
		return;
	p->size = p->size ? p->size * 2 : LEAST_ROOM;
	if (p->size < wanted)
		p->size = wanted;
	p->bytes = mem_resize(p->bytes, p->size);
}

static bool append(struct body *b, enum body_kind kind, struct str s)
{
	struct body_pieces *p = &b->pieces[kind];

	if (s.n > LIMIT_PATTERN_VIEW - p->n) {
		b->cut = true;
		return false;
	}
	make_room(p, s.n);
	if (s.n)
		memcpy(p->bytes + p->n, s.p, s.n);
	p->n += (uint32_t)s.n;
	return true;
}

static uint32_t begin_of_last(const struct body_pieces *p)
{
	return p->count ? p->ends[p->count - 1] : 0;
}

/* Ends a piece at `end`; what is behind it begins the next one. */
static void cut_at(struct body *b, enum body_kind kind, uint32_t end)
{
	struct body_pieces *p = &b->pieces[kind];

	if (p->count == LIMIT_TEXT_PARAGRAPHS) {
		b->cut = true;
		p->n = begin_of_last(p);
		return;
	}
	if (p->count == p->room) {
		p->room = p->room ? p->room * 2 : 64;
		p->ends = mem_array(p->ends, p->room, sizeof(*p->ends));
	}
	p->ends[p->count++] = end;
}

static void end_piece(struct body *b, enum body_kind kind)
{
	const struct body_pieces *p = &b->pieces[kind];

	if (p->n > begin_of_last(p))
		cut_at(b, kind, p->n);
}

/* ---- rendered ---- */

/* A line that is too long is cut behind its last space. */
static void cut_lines(struct body *b)
{
	const struct body_pieces *p = &b->pieces[BODY_RENDERED];

	while (p->n - begin_of_last(p) > BODY_LINE) {
		const uint32_t at = begin_of_last(p);
		uint32_t n = BODY_LINE + 1;

		while (n > 0 && p->bytes[at + n - 1] != ' ')
			n--;
		cut_at(b, BODY_RENDERED, at + (n ? n : BODY_LINE));
	}
}

static void put(struct body *b, struct str s)
{
	if (append(b, BODY_RENDERED, s))
		cut_lines(b);
}

static void put_space(struct body *b)
{
	const struct body_space space = b->space;

	b->space = (struct body_space){ 0 };
	if (space.lines < 2) {
		if (space.lines || space.before)
			put(b, STR(" "));
		return;
	}
	put(b, space.before ? STR(" \n") : STR("\n"));
	end_piece(b, BODY_RENDERED);
	if (space.behind)
		put(b, STR(" "));
}

static void note_space(struct body_space *space, bool line_end)
{
	if (!line_end) {
		*(space->lines ? &space->behind : &space->before) = true;
		return;
	}
	space->lines = space->lines ? 2 : 1;
	space->behind = false;
}

/* A character that is what Perl calls whitespace. */
static bool is_space(struct str s)
{
	const uint8_t c = (uint8_t)s.p[0];
	uint32_t point;

	if (c < 0x80)
		return ascii_space((char)c);
	if (s.n == 1)
		return false;
	point = utf8_point(s);
	return point == 0x85 || point == 0xa0 || point == 0x1680 ||
	       (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 ||
	       point == 0x202f || point == 0x205f || point == 0x3000;
}

/* Bytes that are whitespace or may begin some: of what is not ASCII, U+0080 to U+00BF and U+1000 to U+3FFF. */
static run_stops stops = {
#define ALL8   1, 1, 1, 1, 1, 1, 1, 1
#define NONE8  0, 0, 0, 0, 0, 0, 0, 0
#define NONE32 NONE8, NONE8, NONE8, NONE8
	ALL8,   ALL8,   ALL8, ALL8,                                  /* 00 */
	1,      0,      0,    0,    0, 0, 0, 0, NONE8, NONE8, NONE8, /* 20 */
	NONE32, NONE32,                                              /* 40 */
	NONE32, NONE32,                                              /* 80 */
	0,      0,      1,    0,    0, 0, 0, 0, NONE8, NONE8, NONE8, /* c0 */
	0,      1,      1,    1,    0, 0, 0, 0, NONE8, NONE8, NONE8, /* e0 */
#undef NONE32
#undef NONE8
#undef ALL8
};

/* As many words as there is room for in any case, or one. */
static size_t text_length(const struct body *b, struct str s)
{
	const size_t used = b->pieces[BODY_RENDERED].n + SPACE_MOST;
	size_t room = used < LIMIT_PATTERN_VIEW ? LIMIT_PATTERN_VIEW - used : 0;
	size_t n;

	if (room >= b->left[BODY_RENDERED])
		room = b->left[BODY_RENDERED] - 1;
	n = run_length(str_head(s, room), stops);
	return n ? n : run_word(s, stops);
}

/* In HTML a line end is a space, and there is none beside a gap. */
static void put_whitespace(struct body *b, char c)
{
	b->begun = true;
	if (b->html && b->gap)
		return;
	if (!b->html && c == '\r') /* until it is seen whether a line ends */
		b->text_cr = true;
	else
		note_space(&b->space, !b->html && c == '\n');
}

static void put_plain(struct body *b, struct str s)
{
	b->begun = true;
	b->gap = false;
	put_space(b);
	put(b, s);
}

/* Characters of a part that is cut: it ends at whitespace, like SpamAssassin's. */
static bool take(struct body *b, size_t n, bool whitespace)
{
	uint32_t *left = &b->left[BODY_RENDERED];

	if (*left <= n && whitespace)
		*left = 0;
	else if (*left > n)
		*left -= (uint32_t)n;
	else if (*left)
		*left = 1;
	b->cut |= *left == 0;
	return *left != 0;
}

void body_text(struct body *b, struct str s)
{
	while (s.n && b->left[BODY_RENDERED]) {
		size_t n = text_length(b, s);
		bool space = false;

		if (n == 0) {
			n = utf8_length(s);
			n += n == 0;
			space = is_space(str_head(s, n));
		}
		if (b->text_cr && s.p[0] != '\n')
			note_space(&b->space, false);
		b->text_cr = false;
		if (!take(b, n, space))
			return;
		if (space)
			put_whitespace(b, s.p[0]);
		else if (!b->html || s.p[0]) /* browsers leave NUL out */
			put_plain(b, str_head(s, n));
		s = str_from(s, n);
	}
}

void body_gap(struct body *b, enum body_gap gap)
{
	if (gap == BODY_NO_GAP || b->left[BODY_RENDERED] == 0)
		return;
	if (!b->gap) /* it takes the place of the space before it */
		b->space = (struct body_space){ .lines = b->space.lines };
	b->begun = b->gap = true;
	if (gap == BODY_SPACE)
		note_space(&b->space, false);
	for (; gap > BODY_SPACE; gap--)
		note_space(&b->space, true);
}

void body_part(struct body *b)
{
	if (b->begun)
		note_space(&b->space, true);
}

void body_begin_text(struct body *b, bool html)
{
	if (!body_wants(b, BODY_RENDERED))
		return;
	b->html = html;
	b->gap = false;
	b->left[BODY_RENDERED] = RENDERED_PART;
}

void body_end_text(struct body *b)
{
	b->left[BODY_RENDERED] = 0;
	b->text_cr = false;
}

void body_subject(struct body *b, struct str subject)
{
	if (!body_wants(b, BODY_RENDERED))
		return;
	put(b, subject);
	put(b, STR("\n"));
	end_piece(b, BODY_RENDERED);
}

/* ---- raw ---- */

/* Where SpamAssassin would cut. */
static uint32_t raw_length(const char *bytes)
{
	static const char marks[] = "\n> ";

	for (size_t i = 0; i < sizeof(marks) - 1; i++) {
		const char *at = memchr(bytes + RAW_LEAST, marks[i], RAW_MOST - RAW_LEAST);

		if (at)
			return (uint32_t)(at - bytes) + 1;
	}
	return RAW_LEAST + 1;
}

static void put_raw(struct body *b, struct str s)
{
	const struct body_pieces *p = &b->pieces[BODY_RAW];

	s = str_head(s, b->left[BODY_RAW]);
	b->left[BODY_RAW] -= (uint32_t)s.n;
	if (!append(b, BODY_RAW, s))
		return;
	while (p->n - begin_of_last(p) > RAW_MOST)
		cut_at(b, BODY_RAW, begin_of_last(p) + raw_length(p->bytes + begin_of_last(p)));
}

void body_begin_raw(struct body *b)
{
	if (!body_wants(b, BODY_RAW))
		return;
	b->left[BODY_RAW] = RAW_PART;
	b->held_cr = false;
}

/* What is in front of the next CR, or all; sixteen bytes at a time, beyond it too. */
static size_t copy_line(char *to, struct str s)
{
	size_t n = 0;

	for (; n + 16 <= s.n; n += 16) {
		const sixteen bytes = sixteen_load(s.p + n), ends = (sixteen)(bytes == '\r');

		memcpy(to + n, &bytes, sizeof(bytes));
		if (sixteen_any(ends))
			return n + sixteen_first(ends);
	}
	for (; n < s.n && s.p[n] != '\r'; n++)
		to[n] = s.p[n];
	return n;
}

/* As many as there is room for.  A CR is left out until it is seen that no line ends behind it. */
static size_t copy_lines(struct body *b, struct str *s, char *to, size_t room)
{
	size_t n = 0;

	while (s->n && n + 1 < room) {
		if (b->held_cr && s->p[0] != '\n')
			to[n++] = '\r';
		n += str_take(s, copy_line(to + n, str_head(*s, room - n))).n;
		b->held_cr = s->n && s->p[0] == '\r';
		*s = str_from(*s, b->held_cr);
	}
	return n;
}

void body_raw(struct body *b, struct str s)
{
	char lines[RAW_MOST];

	while (s.n && b->left[BODY_RAW]) {
		const size_t n = copy_lines(b, &s, lines, sizeof(lines));

		put_raw(b, (struct str){ .p = lines, .n = n });
	}
}

void body_end_raw(struct body *b)
{
	if (b->held_cr)
		put_raw(b, STR("\r"));
	b->held_cr = false;
	b->left[BODY_RAW] = 0;
	end_piece(b, BODY_RAW);
}

/* ---- both ---- */

void body_expect(struct body *b, size_t n)
{
	for (unsigned kind = 0; kind < BODY_HEADERS; kind++) {
		const size_t left = LIMIT_PATTERN_VIEW - b->pieces[kind].n;
		size_t room = b->left[kind];

		room = n < room ? n : room;
		if (room)
			make_room(&b->pieces[kind], room < left ? room : left);
	}
}

/* ---- headers ---- */

void body_header(struct body *b, struct str header)
{
	if (body_wants(b, BODY_HEADERS) && b->pieces[BODY_HEADERS].count < LIMIT_PATTERN_PARTS &&
	    append(b, BODY_HEADERS, header))
		cut_at(b, BODY_HEADERS, b->pieces[BODY_HEADERS].n);
}

/* ---- the whole ---- */

void body_end(struct body *b)
{
	put_space(b);
	for (unsigned kind = 0; kind < BODY_KINDS; kind++) {
		struct body_pieces *p = &b->pieces[kind];

		end_piece(b, (enum body_kind)kind);
		if (p->size)
			memset(p->bytes + p->n, 0, BEHIND);
	}
}

void body_rewind(struct body *b, const struct body *mark)
{
	b->space = mark->space;
	b->begun = mark->begun;
	b->left[BODY_RENDERED] = b->left[BODY_RAW] = 0;
	for (unsigned kind = 0; kind < BODY_HEADERS; kind++) {
		b->pieces[kind].n = mark->pieces[kind].n;
		b->pieces[kind].count = mark->pieces[kind].count;
	}
}

void body_free(struct body *b)
{
	for (unsigned kind = 0; kind < BODY_KINDS; kind++) {
		mem_free(b->pieces[kind].bytes);
		mem_free(b->pieces[kind].ends);
	}
	*b = (struct body){ .wanted = b->wanted };
}
