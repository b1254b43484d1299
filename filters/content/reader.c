#include "filters/content/reader.h"

#include "base/mem.h"
#include "filters/content/tally.h"
#include "filters/content/words.h"
#include "mail/header.h"

enum {
	ROOM = 4096,
	EFFORT_STEP = 16,   /* of undoing the encoding of a text, that is a step */
	EFFORT_PIECE = 128, /* of a piece of what is signed */
	EFFORT_LOOK = 4, /* of looking for files in a byte of text that is not written any more */
};

/* ---- the bytes of a part ---- */

/* Its text is wanted, or its bytes. */
static bool is_read(const struct reader *r)
{
	return r->inner || r->raw || r->writer.kind != WRITER_NONE;
}

static void put_text(void *ctx, struct str bytes)
{
	struct reader *r = ctx;

	if (r->writer.kind != WRITER_NONE)
		writer_put(&r->writer, bytes);
}

static void put_enclosing(struct reader *r, struct str bytes)
{
	if (r->writer.kind == WRITER_NONE)
		r->text->decoding += EFFORT_LOOK * bytes.n;
	enclosed_feed(&r->enclosed, bytes);
	r->text->decoding += r->enclosed.effort;
	r->enclosed.effort = 0;
}

static void open_inner(struct reader *r);

/* What was signed is a message without its sender's header. */
static void put_signed(struct reader *r, struct str bytes)
{
	while (bytes.n) {
		const struct str content = cms_take(&r->cms, &bytes);

		r->text->decoding += EFFORT_PIECE;
		if (content.n && !r->inner)
			open_inner(r);
		if (content.n)
			reader_feed(r->inner, content);
	}
}

static void put_decoded(struct reader *r, struct str bytes)
{
	if (r->file)
		intake_add(&r->intake, bytes);
	if (r->is_signed) {
		put_signed(r, bytes);
		return;
	}
	if (r->inner) {
		reader_feed(r->inner, bytes);
		return;
	}
	if (r->body && is_read(r))
		body_raw(r->body, bytes);
	if (r->encloses)
		put_enclosing(r, bytes);
	else if (r->writer.kind != WRITER_NONE)
		writer_put(&r->writer, bytes);
}

/* A text pays with what it may take, so that one that is made to cost leaves enough for those behind it; files pay together. */
static void pay_decoding(struct reader *r, size_t effort)
{
	if (r->writer.kind == WRITER_NONE) {
		r->text->decoding += effort;
		return;
	}
	effort += r->effort;
	text_add_steps(r->text, (uint32_t)(effort / EFFORT_STEP));
	r->effort = effort % EFFORT_STEP;
}

static void expect(struct reader *r, size_t n)
{
	if (r->writer.kind != WRITER_NONE)
		text_expect(r->text, n);
	if (r->body)
		body_expect(r->body, n);
}

static void put_bytes(struct reader *r, struct str bytes)
{
	char out[ROOM];

	expect(r, bytes.n);
	if (r->decoder.encoding == TRANSFER_NONE) {
		put_decoded(r, bytes);
		return;
	}
	while (bytes.n) {
		const size_t before = bytes.n;
		const size_t n = decoder_take(&r->decoder, &bytes, out, sizeof(out));

		pay_decoding(r, decoder_effort(&r->decoder, before - bytes.n, n));
		put_decoded(r, (struct str){ .p = out, .n = n });
	}
}

/* A message in a transfer encoding, or in a file, is read by a reader of its own, whose findings are ours. */
static void open_inner(struct reader *r)
{
	r->inner = mem_new(sizeof(*r->inner));
	r->inner->within = r->within + 1;
	r->inner->intake.all = r->intake.all;
	r->inner->intake.magic = r->intake.magic;
	reader_begin(r->inner, r->text, r->charsets, STR("Content-Type: message/rfc822\r\n\r\n"));
	r->inner->mime.left = r->mime.left;
}

static void close_inner(struct reader *r)
{
	reader_finish(r->inner);
	r->mime.left = r->inner->mime.left;
	r->mime.problems |= r->inner->mime.problems;
	r->plain = r->plain || r->inner->plain;
	r->html = r->html || r->inner->html;
	reader_free(r->inner);
	mem_free(r->inner);
	r->inner = NULL;
}

/* Nothing more is written of it; there may be files in it yet. */
static void close_text(struct reader *r)
{
	writer_close(&r->writer);
	r->raw = false;
	if (r->body)
		body_end_raw(r->body);
	if (r->counted)
		tally_end_text(r->text->tally, r->counted, r->body);
	r->counted = NULL;
}

static void close_part(struct reader *r)
{
	enclosed_end(&r->enclosed);
	r->encloses = false;
	if (r->inner)
		close_inner(r);
	if (is_read(r))
		close_text(r);
}

/* Its text is written, as long as there is room for more. */
static void open_text(struct reader *r, const struct entity *e, enum writer_kind kind,
		      enum text_sight sight)
{
	r->encloses = kind == WRITER_PLAIN && !r->file;
	if (r->text->full) {
		r->text->cut = true;
		return;
	}
	writer_open(&r->writer, e, kind, sight);
	if (r->body && (kind != WRITER_CALENDAR || entity_is_plain(e)))
		body_begin_raw(r->body);
}

/* ---- parts ---- */

/* The text that is there now is of a part that readers show. */
static void note_shown(struct reader *r, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		r->levels[i].shown = true;
}

/* Its names were decoded when it was taken in as a file. */
static bool is_called(const struct reader *r, const struct entity *e, enum name_kind kind)
{
	if (r->intake.all)
		return r->file && r->intake.at && attachment_is_called(r->intake.at, kind);
	return entity_is_called(e, r->charsets, kind);
}

/* By its type, or by the name by which it is opened: HTML, or what a browser shows like it. */
static bool is_page(const struct reader *r, const struct entity *e)
{
	return entity_is(e, STR("application"), STR("xhtml+xml")) ||
	       entity_is(e, STR("image"), STR("svg+xml")) || is_called(r, e, NAME_PAGE);
}

static bool is_calendar(const struct reader *r, const struct entity *e)
{
	return entity_is(e, STR("text"), STR("calendar")) ||
	       entity_is(e, STR("application"), STR("ics")) || is_called(r, e, NAME_CALENDAR);
}

static enum writer_kind text_kind(const struct reader *r, const struct entity *e)
{
	if (entity_is(e, STR("text"), STR("html")) || is_page(r, e))
		return WRITER_HTML;
	if (is_calendar(r, e))
		return WRITER_CALENDAR;
	return str_ieq(e->type, STR("text")) ? WRITER_PLAIN : WRITER_NONE;
}

/* Text that is not shown, or no text at all. */
static void begin_file(struct reader *r, const struct entity *e)
{
	const enum writer_kind kind = text_kind(r, e);

	if (kind != WRITER_NONE) {
		open_text(r, e, kind, TEXT_OTHER);
	} else if (r->body && str_ieq(e->type, STR("message"))) {
		r->raw = true;
		body_begin_raw(r->body);
	}
}

/* For who counts. */
static void count_leaf(struct reader *r, const struct mime_part *part, const struct entity *e)
{
	struct tally *t = r->text->tally;
	const bool html = entity_is(e, STR("text"), STR("html"));
	uint32_t alternatives = 0;

	lines_begin(&r->lines, &t->lines, e, t->alternatives > 0);
	for (unsigned i = 0; i < part->depth; i++)
		alternatives |= r->levels[i].bit;
	r->counted = r->body && (html || entity_is_plain(e))
			     ? tally_begin_text(t, r->body, html, alternatives)
			     : NULL;
}

/* Of alternatives, a subtype that few readers know is passed over; elsewhere it is shown as it is (RFC 2046 4.1.4).  What
 * is told by an invitation is text of it where there is no other. */
static enum writer_kind shown_as(const struct reader *r, unsigned depth, const struct entity *e)
{
	if (entity_is(e, STR("text"), STR("html")))
		return WRITER_HTML;
	if (depth == 0 && entity_is(e, STR("text"), STR("calendar")))
		return WRITER_CALENDAR;
	if (entity_is(e, STR("text"), STR("plain")) ||
	    (entity_is_plain(e) && !(depth && r->levels[depth - 1].alternative)))
		return WRITER_PLAIN;
	return WRITER_NONE;
}

/* A message that is not read as it stands: encoded, or a file. */
static bool is_inner(const struct reader *r, const struct entity *e)
{
	return entity_is(e, STR("message"), STR("rfc822")) ||
	       entity_is(e, STR("message"), STR("global")) ||
	       (!str_ieq(e->type, STR("text")) && is_called(r, e, NAME_MESSAGE));
}

/* What it was signed as is in it, and shown. */
static bool is_signed(const struct entity *e)
{
	return entity_is(e, STR("application"), STR("pkcs7-mime")) ||
	       entity_is(e, STR("application"), STR("x-pkcs7-mime"));
}

/* False: too many of them are within one another. */
static bool may_open(struct reader *r)
{
	if (r->within < LIMIT_MIME_MESSAGES)
		return true;
	r->mime.problems |= 1u << MIME_LIMIT_DEPTH;
	return false;
}

static void begin_leaf(struct reader *r, const struct mime_part *part, const struct entity *e)
{
	const enum writer_kind kind = shown_as(r, part->depth, e);

	if (r->body)
		body_part(r->body);
	if (r->text->tally)
		count_leaf(r, part, e);
	text_begin_part(r->text);
	r->file = intake_wants(e);
	if (r->file)
		intake_part(&r->intake, e, r->charsets);
	if ((is_signed(e) || is_inner(r, e)) && may_open(r)) {
		note_shown(r, part->depth);
		r->is_signed = is_signed(e);
		r->cms = (struct cms){ 0 };
		if (!r->is_signed)
			open_inner(r);
		return;
	}
	if (str_ieq(e->disposition, STR("attachment")) || kind == WRITER_NONE) {
		begin_file(r, e);
		return;
	}
	r->html = r->html || kind == WRITER_HTML;
	r->plain = r->plain || kind != WRITER_HTML;
	note_shown(r, part->depth);
	open_text(r, e, kind, TEXT_SHOWN);
}

static void begin_level(struct reader *r, const struct mime_part *part, const struct entity *e)
{
	if (!r->levels)
		r->levels = mem_array(NULL, LIMIT_MIME_DEPTH, sizeof(*r->levels));
	r->levels[part->depth] = (struct reader_level){
		.alternative = entity_is(e, STR("multipart"), STR("alternative")),
		.marked = r->text->count,
	};
	if (r->levels[part->depth].alternative && r->text->tally &&
	    r->text->tally->alternatives <= 32)
		r->levels[part->depth].bit = UINT32_C(1) << (r->text->tally->alternatives - 1);
	if (part->kind != MIME_MULTIPART)
		return;
	r->preamble = true;
	r->mark = r->text->count;
	if (r->body)
		r->body_mark = *r->body;
	text_begin_part(r->text);
	open_text(r, &(struct entity){ .type = STR("text"), .subtype = STR("plain") }, WRITER_PLAIN,
		  TEXT_SHOWN);
}

static void on_part(void *ctx, const struct mime_part *part, const struct entity *e)
{
	struct reader *r = ctx;

	if (r->preamble) {
		close_part(r);
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

/* A file's encoding is to be undone, or a file looked for, and that has taken too much already. */
static bool is_tired(const struct reader *r)
{
	if (r->text->decoding <= LIMIT_DECODING)
		return false;
	if (r->writer.kind == WRITER_NONE && (r->encloses || r->is_signed))
		return true;
	return r->writer.kind == WRITER_NONE ? r->decoder.encoding != TRANSFER_NONE
					     : r->enclosed.state != ENCLOSED_TEXT;
}

/* There is more of it than is looked at. */
static void cut_part(struct reader *r)
{
	r->text->cut = r->text->cut || is_read(r);
	intake_cut(&r->intake);
	r->is_signed = false;
	close_part(r);
}

static void on_bytes(void *ctx, const struct mime_part *part, struct str bytes)
{
	struct reader *r = ctx;

	(void)part;
	if (r->lines.facts && !r->inner)
		lines_feed(&r->lines, bytes);
	if (!is_read(r) && !r->encloses && !r->is_signed && !r->intake.at)
		return;
	if (is_tired(r)) {
		cut_part(r);
		return;
	}
	put_bytes(r, bytes);
	if (r->text->full && r->writer.kind != WRITER_NONE)
		close_text(r);
}

static void end_bytes(struct reader *r)
{
	char out[4];

	lines_end(&r->lines);
	put_decoded(r, (struct str){ .p = out, .n = decoder_end(&r->decoder, out) });
	close_part(r);
	if (r->file)
		intake_end(&r->intake);
	r->file = r->is_signed = false;
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
	char line[4 * LIMIT_SUBJECT]; /* encoded words are longer than what they say */
	struct out o = OUT(bytes), unfolded;
	unsigned n = 0;

	while (header_next(&header, &field)) {
		if (!str_ieq(field.name, STR("Subject")) || (n && !r->body))
			continue;
		unfolded = OUT(line);
		words_unfold(field.value, &unfolded);
		o = OUT(bytes);
		words_put(out_text(&unfolded), r->charsets, &o);
		if (n++)
			continue;
		text_mode(r->text, TEXT_SUBJECT, TEXT_SHOWN);
		text_put(r->text, out_text(&o));
		text_break(r->text);
	}
	if (r->body && !r->within)
		body_subject(r->body, out_text(&o));
}

void reader_begin(struct reader *r, struct text *text, struct charsets *charsets, struct str header)
{
	static const struct mime_events events = { .begin = on_part,
						   .body = on_bytes,
						   .end = on_part_end };

	r->text = text;
	r->body = text->body;
	r->charsets = charsets;
	r->writer = (struct writer){ .text = text, .charsets = charsets };
	r->enclosed = (struct enclosed){
		.text = put_text, .ctx = r, .intake = &r->intake, .charsets = charsets
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
	if (r->text->tally && !r->within) {
		r->text->tally->signs = r->mime.signs;
		r->text->tally->not_closed = r->mime.problems & 1u << MIME_NOT_CLOSED;
	}
	if (r->body && !r->within)
		body_end(r->body);
}

void reader_free(struct reader *r)
{
	writer_free(&r->writer);
	if (r->inner)
		reader_free(r->inner);
	mem_free(r->inner);
	intake_free(&r->intake);
	enclosed_free(&r->enclosed);
	mime_free(&r->mime);
	mem_free(r->levels);
	*r = (struct reader){ 0 };
}
