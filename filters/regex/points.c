#include "filters/regex/points.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <string.h>

bool points_has(struct str expression)
{
	for (size_t i = 0; i + 3 < expression.n; i++)
		if (memcmp(expression.p + i, "\\x{", 3) == 0 ||
		    memcmp(expression.p + i, "{,", 2) == 0)
			return true;
	return false;
}

/* "{,3}" is at the head.  PCRE2 takes it for text before 10.43. */
static bool is_at_most(struct str s)
{
	size_t n = 2;

	while (n < s.n && ascii_digit(s.p[n]))
		n++;
	return str_starts(s, STR("{,")) && n > 2 && n < s.n && s.p[n] == '}';
}

/* The length of a "\x{456}" at the head that is over 255; 0: there is none. */
static size_t read_point(struct str s, uint32_t *point)
{
	size_t n = 3;

	if (!str_starts(s, STR("\\x{")))
		return 0;
	for (*point = 0; n < s.n && hex_digit(s.p[n]) >= 0 && *point <= 0x10ffff; n++)
		*point = *point * 16 + (uint32_t)hex_digit(s.p[n]);
	return n < s.n && s.p[n] == '}' && *point > 255 ? n + 1 : 0;
}

static void put_bytes(uint32_t point, struct out *o)
{
	char bytes[4];
	const size_t n = utf8_put(point, bytes);

	for (size_t i = 0; i < n; i++)
		out_printf(o, "\\x%02x", (uint8_t)bytes[i]);
}

/* An escape is two bytes, another character is one. */
static size_t step(struct str s)
{
	return s.p[0] == '\\' && s.n > 1 ? 2 : 1;
}

/* The length of the class at the head, its brackets included. */
static size_t class_length(struct str s)
{
	size_t n = 1;

	n += n < s.n && s.p[n] == '^';
	n += n < s.n && s.p[n] == ']';
	while (n < s.n && s.p[n] != ']') {
		if (str_starts(str_from(s, n), STR("[:")))
			while (n < s.n && s.p[n] != ']')
				n++;
		n += n < s.n ? step(str_from(s, n)) : 0;
	}
	return n < s.n ? n + 1 : s.n;
}

/* The class without its points; false: they cannot be taken out. */
static bool put_rest(struct str class, struct out *o, unsigned *points)
{
	bool range = false;
	uint32_t point;

	*points = 0;
	for (struct str s = class; s.n;) {
		const size_t n = read_point(s, &point);

		if (n && (range || str_starts(str_from(s, n), STR("-"))))
			return false;
		range = s.p[0] == '-';
		if (!n)
			out_str(o, str_head(s, step(s)));
		*points += n != 0;
		s = str_from(s, n ? n : step(s));
	}
	return *points == 0 || !str_starts(class, STR("[^"));
}

static void put_class(struct str class, struct out *o)
{
	const size_t before = o->n;
	unsigned points;
	uint32_t point;

	out_str(o, STR("(?:"));
	if (!put_rest(class, o, &points) || points == 0) {
		o->n = before;
		out_str(o, class);
		return;
	}
	if (str_ends(out_text(o), STR("(?:[]"))) /* there was nothing else */
		o->n -= 2;
	for (struct str s = class; s.n;) {
		const size_t n = read_point(s, &point);

		if (n && o->p[o->n - 1] != ':')
			out_char(o, '|');
		if (n)
			put_bytes(point, o);
		s = str_from(s, n ? n : step(s));
	}
	out_char(o, ')');
}

void points_put(struct str s, struct out *o)
{
	uint32_t point;

	while (s.n) {
		size_t n = read_point(s, &point);

		if (n) {
			out_str(o, STR("(?:"));
			put_bytes(point, o);
			out_char(o, ')');
		} else if (s.p[0] == '[') {
			n = class_length(s);
			put_class(str_head(s, n), o);
		} else {
			n = step(s);
			out_str(o, str_head(s, n));
			if (is_at_most(s))
				out_char(o, '0');
		}
		s = str_from(s, n);
	}
}
