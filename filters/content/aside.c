/* aside.c - what some programs show of HTML that is no text of the document: it is judged, and counts for nothing that all see.
 *
 * The text in place of an image: Outlook on a desktop and Thunderbird fetch no image before they are told to, and show it;
 * Apple's, Gmail, Yahoo and Outlook on the web show the image.  What is filled in and stands in the fields of a form: some leave
 * forms out.  The document in an iframe: nearly all leave it out.  What stands in a comment under a condition that is true of it:
 * Outlook on a desktop.  Titles are shown where a pointer rests, which is not reading. */
#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "filters/content/attribute.h"
#include "filters/content/element.h"

enum { DOCUMENT_STEPS = 200 }; /* that beginning one takes */

static void tell(struct html *h, struct str value)
{
	char bytes[LIMIT_HTML_REFERENCE];
	struct out o = OUT(bytes);

	if (value.n && memchr(value.p, '&', value.n))
		value = attribute_text(value, &o, &h->steps);
	if (value.n == 0)
		return;
	h->events->aside(h->ctx, value);
	h->events->aside_end(h->ctx);
}

/* ---- a document in an attribute: ctx is the one around it ---- */

static void on_text(void *ctx, struct str text, bool hidden)
{
	struct html *h = ctx;

	if (!hidden)
		h->events->aside(h->ctx, text);
}

static void on_space(void *ctx, bool hidden)
{
	on_text(ctx, STR(" "), hidden);
}

static void on_block(void *ctx, bool hidden)
{
	struct html *h = ctx;

	if (!hidden)
		h->events->aside_end(h->ctx);
}

static void on_seam(void *ctx)
{
	(void)ctx;
}

static void on_gap(void *ctx, enum body_gap gap)
{
	(void)ctx;
	(void)gap;
}

static void on_reference(void *ctx, const struct html_reference *reference)
{
	struct html *h = ctx;
	const struct html_reference without = { .kind = reference->kind,
						.tag = reference->tag,
						.target = reference->target };

	h->events->reference(h->ctx, &without);
}

static void on_link_end(void *ctx)
{
	(void)ctx;
}

static void on_charset(void *ctx, struct str name)
{
	(void)ctx;
	(void)name;
}

static void on_aside(void *ctx, struct str text)
{
	on_text(ctx, text, false);
}

static void on_aside_end(void *ctx)
{
	on_block(ctx, false);
}

static const struct html_events document_events = {
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

/* One in such a one is not read. */
static void tell_document(struct html *h, struct str value)
{
	struct html inner = { .events = &document_events, .ctx = h };
	struct out o = { .cap = value.n };

	if (value.n == 0 || h->events == &document_events)
		return;
	o.p = mem_new(value.n);
	html_feed(&inner, attribute_text(value, &o, &h->steps));
	html_end(&inner);
	h->steps += inner.steps + DOCUMENT_STEPS;
	html_free(&inner);
	mem_free(o.p);
	h->events->aside_end(h->ctx);
}

/* ---- a document in a comment ---- */

void html_begin_condition(struct html *h)
{
	if (h->events == &document_events || html_is_hidden(h))
		return;
	h->under_condition = mem_new(sizeof(*h->under_condition));
	h->under_condition->events = &document_events;
	h->under_condition->ctx = h;
	h->steps += DOCUMENT_STEPS;
}

void html_feed_condition(struct html *h, struct str bytes)
{
	struct html *inner = h->under_condition;

	html_feed(inner, bytes);
	h->steps += inner->steps;
	inner->steps = 0;
}

void html_end_condition(struct html *h)
{
	if (!h->under_condition)
		return;
	html_end(h->under_condition);
	html_free(h->under_condition);
	mem_free(h->under_condition);
	h->under_condition = NULL;
	h->events->aside_end(h->ctx);
}

/* ---- fields ---- */

/* Its value is what it shows. */
static bool shows_value(struct str type)
{
	static const struct str silent[] = { STR_INIT("hidden"), STR_INIT("checkbox"),
					     STR_INIT("radio"),  STR_INIT("image"),
					     STR_INIT("file"),   STR_INIT("color"),
					     STR_INIT("range"),  STR_INIT("password") };

	for (size_t i = 0; i < COUNTOF(silent); i++)
		if (str_ieq(type, silent[i]))
			return false;
	return true;
}

static void tell_field(struct html *h, const struct html_aside *aside)
{
	const bool shows = shows_value(aside->type);

	if (shows && aside->value.n)
		tell(h, aside->value);
	else if (shows || str_ieq(aside->type, STR("password")))
		tell(h, aside->label);
	else if (str_ieq(aside->type, STR("image")))
		tell(h, aside->alternative);
}

void html_tell_aside(struct html *h, uint8_t tag, const struct html_aside *aside)
{
	if (tag == TAG_img)
		tell(h, aside->alternative);
	else if (tag == TAG_textarea)
		tell(h, aside->label);
	else if (tag == TAG_iframe)
		tell_document(h, aside->document);
	else
		tell_field(h, aside);
}
