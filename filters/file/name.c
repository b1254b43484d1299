#include "filters/file/name.h"

#include "base/check.h"
#include "base/utf8.h"

enum { SPACES = 5 }; /* in a row: what shows a name cuts it off, or breaks the line there */

/* Nobody sees them, and Windows leaves them out at the end of a name. */
static bool is_trailing(char c)
{
	return c == '.' || c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '\0';
}

static struct str trim(struct str name)
{
	while (name.n && is_trailing(name.p[name.n - 1]))
		name.n--;
	return name;
}

/* "a.js::$DATA" and "a.js:b:$DATA" are streams of a.js, on NTFS. */
static struct str without_stream(struct str part)
{
	struct str file, stream;

	return str_iends(part, STR(":$DATA")) && str_cut(part, ':', &file, &stream) ? file : part;
}

static struct str last_part(struct str name)
{
	size_t i;

	name = trim(name);
	i = name.n;
	while (i > 0 && name.p[i - 1] != '/' && name.p[i - 1] != '\\')
		i--;
	return trim(without_stream(str_from(name, i)));
}

static size_t last_dot(struct str part)
{
	size_t i = part.n;

	while (i > 0 && part.p[i - 1] != '.')
		i--;
	return i; /* behind it; 0: there is none */
}

struct str name_extension(struct str name)
{
	const struct str part = last_part(name);
	const size_t dot = last_dot(part);

	return dot ? str_from(part, dot) : (struct str){ 0 };
}

struct str name_stem(struct str name)
{
	const struct str part = last_part(name);
	const size_t dot = last_dot(part);

	return dot ? str_head(part, dot - 1) : part;
}

bool name_is(struct str name, enum name_kind kind)
{
	static const struct {
		enum name_kind kind;
		struct str extension;
	} rows[] = {
		{ NAME_PAGE, STR_INIT("html") },   { NAME_PAGE, STR_INIT("htm") },
		{ NAME_PAGE, STR_INIT("shtml") },  { NAME_PAGE, STR_INIT("shtm") },
		{ NAME_PAGE, STR_INIT("xhtml") },  { NAME_PAGE, STR_INIT("xht") },
		{ NAME_PAGE, STR_INIT("svg") },    { NAME_CALENDAR, STR_INIT("ics") },
		{ NAME_MESSAGE, STR_INIT("eml") }, { NAME_ZIP, STR_INIT("zip") },
		{ NAME_PDF, STR_INIT("pdf") },
	};
	const struct str extension = name_extension(name);
	size_t i = 0;

	while (i < COUNTOF(rows) &&
	       (rows[i].kind != kind || !str_ieq(extension, rows[i].extension)))
		i++;
	return i < COUNTOF(rows);
}

/* U+202A to 202E, 2066 to 2069 */
static bool turns(uint32_t point)
{
	return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static bool is_space(uint32_t point)
{
	return point == ' ' || point == 0xa0 || point == 0x3000 || point == 0x2800 ||
	       (point >= 0x2000 && point <= 0x200b);
}

bool name_deceives(struct str name)
{
	unsigned spaces = 0;

	while (name.n) {
		const size_t n = utf8_length(name);
		const uint32_t point = n ? utf8_point(str_head(name, n)) : 0xfffd;

		if (point < 0x20 || (point >= 0x7f && point < 0xa0) || turns(point))
			return true;
		spaces = is_space(point) ? spaces + 1 : 0;
		if (spaces == SPACES)
			return true;
		name = str_from(name, n ? n : 1);
	}
	return false;
}
