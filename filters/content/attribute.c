#include "filters/content/attribute.h"

#include "base/eight.h"
#include "base/utf8.h"
#include "filters/content/element.h"

enum { ENTITY = 2 }; /* steps */

static struct str skip(struct str s)
{
	size_t n = 0;

	while (n < s.n && (attribute_is_space(s.p[n]) || s.p[n] == '/'))
		n++;
	return str_from(s, n);
}

struct str attribute_trim(struct str s)
{
	while (s.n && attribute_is_space(s.p[0]))
		s = str_from(s, 1);
	while (s.n && attribute_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static void take_value(struct str *rest, struct str *value)
{
	struct str s = *rest;
	size_t n = 0;
	const char quote = s.n && (s.p[0] == '"' || s.p[0] == '\'') ? s.p[0] : 0;

	if (quote) {
		s = str_from(s, 1);
		n = (size_t)(eight_seek(s.p, s.p + s.n, quote) - s.p);
	}
	while (!quote && n < s.n && !attribute_is_space(s.p[n]))
		n++;
	*value = str_head(s, n);
	*rest = str_from(s, quote && n < s.n ? n + 1 : n);
}

bool attribute_next(struct str *rest, struct attribute *a)
{
	struct str s = skip(*rest);
	size_t n = 0;

	if (s.n == 0)
		return false;
	while (n < s.n && ((uint8_t)s.p[n] > '=' || (!attribute_is_space(s.p[n]) &&
						     (s.p[n] != '=' || n == 0) && s.p[n] != '/')))
		n++;
	a->name = str_head(s, n);
	a->value = (struct str){ 0 };
	s = str_from(s, n);
	*rest = s;
	while (s.n && attribute_is_space(s.p[0]))
		s = str_from(s, 1);
	if (s.n == 0 || s.p[0] != '=')
		return true;
	s = str_from(s, 1);
	while (s.n && attribute_is_space(s.p[0]))
		s = str_from(s, 1);
	take_value(&s, &a->value);
	*rest = s;
	return true;
}

/* s begins with "&": puts what it says, and returns how many bytes that is. */
static size_t put_entity(struct str s, struct out *o)
{
	const bool number = s.n > 1 && s.p[1] == '#';
	uint32_t point = 0;
	char bytes[4];
	size_t n = 1, used;

	while (n < s.n && (n < LIMIT_HTML_ENTITY || number) &&
	       (ascii_alnum(s.p[n]) || s.p[n] == '#'))
		n++;
	used = html_entity((struct str){ .p = s.p + 1, .n = n - 1 }, &point);
	if (used && used == n - 1 && n < s.n && s.p[n] == ';')
		n++;
	else if (used && number)
		n = used + 1;
	else
		used = 0; /* "&copy=1" is a parameter */
	out_str(o, used ? (struct str){ .p = bytes, .n = utf8_put(point, bytes) } : str_head(s, n));
	return n;
}

/* A run of what is no entity. */
static size_t plain_length(struct str s)
{
	const char *end = memchr(s.p, '&', s.n);

	return end ? (size_t)(end - s.p) : s.n;
}

struct str attribute_text(struct str s, struct out *o, uint32_t *steps)
{
	for (; s.n && !o->full; *steps += ENTITY) {
		size_t n = plain_length(s);

		out_str(o, str_head(s, n));
		s = str_from(s, n);
		if (s.n)
			s = str_from(s, put_entity(s, o));
	}
	return out_text(o);
}

struct str attribute_value(struct str s, struct out *o, uint32_t *steps)
{
	while (s.n && !o->full) {
		size_t n = 1;

		if (s.p[0] == '&') {
			n = put_entity(s, o);
			*steps += ENTITY;
		} else if (s.p[0] != '\t' && s.p[0] != '\r' && s.p[0] != '\n') {
			out_char(o, s.p[0]);
		}
		s = str_from(s, n);
	}
	return out_text(o);
}
