#include "filters/content/html.h"

#include "base/mem.h"
#include "base/sixteen.h"
#include "base/utf8.h"
#include "filters/content/attribute.h"
#include "filters/content/element.h"
#include "filters/content/markup.h"
#include "filters/content/tally.h"

static void tell_text(struct html *h, struct str s)
{
	if (!html_is_mute(h))
		h->events->text(h->ctx, s, html_is_hidden(h));
}

void html_put_pieces(struct html *h)
{
	const struct str s = { .p = h->pieces, .n = h->pieces_n };

	h->pieces_n = 0;
	if (s.n)
		tell_text(h, s);
}

void html_put_text(struct html *h, struct str s)
{
	if (s.n == 0)
		return;
	h->line = false;
	if (s.n > sizeof(h->pieces) - h->pieces_n)
		html_put_pieces(h);
	if (s.n > sizeof(h->pieces) / 4 && h->pieces_n == 0) {
		tell_text(h, s);
		return;
	}
	memcpy(h->pieces + h->pieces_n, s.p, s.n);
	h->pieces_n = (uint16_t)(h->pieces_n + s.n);
}

/* ---- text ---- */

static struct str in_text(struct html *h, struct str in)
{
	const size_t n = sixteen_until(in.p, in.n, '<', '&');

	html_put_text(h, str_head(in, n));
	if (n == in.n)
		return str_from(in, n);
	h->n = 0;
	h->entity_n = 0;
	if (in.p[n] == '<')
		h->state = HTML_OPEN;
	else if (!h->literal || html_tag_reads_entities(h->raw))
		h->state = HTML_ENTITY;
	else
		html_put_text(h, STR("&"));
	return str_from(in, n + 1);
}

static void put_entity(struct html *h, bool ended)
{
	const struct str s = { .p = h->entity, .n = h->entity_n };
	uint32_t point;
	const size_t n = html_entity(s, &point);
	char bytes[4];

	h->state = HTML_TEXT;
	if (n)
		html_put_text(h, (struct str){ .p = bytes, .n = utf8_put(point, bytes) });
	else
		html_put_text(h, STR("&"));
	html_put_text(h, str_from(s, n));
	if (ended && (n == 0 || n < s.n))
		html_put_text(h, STR(";"));
}

/* A zero in front of a number's digits: any number of them says nothing. */
static bool is_leading_zero(const struct html *h, char c)
{
	const struct str so_far = { .p = h->entity, .n = h->entity_n };

	return c == '0' && (str_eq(so_far, STR("#0")) || str_ieq(so_far, STR("#x0")));
}

static struct str in_entity(struct html *h, struct str in)
{
	const char c = in.p[0];

	if (is_leading_zero(h, c))
		return str_from(in, 1);
	if ((ascii_alnum(c) || c == '#') && h->entity_n < sizeof(h->entity)) {
		h->entity[h->entity_n++] = c;
		return str_from(in, 1);
	}
	put_entity(h, c == ';');
	return str_from(in, c == ';' ? 1 : 0);
}

/* ---- markup ---- */

void html_keep(struct html *h, struct str s)
{
	s = str_head(s, LIMIT_HTML_TAG - h->n);
	if (h->n + s.n > h->size) {
		while (h->n + s.n > h->size)
			h->size = h->size ? h->size * 2 : 256;
		h->tag = mem_resize(h->tag, h->size);
	}
	if (s.n)
		memcpy(h->tag + h->n, s.p, s.n);
	h->n += (uint32_t)s.n;
}

void html_begin_tag(struct html *h)
{
	h->state = HTML_TAG;
	h->place = HTML_PLACE_TAG;
}

/* Where tags are text but for one end tag. */
static struct str in_literal_open(struct html *h, struct str in)
{
	if (in.p[0] == '/' && h->raw != TAG_plaintext) {
		html_keep(h, STR("/"));
		h->state = HTML_END_NAME;
		return str_from(in, 1);
	}
	h->state = HTML_TEXT;
	html_put_text(h, STR("<"));
	return in;
}

static void put_end_name(struct html *h)
{
	h->state = HTML_TEXT;
	html_put_text(h, STR("<"));
	html_put_text(h, (struct str){ .p = h->tag, .n = h->n });
}

static struct str in_end_name(struct html *h, struct str in)
{
	const struct str name = html_tag_name(h->raw);
	const size_t n = h->n - 1; /* of the name have come */
	const char c = in.p[0];

	if (n < name.n && ascii_lower(c) == name.p[n]) {
		html_keep(h, str_head(in, 1));
		return str_from(in, 1);
	}
	if (n == name.n && (attribute_is_space(c) || c == '/' || c == '>')) {
		h->literal = false;
		html_begin_tag(h);
	} else {
		put_end_name(h);
	}
	return in;
}

static struct str in_open(struct html *h, struct str in)
{
	const char c = in.p[0];

	if (h->literal)
		return in_literal_open(h, in);
	if (ascii_alpha(c)) {
		html_begin_tag(h);
		return in;
	}
	if (h->n == 0 && c == '/') {
		if (in.n > 1 && ascii_alpha(in.p[1])) { /* most end tags are seen whole */
			html_begin_tag(h);
			return in;
		}
		html_keep(h, STR("/"));
		return str_from(in, 1);
	}
	if (h->n || c == '!' || c == '?') { /* "</" and no name is a comment, "</>" is nothing */
		if (h->tally) {
			html_put_pieces(h);
			tally_begin_markup(h->tally, h->n       ? STR("</")
						     : c == '!' ? STR("<!")
								: STR("<?"));
		}
		h->state = HTML_MARKUP;
		h->matched = h->n == 0 && c == '!' ? 0 : MARKUP_BOGUS;
		return str_from(in, h->n ? 0 : 1);
	}
	h->state = HTML_TEXT;
	html_put_text(h, STR("<"));
	return in;
}

/* How many bytes of s, all of them or up to one that ends a word of a tag; no letter does. */
static size_t word_length(struct str s, char also)
{
	size_t n = 0;

	while (n < s.n && ((uint8_t)s.p[n] > '>' ||
			   (s.p[n] != '>' && s.p[n] != also && !attribute_is_space(s.p[n]))))
		n++;
	return n;
}

/* Names of attributes, up to the "=" behind one or the end of the tag. */
static size_t names_length(struct html *h, struct str s)
{
	bool named = h->named;
	size_t n = 0;

	for (; n < s.n && s.p[n] != '>'; n++) {
		const char c = s.p[n];

		if (c == '=' && named) {
			h->place = HTML_PLACE_VALUE;
			return n + 1;
		}
		named = (uint8_t)c > '>' || (c != '/' && (named || !attribute_is_space(c)));
	}
	h->named = named;
	return n;
}

static size_t value_length(struct html *h, struct str s)
{
	if (attribute_is_space(s.p[0]))
		return 1;
	h->place = HTML_PLACE_BARE;
	if (s.p[0] != '"' && s.p[0] != '\'')
		return 0;
	h->place = HTML_PLACE_QUOTED;
	h->quote = s.p[0];
	return 1;
}

static void begin_names(struct html *h)
{
	h->place = HTML_PLACE_NAMES;
	h->named = false;
}

static size_t quoted_length(struct html *h, struct str s)
{
	const char *end = memchr(s.p, h->quote, s.n);

	if (!end)
		return s.n;
	begin_names(h);
	return (size_t)(end - s.p) + 1;
}

/* Up to what ends the word at work. */
static size_t bare_length(struct html *h, struct str s, char also)
{
	const size_t n = word_length(s, also);

	if (n < s.n && s.p[n] != '>')
		begin_names(h);
	return n;
}

static size_t place_length(struct html *h, struct str s)
{
	switch (h->place) {
	case HTML_PLACE_TAG:
		return bare_length(h, s, '/');
	case HTML_PLACE_NAMES:
		return names_length(h, s);
	case HTML_PLACE_VALUE:
		return value_length(h, s);
	case HTML_PLACE_BARE:
		return bare_length(h, s, '>');
	case HTML_PLACE_QUOTED:
		return quoted_length(h, s);
	}
	return s.n;
}

/* Up to the ">" that ends the tag; in.n: it is not there.  A quote begins a value only behind the "=" of an attribute:
 * elsewhere it is a character. */
static size_t tag_length(struct html *h, struct str in)
{
	uint32_t places = 0;
	size_t n = 0;

	for (; n < in.n && (in.p[n] != '>' || h->place == HTML_PLACE_QUOTED); places++)
		n += place_length(h, str_from(in, n));
	h->steps += places;
	return n;
}

static struct str in_tag(struct html *h, struct str in)
{
	const bool closes = h->n == 0 && h->place == HTML_PLACE_TAG && in.p[0] == '/';
	const size_t n = closes + tag_length(h, str_from(in, closes));
	struct str tag = str_head(in, n);

	if (h->n || n == in.n) {
		html_keep(h, tag);
		tag = (struct str){ .p = h->tag, .n = h->n };
	}
	if (n == in.n)
		return str_from(in, n);
	html_put_pieces(h);
	html_tag(h, str_head(tag, LIMIT_HTML_TAG));
	return str_from(in, n + 1);
}

/* ---- the whole ---- */

void html_feed(struct html *h, struct str in)
{
	static struct str (*const steps[])(struct html *, struct str) = {
		[HTML_TEXT] = in_text,
		[HTML_ENTITY] = in_entity,
		[HTML_OPEN] = in_open,
		[HTML_END_NAME] = in_end_name,
		[HTML_TAG] = in_tag,
		[HTML_MARKUP] = markup_in_any,
		[HTML_CONDITION] = markup_in_condition,
		[HTML_COMMENT] = markup_in_comment,
		[HTML_CDATA] = markup_in_cdata,
		[HTML_RAW] = markup_in_raw,
	};

	for (; in.n; h->steps++)
		in = steps[h->state](h, in);
	html_put_pieces(h);
}

void html_end(struct html *h)
{
	if (h->state == HTML_ENTITY)
		put_entity(h, false);
	else if (h->state == HTML_OPEN)
		html_put_text(h, h->n ? STR("</") : STR("<"));
	else if (h->state == HTML_END_NAME)
		put_end_name(h);
	else if (h->tally && (h->state == HTML_MARKUP || h->state == HTML_CONDITION ||
			      h->state == HTML_COMMENT))
		tally_drop_markup(h->tally);
	html_put_pieces(h);
	html_end_condition(h);
}

void html_free(struct html *h)
{
	if (h->under_condition)
		html_free(h->under_condition);
	mem_free(h->under_condition);
	mem_free(h->tag);
	mem_free(h->open);
	mem_free(h->sheet);
	h->tag = NULL;
	h->sheet = NULL;
	h->open = NULL;
	h->under_condition = NULL;
}
