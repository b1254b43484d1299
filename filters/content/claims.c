/* claims.c - what an element says of itself by its attributes, and a style sheet of it. */
#include "base/check.h"
#include "base/out.h"
#include "filters/content/attribute.h"
#include "filters/content/css.h"
#include "filters/content/element.h"
#include "filters/content/tally.h"

enum { ATTRIBUTE = 2, STEP = 8 }; /* steps of one; bytes of all of a tag that are one more */

/* "text/html; charset=x", as far as it matters (WHATWG HTML 2.6.3). */
static void read_content(struct html *h, struct str value)
{
	struct str head, rest;

	while (str_cut(value, '=', &head, &rest)) {
		head = attribute_trim(head);
		if (str_iends(head, STR("charset"))) {
			str_cut(attribute_trim(rest), ';', &head, &rest);
			h->events->charset(h->ctx, attribute_trim(head));
			return;
		}
		value = rest;
		h->steps++;
	}
}

/* Elements whose style is part of how SpamAssassin sees text. */
static bool has_style(uint8_t tag)
{
	switch (tag) {
	case TAG_a:
	case TAG_div:
	case TAG_p:
	case TAG_span:
	case TAG_table:
	case TAG_td:
	case TAG_th:
	case TAG_tr:
		return true;
	default:
		return false;
	}
}

/* A style's declarations as they are read: without entities, comments and escapes. */
static struct str clean_style(struct html *h, struct str value, struct out *o)
{
	if (value.n == 0 || (!memchr(value.p, '&', value.n) && css_is_plain(value)))
		return value;
	value = attribute_value(value, o, &h->steps);
	h->steps += (uint32_t)(value.n / CSS_STEP);
	value.n = css_clean(o->p, value.n);
	return value;
}

static void read_look(struct html *h, struct html_element *e, struct str style)
{
	const uint32_t around = e->look.background;

	h->steps += html_style_look(&e->look, style);
	look_settle(&e->look, around);
}

/* A style sheet's rules for it, and its own style: what counts least comes first. */
static void read_styles(struct html *h, struct html_element *e, const struct sheet_claims *of,
			struct str style)
{
	const bool important = style.n && memchr(style.p, '!', style.n);
	struct sheet_matches m;

	m.count = m.important = 0;
	if (h->sheet) {
		h->steps += sheet_match(h->sheet, of, e, &m);
		sheet_apply(&m, false, e);
	}
	h->steps += html_style(e, style, HTML_NORMAL);
	if (m.important)
		sheet_apply(&m, true, e);
	if (important)
		h->steps += html_style(e, style, HTML_IMPORTANT);
	html_conclude(e);
}

/* What an element says of itself that counts behind what all else says. */
struct claims {
	struct str classes, id, style;
	struct html_aside aside;
};

/* Of several <body>, which are one, the first that says it counts. */
static void read_body(struct html *h, struct html_element *e, const struct attribute *a)
{
	uint32_t *const colors[] = { &e->background, &e->color, &e->links };
	static const struct str names[] = { STR_INIT("bgcolor"), STR_INIT("text"),
					    STR_INIT("link") };

	for (unsigned i = 0; i < COUNTOF(names); i++) {
		if (!str_ieq(a->name, names[i]) || h->body & 1u << i)
			continue;
		*colors[i] = html_color(a->value);
		h->body |= (uint8_t)(1u << i);
	}
}

static void read_color(struct html *h, struct html_element *e, const struct attribute *a)
{
	if (e->tag == TAG_body)
		read_body(h, e, a);
	else if (str_ieq(a->name, STR("bgcolor")))
		e->background = html_color(a->value);
	else if (e->tag == TAG_font && str_ieq(a->name, STR("color")))
		e->color = html_color(a->value);
}

/* Of several of a name, the first. */
static void claim(struct str *value, const struct attribute *a)
{
	if (!value->p)
		*value = a->value;
}

/* Letters that go from left to right do so whatever this says, but for those in <bdo>. */
static void read_direction(struct html_element *e, struct str value)
{
	e->direction = str_ieq(value, STR("rtl")) ? HTML_TO_LEFT : HTML_TO_RIGHT;
	if (e->order != HTML_OVERRIDDEN)
		e->order = HTML_APART;
}

/* Elements of which something may be shown that is no text of the document. */
static bool has_aside(uint8_t tag)
{
	return tag == TAG_iframe || tag == TAG_img || tag == TAG_input || tag == TAG_textarea;
}

static void read_aside(struct html_aside *aside, uint8_t tag, const struct attribute *a)
{
	if (tag == TAG_iframe && str_ieq(a->name, STR("srcdoc")))
		claim(&aside->document, a);
	else if (str_ieq(a->name, STR("alt")))
		claim(&aside->alternative, a);
	else if (str_ieq(a->name, STR("type")))
		claim(&aside->type, a);
	else if (str_ieq(a->name, STR("value")))
		claim(&aside->value, a);
	else if (str_ieq(a->name, STR("placeholder")))
		claim(&aside->label, a);
}

static void read_attribute(struct html *h, struct html_element *e, struct claims *claims,
			   const struct attribute *a)
{
	attribute_refer(h, e->tag, a);
	if (str_ieq(a->name, STR("style"))) {
		claim(&claims->style, a);
	} else if (str_ieq(a->name, STR("class"))) {
		claim(&claims->classes, a);
	} else if (str_ieq(a->name, STR("id"))) {
		claim(&claims->id, a);
	} else if (e->tag == TAG_a && str_ieq(a->name, STR("href"))) {
		e->color = e->links;
	} else if (str_ieq(a->name, STR("background"))) {
		e->background = HTML_NO_COLOR;
	} else if (e->tag == TAG_meta && str_ieq(a->name, STR("charset"))) {
		h->events->charset(h->ctx, attribute_trim(a->value));
	} else if (e->tag == TAG_meta && str_ieq(a->name, STR("content"))) {
		read_content(h, a->value);
	} else if (e->tag == TAG_style && str_ieq(a->name, STR("media"))) {
		h->elsewhere = !sheet_is_for_screens(a->value);
	} else if (str_ieq(a->name, STR("hidden"))) {
		e->hidden |= HTML_BY_DISPLAY;
	} else if (str_ieq(a->name, STR("dir"))) {
		read_direction(e, a->value);
	} else if (a->value.n) {
		read_color(h, e, a);
	}
}

/* For who counts. */
static void note_attribute(struct html *h, struct html_element *e, const struct attribute *a)
{
	char bytes[1024];
	struct out o = OUT(bytes);
	struct str value = a->value;

	switch (e->tag) {
	case TAG_basefont:
	case TAG_body:
	case TAG_font:
	case TAG_form:
	case TAG_iframe:
	case TAG_img:
		if (value.n && memchr(value.p, '&', value.n))
			value = attribute_value(value, &o, &h->steps);
		tally_attribute(h->tally, e->tag, &e->look, a->name, value);
		break;
	default:
		break;
	}
}

void html_claims(struct html *h, struct html_element *e, struct str name, struct str attributes)
{
	struct claims claims = { 0 };
	char bytes[LIMIT_HTML_REFERENCE];
	struct out o = OUT(bytes);
	struct sheet_claims of = { .name = name };
	struct attribute a;
	struct str style;

	h->steps += (uint32_t)(attributes.n / STEP);
	while (attribute_next(&attributes, &a)) {
		h->steps += ATTRIBUTE;
		read_attribute(h, e, &claims, &a);
		if (has_aside(e->tag))
			read_aside(&claims.aside, e->tag, &a);
		if (h->tally)
			note_attribute(h, e, &a);
	}
	of.classes = claims.classes;
	of.id = claims.id;
	e->claims = of.classes.n || of.id.n;
	style = clean_style(h, claims.style, &o);
	e->styled = style.n;
	if (style.n || h->sheet)
		read_styles(h, e, &of, style);
	if (has_aside(e->tag) && !e->hidden && !html_is_hidden(h))
		html_tell_aside(h, e->tag, &claims.aside);
	if (style.n == 0)
		return;
	reference_styles(h, style);
	if (h->tally && has_style(e->tag))
		read_look(h, e, style);
}
