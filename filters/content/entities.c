#include "filters/content/element.h"

#include "base/check.h"
#include "base/hex.h"
#include "filters/content/charset.h"

struct row {
	struct str name;
	uint32_t point;
};

static const struct row rows[] = {
#define ENTITY(NAME, POINT) { STR_INIT(#NAME), (POINT) },
#include "filters/content/entities.def"
#undef ENTITY
};

static uint32_t named(struct str name)
{
	size_t low = 0, high = COUNTOF(rows);

	while (low < high) {
		const size_t mid = (low + high) / 2;
		const struct str other = rows[mid].name;
		int d = (uint8_t)name.p[0] - (uint8_t)other.p[0]; /* mostly that is enough */

		if (d == 0)
			d = memcmp(name.p, other.p, name.n < other.n ? name.n : other.n);
		if (d == 0)
			d = name.n < other.n ? -1 : name.n > other.n;
		if (d == 0)
			return rows[mid].point;
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
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

/* One of those names that need no ";" behind them, whatever follows: Latin-1, and what markup is made of. */
static bool needs_no_end(uint32_t point)
{
	return (point >= 0xa0 && point <= 0xff) || point == '&' || point == '<' || point == '>' ||
	       point == '"';
}

size_t html_entity(struct str s, uint32_t *point)
{
	size_t n = s.n;

	if (s.n && s.p[0] == '#')
		return numbered(s, point);
	*point = s.n ? named(s) : 0;
	for (n = s.n; *point == 0 && n > 2;) { /* the longest of them */
		const uint32_t shorter = named(str_head(s, --n));

		*point = needs_no_end(shorter) ? shorter : 0;
	}
	return *point ? n : 0;
}
