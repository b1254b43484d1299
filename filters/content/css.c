#include "filters/content/css.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/utf8.h"

enum { ESCAPE_DIGITS = 6 };

uint32_t css_thousandths(struct str value, struct str *unit)
{
	uint32_t whole = 0, rest = 0;
	size_t n = 0;

	for (; n < value.n && ascii_digit(value.p[n]); n++)
		whole = whole < 100000 ? whole * 10 + (uint32_t)(value.p[n] - '0') : whole;
	if (n < value.n && value.p[n] == '.')
		for (uint32_t of = 100; ++n < value.n && ascii_digit(value.p[n]); of /= 10)
			rest += of * (uint32_t)(value.p[n] - '0');
	*unit = str_from(value, n);
	return whole * 1000 + rest;
}

bool css_is_number(struct str value)
{
	return value.n && (ascii_digit(value.p[0]) || value.p[0] == '.');
}

/* ---- comments and escapes ---- */

bool css_is_plain(struct str s)
{
	return s.n == 0 || (!memchr(s.p, '\\', s.n) && !memchr(s.p, '*', s.n));
}

static size_t comment_length(struct str s)
{
	struct str behind;

	return str_find(str_from(s, 2), STR("*/"), &behind) ? s.n - behind.n : s.n;
}

/* Up to the quote that ends it, or the end of its line. */
static size_t string_length(struct str s)
{
	size_t n = 1;

	while (n < s.n && s.p[n] != s.p[0] && s.p[n] != '\n')
		n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
	return n < s.n ? n + 1 : n;
}

/* Behind "url(": up to its bracket, or quotes in it. */
static size_t url_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ')' && s.p[n] != '"' && s.p[n] != '\'')
		n++;
	return n;
}

/* It may begin with something else than what stands for itself. */
static bool may_end(struct str s)
{
	static const bool stops[256] = {
		['\\'] = true, ['/'] = true, ['"'] = true, ['\''] = true, ['('] = true
	};

	return stops[(uint8_t)s.p[0]] && (s.p[0] != '/' || str_starts(s, STR("/*")));
}

/* Of what stands for itself, up to what may not. */
static size_t verbatim_length(struct str s)
{
	size_t n = 0;

	if (s.p[0] == '"' || s.p[0] == '\'')
		return string_length(s);
	do
		n++;
	while (n < s.n && !may_end(str_from(s, n)));
	if (n < s.n && s.p[n] == '(' && str_iends(str_head(s, n), STR("url")))
		n += url_length(str_from(s, n));
	return n;
}

/* s begins with a backslash: what is left of it is put into `bytes`, and is never longer.  Returns its length. */
static size_t read_escape(struct str s, char bytes[4], struct str *left)
{
	uint32_t point = 0;
	size_t n = 1;

	while (n < s.n && n <= ESCAPE_DIGITS && hex_digit(s.p[n]) >= 0)
		point = point << 4 | (uint32_t)hex_digit(s.p[n++]);
	if (n == 1)
		point = n < s.n && !(s.p[n] & 0x80) ? (uint8_t)s.p[n++] : 0;
	else if (n < s.n && (uint8_t)s.p[n] <= ' ')
		n++;
	bytes[0] = '\\';
	*left = (struct str){ .p = bytes, .n = 1 };
	if (point < 0x80 ? ascii_alnum((char)point) || point == '-' || point == '_'
			 : point <= 0x10ffff)
		left->n = utf8_put(point, bytes);
	return n;
}

/* What stands at the head of s; returns its length. */
static size_t read_piece(struct str s, char bytes[4], struct str *left)
{
	size_t n;

	if (s.p[0] == '\\')
		return read_escape(s, bytes, left);
	if (s.p[0] == '/' && str_starts(s, STR("/*"))) {
		*left = STR(" ");
		return comment_length(s);
	}
	n = verbatim_length(s);
	*left = str_head(s, n);
	return n;
}

size_t css_clean(char *p, size_t n)
{
	struct str rest = { .p = p, .n = n };
	size_t done = 0;

	while (rest.n) {
		char bytes[4];
		struct str left;
		const size_t length = read_piece(rest, bytes, &left);

		CHECK(left.n <= length);
		memmove(p + done, left.p, left.n);
		done += left.n;
		rest = str_from(rest, length);
	}
	return done;
}
