/* color.c - colours as attributes and styles have them (CSS Color 4, as far as mail has it). */
#include "filters/content/element.h"

#include "base/check.h"
#include "base/hex.h"
#include "filters/content/css.h"

enum { OPAQUE = 100 };

struct row {
	struct str name;
	uint32_t color;
};

/* Each has its place, and each length that of the first one. */
enum {
#define COLOR_LENGTH(N)  FIRST_OF_##N, BEFORE_##N = FIRST_OF_##N - 1,
#define COLOR(NAME, RGB) COLOR_##NAME,
#include "filters/content/colors.def"
#undef COLOR
#undef COLOR_LENGTH
};

static const struct row rows[] = {
#define COLOR_LENGTH(N)
#define COLOR(NAME, RGB) [COLOR_##NAME] = { STR_INIT(#NAME), (RGB) },
#include "filters/content/colors.def"
#undef COLOR
#undef COLOR_LENGTH
};

static const uint8_t firsts[] = {
#define COLOR_LENGTH(N) [N] = FIRST_OF_##N,
#define COLOR(NAME, RGB)
#include "filters/content/colors.def"
#undef COLOR
#undef COLOR_LENGTH
};

uint32_t html_color_named(struct str name)
{
	size_t i = name.n < COUNTOF(firsts) ? firsts[name.n] : COUNTOF(rows);

	for (; i < COUNTOF(rows) && rows[i].name.n == name.n; i++)
		if (rows[i].name.p[0] == ascii_lower(name.p[0]) && str_ieq(rows[i].name, name))
			return rows[i].color;
	return HTML_NO_COLOR;
}

/* ---- other ways to write them ---- */

/* "fff", "ffffff", and with a last digit or two that say how opaque it is. */
static uint32_t hex_color(struct str s)
{
	const size_t digits = s.n == 3 || s.n == 4 ? 1 : 2;
	uint32_t color = 0;

	if (s.n < 3 * digits || s.n > 4 * digits || s.n == 7)
		return HTML_NO_COLOR;
	for (size_t i = 0; i < s.n; i++) {
		const int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return HTML_NO_COLOR;
		if (i >= 3 * digits)
			continue;
		color = color << 4 | (uint32_t)digit;
		if (digits == 1)
			color = color << 4 | (uint32_t)digit;
	}
	return color;
}

/* The numbers between brackets, four at most, in `of` of their whole where they are in per cent. */
static unsigned read_numbers(struct str s, uint32_t of, uint32_t numbers[4])
{
	unsigned count = 0;

	for (size_t i = 0; i < s.n && s.p[i] != ')' && count < 4;) {
		uint32_t value = 0;

		if (!ascii_digit(s.p[i]) && s.p[i] != '.') {
			i++;
			continue;
		}
		for (; i < s.n && ascii_digit(s.p[i]); i++)
			value = value < 1000 ? value * 10 + (uint32_t)(s.p[i] - '0') : value;
		if (i < s.n && s.p[i] == '.')
			for (i++; i < s.n && ascii_digit(s.p[i]); i++)
				continue;
		if (of && i < s.n && s.p[i] == '%')
			value = value * of / 100;
		numbers[count++] = value;
	}
	return count;
}

static uint32_t rgb_color(struct str s)
{
	uint32_t n[4], color = 0;

	if (read_numbers(s, 255, n) < 3)
		return HTML_NO_COLOR;
	for (unsigned i = 0; i < 3; i++)
		color = color << 8 | (n[i] > 255 ? 255 : n[i]);
	return color;
}

/* Of hue, saturation and lightness only what is white or black, or nearly. */
static uint32_t hsl_color(struct str s)
{
	uint32_t n[4];

	if (read_numbers(s, 0, n) < 3 || (n[2] > 2 && n[2] < 98))
		return HTML_NO_COLOR;
	return n[2] > 2 ? 0xffffff : 0;
}

/* "0.5" of "rgba(0, 0, 0, 0.5)", with what is behind it. */
static struct str last_number(struct str value)
{
	size_t end = value.n, at;

	while (end && !ascii_digit(value.p[end - 1]))
		end--;
	for (at = end; at && (ascii_digit(value.p[at - 1]) || value.p[at - 1] == '.');)
		at--;
	return str_from(value, at);
}

/* "0.5" of "rgba(0, 0, 0, 0.5)", in per cent. */
static unsigned alpha_of(struct str s)
{
	uint32_t n[4];
	struct str unit;

	if (read_numbers(s, 1, n) < 4)
		return OPAQUE;
	n[3] = css_thousandths(last_number(s), &unit);
	n[3] = str_starts(unit, STR("%")) ? n[3] / 1000 : n[3] / 10;
	return n[3] < OPAQUE ? n[3] : OPAQUE;
}

unsigned html_color_opacity(struct str s)
{
	if (s.n && s.p[0] == '#') {
		const int digit = hex_digit(s.n == 5 ? s.p[4] : s.n == 9 ? s.p[7] : 'f');

		return digit < 0 ? OPAQUE : (unsigned)digit * 100 / 15;
	}
	if (str_istarts(s, STR("rgb")) || str_istarts(s, STR("hsl")))
		return alpha_of(s);
	return str_ieq(s, STR("transparent")) ? 0 : OPAQUE;
}

uint32_t html_color(struct str value)
{
	const struct str s = css_trim(value);
	uint32_t named;

	if (s.n && s.p[0] == '#')
		return hex_color(str_from(s, 1));
	if (str_istarts(s, STR("rgb")))
		return rgb_color(s);
	if (str_istarts(s, STR("hsl")))
		return hsl_color(s);
	named = html_color_named(s);
	return named == HTML_NO_COLOR && s.n == 6 ? hex_color(s) : named;
}
