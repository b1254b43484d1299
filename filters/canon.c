#include "filters/canon.h"

#include "base/check.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* DETOUR: so many bytes are looked at one by one where one of them may not stay as it is. */
enum { BLOCK = 16, DETOUR = 32 };

void canon_flush(struct canon_sink *to)
{
	if (to->n)
		to->put(to->arg, (struct str){ .p = to->buffer, .n = to->n });
	to->n = 0;
}

static void put(struct canon_sink *to, struct str s)
{
	if (s.n > CANON_BUFFER - to->n)
		canon_flush(to);
	if (s.n > CANON_BUFFER) {
		to->put(to->arg, s);
		return;
	}
	if (s.n)
		memcpy(to->buffer + to->n, s.p, s.n);
	to->n += s.n;
}

static void put_char(struct canon_sink *to, char c)
{
	if (to->n == CANON_BUFFER)
		canon_flush(to);
	to->buffer[to->n++] = c;
}

/* ---- fields ---- */

static struct str behind(struct str whole, struct str part)
{
	return str_from(whole, (size_t)(part.p + part.n - whole.p));
}

static struct str before(struct str whole, struct str part)
{
	return str_head(whole, (size_t)(part.p - whole.p));
}

struct squeeze {
	bool space; /* came, and is one space when something follows */
	bool any;
};

/* RFC 6376 3.4.2: unfolded, white space is one space, none at the ends. */
static void squeeze(struct squeeze *q, struct canon_sink *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (ascii_wsp(s.p[i])) {
			q->space = q->any;
			continue;
		}
		if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n') {
			i++;
			continue;
		}
		if (q->space)
			put_char(to, ' ');
		q->space = false;
		q->any = true;
		put_char(to, s.p[i]);
	}
}

static void relaxed_field(struct canon_sink *to, const struct canon_field *f)
{
	struct squeeze q = { .any = false };

	for (size_t i = 0; i < f->field.name.n; i++)
		put_char(to, ascii_lower(f->field.name.p[i]));
	put_char(to, ':');
	if (f->hole.p) {
		squeeze(&q, to, before(f->field.value, f->hole));
		squeeze(&q, to, behind(f->field.value, f->hole));
	} else {
		squeeze(&q, to, f->field.value);
	}
}

void canon_field(struct canon_sink *to, const struct canon_field *f)
{
	const struct str whole = { .p = f->field.whole.p,
				   .n = (size_t)(f->field.value.p + f->field.value.n -
						 f->field.whole.p) };

	if (f->relaxed) {
		relaxed_field(to, f);
	} else if (f->hole.p) {
		put(to, before(whole, f->hole));
		put(to, behind(whole, f->hole));
	} else {
		put(to, whole);
	}
	if (!f->last)
		put(to, STR("\r\n"));
}

/* ---- the body ----
 *
 * Most of a body stays as it is but for line ends at its end, which are held back.  In `simple` that is all; in `relaxed`
 * the next white space that may not stay is looked for a block at a time, and a few bytes there are looked at one by
 * one. */

static void line_ends(struct canon_body *c, struct canon_sink *to)
{
	static const struct str ends = STR_INIT("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n");

	while (c->line_ends) {
		const uint64_t n = c->line_ends < ends.n / 2 ? c->line_ends : ends.n / 2;

		put(to, str_head(ends, (size_t)n * 2));
		c->line_ends -= n;
	}
}

static void put_text(struct canon_body *c, struct canon_sink *to, struct str text)
{
	size_t n = text.n;

	while (n >= 2 && text.p[n - 2] == '\r' && text.p[n - 1] == '\n')
		n -= 2;
	if (n) {
		line_ends(c, to);
		put(to, str_head(text, n));
		c->any = true;
	}
	c->line_ends += (text.n - n) / 2;
}

/* Where s has white space that may go, or become another, by what is behind it; s.n: nowhere. */
static size_t find_odd(struct str s)
{
	size_t i = 0;

#ifdef __SSE2__
	const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t'),
		      cr = _mm_set1_epi8('\r');

	for (; i + BLOCK < s.n; i += BLOCK) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		const __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i + 1));
		const __m128i more = _mm_or_si128(
			_mm_cmpeq_epi8(next, space),
			_mm_or_si128(_mm_cmpeq_epi8(next, tab), _mm_cmpeq_epi8(next, cr)));
		const int odd = _mm_movemask_epi8(_mm_or_si128(
			_mm_cmpeq_epi8(v, tab), _mm_and_si128(_mm_cmpeq_epi8(v, space), more)));

		if (odd)
			return i + (unsigned)__builtin_ctz((unsigned)odd);
	}
#endif
	for (; i < s.n; i++)
		if (s.p[i] == '\t' || (s.p[i] == ' ' && (i + 1 == s.n || ascii_wsp(s.p[i + 1]) ||
							 s.p[i + 1] == '\r')))
			break;
	return i;
}

/* Without branches on what the bytes are: no text makes it slow.  White space waits for what is behind it, and if that
 * is a CR, for what is behind that. */
static void squeeze_text(struct canon_body *c, struct canon_sink *to, struct str s)
{
	char text[1 + 2 * DETOUR];
	char *w = text + 1;
	bool space = c->space, gap = false,
	     cr = false; /* gap: a space was put before the last byte */

	CHECK(s.n <= DETOUR);
	text[0] = '\0';
	for (size_t i = 0; i < s.n; i++) {
		const char ch = s.p[i];
		const unsigned white = (ch == ' ') | (ch == '\t'), back = gap & cr & (ch == '\n');

		w -= back;
		w[-1] ^= (char)((' ' ^ '\r') & -back);
		gap = space & !white;
		*w = ' ';
		w += gap;
		*w = ch;
		w += !white;
		space = white;
		cr = ch == '\r';
	}
	c->space = space;
	put_text(c, to, (struct str){ .p = text + 1, .n = (size_t)(w - text - 1) });
}

static void relaxed_text(struct canon_body *c, struct canon_sink *to, struct str s)
{
	while (s.n) {
		const size_t even = c->space ? 0 : find_odd(s);
		struct str some = str_head(str_from(s, even), DETOUR);

		put_text(c, to, str_head(s, even));
		if (some.n < s.n - even && some.p[some.n - 1] == '\r')
			some.n--; /* to be seen with what is behind it */
		squeeze_text(c, to, some);
		s = str_from(s, even + some.n);
	}
}

/* A CR was held back: the end of a line, or a byte like any other. */
static void after_cr(struct canon_body *c, struct canon_sink *to, bool lf)
{
	if (!lf && c->space)
		put_text(c, to, STR(" "));
	put_text(c, to, lf ? STR("\r\n") : STR("\r"));
	c->space = c->cr = false;
}

void canon_body(struct canon_body *c, struct canon_sink *to, struct str bytes)
{
	if (bytes.n && c->cr) {
		const bool lf = bytes.p[0] == '\n';

		after_cr(c, to, lf);
		bytes = str_from(bytes, lf);
	}
	c->cr = bytes.n && bytes.p[bytes.n - 1] == '\r';
	bytes.n -= c->cr;
	if (c->relaxed)
		relaxed_text(c, to, bytes);
	else
		put_text(c, to, bytes);
}

/* RFC 6376 3.4.3, 3.4.4: one line end at the end; of an empty body only `simple` has it. */
void canon_body_end(struct canon_body *c, struct canon_sink *to)
{
	if (c->cr)
		after_cr(c, to, false);
	if (c->any || !c->relaxed)
		put(to, STR("\r\n"));
	canon_flush(to);
}
