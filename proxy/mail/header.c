/* header.c - see header.h.  Only CRLF ends a line; a bare CR or LF is a byte like any other. */
#include "mail/header.h"

#include "base/sixteen.h"

/* Where s has its next CRLF; s.n: nowhere. */
static size_t find_crlf(struct str s)
{
	size_t at = 0;

	while (at + 1 < s.n) {
		at = (size_t)(eight_seek(s.p + at, s.p + s.n - 1, '\r') - s.p);
		if (at + 1 < s.n && s.p[at + 1] == '\n')
			return at;
		at++;
	}
	return s.n;
}

size_t header_length_from(struct str message, size_t seen)
{
	size_t at = seen > 3 ? seen - 3 : 0; /* a line end that had come in part */

	if (str_starts(message, STR("\r\n")))
		return 2;
	while (at + 4 <= message.n) {
		at += find_crlf(str_from(message, at));
		if (at + 4 > message.n)
			break;
		if (message.p[at + 2] == '\r' && message.p[at + 3] == '\n')
			return at + 4;
		at += 2;
	}
	return 0;
}

size_t header_length(struct str message)
{
	return header_length_from(message, 0);
}

bool header_has_bare(struct str header)
{
	for (size_t i = 0; i < header.n; i++) {
		const bool cr = header.p[i] == '\r';

		if (cr && i + 1 < header.n && header.p[i + 1] == '\n')
			i++;
		else if (cr || header.p[i] == '\n')
			return true;
	}
	return false;
}

/* RFC 5322 3.6.8 ftext. */
static size_t name_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] > 32 && s.p[n] < 127 && s.p[n] != ':')
		n++;
	return n;
}

/* How much of a field surely has not its end, or all up to that. */
static size_t skip_folds(struct str s)
{
	size_t at = 0;

	for (; at + 18 <= s.n; at += 16) {
		const char *const p = s.p + at;
		const sixteen behind = sixteen_load(p + 2);
		const sixteen ends =
			(sixteen)((sixteen_load(p) == '\r') & (sixteen_load(p + 1) == '\n') &
				  (behind != ' ') & (behind != '\t'));

		if (sixteen_any(ends))
			return at + sixteen_first(ends);
	}
	return at;
}

/* Length of the lines of one field without the final CRLF; s.n: the end is not there. */
static size_t field_length(struct str s)
{
	size_t at = skip_folds(s);

	at += find_crlf(str_from(s, at));
	while (at + 2 < s.n && ascii_wsp(s.p[at + 2]))
		at += 2 + find_crlf(str_from(s, at + 2));
	return at;
}

static bool cut_field(struct str *rest, struct header_field *field)
{
	const struct str s = *rest;
	const size_t name = name_length(s);
	size_t colon = name;
	size_t n;

	while (colon < s.n && ascii_wsp(s.p[colon]))
		colon++; /* RFC 5322 4.5 */
	if (name == 0 || colon == s.n || s.p[colon] != ':')
		return false;
	n = field_length(s);
	if (n >= s.n)
		return false;
	field->whole = str_head(s, n + 2);
	field->name = str_head(s, name);
	field->value = (struct str){ .p = s.p + colon + 1, .n = n - colon - 1 };
	*rest = str_from(s, n + 2);
	return true;
}

static bool skip_line(struct str *rest)
{
	const size_t n = find_crlf(*rest);

	if (n == 0 || n == rest->n)
		return false;
	*rest = str_from(*rest, n + 2);
	return true;
}

bool header_next(struct str *rest, struct header_field *field)
{
	while (!cut_field(rest, field))
		if (!skip_line(rest))
			return false;
	return true;
}

bool header_next_like(struct str *rest, struct str begins, struct header_field *field)
{
	while (!str_istarts(*rest, begins) || !cut_field(rest, field))
		if (!skip_line(rest))
			return false;
	return true;
}

bool header_has_either(struct str header, struct str name, struct str other)
{
	struct header_field field;

	while (header_next(&header, &field))
		if (str_ieq(field.name, name) || str_ieq(field.name, other))
			return true;
	return false;
}
