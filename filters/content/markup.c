#include "filters/content/markup.h"

#include "base/check.h"
#include "base/eight.h"
#include "base/mem.h"
#include "filters/content/attribute.h"
#include "filters/content/css.h"
#include "filters/content/element.h"
#include "filters/content/tally.h"

enum {
	CDATA = 16,     /* and on: `matched` of what may come to be a CDATA section */
	CONDITION = 64, /* bytes of one */
};

/* What is stepped over; the state behind it is set. */
static struct str take_markup(struct html *h, struct str in, size_t n)
{
	if (h->tally)
		tally_markup(h->tally, str_head(in, n), h->state == HTML_TEXT);
	return str_from(in, n);
}

/* "[CDATA[" so far, which is text in what is no HTML (WHATWG HTML 13.2.5.42). */
static bool goes_on_as_cdata(struct html *h, char c)
{
	const struct str name = STR("[CDATA[");

	if (h->matched == 0 && html_is_foreign(h))
		h->matched = CDATA;
	if (h->matched < CDATA || c != name.p[h->matched - CDATA])
		return false;
	h->matched++;
	if (h->matched < CDATA + name.n)
		return true;
	h->state = HTML_CDATA;
	h->matched = 0;
	if (h->tally)
		tally_drop_markup(h->tally);
	return true;
}

struct str markup_in_any(struct html *h, struct str in)
{
	const char *end;

	if (h->matched < 2 && in.p[0] == '-') {
		if (++h->matched == 2) {
			h->state = HTML_CONDITION; /* "<!-->" ends it at once */
			h->n = 0;
		}
		return take_markup(h, in, 1);
	}
	if (goes_on_as_cdata(h, in.p[0]))
		return str_from(in, 1);
	h->matched = MARKUP_BOGUS;
	end = memchr(in.p, '>', in.n);
	if (end)
		h->state = HTML_TEXT;
	return take_markup(h, in, end ? (size_t)(end - in.p) + 1 : in.n);
}

/* Up to "]]>": `matched` is how much of that has come. */
struct str markup_in_cdata(struct html *h, struct str in)
{
	const struct str marks = STR("]]");
	const char c = in.p[0];
	size_t n;

	if (c == ']' && h->matched < marks.n) {
		h->matched++;
		return str_from(in, 1);
	}
	if (c == '>' && h->matched == marks.n) {
		h->state = HTML_TEXT;
		return str_from(in, 1);
	}
	if (c == ']') {
		html_put_text(h, STR("]"));
		return str_from(in, 1);
	}
	html_put_text(h, str_head(marks, h->matched));
	h->matched = 0;
	n = (size_t)(eight_seek(in.p, in.p + in.n, ']') - in.p);
	html_put_text(h, str_head(in, n));
	return str_from(in, n);
}

/* ---- comments ---- */

/* Whether Outlook on a desktop shows what is under it: "[if mso]>", "[if (gte mso 9)|(IE)]>", but not "[if !mso]>", "[if IE]>". */
static bool is_for_outlook(struct str condition)
{
	static const struct str names[] = { STR_INIT("mso"), STR_INIT("vml") };
	struct str behind, head;

	if (!str_istarts(condition, STR("[if")))
		return false;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		if (!str_find(condition, names[i], &behind))
			continue;
		head = str_head(condition, condition.n - behind.n - names[i].n);
		while (str_ends(head, STR("(")) || str_ends(head, STR(" ")))
			head.n--;
		return !str_ends(head, STR("!"));
	}
	return !str_find(condition, STR("IE"), &behind);
}

/* At the head of a comment, where a condition may be. */
struct str markup_in_condition(struct html *h, struct str in)
{
	const char c = in.p[0];
	const bool ends = c == '>' && h->n > 1 && h->tag[h->n - 1] == ']';

	if (h->n == 0 ? c != '[' : h->n == CONDITION || c == '-' || (c == '>' && !ends)) {
		h->state = HTML_COMMENT;
		return in;
	}
	html_keep(h, str_head(in, 1));
	h->matched = 0;
	if (ends) {
		h->state = HTML_COMMENT;
		if (is_for_outlook((struct str){ .p = h->tag, .n = h->n }))
			html_begin_condition(h);
	}
	return take_markup(h, in, 1);
}

/* It ends with "-->" or "--!>": `matched` is how much of that has come, 3 behind "!". */
static size_t comment_length(struct html *h, struct str in)
{
	for (size_t i = 0; i < in.n; i++) {
		const char c = in.p[i];

		if (c == '>' && h->matched >= 2) {
			h->state = HTML_TEXT;
			return i + 1;
		}
		if (c == '-')
			h->matched = h->matched == 1 || h->matched == 2 ? 2 : 1;
		else
			h->matched = c == '!' && h->matched == 2 ? 3 : 0;
	}
	return in.n;
}

struct str markup_in_comment(struct html *h, struct str in)
{
	const size_t n = comment_length(h, in);

	if (h->under_condition)
		html_feed_condition(h, str_head(in, n));
	if (h->state == HTML_TEXT)
		html_end_condition(h);
	return take_markup(h, in, n);
}

/* ---- scripts and style sheets ---- */

static void end_sheet(struct html *h)
{
	struct str text = { .p = h->tag, .n = h->n };
	unsigned before;

	if (h->elsewhere || text.n == 0)
		return;
	if (!h->sheet)
		h->sheet = mem_new(sizeof(*h->sheet));
	h->sheet->cut = h->sheet->cut || text.n == LIMIT_HTML_TAG;
	if (!css_is_plain(text)) {
		h->steps += (uint32_t)(text.n / CSS_STEP);
		text.n = css_clean(h->tag, text.n);
	}
	before = h->sheet->count;
	h->steps += sheet_read(h->sheet, h, text) + h->depth;
	if (h->sheet->count > before)
		html_match_open(h, before);
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
			html_begin_tag(h);
			return n;
		}
		h->matched = match_end(h->matched, name, c);
		if (h->matched == 0)
			n = (size_t)(eight_seek(in.p + n, in.p + in.n, '<') - in.p) - 1;
	}
	return in.n;
}

struct str markup_in_raw(struct html *h, struct str in)
{
	const struct str name = html_tag_name(h->raw);
	const size_t n = raw_length(h, in, name);

	if (h->tally && h->raw == TAG_script)
		tally_script(h->tally, str_head(in, n), n < in.n);
	if (h->raw == TAG_style)
		html_keep(h, str_head(in, n));
	if (h->state != HTML_TAG)
		return str_from(in, n);
	if (h->raw == TAG_style)
		end_sheet(h);
	h->n = 0;
	html_keep(h, STR("/"));
	html_keep(h, name);
	return str_from(in, n);
}
