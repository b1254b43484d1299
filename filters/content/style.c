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

static uint32_t hex_color(struct str s)
{
	uint32_t color = 0;

	if (s.n != 3 && s.n != 6)
		return HTML_NO_COLOR;
	for (size_t i = 0; i < s.n; i++) {
		const int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return HTML_NO_COLOR;
		color = color << 4 | (uint32_t)digit;
		if (s.n == 3)
			color = color << 4 | (uint32_t)digit;
	}
	return color;
}

/* s is behind "rgb(": three numbers; an alpha is not looked at. */
static uint32_t rgb_color(struct str s)
{
	uint32_t color = 0;
	unsigned count = 0;

	for (size_t i = 0; i < s.n && s.p[i] != ')' && count < 3;) {
		uint32_t value = 0;

		if (!ascii_digit(s.p[i])) {
			i++;
			continue;
		}
		for (; i < s.n && ascii_digit(s.p[i]); i++)
			value = value < 1000 ? value * 10 + (uint32_t)(s.p[i] - '0') : value;
		color = color << 8 | (value > 255 ? 255 : value);
		count++;
	}
	return count == 3 ? color : HTML_NO_COLOR;
}

uint32_t html_color(struct str value)
{
	const struct str s = trim_css(value);
	uint32_t named;

	if (s.n && s.p[0] == '#')
		return hex_color(str_from(s, 1));
	if (str_istarts(s, STR("rgb")))
		return rgb_color(s);
	named = html_color_named(s);
	return named == HTML_NO_COLOR && s.n == 6 ? hex_color(s) : named;
}

/* ---- declarations ---- */

/* So small that nobody reads it: 0 of anything, up to 2 pixels. */
static bool is_tiny(struct str value)
{
	unsigned whole = 0;
	size_t n = 0;

	while (n < value.n && ascii_digit(value.p[n]) && n < 4)
		whole = whole * 10 + (unsigned)(value.p[n++] - '0');
	if (n == 0 && (value.n == 0 || value.p[0] != '.'))
		return false;
	if (n < value.n && value.p[n] == '.') {
		n++;
		while (n < value.n && ascii_digit(value.p[n])) {
			if (value.p[n] != '0' && whole == 0)
				whole = 1; /* some of a unit */
			n++;
		}
	}
	value = str_from(value, n);
	if (str_istarts(value, STR("em")) || str_istarts(value, STR("rem")))
		return whole == 0;
	if (str_istarts(value, STR("%")))
		return whole < 10;
	return str_istarts(value, STR("px")) ? whole <= 2 : whole <= 1;
}

static bool is_zero(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] >= '1' && value.p[i] <= '9')
			return false;
	return value.n && value.p[0] == '0';
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

static void declare(struct html_element *e, struct str name, struct str value)
{
	if (str_ieq(name, STR("display")))
		e->hidden = e->hidden || str_istarts(value, STR("none"));
	else if (str_ieq(name, STR("visibility")))
		e->hidden = e->hidden || str_istarts(value, STR("hidden")) ||
			    str_istarts(value, STR("collapse"));
	else if (str_ieq(name, STR("opacity")) || str_ieq(name, STR("max-height")))
		e->hidden = e->hidden || is_zero(value);
	else if (str_ieq(name, STR("font-size")))
		e->tiny = is_tiny(value);
	else if (str_ieq(name, STR("color")))
		e->color = str_ieq(value, STR("transparent")) ? e->background : html_color(value);
	else if (str_ieq(name, STR("background-color")) || str_ieq(name, STR("background")))
		e->background = str_ieq(value, STR("transparent")) ? e->background
								   : background_color(value);
}

unsigned html_style(struct html_element *e, struct str style, bool looks)
{
	unsigned count = 0;

	for (; style.n; count++) {
		struct str one, name, value;

		str_cut(style, ';', &one, &style);
		if (!str_cut(one, ':', &name, &value))
			continue;
		declare(e, trim_css(name), trim_css(value));
		if (looks)
			declare_look(&e->look, trim_css(name), value);
	}
	return count;
}
