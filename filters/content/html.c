#include "filters/content/html.h"

#include "base/eight.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "filters/content/attribute.h"
#include "filters/content/css.h"
#include "filters/content/element.h"
#include "filters/content/tally.h"

enum { BOGUS = 9 }; /* `matched` of markup that ends at the next ">" */

/* Whatever else happens comes behind it. */
static void put_pieces(struct html *h)
{
	const struct str s = { .p = h->pieces, .n = h->pieces_n };

	h->pieces_n = 0;
	if (s.n)
		h->events->text(h->ctx, s, html_is_hidden(h));
}

static void put_text(struct html *h, struct str s)
{
	if (s.n == 0)
		return;
	h->line = false;
	if (s.n > sizeof(h->pieces) - h->pieces_n)
		put_pieces(h);
	if (s.n > sizeof(h->pieces) / 4 && h->pieces_n == 0) {
		h->events->text(h->ctx, s, html_is_hidden(h));
		return;
	}
	memcpy(h->pieces + h->pieces_n, s.p, s.n);
	h->pieces_n = (uint16_t)(h->pieces_n + s.n);
}

/* ---- text ---- */

static size_t text_length(struct str s)
{
	size_t n = 0;

	for (; n + 8 <= s.n; n += 8) {
		const uint64_t x = eight_load(s.p + n);
		const uint64_t ends =
			eight_zeroes(x ^ eight_of('<')) | eight_zeroes(x ^ eight_of('&'));

		if (ends)
			return n + eight_first(ends);
	}
	while (n < s.n && s.p[n] != '<' && s.p[n] != '&')
		n++;
	return n;
}

static struct str in_text(struct html *h, struct str in)
{
	const size_t n = text_length(in);

	put_text(h, str_head(in, n));
	if (n == in.n)
		return str_from(in, n);
	h->state = in.p[n] == '<' ? HTML_OPEN : HTML_ENTITY;
	h->n = 0;
	h->entity_n = 0;
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
		put_text(h, (struct str){ .p = bytes, .n = utf8_put(point, bytes) });
	else
		put_text(h, STR("&"));
	put_text(h, str_from(s, n));
	if (ended && (n == 0 || n < s.n))
		put_text(h, STR(";"));
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

static void keep(struct html *h, struct str s)
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

static void begin_tag(struct html *h)
{
	h->state = HTML_TAG;
	h->place = HTML_PLACE_TAG;
}

static struct str in_open(struct html *h, struct str in)
{
	const char c = in.p[0];

	if (ascii_alpha(c)) {
		begin_tag(h);
		return in;
	}
	if (h->n == 0 && c == '/') {
		keep(h, STR("/"));
		return str_from(in, 1);
	}
	if (h->n || c == '!' || c == '?') { /* "</" and no name is a comment, "</>" is nothing */
		if (h->tally) {
			put_pieces(h);
			tally_begin_markup(h->tally, h->n       ? STR("</")
						     : c == '!' ? STR("<!")
								: STR("<?"));
		}
		h->state = HTML_MARKUP;
		h->matched = h->n == 0 && c == '!' ? 0 : BOGUS;
		return str_from(in, h->n ? 0 : 1);
	}
	h->state = HTML_TEXT;
	put_text(h, STR("<"));
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
	const size_t n = tag_length(h, in);
	struct str tag = str_head(in, n);

	if (h->n || n == in.n) {
		keep(h, tag);
		tag = (struct str){ .p = h->tag, .n = h->n };
	}
	if (n == in.n)
		return str_from(in, n);
	put_pieces(h);
	html_tag(h, str_head(tag, LIMIT_HTML_TAG));
	return str_from(in, n + 1);
}

/* What is stepped over; the state behind it is set. */
static struct str take_markup(struct html *h, struct str in, size_t n)
{
	if (h->tally)
		tally_markup(h->tally, str_head(in, n), h->state == HTML_TEXT);
	return str_from(in, n);
}

static struct str in_markup(struct html *h, struct str in)
{
	const char *end;

	if (h->matched < 2 && in.p[0] == '-') {
		if (++h->matched == 2)
			h->state = HTML_COMMENT; /* "<!-->" ends it at once */
		return take_markup(h, in, 1);
	}
	h->matched = BOGUS;
	end = memchr(in.p, '>', in.n);
	if (end)
		h->state = HTML_TEXT;
	return take_markup(h, in, end ? (size_t)(end - in.p) + 1 : in.n);
}

/* It ends with "-->" or "--!>": `matched` is how much of that has come, 3 behind "!". */
static struct str in_comment(struct html *h, struct str in)
{
	for (size_t i = 0; i < in.n; i++) {
		const char c = in.p[i];

		if (c == '>' && h->matched >= 2) {
			h->state = HTML_TEXT;
			return take_markup(h, in, i + 1);
		}
		if (c == '-')
			h->matched = h->matched == 1 || h->matched == 2 ? 2 : 1;
		else
			h->matched = c == '!' && h->matched == 2 ? 3 : 0;
	}
	return take_markup(h, in, in.n);
}

static void end_sheet(struct html *h)
{
	struct str text = { .p = h->tag, .n = h->n };

	if (h->elsewhere || text.n == 0)
		return;
	if (!h->sheet)
		h->sheet = mem_new(sizeof(*h->sheet));
	h->sheet->cut = h->sheet->cut || text.n == LIMIT_HTML_TAG;
	if (!css_is_plain(text)) {
		h->steps += (uint32_t)(text.n / CSS_STEP);
		text.n = css_clean(h->tag, text.n);
	}
	h->steps += sheet_read(h->sheet, h, text) + h->depth;
	if (h->sheet->around)
		html_match_open(h);
}

/* How much of "</name" has come, when c comes behind it. */
static uint8_t match_end(uint8_t matched, struct str name, char c)
{
	if (c == '<')
		return 1;
	if (matched == 1)
		return c == '/' ? 2 : 0;
	if (matched >= 2 && matched < name.n + 2u && ascii_lower(c) == name.p[matched - 2])
		return (uint8_t)(matched + 1);
	return 0;
}

/* Up to what is behind the name of the end tag, and then in that tag; in.n: it is not there. */
static size_t raw_length(struct html *h, struct str in, struct str name)
{
	for (size_t n = 0; n < in.n; n++) {
		const char c = in.p[n];

		if (h->matched == name.n + 2u && (attribute_is_space(c) || c == '/' || c == '>')) {
			begin_tag(h);
			return n;
		}
		h->matched = match_end(h->matched, name, c);
		if (h->matched == 0)
			n = (size_t)(eight_seek(in.p + n, in.p + in.n, '<') - in.p) - 1;
	}
	return in.n;
}

static struct str in_raw(struct html *h, struct str in)
{
	const struct str name = html_tag_name(h->raw);
	const size_t n = raw_length(h, in, name);

	if (h->tally && h->raw == TAG_script)
		tally_script(h->tally, str_head(in, n), n < in.n);
	if (h->raw == TAG_style)
		keep(h, str_head(in, n));
	if (h->state != HTML_TAG)
		return str_from(in, n);
	if (h->raw == TAG_style)
		end_sheet(h);
	h->n = 0;
	keep(h, STR("/"));
	keep(h, name);
	return str_from(in, n);
}

/* ---- the whole ---- */

void html_feed(struct html *h, struct str in)
{
	static struct str (*const steps[])(struct html *, struct str) = {
		[HTML_TEXT] = in_text, [HTML_ENTITY] = in_entity, [HTML_OPEN] = in_open,
		[HTML_TAG] = in_tag,   [HTML_MARKUP] = in_markup, [HTML_COMMENT] = in_comment,
		[HTML_RAW] = in_raw,
	};

	for (; in.n; h->steps++)
		in = steps[h->state](h, in);
	put_pieces(h);
}

void html_end(struct html *h)
{
	if (h->state == HTML_ENTITY)
		put_entity(h, false);
	else if (h->state == HTML_OPEN)
		put_text(h, h->n ? STR("</") : STR("<"));
	else if (h->tally && (h->state == HTML_MARKUP || h->state == HTML_COMMENT))
		tally_drop_markup(h->tally);
	put_pieces(h);
}

void html_free(struct html *h)
{
	mem_free(h->tag);
	mem_free(h->open);
	mem_free(h->sheet);
	h->tag = NULL;
	h->sheet = NULL;
	h->open = NULL;
}
