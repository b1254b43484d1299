/* Any bytes as HTML: the text in it is UTF-8 when the bytes are, no text comes that was not there, and what happens does
 * not depend on how it is cut into pieces. */
#include "base/check.h"
#include "base/utf8.h"
#include "filters/content/element.h"
#include "fuzz/mix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t hash;
	const struct html *html;
	size_t text; /* bytes of it */
	char last;   /* what came last: pieces of text are one text */
	bool utf8;
};

static void event(struct seen *s, char name, struct str bytes)
{
	if (name != s->last || !memchr("thrq", name, 4))
		s->hash = mix_number(s->hash, (uint8_t)name);
	s->last = name;
	s->hash = mix(s->hash, bytes.p, bytes.n);
}

static bool is_utf8(struct str s)
{
	while (s.n) {
		const size_t n = utf8_length(s);

		if (!n)
			return false;
		s = str_from(s, n);
	}
	return true;
}

static void on_text(void *ctx, struct str text, bool hidden)
{
	struct seen *s = ctx;

	CHECK(text.n > 0);
	CHECK(!s->utf8 || is_utf8(text));
	s->text += text.n;
	if (html_turned(s->html))
		event(s, hidden ? 'q' : 'r', text);
	else
		event(s, hidden ? 'h' : 't', text);
}

static void on_space(void *ctx, bool hidden)
{
	event(ctx, hidden ? '_' : ' ', (struct str){ 0 });
}

static void on_block(void *ctx, bool hidden)
{
	event(ctx, hidden ? 'B' : 'b', (struct str){ 0 });
}

static void on_seam(void *ctx)
{
	event(ctx, 's', (struct str){ 0 });
}

static void on_reference(void *ctx, const struct html_reference *reference)
{
	event(ctx, (char)('A' + reference->kind + 4 * reference->has_text), reference->target);
}

static void on_gap(void *ctx, enum body_gap gap)
{
	event(ctx, (char)('0' + gap), (struct str){ 0 });
}

static void on_link_end(void *ctx)
{
	event(ctx, '/', (struct str){ 0 });
}

static void on_charset(void *ctx, struct str name)
{
	event(ctx, 'c', name);
}

static void on_aside(void *ctx, struct str text)
{
	event(ctx, 'a', text);
}

static void on_aside_end(void *ctx)
{
	event(ctx, '.', (struct str){ 0 });
}

static const struct html_events events = {
	.text = on_text,
	.space = on_space,
	.block = on_block,
	.seam = on_seam,
	.gap = on_gap,
	.reference = on_reference,
	.link_end = on_link_end,
	.charset = on_charset,
	.aside = on_aside,
	.aside_end = on_aside_end,
};

static struct seen run(struct str html, size_t piece, bool utf8)
{
	struct seen s = { .utf8 = utf8 };
	struct html h = { .events = &events, .ctx = &s };

	s.html = &h;
	while (html.n)
		html_feed(&h, str_take(&html, piece));
	html_end(&h);
	html_free(&h);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str html = { .p = (const char *)data, .n = size };
	const struct seen whole = run(html, size + 1, is_utf8(html));

	CHECK(whole.text <= size);
	CHECK(run(html, 1, false).hash == whole.hash);
	CHECK(run(html, size % 13 + 2, false).hash == whole.hash);
	return 0;
}
