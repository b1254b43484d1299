#include "filters/content/html.h"

#include "base/mem.h"
#include "base/utf8.h"
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

static struct str in_text(struct html *h, struct str in)
{
	size_t n = 0;

	while (n < in.n && in.p[n] != '<' && in.p[n] != '&')
		n++;
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
	const struct str name = { .p = h->entity, .n = h->entity_n };
	const uint32_t point = html_entity(name);
	char bytes[4];

	h->state = HTML_TEXT;
	if (point) {
		put_text(h, (struct str){ .p = bytes, .n = utf8_put(point, bytes) });
		return;
	}
	put_text(h, STR("&"));
	put_text(h, name);
	if (ended)
		put_text(h, STR(";"));
}

static struct str in_entity(struct html *h, struct str in)
{
	const char c = in.p[0];

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

static struct str in_open(struct html *h, struct str in)
{
	const char c = in.p[0];

	if (ascii_alpha(c)) {
		h->state = HTML_TAG;
		h->quote = h->last = 0;
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

static bool is_space(char c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f');
}

/* The last byte that is no space; `none`: there is none. */
static char last_of(struct str s, char none)
{
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s.n ? s.p[s.n - 1] : none;
}

/* Up to the ">" that ends the tag; in.n: it is not there.  A quote begins a value only behind "=": elsewhere it is a
 * character. */
static size_t tag_length(struct html *h, struct str in)
{
	size_t n = 0;

	while (n < in.n) {
		if (h->quote) {
			const char *end = memchr(in.p + n, h->quote, in.n - n);

			if (!end)
				return in.n;
			n = (size_t)(end - in.p) + 1;
			h->quote = 0;
			continue;
		}
		while (n < in.n && in.p[n] != '>' && in.p[n] != '"' && in.p[n] != '\'')
			n++;
		if (n == in.n || in.p[n] == '>')
			return n;
		if (last_of(str_head(in, n), h->last) == '=')
			h->quote = in.p[n];
		n++;
	}
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
	if (n == in.n) {
		h->last = last_of(in, h->last);
		return str_from(in, n);
	}
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

static struct str in_raw(struct html *h, struct str in)
{
	const struct str name = html_tag_name(h->raw);
	size_t n = 0;

	while (n < in.n) {
		const char c = in.p[n];

		if (h->matched == name.n + 2u && !ascii_alnum(c)) {
			h->n = 0;
			keep(h, STR("/"));
			keep(h, name);
			h->state = HTML_TAG;
			h->quote = h->last = 0;
			break;
		}
		if (c == '<')
			h->matched = 1;
		else if (h->matched == 1 && c == '/')
			h->matched = 2;
		else if (h->matched >= 2 && h->matched < name.n + 2u &&
			 ascii_lower(c) == name.p[h->matched - 2])
			h->matched++;
		else
			h->matched = 0;
		n++;
	}
	if (h->tally && h->raw == TAG_script)
		tally_script(h->tally, str_head(in, n), n < in.n);
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
	h->tag = NULL;
	h->open = NULL;
}
