/* style.c - of a style attribute (CSS 2.2 4.1.8) and of colours: what hides text, and nothing else. */
#include "filters/content/element.h"

#include "base/hex.h"

static struct str trim_css(struct str s)
{
	while (s.n && (unsigned char)s.p[0] <= ' ')
		s = str_from(s, 1);
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* ---- colours ---- */

/* "fff", "ffffff", and with a last digit or two that say how opaque it is. */
static uint32_t hex_color(struct str s)
{
	const size_t digits = s.n == 3 || s.n == 4 ? 1 : 2;
	uint32_t color = 0;

	if (s.n < 3 * digits || s.n > 4 * digits || s.n == 7)
		return HTML_NO_COLOR;
	for (size_t i = 0; i < 3 * digits; i++) {
		const int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return HTML_NO_COLOR;
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

uint32_t html_color(struct str value)
{
	const struct str s = trim_css(value);
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

/* ---- declarations ---- */

/* "12.5px": in tenths, cut; 0 without a number.  *unit: what is behind it. */
static uint32_t tenths(struct str value, struct str *unit)
{
	uint32_t whole = 0, tenth = 0;
	size_t n = 0;

	for (; n < value.n && ascii_digit(value.p[n]); n++)
		whole = whole < 100000 ? whole * 10 + (uint32_t)(value.p[n] - '0') : whole;
	if (n < value.n && value.p[n] == '.') {
		n++;
		tenth = n < value.n && ascii_digit(value.p[n]) ? (uint32_t)(value.p[n] - '0') : 0;
		while (n < value.n && ascii_digit(value.p[n]))
			n++;
	}
	*unit = str_from(value, n);
	return whole * 10 + tenth;
}

static bool is_number(struct str value)
{
	return value.n && (ascii_digit(value.p[0]) || value.p[0] == '.');
}

/* So small that nobody reads it: 0 of anything, up to 2 pixels. */
static bool is_tiny(struct str value)
{
	struct str unit;
	uint32_t n;

	if (!is_number(value))
		return false;
	n = tenths(value, &unit);
	if (str_istarts(unit, STR("em")) || str_istarts(unit, STR("rem")))
		return n < 2;
	if (str_istarts(unit, STR("%")))
		return n < 100;
	return n < (str_istarts(unit, STR("px")) ? 30 : 20);
}

/* The size is the number with a unit: "bold 12px/1.5 arial"; "0" needs none. */
static bool is_tiny_font(struct str value)
{
	struct str word, unit;

	while (value.n) {
		str_cut(value, ' ', &word, &value);
		if (!is_number(word))
			continue;
		if (tenths(word, &unit) == 0 || (unit.n && unit.p[0] != '/'))
			return is_tiny(word);
	}
	return false;
}

static bool is_zero(struct str value)
{
	struct str unit;

	return is_number(value) && tenths(value, &unit) == 0;
}

/* A tenth of what it could be, or less. */
static bool is_faint(struct str value)
{
	struct str unit;

	return is_number(value) && tenths(value, &unit) < (str_istarts(unit, STR("%")) ? 100 : 1);
}

/* So far to the left, or up, that it is off the page. */
static bool is_off(struct str value)
{
	struct str unit;

	return str_starts(value, STR("-")) && tenths(str_from(value, 1), &unit) >= 9000;
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

/* The background is seen through it. */
static bool is_clear(struct str value)
{
	uint32_t n[4];

	if (str_ieq(value, STR("transparent")))
		return true;
	if (str_starts(value, STR("#")))
		return (value.n == 5 && value.p[4] == '0') || (value.n == 9 && value.p[7] == '0');
	if (!str_istarts(value, STR("rgb")) && !str_istarts(value, STR("hsl")))
		return false;
	return read_numbers(value, 1, n) == 4 && is_faint(last_number(value));
}

/* A background may name an image as well. */
static uint32_t background_color(struct str value)
{
	struct str word, rest = value;
	uint32_t color = HTML_NO_COLOR;

	if (str_istarts(value, STR("rgb")))
		return html_color(value);
	while (rest.n) {
		str_cut(rest, ' ', &word, &rest);
		if (str_istarts(word, STR("url")) || str_istarts(word, STR("linear")))
			return HTML_NO_COLOR;
		if (color == HTML_NO_COLOR)
			color = html_color(word);
	}
	return color;
}

static void declare_look(struct look *look, struct str name, struct str value)
{
	if (str_ieq(name, STR("color")))
		look_declare_color(&look->color, value);
	else if (str_ieq(name, STR("background-color")))
		look_declare_color(&look->background, value);
	else if (str_eq(name, STR("background")))
		look_declare_background(look, value);
}

/* What hides text only together. */
struct box {
	bool flat, clipped;
};

static struct str without_important(struct str value)
{
	const char *mark = value.n ? memchr(value.p, '!', value.n) : NULL;

	return mark ? trim_css(str_head(value, (size_t)(mark - value.p))) : value;
}

static void declare_color(struct html_element *e, struct str name, struct str value)
{
	if (str_ieq(name, STR("color")))
		e->color = is_clear(value) ? e->background : html_color(value);
	else if (!is_clear(value))
		e->background = background_color(value);
}

static bool hides(struct str name, struct str value)
{
	if (str_ieq(name, STR("display")))
		return str_istarts(value, STR("none"));
	if (str_ieq(name, STR("visibility")))
		return str_istarts(value, STR("hidden")) || str_istarts(value, STR("collapse"));
	if (str_ieq(name, STR("opacity")))
		return is_faint(value);
	if (str_ieq(name, STR("max-height")))
		return is_zero(value);
	if (str_ieq(name, STR("text-indent")) || str_ieq(name, STR("left")) ||
	    str_ieq(name, STR("top")) || str_ieq(name, STR("margin-left")))
		return is_off(value);
	return false;
}

static void declare(struct html_element *e, struct box *box, struct str name, struct str value)
{
	if (str_ieq(name, STR("color")) || str_ieq(name, STR("background")) ||
	    str_ieq(name, STR("background-color")))
		declare_color(e, name, value);
	else if (str_ieq(name, STR("font-size")))
		e->tiny = is_tiny(value);
	else if (str_ieq(name, STR("font")))
		e->tiny = is_tiny_font(value);
	else if (str_ieq(name, STR("height")) || str_ieq(name, STR("width")))
		box->flat = box->flat || is_zero(value);
	else if (str_ieq(name, STR("overflow")))
		box->clipped = str_istarts(value, STR("hidden"));
	else
		e->hidden = e->hidden || hides(name, value);
}

unsigned html_style(struct html_element *e, struct str style, bool looks)
{
	struct box box = { .flat = false };
	unsigned count = 0;

	for (; style.n; count++) {
		struct str one, name, value;

		str_cut(style, ';', &one, &style);
		if (!str_cut(one, ':', &name, &value))
			continue;
		declare(e, &box, trim_css(name), without_important(trim_css(value)));
		if (looks)
			declare_look(&e->look, trim_css(name), value);
	}
	e->hidden = e->hidden || (box.flat && box.clipped);
	return count;
}
