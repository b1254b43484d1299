#include "filters/content/element.h"

#include "base/check.h"
#include "base/hex.h"
#include "filters/content/charset.h"

struct row {
	struct str name;
	uint32_t point;
};

/* Each has its place, and each letter that of the first one. */
enum {
#define ENTITY_LETTER(C, CHAR) FIRST_OF_##C, BEFORE_##C = FIRST_OF_##C - 1,
#define ENTITY(NAME, POINT)    ENTITY_##NAME,
#include "filters/content/entities.def"
#undef ENTITY
#undef ENTITY_LETTER
};

static const struct row rows[] = {
#define ENTITY_LETTER(C, CHAR)
#define ENTITY(NAME, POINT) [ENTITY_##NAME] = { STR_INIT(#NAME), (POINT) },
#include "filters/content/entities.def"
#undef ENTITY
#undef ENTITY_LETTER
};

static const uint16_t firsts[UINT8_MAX + 1] = {
#define ENTITY_LETTER(C, CHAR) [CHAR] = FIRST_OF_##C,
#define ENTITY(NAME, POINT)
#include "filters/content/entities.def"
#undef ENTITY
#undef ENTITY_LETTER
};

/* One of those names that need no ";" behind them, whatever follows: Latin-1, and what markup is made of. */
static bool needs_no_end(uint32_t point)
{
	return (point >= 0xa0 && point <= 0xff) || point == '&' || point == '<' || point == '>' ||
	       point == '"';
}

/* The longest name at the head of s, which is all of it or needs no end; how many bytes; 0: there is none. */
static size_t named(struct str s, uint32_t *point)
{
	size_t n = 0;

	for (size_t i = firsts[(uint8_t)s.p[0]]; i < COUNTOF(rows); i++) {
		const struct row *row = &rows[i];

		if (row->name.p[0] != s.p[0])
			break;
		if (row->name.n <= n || row->name.p[1] != s.p[1] || !str_starts(s, row->name) ||
		    (row->name.n < s.n && !needs_no_end(row->point)))
			continue;
		n = row->name.n;
		*point = row->point;
	}
	return n;
}

/* "#105", "#x69": as many digits as there are (WHATWG HTML 13.2.5.76); how many bytes; 0: there is none. */
static size_t numbered(struct str s, uint32_t *point)
{
	const bool hex = s.n > 1 && ascii_lower(s.p[1]) == 'x';
	const size_t first = hex ? 2 : 1;
	size_t n = first;
	uint32_t value = 0;

	for (; n < s.n; n++) {
		const int digit = hex_digit(s.p[n]);

		if (digit < 0 || (!hex && digit > 9))
			break;
		if (value <= 0x10ffff)
			value = value * (hex ? 16 : 10) + (uint32_t)digit;
	}
	if (value >= 0x80 && value < 0xa0)
		value = charset_1252((uint8_t)value); /* WHATWG HTML 13.2.5.80 */
	*point = value ? value : 0xfffd;
	return n > first ? n : 0;
}

size_t html_entity(struct str s, uint32_t *point)
{
	if (s.n && s.p[0] == '#')
		return numbered(s, point);
	return s.n > 1 ? named(s, point) : 0;
}
