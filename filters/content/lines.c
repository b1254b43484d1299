#include "filters/content/lines.h"

#include "base/hex.h"
#include "base/limits.h"
#include "base/sixteen.h"
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

static bool is_digit(char c)
{
	return ascii_digit(c) || (c >= 'A' && c <= 'F');
}

static void read_byte(struct lines *l, char c)
{
	if (l->code && is_digit(c)) {
		l->digits[l->code++ - 1] = c;
		if (l->code == 3)
			end_code(l);
		return;
	}
	if (l->code)
		l->trailing = 0;
	leave_code(l, c);
}

/* Most codes are seen whole, with nothing open before them.  Returns how many bytes are read. */
static size_t read_mark(struct lines *l, struct str s)
{
	if (s.n > 2 && s.p[1] == '\r' && s.p[2] == '\n')
		return 2;
	if (s.n > 2 && is_digit(s.p[1]) && is_digit(s.p[2])) {
		memcpy(l->digits, s.p + 1, sizeof(l->digits));
		end_code(l);
		return 3;
	}
	read_byte(l, s.p[0]);
	return 1;
}

/* ---- plain text ---- */

/* Beyond ASCII, NUL, a CR without LF. */
static bool is_illegal(const struct lines *l, struct str s)
{
	sixteen bad = { 0 };
	size_t i = 0;

	if (l->cr && s.p[0] != '\n')
		return true;
	for (; i + 16 < s.n; i += 16) {
		const sixteen x = sixteen_load(s.p + i), next = sixteen_load(s.p + i + 1);

		bad |= (sixteen)(x >= 0x80) | (sixteen)(x == '\0') |
		       (sixteen)((x == '\r') & (next != '\n'));
	}
	for (; i < s.n; i++)
		bad[0] |= s.p[i] & 0x80 || s.p[i] == '\0' ||
			  (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] != '\n');
	return sixteen_or(bad) != 0;
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

/* A CR in front of an LF does not count. */
static void read_plain(struct lines *l, struct str s)
{
	const char *lf = s.p, *const end = s.p + s.n;

	l->facts->plain_bytes += s.n;
	for (; lf < end && (lf = memchr(lf, '\n', (size_t)(end - lf))); lf++)
		l->facts->plain_bytes -= lf > s.p ? lf[-1] == '\r' : l->cr;
	read_marks(l, s);
}

/* ---- lines ---- */

static void lengthen(struct lines *l, size_t n)
{
	l->length = n < MOST - l->length ? l->length + (uint32_t)n : MOST;
}

/* Its end counts as one byte. */
static void end_line(struct lines *l, bool cr, bool has_end)
{
	struct line_facts *f = l->facts;
	const uint32_t length = l->length - (cr && has_end) + has_end;

	if (l->quoted) {
		f->quoted_needless -= l->trailing;
		f->quoted_bytes += length;
		f->quoted_long = f->quoted_long || length > LONG + 1;
	}
	if (l->base64 && length > f->base64_line)
		f->base64_line = length < MOST ? length : MOST;
	l->length = l->trailing = 0;
	l->code = 0;
	l->gap = false;
}

static void read_lines(struct lines *l, struct str s)
{
	size_t begin = 0;

	for (size_t i = 0; i < s.n;) {
		const bool open = l->code || l->trailing;

		if (!open)
			i += sixteen_until(s.p + i, s.n - i, '\n', '=');
		if (i == s.n)
			break;
		if (s.p[i] == '\n') {
			lengthen(l, i - begin);
			end_line(l, i ? s.p[i - 1] == '\r' : l->cr, true);
			begin = ++i;
		} else if (l->quoted && !open) {
			i += read_mark(l, str_from(s, i));
		} else {
			if (l->quoted)
				read_byte(l, s.p[i]);
			i++;
		}
	}
	lengthen(l, s.n - begin);
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
	struct line_facts *f = l->facts;

	if (l->size)
		tally_bytes(l->size, bytes);
	if (!l->quoted && !l->base64 && !l->ascii && !l->unquoted)
		return;
	bytes = within_limits(l, bytes);
	if (bytes.n == 0)
		return;
	if (l->ascii && !f->ascii_illegal)
		f->ascii_illegal = is_illegal(l, bytes);
	if (l->unquoted)
		read_plain(l, bytes);
	if (l->quoted || l->base64)
		read_lines(l, bytes);
	l->cr = bytes.p[bytes.n - 1] == '\r';
}

void lines_end(struct lines *l)
{
	if (l->facts && l->length)
		end_line(l, l->cr, false);
	*l = (struct lines){ .facts = NULL };
}
