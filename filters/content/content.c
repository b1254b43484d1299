/* content.c - the filter: what a message is made of (RFC 2045 to 2049).
 *
 * The body is taken apart while it arrives; nothing of it is kept.  What is found is what is wrong with the
 * structure, in so far as it is a way of showing the reader something else than whoever checks the mail. */
#include "base/check.h"
#include "filters/content/mime.h"
#include "filters/filter.h"

#define REMARKS(X) X(HTML_ONLY, "the message has its text in HTML alone")

enum remark {
#define X(ID, ABOUT) REMARK_##ID,
	REMARKS(X)
#undef X
		REMARK_COUNT
};

struct content_conf {
	struct filter_common common;
};

struct content {
	filter_symbol problems[MIME_PROBLEM_COUNT], remarks[REMARK_COUNT];
};

struct content_state {
	struct mime mime;
	bool plain, html; /* text parts that are there */
};

static const struct conf_option options[] = { FILTER_COMMON_OPTIONS(content_conf) };

const struct conf_block block_content = {
	.name = "content",
	.about = "what a message is made of: its parts (MIME)",
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
#define X(ID, ABOUT) c->problems[MIME_##ID] = filter_define(s, STR("MIME_" #ID), PHASE_END, ABOUT);
	MIME_PROBLEMS(X)
#undef X
#define X(ID, ABOUT) c->remarks[REMARK_##ID] = filter_define(s, STR("MIME_" #ID), PHASE_END, ABOUT);
	REMARKS(X)
#undef X
	return c;
}

/* ---- the parts ---- */

static void on_part(void *ctx, const struct mime_part *part, const struct entity *entity)
{
	struct content_state *s = ctx;
	const bool shown =
		part->kind == MIME_LEAF && !str_ieq(entity->disposition, STR("attachment"));

	if (shown && entity_is(entity, STR("text"), STR("plain")))
		s->plain = true;
	if (shown && entity_is(entity, STR("text"), STR("html")))
		s->html = true;
}

static void on_bytes(void *ctx, const struct mime_part *part, struct str bytes)
{
	(void)ctx;
	(void)part;
	(void)bytes;
}

static void on_part_end(void *ctx, const struct mime_part *part)
{
	(void)ctx;
	(void)part;
}

static const struct mime_events events = { .begin = on_part, .body = on_bytes, .end = on_part_end };

/* ---- the phases ---- */

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	struct content_state *s = state;

	(void)run;
	mime_begin(&s->mime, &events, s, facts->header);
	return FILTER_DONE;
}

static void on_body(struct filter_run *run, struct str bytes, void *state)
{
	(void)run;
	mime_feed(&((struct content_state *)state)->mime, bytes);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	const struct content *c = filter_conf(run);
	struct content_state *s = state;

	(void)facts;
	mime_finish(&s->mime);
	for (unsigned i = 0; i < MIME_PROBLEM_COUNT; i++)
		if (s->mime.problems & 1u << i)
			filter_report(run, c->problems[i], (struct str){ 0 });
	if (s->html && !s->plain)
		filter_report(run, c->remarks[REMARK_HTML_ONLY], (struct str){ 0 });
	return FILTER_DONE;
}

static void end(void *state)
{
	mime_free(&((struct content_state *)state)->mime);
}

const struct filter filter_content = {
	.name = "content",
	.about = "what a message is made of (RFC 2045)",
	.block = &block_content,
	.state_size = sizeof(struct content_state),
	.setup = setup,
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end },
	.body = on_body,
	.end = end,
};
