#include "filters/content/lines.h"

#include "base/eight.h"
#include "base/hex.h"
#include "base/limits.h"
#include "filters/content/tally.h"

enum {
	LONG = 78,
	MOST = 2049, /* so long a line is cut, SpamAssassin's */
	MARK = 8,    /* bytes of "&#x20AC;" */
};

static bool says_ascii(const struct entity *e)
{
	char bytes[16];
	struct out o = OUT(bytes);
	struct str ignored;

	return !params_value(&e->params, PARAM_CHARSET, &o, &ignored) || o.n == 0 ||
	       str_ieq(out_text(&o), STR("us-ascii"));
}

void lines_begin(struct lines *l, struct line_facts *facts, const struct entity *e,
		 bool alternatives)
{
	const bool plain = entity_is(e, STR("text"), STR("plain")),
		   html = entity_is(e, STR("text"), STR("html"));
	const bool shown = !str_ieq(e->disposition, STR("attachment"));

	*l = (struct lines){
		.facts = facts,
		.left = LIMIT_LINES_PART,
		.quoted = e->encoding == TRANSFER_QUOTED,
		.base64 = e->encoding == TRANSFER_BASE64 &&
			  !entity_is(e, STR("application"), STR("ics")),
		.ascii = plain && says_ascii(e),
		.unquoted = plain && e->encoding == TRANSFER_NONE,
	};
	if (!shown || (!plain && !html))
		return;
	if (alternatives)
		l->size = plain ? &facts->plain_size : &facts->html_size;
	*(plain ? &facts->plain_size : &facts->html_size) = 0;
	*(plain ? &facts->has_plain : &facts->has_html) = true;
}

/* ---- quoted-printable ---- */

/* Characters that stand for themselves as well: tab, and all that print but '='. */
static bool is_needless(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c < 0x7f && c != '=');
}

/* "=20" is whole. */
static void end_code(struct lines *l)
{
	const unsigned c =
		(unsigned)hex_digit(l->digits[0]) << 4 | (unsigned)hex_digit(l->digits[1]);

	l->code = 0;
	if (c != '\t' && c != ' ')
		l->trailing = 0;
	else
		l->trailing = l->gap ? 1 : l->trailing + 1;
	l->gap = false;
	l->facts->quoted_needless += is_needless((unsigned char)c);
}

/* A byte that is in no code. */
static void leave_code(struct lines *l, char c)
{
	l->code = c == '=';
	if (l->trailing && ascii_space(c))
		l->gap = true;
	else
		l->trailing = c == '=' ? l->trailing : 0;
}

static void read_quoted(struct lines *l, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];
		const bool digit = ascii_digit(c) || (c >= 'A' && c <= 'F');

		if (l->code && digit) {
			l->digits[l->code++ - 1] = c;
			if (l->code == 3)
				end_code(l);
			continue;
		}
		if (l->code)
			l->trailing = 0;
		if (l->code == 0 && l->trailing == 0 && c != '=') { /* on to the next */
			const char *next = memchr(s.p + i, '=', s.n - i);

			if (!next)
				return;
			i = (size_t)(next - s.p);
		}
		leave_code(l, s.p[i]);
	}
}

/* ---- plain text ---- */

static bool is_illegal(struct str s)
{
	return eight_has_high(s.p, s.n) || memchr(s.p, '\0', s.n);
}

static void read_marks(struct lines *l, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (l->mark == 0) {
			const char *next = memchr(s.p + i, '&', s.n - i);

			if (!next)
				return;
			i = (size_t)(next - s.p);
			l->mark = 1;
			continue;
		}
		if (l->mark < 3           ? c == "&#x"[l->mark]
		    : l->mark == MARK - 1 ? c == ';'
					  : ascii_digit(c) || (c >= 'A' && c <= 'F')) {
			l->mark++;
		} else {
			l->mark = c == '&';
		}
		if (l->mark == MARK) {
			l->facts->unicode_marks++;
			l->facts->plain_bytes -= MARK;
			l->mark = 0;
		}
	}
}

/* ---- lines ---- */

/* A piece of the line; the line end is none of it, but for a CR that may be. */
static void read_piece(struct lines *l, struct str s)
{
	if (s.n == 0)
		return;
	if (l->ascii && !l->facts->ascii_illegal)
		l->facts->ascii_illegal = l->cr || is_illegal(s) || memchr(s.p, '\r', s.n - 1);
	if (l->quoted)
		read_quoted(l, s);
	if (l->unquoted) {
		l->facts->plain_bytes += s.n;
		read_marks(l, s);
	}
	l->cr = s.p[s.n - 1] == '\r';
	l->length = s.n < MOST - l->length ? l->length + (uint32_t)s.n : MOST;
}

static void end_line(struct lines *l, bool has_end)
{
	struct line_facts *f = l->facts;
	const uint32_t length = l->length - (l->cr && has_end) + has_end;

	if (l->quoted) {
		f->quoted_needless -= l->trailing;
		f->quoted_bytes += length;
		f->quoted_long = f->quoted_long || length > LONG + 1;
	}
	if (l->base64 && length > f->base64_line)
		f->base64_line = length < MOST ? length : MOST;
	if (l->unquoted && has_end && !l->cr)
		f->plain_bytes++;
	l->length = l->trailing = 0;
	l->code = l->mark = 0;
	l->cr = l->gap = false;
}

static struct str within_limits(struct lines *l, struct str bytes)
{
	const uint32_t left = LIMIT_LINES - l->facts->looked_at;

	bytes = str_head(bytes, l->left < left ? l->left : left);
	l->left -= (uint32_t)bytes.n;
	l->facts->looked_at += (uint32_t)bytes.n;
	return bytes;
}

void lines_feed(struct lines *l, struct str bytes)
{
	if (l->size)
		tally_bytes(l->size, bytes);
	if (!l->quoted && !l->base64 && !l->ascii && !l->unquoted)
		return;
	bytes = within_limits(l, bytes);
	while (bytes.n) {
		const char *lf = memchr(bytes.p, '\n', bytes.n);
		const size_t n = lf ? (size_t)(lf - bytes.p) : bytes.n;

		read_piece(l, str_head(bytes, n));
		if (lf)
			end_line(l, true);
		bytes = str_from(bytes, n + (lf != NULL));
	}
}

void lines_end(struct lines *l)
{
	if (l->facts && l->length)
		end_line(l, false);
	*l = (struct lines){ .facts = NULL };
}
