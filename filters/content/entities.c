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

static uint32_t numbered(struct str s)
{
	const bool hex = s.n && ascii_lower(s.p[0]) == 'x';
	const struct str digits = str_from(s, hex);
	uint32_t point = 0;

	if (digits.n == 0)
		return 0;
	for (size_t i = 0; i < digits.n; i++) {
		const int digit = hex_digit(digits.p[i]);

		if (digit < 0 || (!hex && digit > 9))
			return 0;
		if (point <= 0x10ffff)
			point = point * (hex ? 16 : 10) + (uint32_t)digit;
	}
	if (point >= 0x80 && point < 0xa0)
		return charset_1252((uint8_t)point); /* WHATWG HTML 13.2.5.80 */
	return point ? point : 0xfffd;
}

uint32_t html_entity(struct str name)
{
	if (name.n && name.p[0] == '#')
		return numbered(str_from(name, 1));
	return name.n ? named(name) : 0;
}
