#include "filters/content/reader.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/content/param.h"
#include "filters/content/tally.h"
#include "filters/content/words.h"
#include "mail/header.h"

enum {
	ROOM = 4096,
	TAGS = 64, /* of an HTML text without a charset: so long one may be named in it */
};

/* ---- what HTML says ---- */

static void on_text(void *ctx, struct str s, bool hidden)
{
	struct reader *r = ctx;

	text_put(hidden ? &r->hidden : r->text, s);
	if (r->body)
		body_text(r->body, s);
	if (r->markup.tally)
		tally_text(r->markup.tally, s);
}

static void on_gap(void *ctx, enum body_gap gap)
{
	struct reader *r = ctx;

	if (r->body)
		body_gap(r->body, gap);
}

static void on_space(void *ctx)
{
	struct reader *r = ctx;

	text_space(r->text);
	text_space(&r->hidden);
}

static void on_block(void *ctx)
{
	struct reader *r = ctx;

	text_break(r->text);
	text_break(&r->hidden);
}

static void on_link_end(void *ctx)
{
	struct reader *r = ctx;
	struct text_link *link;

	if (r->link == 0)
		return;
	link = &r->text->links[r->link - 1];
	link->to = r->text->n;
	if (link->from < link->to && r->text->bytes[link->from] == ' ')
		link->from++;
	r->link = 0;
}

static void on_reference(void *ctx, struct str element, struct str reference)
{
	static const struct {
		struct str element;
		enum text_link_kind kind;
	} kinds[] = {
		{ STR_INIT("a"), TEXT_LINK },
		{ STR_INIT("area"), TEXT_LINK },
		{ STR_INIT("form"), TEXT_FORM },
		{ STR_INIT("base"), TEXT_BASE },
	};
	struct reader *r = ctx;
	enum text_link_kind kind = TEXT_IMAGE;

	for (size_t i = 0; i < COUNTOF(kinds); i++)
		if (str_eq(element, kinds[i].element))
			kind = kinds[i].kind;
	if (!text_refer(r->text, kind, reference) || !str_eq(element, STR("a")))
		return;
	r->link = r->text->link_count;
}

static void on_charset(void *ctx, struct str name)
{
	struct reader *r = ctx;

	if (r->tags == 0 || str_istarts(name, STR("utf-16")))
		return; /* it could not have been read */
	charset_close(&r->charset);
	charset_open(&r->charset, r->charsets, name);
	r->tags = 0;
}

static const struct html_events html_events = { .text = on_text,
						.space = on_space,
						.block = on_block,
						.gap = on_gap,
						.reference = on_reference,
						.link_end = on_link_end,
						.charset = on_charset };

/* What was hidden stands behind what was shown. */
static void close_html(struct reader *r)
{
	html_end(&r->markup);
	html_free(&r->markup);
	on_link_end(r);
	text_break(r->text);
	text_mode(r->text, TEXT_HTML, r->text->sight == TEXT_SHOWN ? TEXT_HIDDEN : TEXT_OTHER);
	for (uint32_t i = 0; i < r->hidden.count; i++) {
		text_put(r->text, text_paragraph(&r->hidden, i));
		text_break(r->text);
	}
	text_free(&r->hidden);
}

/* ---- from bytes to text ---- */

/* Lines of plain text; an empty one ends a paragraph. */
static void put_plain(struct reader *r, struct str s)
{
	while (s.n) {
		const char *lf = memchr(s.p, '\n', s.n);
		const size_t n = lf ? (size_t)(lf - s.p) : s.n;

		if (text_put(r->text, str_head(s, n)))
			r->blank = false;
		if (!lf)
			break;
		if (r->blank)
			text_break(r->text);
		else
			text_space(r->text);
		r->blank = true;
		s = str_from(s, n + 1);
	}
}

static void put_text(struct reader *r, struct str s)
{
	if (s.n && r->sink == SINK_PLAIN) {
		put_plain(r, s);
		if (r->body)
			body_text(r->body, s);
	} else if (s.n && r->sink == SINK_HTML)
		html_feed(&r->markup, s);
}

/* What comes behind a tag may be in another charset than what came before. */
static struct str to_tag_end(struct reader *r, struct str bytes)
{
	const char *end = memchr(bytes.p, '>', bytes.n);

	if (!end)
		return bytes;
	r->tags--;
	return str_head(bytes, (size_t)(end - bytes.p) + 1);
}

static void put_charset(void *ctx, struct str bytes)
{
	struct reader *r = ctx;
	char out[ROOM];

	if (r->sink == SINK_HTML && r->markup.tally)
		tally_bytes(&r->markup.tally->length, bytes);
	while (bytes.n) {
		struct str head = r->tags ? to_tag_end(r, bytes) : bytes;

		bytes = str_from(bytes, head.n);
		while (head.n) {
			const size_t n = charset_take(&r->charset, &head, out, sizeof(out));

			put_text(r, (struct str){ .p = out, .n = n });
		}
	}
}

static void put_decoded(struct reader *r, struct str bytes)
{
	if (r->file)
		intake_add(&r->intake, bytes);
	if (r->sink == SINK_NONE)
		return;
	if (r->sink == SINK_MESSAGE) {
		reader_feed(r->inner, bytes);
		return;
	}
	if (r->body)
		body_raw(r->body, bytes);
	if (r->sink == SINK_PLAIN && !r->file)
		enclosed_feed(&r->enclosed, bytes);
	else if (r->sink != SINK_RAW)
		put_charset(r, bytes);
}

static void put_bytes(struct reader *r, struct str bytes)
{
	char out[ROOM];

	if (r->decoder.encoding == TRANSFER_NONE) {
		put_decoded(r, bytes);
		return;
	}
	while (bytes.n) {
		const size_t n = decoder_take(&r->decoder, &bytes, out, sizeof(out));

		put_decoded(r, (struct str){ .p = out, .n = n });
	}
}

/* A message in a transfer encoding is read by a reader of its own, whose findings are ours. */
static void open_inner(struct reader *r)
{
	r->inner = mem_new(sizeof(*r->inner));
	r->inner->within = true;
	r->inner->intake.all = r->intake.all;
	r->inner->intake.magic = r->intake.magic;
	r->sink = SINK_MESSAGE;
	reader_begin(r->inner, r->text, r->charsets, STR("Content-Type: message/rfc822\r\n\r\n"));
}

static void close_inner(struct reader *r)
{
	reader_finish(r->inner);
	r->mime.problems |= r->inner->mime.problems;
	r->plain = r->plain || r->inner->plain;
	r->html = r->html || r->inner->html;
	reader_free(r->inner);
	mem_free(r->inner);
	r->inner = NULL;
}

static void close_sink(struct reader *r)
{
	char out[CHARSET_ROOM];

	if (r->sink == SINK_NONE)
		return;
	enclosed_end(&r->enclosed);
	if (r->sink == SINK_MESSAGE) {
		close_inner(r);
	} else if (r->sink != SINK_RAW) {
		put_text(r, (struct str){ .p = out, .n = charset_end(&r->charset, out) });
		charset_close(&r->charset);
	}
	if (r->sink == SINK_HTML)
		close_html(r);
	text_break(r->text);
	r->sink = SINK_NONE;
	if (r->body) {
		body_end_text(r->body);
		body_end_raw(r->body);
	}
}

static void open_sink(struct reader *r, const struct entity *e, bool html, enum text_sight sight)
{
	char bytes[64];
	struct out o = OUT(bytes);
	struct str ignored;

	if (r->text->full)
		return;
	(void)!param_value(e->params, STR("charset"), &o, &ignored);
	charset_open(&r->charset, r->charsets, out_text(&o));
	r->sink = html ? SINK_HTML : SINK_PLAIN;
	r->blank = true;
	text_mode(r->text, html ? TEXT_HTML : TEXT_PLAIN, sight);
	r->tags = html && r->charset.kind == CHARSET_GUESS ? TAGS : 0;
	if (html)
		r->markup =
			(struct html){ .events = &html_events,
				       .ctx = r,
				       .skeleton = sight == TEXT_SHOWN ? &r->text->skeleton : NULL,
				       .tally = r->text->tally ? tally_begin_html(r->text->tally)
							       : NULL };
}

/* ---- parts ---- */

/* The text that is there now is of a part that readers show. */
static void note_shown(struct reader *r, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		r->levels[i].shown = true;
}

/* Text that is not shown, or no text at all. */
static void begin_file(struct reader *r, const struct entity *e)
{
	const bool text = str_ieq(e->type, STR("text")),
		   html = (text && str_ieq(e->subtype, STR("html"))) || entity_is_html_file(e);

	if (text || html) {
		open_sink(r, e, html, TEXT_OTHER);
	} else if (r->body && str_ieq(e->type, STR("message"))) {
		r->sink = SINK_RAW;
	} else {
		return;
	}
	if (r->body && !entity_is(e, STR("text"), STR("calendar")))
		body_begin_raw(r->body);
	if (r->body && (html || entity_is(e, STR("text"), STR("plain"))))
		body_begin_text(r->body, html);
}

static void begin_leaf(struct reader *r, const struct mime_part *part, const struct entity *e)
{
	const bool html = entity_is(e, STR("text"), STR("html"));

	if (r->body)
		body_part(r->body);
	r->file = intake_wants(e);
	if (r->file)
		intake_part(&r->intake, e, r->charsets);
	if (entity_is(e, STR("message"), STR("rfc822")) && !r->within && !r->text->full) {
		note_shown(r, part->depth);
		open_inner(r);
		return;
	}
	if (str_ieq(e->disposition, STR("attachment")) ||
	    (!html && !entity_is(e, STR("text"), STR("plain")))) {
		begin_file(r, e);
		return;
	}
	r->html = r->html || html;
	r->plain = r->plain || !html;
	note_shown(r, part->depth);
	open_sink(r, e, html, TEXT_SHOWN);
	if (r->body) {
		body_begin_raw(r->body);
		body_begin_text(r->body, html);
	}
}

static void begin_level(struct reader *r, const struct mime_part *part, const struct entity *e)
{
	if (!r->levels)
		r->levels = mem_array(NULL, LIMIT_MIME_DEPTH, sizeof(*r->levels));
	r->levels[part->depth] = (struct reader_level){
		.alternative = entity_is(e, STR("multipart"), STR("alternative")),
		.marked = r->text->count,
	};
	if (part->kind != MIME_MULTIPART)
		return;
	r->preamble = true;
	r->mark = r->text->count;
	open_sink(r, &(struct entity){ .subtype = STR("plain") }, false, TEXT_SHOWN);
	if (r->body) {
		r->body_mark = *r->body;
		body_begin_raw(r->body);
		body_begin_text(r->body, false);
	}
}

static void on_part(void *ctx, const struct mime_part *part, const struct entity *e)
{
	struct reader *r = ctx;

	if (r->preamble) {
		close_sink(r);
		text_rewind(r->text, r->mark);
		if (r->body)
			body_rewind(r->body, &r->body_mark);
		r->preamble = false;
	}
	if (part->depth) {
		r->levels[part->depth - 1].begun = r->text->count;
		r->levels[part->depth - 1].shown = false;
	}
	if (r->body && !(r->within && part->number == 0))
		body_header(r->body, e->header);
	if (r->text->tally)
		tally_part(r->text->tally, e,
			   part->depth && r->levels[part->depth - 1].alternative);
	r->decoder = (struct decoder){ .encoding = part->kind == MIME_LEAF ? e->encoding
									   : TRANSFER_NONE };
	if (part->kind == MIME_LEAF)
		begin_leaf(r, part, e);
	else
		begin_level(r, part, e);
}

static void on_bytes(void *ctx, const struct mime_part *part, struct str bytes)
{
	struct reader *r = ctx;

	(void)part;
	if (r->sink == SINK_NONE && !r->intake.at)
		return;
	put_bytes(r, bytes);
	if (r->text->full && r->sink != SINK_MESSAGE &&
	    r->sink != SINK_RAW) /* whose parts are told apart to its end */
		close_sink(r);
}

static void end_bytes(struct reader *r)
{
	char out[4];

	put_decoded(r, (struct str){ .p = out, .n = decoder_end(&r->decoder, out) });
	close_sink(r);
	if (r->file)
		intake_end(&r->intake);
	r->file = false;
}

/* A part that is shown takes the place of the alternatives before it. */
static void on_part_end(void *ctx, const struct mime_part *part)
{
	struct reader *r = ctx;
	struct reader_level *around = part->depth ? &r->levels[part->depth - 1] : NULL;

	end_bytes(r);
	r->preamble = false;
	if (!around || !around->alternative || !around->shown)
		return;
	text_demote(r->text, around->marked, around->begun);
	around->marked = around->begun;
}

/* ---- the message ---- */

/* Readers show the first; SpamAssassin's rules look at the last. */
static void put_subject(struct reader *r, struct str header)
{
	struct header_field field;
	char bytes[LIMIT_SUBJECT];
	struct out o = OUT(bytes);
	unsigned n = 0;

	while (header_next(&header, &field)) {
		if (!str_ieq(field.name, STR("Subject")) || (n && !r->body))
			continue;
		o = OUT(bytes);
		words_put(field.value, r->charsets, &o);
		if (n++)
			continue;
		text_mode(r->text, TEXT_SUBJECT, TEXT_SHOWN);
		text_put(r->text, out_text(&o));
		text_break(r->text);
	}
	if (r->body && !r->within)
		body_subject(r->body, str_trim(out_text(&o)));
}

void reader_begin(struct reader *r, struct text *text, struct charsets *charsets, struct str header)
{
	static const struct mime_events events = { .begin = on_part,
						   .body = on_bytes,
						   .end = on_part_end };

	r->text = text;
	r->body = text->body;
	r->charsets = charsets;
	r->enclosed = (struct enclosed){
		.text = put_charset, .ctx = r, .intake = &r->intake, .charsets = charsets
	};
	put_subject(r, header);
	mime_begin(&r->mime, &events, r, header);
}

void reader_feed(struct reader *r, struct str bytes)
{
	mime_feed(&r->mime, bytes);
}

void reader_finish(struct reader *r)
{
	mime_finish(&r->mime);
	if (r->body && !r->within)
		body_end(r->body);
}

void reader_free(struct reader *r)
{
	charset_close(&r->charset);
	if (r->inner)
		reader_free(r->inner);
	mem_free(r->inner);
	html_free(&r->markup);
	text_free(&r->hidden);
	intake_free(&r->intake);
	enclosed_free(&r->enclosed);
	mime_free(&r->mime);
	mem_free(r->levels);
	*r = (struct reader){ 0 };
}
