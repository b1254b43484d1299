#include "filters/content/element.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/content/attribute.h"
#include "filters/content/tags.h"
#include "filters/content/tally.h"

enum { NAME_STEP = 8 }; /* bytes of a tag's name: a step */

/* A document uses few of them again and again: the one that was met last in its place is tried first. */
static uint8_t tag_of(struct html *h, struct str name)
{
	const unsigned place = (unsigned)ascii_lower(name.p[0]) * 5u +
			       (unsigned)ascii_lower(name.p[name.n - 1]) + (unsigned)name.n;
	uint8_t *recent = &h->recent[place % sizeof(h->recent)];
	uint8_t tag;

	if (str_ieq(name, html_tag_name(*recent)))
		return *recent;
	tag = html_tag_number(name);
	if (tag < TAG_COUNT)
		*recent = tag;
	return tag;
}

/* ---- the elements that are open ---- */

static const struct html_element *top(const struct html *h)
{
	static const struct html_element none = { .background = 0xffffff,
						  .links = 0x0000ee,
						  .direction = HTML_TO_RIGHT,
						  .look = LOOK_DEFAULT };

	return h->depth ? &h->open[h->depth - 1] : &none;
}

/* So near that nobody reads it. */
static bool is_near(uint32_t a, uint32_t b)
{
	if (a >= HTML_NO_COLOR || b >= HTML_NO_COLOR)
		return false;
	for (unsigned shift = 0; shift < 24; shift += 8) {
		const int d = (int)(a >> shift & 255) - (int)(b >> shift & 255);

		if (d > 24 || d < -24)
			return false;
	}
	return true;
}

bool html_is_hidden(const struct html *h)
{
	const struct html_element *e = top(h);

	return e->hidden || e->tiny || e->color == HTML_CLEAR || is_near(e->color, e->background);
}

bool html_is_mute(const struct html *h)
{
	return top(h)->mute;
}

bool html_is_foreign(const struct html *h)
{
	return top(h)->realm != HTML_OF_HTML;
}

uint16_t html_turned(const struct html *h)
{
	return top(h)->turned;
}

struct look html_look(const struct html *h)
{
	return top(h)->look;
}

/* Room for one that begins. */
static struct html_element *next(struct html *h)
{
	if (!h->open)
		h->open = mem_array(NULL, LIMIT_HTML_DEPTH + 1, sizeof(*h->open));
	return &h->open[h->depth];
}

/* It is open. */
static void push(struct html *h)
{
	if (h->depth == LIMIT_HTML_DEPTH)
		h->beyond++;
	else
		h->counts[h->open[h->depth++].tag]++;
}

static void pop(struct html *h)
{
	h->counts[h->open[--h->depth].tag]--;
}

/* Of how a table is built: what else is open in a cell ends there. */
static bool is_of_table(uint8_t tag)
{
	switch (tag) {
	case TAG_body:
	case TAG_caption:
	case TAG_html:
	case TAG_table:
	case TAG_tbody:
	case TAG_td:
	case TAG_tfoot:
	case TAG_th:
	case TAG_thead:
	case TAG_tr:
		return true;
	default:
		return false;
	}
}

/* How many are open from the innermost of that name on, but for one around the cell that is at work; 0: there is none. */
static uint32_t reach(struct html *h, uint8_t tag)
{
	const bool table = is_of_table(tag);

	if (h->counts[tag] == 0)
		return 0;
	for (uint32_t n = 1; n <= h->depth; n++, h->steps++) {
		const uint8_t open = h->open[h->depth - n].tag;

		if (open == tag)
			return n;
		if (!table && (open == TAG_td || open == TAG_th))
			break;
	}
	return 0;
}

/* ---- tags ---- */

/* Parts of a table outside of one are passed over. */
static bool is_nowhere(const struct html *h, uint8_t tag)
{
	if (h->counts[TAG_table] || h->beyond)
		return false;
	return tag == TAG_td || tag == TAG_th || tag == TAG_tr || tag == TAG_tbody ||
	       tag == TAG_caption;
}

/* Where an element e begins or ends. */
static void part_text(struct html *h, uint8_t tag, const struct html_element *e)
{
	const unsigned flags = html_tag_flags(tag);
	const bool hidden = e->hidden & (HTML_BY_DISPLAY | HTML_BY_NATURE);

	if (!(flags & (HTML_BLOCK | HTML_CELL)) && tag != TAG_br) {
		h->line = false;
		return;
	}
	if (e->flows || is_nowhere(h, tag))
		h->events->seam(h->ctx);
	else if (flags & HTML_BLOCK || (tag == TAG_br && h->line))
		h->events->block(h->ctx, hidden);
	else
		h->events->space(h->ctx, hidden);
	if (!hidden)
		h->line = tag == TAG_br && !h->line;
}

/* For rules on the body. */
static void tell_gap(struct html *h, uint8_t tag)
{
	h->events->gap(h->ctx, (enum body_gap)((html_tag_flags(tag) & HTML_LAYOUT) / HTML_GAP));
}

/* Whether its text is turned about, where what is around is, or it says so itself. */
static void turn(struct html *h, struct html_element *e)
{
	if (e->order == HTML_OVERRIDDEN && e->direction == HTML_TO_LEFT)
		e->turned = (uint16_t)(h->turns++ % UINT16_MAX + 1);
	else if (e->order != HTML_ANY_ORDER || html_tag_flags(e->tag) & (HTML_BLOCK | HTML_CELL))
		e->turned = 0;
}

/* An element within another: what it does not say itself it has from there. */
static void settle(struct html *h, struct html_element *e, const struct html_element *around)
{
	if (e->order != HTML_ANY_ORDER || e->turned)
		turn(h, e);
	e->hidden |= around->hidden & ~(uint32_t)HTML_BY_VISIBILITY;
	if (e->color == HTML_INHERIT)
		e->color = around->color;
	if (e->background == HTML_INHERIT)
		e->background = around->background;
}

/* An element that is open ends where this one begins (WHATWG HTML 13.1.2.4). */
static bool ends(unsigned flags, uint8_t tag, uint8_t open)
{
	return (flags & HTML_SELF && open == tag) || (flags & HTML_ENDS_P && open == TAG_p);
}

/* ---- SVG and MathML (WHATWG HTML 13.2.6.5) ---- */

/* What is in the element, where it is in something of realm `around`. */
static enum html_realm realm_of(uint8_t tag, uint8_t around)
{
	if (tag == TAG_svg)
		return HTML_OF_SVG;
	if (tag == TAG_math)
		return HTML_OF_MATH;
	if (around == HTML_OF_SVG)
		return html_tag_flags(tag) & HTML_IN_SVG ? HTML_OF_HTML_AGAIN : HTML_OF_SVG;
	if (around == HTML_OF_MATH)
		return html_tag_flags(tag) & HTML_IN_MATH ? HTML_OF_HTML_AGAIN : HTML_OF_MATH;
	return HTML_OF_HTML;
}

static void leave_foreign(struct html *h)
{
	while (!h->beyond && h->depth &&
	       (top(h)->realm == HTML_OF_SVG || top(h)->realm == HTML_OF_MATH))
		pop(h);
}

static bool breaks_out(struct html *h, uint8_t tag, struct str attributes)
{
	static const struct str names[] = { STR_INIT("color"), STR_INIT("face"), STR_INIT("size") };
	struct attribute a;

	if (tag != TAG_font)
		return html_tag_flags(tag) & HTML_BREAKS_OUT;
	for (; attribute_next(&attributes, &a); h->steps++)
		for (size_t i = 0; i < COUNTOF(names); i++)
			if (str_ieq(a.name, names[i]))
				return true;
	return false;
}

/* A "/" at the end of its tag counts; of what is beyond the limit nobody knows, and what may be text is text. */
static bool closes_itself(const struct html *h, const struct html_element *e)
{
	return e->realm != HTML_OF_HTML || h->beyond;
}

/* What is in it is no markup, or not all of it. */
static void begin_content(struct html *h, struct html_element *e)
{
	const unsigned flags = html_tag_flags(e->tag);

	if (e->realm != HTML_OF_HTML) {
		e->mute = e->mute || flags & HTML_RAW_TEXT;
	} else if (flags & (HTML_LITERAL | HTML_RCDATA)) {
		h->literal = true;
		h->raw = e->tag;
	} else if (flags & HTML_RAW_TEXT) {
		h->state = HTML_RAW;
		h->n = 0;
		h->raw = e->tag;
		h->matched = 0;
	}
}

static void open_tag(struct html *h, uint8_t tag, struct str name, struct str attributes)
{
	const unsigned flags = html_tag_flags(tag);
	const struct html_element *around;
	struct html_element *e;

	if (html_is_foreign(h) && breaks_out(h, tag, attributes))
		leave_foreign(h);
	if (h->depth && !h->beyond && ends(flags, tag, h->open[h->depth - 1].tag)) {
		part_text(h, h->open[h->depth - 1].tag, top(h));
		pop(h);
	}
	if (tag == TAG_a)
		h->events->link_end(h->ctx);
	around = top(h);
	e = next(h);
	*e = *around;
	e->tag = tag;
	e->realm = (uint8_t)realm_of(tag, around->realm);
	e->flows = false;
	e->order = tag == TAG_bdo ? HTML_OVERRIDDEN : HTML_ANY_ORDER;
	e->hidden &= HTML_BY_VISIBILITY;
	if (flags & HTML_UNSEEN)
		e->hidden |= HTML_BY_NATURE;
	h->elsewhere = false;
	html_claims(h, e, name, attributes);
	settle(h, e, around);
	if ((e->hidden && !around->hidden) || (e->tiny && !around->tiny))
		h->events->seam(h->ctx);
	part_text(h, tag, e);
	if (h->tally)
		tally_tag_end(h->tally, tag, &e->look);
	if (flags & HTML_VOID || (closes_itself(h, e) && str_ends(attributes, STR("/"))))
		return;
	begin_content(h, e);
	push(h);
}

/* Ends the innermost of that name, and what is open in it; where there is none, </p> and </br> are an element. */
static void close_tag(struct html *h, uint8_t tag)
{
	uint32_t n;

	if (html_is_foreign(h) && (tag == TAG_br || tag == TAG_p))
		leave_foreign(h);
	if (tag == TAG_a)
		h->events->link_end(h->ctx);
	n = h->beyond ? 0 : reach(h, tag);
	if (n)
		part_text(h, tag, &h->open[h->depth - n]);
	else if (h->beyond || tag == TAG_p || tag == TAG_br)
		part_text(h, tag, top(h));
	h->beyond -= h->beyond > 0;
	while (n--)
		pop(h);
}

/* It is part of how the document is built; others only change how text looks, and are put anywhere. */
static bool is_layout(uint8_t tag)
{
	return html_tag_flags(tag) & HTML_LAYOUT || tag == TAG_a;
}

void html_tag(struct html *h, struct str s)
{
	const bool closes = s.n > 0 && s.p[0] == '/';
	const struct str body = str_from(s, closes);
	size_t n = 0;
	uint8_t tag;

	while (n < body.n && !attribute_is_space(body.p[n]) && body.p[n] != '/')
		n++;
	tag = tag_of(h, str_head(body, n));
	h->steps += (uint32_t)(n / NAME_STEP);
	h->state = HTML_TEXT;
	if (h->tally)
		tally_tag(h->tally, tag, str_head(body, n), closes);
	if (closes) {
		close_tag(h, tag);
		tell_gap(h, tag);
		return;
	}
	if (h->skeleton && is_layout(tag))
		skeleton_add(h->skeleton, html_tag_name(tag));
	tell_gap(h, tag);
	open_tag(h, tag, str_head(body, n), str_from(body, n));
}
