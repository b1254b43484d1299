/* content.c - the filter: what a message is made of, and what it says (RFC 2045 to 2049, filters/content/text.h).
 *
 * The body is read while it arrives; of it only the text is kept.  What is found here is what is wrong with the
 * structure, in so far as it is a way of showing the reader something else than whoever checks the mail, and text that
 * is not meant for eyes. */
#include "base/check.h"
#include "filters/content/reader.h"
#include "filters/content/tally.h"
#include "filters/hit.h"

#define REMARKS(X)                                                                                 \
	X(MIME_HTML_ONLY, "the message has its text in HTML alone")                                \
	X(TEXT_NONE, "the message has no text that could be read")                                 \
	X(TEXT_LIMIT, "more text than is looked at")                                               \
	X(TEXT_LIMIT_WORK, "and that because it is made of tags and marks more than of text")      \
	X(TEXT_TURNED, "words are written backwards, and turned about for the reader")             \
	X(HTML_PARTED_WORDS, "hidden text stands within words that are shown")                     \
	X(HTML_HIDDEN_TEXT, "more text is hidden from the reader than shown")

enum remark {
#define X(ID, ABOUT) REMARK_##ID,
	REMARKS(X)
#undef X
		REMARK_COUNT
};

enum {
	HIDDEN_FROM = 256
}; /* bytes: newsletters hide a line that mail programs show beside the subject */
enum { PARTED_FROM = 3 }; /* words: one or two may be a mistake */

struct content_conf {
	struct filter_common common;
};

struct content {
	bool tallies;    /* functions of rules are called */
	unsigned wanted; /* by them: struct tally */
	struct charsets *charsets;
	unsigned bodies; /* bit of enum body_kind: rules look at it */
	struct magic *magic;
	filter_symbol problems[MIME_PROBLEM_COUNT], remarks[REMARK_COUNT];
};

struct content_state {
	struct reader reader;
	struct text *text;
	struct body body;
	struct attachments *attachments;
};

static const struct conf_option options[] = { FILTER_COMMON_OPTIONS(content_conf) };

const struct conf_block block_content = {
	.name = "content",
	.about = "what a message is made of (MIME), and what it says",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct content_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct content *c = arena_new(filter_setup_arena(s), struct content);

	(void)section;
	if (!c)
		return NULL;
	c->charsets = charsets_new();
	c->magic = magic_new();
	if (!filter_setup_own(s, c->charsets, charsets_free) ||
	    !filter_setup_own(s, c->magic, magic_free))
		return NULL;
#define X(ID, ABOUT) c->problems[MIME_##ID] = filter_define(s, STR("MIME_" #ID), PHASE_END, ABOUT);
	MIME_PROBLEMS(X)
#undef X
#define X(ID, ABOUT) c->remarks[REMARK_##ID] = filter_define(s, STR(#ID), PHASE_END, ABOUT);
	REMARKS(X)
#undef X
	return c;
}

/* Which of the body's texts a rule looks at, as a bit; 0: none of them. */
static unsigned body_of(const struct pattern_view *view)
{
	if (view->parts)
		return 1u << BODY_HEADERS;
	if (view->source == PATTERN_RENDERED)
		return 1u << BODY_RENDERED;
	return view->source == PATTERN_RAW_BODY ? 1u << BODY_RAW : 0;
}

static void patterns(struct filter_setup *s, void *conf, const struct patterns *patterns)
{
	struct content *c = conf;

	(void)s;
	c->tallies = patterns->call_count > 0;
	for (size_t i = 0; i < patterns->call_count; i++)
		if (!patterns->calls[i].idle)
			c->wanted |= tally_wants(&patterns->calls[i]);
	if (c->tallies) /* functions look at these too */
		c->bodies |= 1u << BODY_RENDERED | 1u << BODY_RAW;
	for (size_t i = 0; i < patterns->count; i++)
		if (!patterns->items[i].idle)
			c->bodies |= body_of(&patterns->items[i].view);
}

/* ---- findings ---- */

static void remark(struct filter_run *run, enum remark remark)
{
	const struct content *c = filter_conf(run);

	filter_report(run, c->remarks[remark], (struct str){ 0 });
}

static void judge_text(struct filter_run *run, const struct text *t)
{
	uint64_t bytes[TEXT_HIDDEN + 1] = { 0 };

	for (uint32_t i = 0; i < t->count; i++)
		if (t->paragraphs[i].source != TEXT_SUBJECT)
			bytes[t->paragraphs[i].sight] += t->paragraphs[i].n;
	if (t->cut)
		remark(run, REMARK_TEXT_LIMIT);
	if (t->costly)
		remark(run, REMARK_TEXT_LIMIT_WORK);
	if (bytes[TEXT_SHOWN] == 0)
		remark(run, REMARK_TEXT_NONE);
	if (t->turned)
		remark(run, REMARK_TEXT_TURNED);
	if (t->parted >= PARTED_FROM)
		remark(run, REMARK_HTML_PARTED_WORDS);
	if (bytes[TEXT_HIDDEN] >= HIDDEN_FROM && bytes[TEXT_HIDDEN] > bytes[TEXT_SHOWN])
		remark(run, REMARK_HTML_HIDDEN_TEXT);
}

/* ---- the phases ---- */

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	const struct content *c = filter_conf(run);
	struct content_state *s = state;

	s->text = facts->text;
	s->body.wanted = c->bodies;
	s->text->body = c->bodies ? &s->body : NULL;
	s->text->tally = c->tallies ? arena_new(filter_arena(run), struct tally) : NULL;
	if (s->text->tally)
		s->text->tally->wanted = c->wanted;
	s->attachments = facts->attachments;
	if (s->attachments)
		attachments_init(s->attachments);
	s->reader.intake.all = s->attachments;
	s->reader.intake.magic = c->magic;
	reader_begin(&s->reader, s->text, c->charsets, facts->header);
	return FILTER_DONE;
}

static void on_body(struct filter_run *run, struct str bytes, void *state)
{
	struct content_state *s = state;

	(void)run;
	if (s->text->tally)
		tally_bytes(&s->text->tally->body, bytes);
	reader_feed(&s->reader, bytes);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	const struct content *c = filter_conf(run);
	struct content_state *s = state;
	const struct reader *r = &s->reader;

	(void)facts;
	reader_finish(&s->reader);
	for (unsigned i = 0; i < MIME_PROBLEM_COUNT; i++)
		if (r->mime.problems & 1u << i)
			filter_report(run, c->problems[i], (struct str){ 0 });
	if (r->html && !r->plain)
		remark(run, REMARK_MIME_HTML_ONLY);
	judge_text(run, s->text);
	return FILTER_DONE;
}

static void end(void *state)
{
	struct content_state *s = state;

	reader_free(&s->reader);
	body_free(&s->body);
	if (s->text && s->text->tally)
		tally_drop(s->text->tally);
	if (s->text)
		text_free(s->text);
	if (s->attachments)
		attachments_free(s->attachments);
}

const struct filter filter_content = {
	.name = "content",
	.about = "what a message is made of (RFC 2045)",
	.block = &block_content,
	.state_size = sizeof(struct content_state),
	.setup = setup,
	.patterns = patterns,
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end },
	.body = on_body,
	.end = end,
};
