#include "filters/content/writer.h"

#include "base/check.h"
#include "filters/content/element.h"
#include "filters/content/tally.h"

enum {
	ROOM = 4096,
	STEP = 64,          /* bytes out of their charset */
	CALENDAR_STEP = 16, /* of a calendar before that */
	TAGS = 64,          /* of an HTML text without a charset: so long one may be named in it */
};

/* ---- what HTML says ---- */

static void turn(struct writer *w, uint16_t by)
{
	w->turned = by;
	text_turn(w->text, by);
	text_turn(&w->hidden, by);
}

/* What is shown goes on with this, behind hidden text. */
static void go_on(struct writer *w, struct str s)
{
	w->text->parted += text_in_word(w->text) && ascii_alpha(s.p[0]);
	w->parts = false;
}

static void on_text(void *ctx, struct str s, bool hidden)
{
	struct writer *w = ctx;

	if (html_turned(&w->markup) != w->turned)
		turn(w, html_turned(&w->markup));
	if (!hidden && w->parts)
		go_on(w, s);
	if (text_put(hidden ? &w->hidden : w->text, s) && hidden)
		w->parts = text_in_word(w->text);
	if (w->text->body)
		body_text(w->text->body, s);
	if (w->markup.tally)
		tally_text(w->markup.tally, html_look(&w->markup), s);
}

static void on_gap(void *ctx, enum body_gap gap)
{
	struct writer *w = ctx;

	if (w->markup.tally && gap != BODY_NO_GAP)
		tally_gap(w->markup.tally);
	if (w->text->body)
		body_gap(w->text->body, gap);
}

static void on_space(void *ctx, bool hidden)
{
	struct writer *w = ctx;

	if (hidden) {
		text_space(&w->hidden);
		return;
	}
	if (w->text->turning || w->hidden.turning)
		turn(w, 0); /* letters are turned about within a line */
	text_space(w->text);
	text_space(&w->hidden);
}

static void on_block(void *ctx, bool hidden)
{
	struct writer *w = ctx;

	text_break(&w->hidden);
	if (hidden) {
		text_turn(&w->hidden, w->turned);
		return;
	}
	w->turned = 0;
	text_break(w->text);
}

static void on_seam(void *ctx)
{
	struct writer *w = ctx;

	w->parts = w->parts || text_in_word(w->text);
}

static void on_link_end(void *ctx)
{
	struct writer *w = ctx;
	struct text_link *link;

	if (w->link == 0)
		return;
	text_settle(w->text);
	link = &w->text->links[w->link - 1];
	link->to = w->text->n;
	if (link->from < link->to && w->text->bytes[link->from] == ' ')
		link->from++;
	w->link = 0;
}

static void on_reference(void *ctx, const struct html_reference *reference)
{
	struct writer *w = ctx;
	struct text *t = w->text;

	text_settle(t);
	if (!text_refer(t, reference->kind, reference->target))
		return;
	t->links[t->link_count - 1].tag = reference->tag;
	if (reference->has_text && w->link == 0) { /* of several, the first */
		w->link = t->link_count;
		t->links[w->link - 1].has_text = true;
	}
	if (reference->tag == TAG_img && w->link)
		t->links[w->link - 1].has_image = true;
}

static void on_charset(void *ctx, struct str name)
{
	struct writer *w = ctx;

	struct charset named;

	if (w->tags == 0)
		return;
	charset_open(&named, w->charsets, name);
	if (charset_is_wide(&named)) { /* its name could not have been read */
		charset_close(&named);
		return;
	}
	charset_close(&w->charset);
	w->charset = named;
	w->tags = 0;
}

static void on_aside(void *ctx, struct str s)
{
	struct writer *w = ctx;

	text_put(&w->aside, s);
}

static void on_aside_end(void *ctx)
{
	struct writer *w = ctx;

	text_break(&w->aside);
}

static const struct html_events html_events = { .text = on_text,
						.space = on_space,
						.block = on_block,
						.seam = on_seam,
						.gap = on_gap,
						.reference = on_reference,
						.link_end = on_link_end,
						.charset = on_charset,
						.aside = on_aside,
						.aside_end = on_aside_end };

static void put_behind(struct writer *w, struct text *more, enum text_source source,
		       enum text_sight sight)
{
	text_mode(w->text, source, sight);
	for (uint32_t i = 0; i < more->count; i++) {
		text_put(w->text, text_paragraph(more, i));
		text_break(w->text);
	}
	text_free(more);
}

/* What was hidden stands behind what was shown, and then what is so for some. */
static void close_html(struct writer *w)
{
	html_end(&w->markup);
	html_free(&w->markup);
	on_link_end(w);
	on_block(w, false);
	put_behind(w, &w->hidden, TEXT_HTML,
		   w->text->sight == TEXT_SHOWN ? TEXT_HIDDEN : TEXT_OTHER);
	put_behind(w, &w->aside, TEXT_ASIDE, TEXT_OTHER);
}

/* ---- from bytes to text ---- */

/* Lines of plain text; an empty one ends a paragraph. */
static void put_plain(struct writer *w, struct str s)
{
	while (s.n) {
		const char *lf = memchr(s.p, '\n', s.n);
		const size_t n = lf ? (size_t)(lf - s.p) : s.n;

		if (text_put(w->text, str_head(s, n)))
			w->blank = false;
		if (!lf)
			break;
		text_turn(w->text, false);
		if (w->blank)
			text_break(w->text);
		else
			text_space(w->text);
		w->blank = true;
		s = str_from(s, n + 1);
	}
}

static void put_lines(struct writer *w, struct str s)
{
	put_plain(w, s);
	if (w->text->body)
		body_text(w->text->body, s);
}

static void put_escaped_lines(struct writer *w, struct str s)
{
	char out[ROOM];

	while (s.n) {
		const size_t n = calendar_unescape(&w->calendar, &s, out, sizeof(out));

		if (n)
			put_lines(w, (struct str){ .p = out, .n = n });
	}
}

static void put_text(struct writer *w, struct str s)
{
	if (s.n == 0)
		return;
	if (w->kind == WRITER_HTML)
		html_feed(&w->markup, s);
	else if (w->kind == WRITER_CALENDAR)
		put_escaped_lines(w, s);
	else
		put_lines(w, s);
}

/* What comes behind a tag may be in another charset than what came before. */
static struct str to_tag_end(struct writer *w, struct str bytes)
{
	const char *end = memchr(bytes.p, '>', bytes.n);

	if (!end)
		return bytes;
	w->tags--;
	return str_head(bytes, (size_t)(end - bytes.p) + 1);
}

/* What the bytes took. */
static void count_steps(struct writer *w, size_t bytes)
{
	text_add_steps(w->text, w->hidden.steps + w->aside.steps + w->markup.steps +
					(uint32_t)(bytes / STEP) + 1);
	w->hidden.steps = w->aside.steps = w->markup.steps = 0;
}

/* The next text, from the head of *bytes. */
static struct str convert(struct writer *w, struct str *bytes, char out[ROOM])
{
	const struct str head = str_head(*bytes, ROOM);

	if (charset_leaves(&w->charset, head))
		return str_take(bytes, head.n);
	return (struct str){ .p = out, .n = charset_take(&w->charset, bytes, out, ROOM) };
}

static void put_bytes(struct writer *w, struct str bytes)
{
	char out[ROOM];

	while (bytes.n && !w->text->full) {
		struct str head = w->tags ? to_tag_end(w, bytes) : bytes;

		bytes = str_from(bytes, head.n);
		while (head.n && !w->text->full) {
			const size_t before = head.n;

			put_text(w, convert(w, &head, out));
			count_steps(w, before - head.n);
		}
	}
}

static void put_folded(struct writer *w, struct str bytes)
{
	char out[ROOM];

	while (bytes.n && !w->text->full) {
		const size_t before = bytes.n;
		const size_t n = calendar_unfold(&w->calendar, &bytes, out, sizeof(out));

		put_bytes(w, (struct str){ .p = out, .n = n });
		text_add_steps(w->text, (uint32_t)((before - bytes.n) / CALENDAR_STEP) + 1);
	}
}

void writer_put(struct writer *w, struct str bytes)
{
	if (w->kind == WRITER_HTML && w->markup.tally)
		tally_bytes(&w->markup.tally->length, bytes);
	if (w->kind == WRITER_CALENDAR && !charset_is_wide(&w->charset))
		put_folded(w, bytes);
	else
		put_bytes(w, bytes);
}

void writer_open(struct writer *w, const struct entity *e, enum writer_kind kind,
		 enum text_sight sight)
{
	const bool html = kind == WRITER_HTML;
	struct tally *tally = w->text->tally;
	char bytes[64];
	struct out o = OUT(bytes);
	struct str ignored;

	CHECK(w->kind == WRITER_NONE);
	(void)!params_value(&e->params, PARAM_CHARSET, &o, &ignored);
	charset_open(&w->charset, w->charsets, out_text(&o));
	w->kind = kind;
	w->calendar = (struct calendar){ .line = CALENDAR_TEXT };
	w->blank = true;
	text_mode(w->text, html ? TEXT_HTML : TEXT_PLAIN, sight);
	w->hidden.kept = w->aside.kept = w->text->kept;
	w->tags = html && w->charset.kind == CHARSET_GUESS ? TAGS : 0;
	if (html)
		w->markup =
			(struct html){ .events = &html_events,
				       .ctx = w,
				       .skeleton = sight == TEXT_SHOWN ? &w->text->skeleton : NULL,
				       .tally = tally ? tally_begin_html(tally) : NULL };
	if (w->text->body && (html || entity_is_plain(e)))
		body_begin_text(w->text->body, html);
}

void writer_close(struct writer *w)
{
	char out[CHARSET_ROOM];

	if (w->kind == WRITER_NONE)
		return;
	put_text(w, (struct str){ .p = out, .n = charset_end(&w->charset, out) });
	charset_close(&w->charset);
	if (w->kind == WRITER_HTML)
		close_html(w);
	text_break(w->text);
	w->kind = WRITER_NONE;
	if (w->text->body)
		body_end_text(w->text->body);
}

void writer_free(struct writer *w)
{
	charset_close(&w->charset);
	html_free(&w->markup);
	text_free(&w->hidden);
	text_free(&w->aside);
}
