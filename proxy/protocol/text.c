#include "protocol/text.h"

#include "base/check.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 16 };

void text_begin(struct text_scan *t, enum text_kind kind, enum bare_newline bare)
{
	*t = (struct text_scan){
		.kind = kind,
		.at = TEXT_LINE_START,
		.bare = bare,
		.before = '\n',
		.dots = kind == TEXT_CHUNK, /* nobody looks for them there */
	};
}

/* How many bytes from `p` on are clean: every LF behind a CR, every CR before an LF, no dot at the
 * start of a line where that matters.  Whole blocks only.  A NUL in them is noted. */
#ifdef __SSE2__
static __m128i where(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

static unsigned mask(__m128i v)
{
	return (unsigned)_mm_movemask_epi8(v);
}

static size_t clean_blocks(struct text_scan *t, const char *p, size_t n)
{
	const unsigned dots = t->kind == TEXT_DATA ? 0xffffu : 0;
	unsigned after_cr = 0, after_lf = t->at == TEXT_LINE_START ? 1 : 0;
	__m128i nul_at = _mm_setzero_si128();
	size_t at = 0;

	for (; n - at >= BLOCK; at += BLOCK) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
		const __m128i cr_at = where(v, '\r'), lf_at = where(v, '\n');
		const __m128i nuls = _mm_or_si128(nul_at, where(v, '\0'));
		unsigned cr, lf, dot;

		/* Most blocks lie within a line. */
		if ((mask(_mm_or_si128(cr_at, lf_at)) | after_cr | after_lf) == 0) {
			nul_at = nuls;
			continue;
		}
		cr = mask(cr_at);
		lf = mask(lf_at);
		dot = mask(where(v, '.')) & dots;
		if ((((cr << 1) | after_cr) & 0xffffu) != lf || (((lf << 1) | after_lf) & dot))
			break;
		after_cr = cr >> (BLOCK - 1);
		after_lf = lf >> (BLOCK - 1);
		nul_at = nuls;
	}
	t->nul_seen = t->nul_seen || mask(nul_at);
	/* A CR at the very end of the clean run may be alone: it is left to the slow path. */
	return at && after_cr ? at - 1 : at;
}
#else
static size_t clean_blocks(struct text_scan *t, const char *p, size_t n)
{
	(void)t;
	(void)p;
	(void)n;
	return 0;
}
#endif

/* Byte by byte to the end of the ordinary bytes. */
static size_t ordinary(struct text_scan *t, struct str s)
{
	size_t n = 0;

	for (; n < s.n && s.p[n] != '\r' && s.p[n] != '\n'; n++)
		t->nul_seen = t->nul_seen || s.p[n] == '\0';
	return n;
}

static enum text_at after_run(struct str run)
{
	return run.p[run.n - 1] == '\n' ? TEXT_LINE_START : TEXT_LINE;
}

static size_t in_line(struct text_scan *t, struct str input, struct str *keep)
{
	size_t n = clean_blocks(t, input.p, input.n);

	if (n == 0 && t->kind == TEXT_DATA && t->at == TEXT_LINE_START && input.p[0] == '.') {
		t->at = TEXT_DOT;
		return 1;
	}
	if (n == 0)
		n = ordinary(t, input);
	if (n) {
		*keep = str_head(input, n);
		t->at = after_run(*keep);
		return n;
	}
	t->bare_seen = t->bare_seen || input.p[0] == '\n';
	t->at = input.p[0] == '\n' ? TEXT_LF : TEXT_CR;
	return 1;
}

/* Behind a lone LF that was held back, for what comes next decides what it becomes. */
static size_t after_lf(struct text_scan *t, struct str input, struct str *keep)
{
	const bool dot_near = t->before == '.' || input.p[0] == '.';

	*keep = dot_near ? STR(" ") : STR("\r\n");
	t->at = dot_near ? TEXT_LINE : TEXT_LINE_START;
	return 0;
}

/* Behind a CR that was held back. */
static size_t after_cr(struct text_scan *t, struct str input, struct str *keep)
{
	if (input.p[0] == '\n') {
		*keep = STR("\r\n");
		t->at = TEXT_LINE_START;
		return 1;
	}
	t->bare_seen = true;
	*keep = STR(" ");
	t->at = TEXT_LINE;
	return 0;
}

/* Behind a dot at the start of a line: the dot itself is not part of the message (4.5.2). */
static size_t after_dot(struct text_scan *t, struct str input)
{
	t->dots = t->dots || input.p[0] == '.';
	if (input.p[0] == '\r') {
		t->at = TEXT_DOT_CR;
		return 1;
	}
	t->before = '.';
	t->at = TEXT_LINE;
	return 0;
}

static size_t after_dot_cr(struct text_scan *t, struct str input, struct str *keep)
{
	if (input.p[0] == '\n') {
		t->at = TEXT_END;
		return 1;
	}
	t->before = '.';
	return after_cr(t, input, keep);
}

static size_t step(struct text_scan *t, struct str input, struct str *keep)
{
	switch (t->at) {
	case TEXT_LINE_START:
	case TEXT_LINE:
		return in_line(t, input, keep);
	case TEXT_CR:
		return after_cr(t, input, keep);
	case TEXT_LF:
		return after_lf(t, input, keep);
	case TEXT_DOT:
		return after_dot(t, input);
	case TEXT_DOT_CR:
		return after_dot_cr(t, input, keep);
	case TEXT_END:
		break;
	}
	UNREACHABLE();
}

size_t text_scan(struct text_scan *t, struct str input, struct str *keep)
{
	size_t used;

	CHECK(input.n > 0);
	*keep = (struct str){ .p = input.p, .n = 0 };
	used = step(t, input, keep);
	if (keep->n)
		t->before = keep->p[keep->n - 1];
	return used;
}

struct str text_finish(struct text_scan *t)
{
	struct str keep = { 0 };

	CHECK(t->kind == TEXT_CHUNK);
	if (t->at == TEXT_CR || t->at == TEXT_LF) {
		keep = t->at == TEXT_CR ? STR(" ") : STR("\r\n");
		t->bare_seen = true;
	}
	t->at = TEXT_END;
	return keep;
}
