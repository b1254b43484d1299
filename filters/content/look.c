#include "filters/content/look.h"

#include "base/hex.h"
#include "filters/content/css.h"
#include "filters/content/element.h"

enum { MOST_SIZE = 1000 };

/* ---- colours ---- */

/* The numbers of "rgb(...)", 255 at most each; what stands between them does not matter.  False: less than three. */
static bool three_numbers(struct str s, uint32_t scale, uint32_t *color)
{
	unsigned count = 0;

	*color = 0;
	for (size_t i = 0; i < s.n && s.p[i] != ')' && count < 3;) {
		uint32_t n = 0;

		if (!ascii_digit(s.p[i])) {
			i++;
			continue;
		}
		for (; i < s.n && ascii_digit(s.p[i]); i++)
			n = n < 1000 ? n * 10 + (uint32_t)(s.p[i] - '0') : n;
		n = scale ? n * scale / 100 : n;
		*color = *color << 8 | (n > 255 ? 255 : n);
		count++;
	}
	return count == 3;
}

/* Where "rgb" begins; s.n: nowhere. */
static size_t find_rgb(struct str s)
{
	size_t at = 0;

	while (at + 3 <= s.n && !(ascii_lower(s.p[at]) == 'r' && ascii_lower(s.p[at + 1]) == 'g' &&
				  ascii_lower(s.p[at + 2]) == 'b'))
		at++;
	return at + 3 <= s.n ? at : s.n;
}

/* "fff", "ffffff"; others are cut, or zeroes added. */
static uint32_t of_digits(struct str s)
{
	uint32_t digits[6] = { 0 }, color = 0;
	unsigned n = 0;

	for (size_t i = 0; i < s.n && n < 6; i++)
		if (hex_digit(s.p[i]) >= 0)
			digits[n++] = (uint32_t)hex_digit(s.p[i]);
	if (n == 0)
		return LOOK_NONE;
	for (unsigned i = 0; i < 6; i++)
		color = color << 4 | digits[n < 6 ? i / 2 : i];
	return color;
}

uint32_t look_color(struct str value)
{
	const struct str s = css_trim(value);
	const uint32_t named = html_color_named(s);
	const size_t rgb = find_rgb(s);
	uint32_t color;

	if (named != HTML_NO_COLOR)
		return named;
	if (str_istarts(str_from(s, rgb), STR("rgb("))) {
		const bool percent = memchr(s.p + rgb, '%', s.n - rgb);

		return three_numbers(str_from(s, rgb), percent ? 255 : 0, &color)
			       ? color
			       : (uint32_t)LOOK_INVALID;
	}
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '#' && hex_digit(s.p[i]) < 0)
			return LOOK_INVALID;
	return str_starts(s, STR("#")) ? of_digits(s) : (uint32_t)LOOK_INVALID;
}

static struct str without_important(struct str value)
{
	const char *mark = value.n ? memchr(value.p, '!', value.n) : NULL;

	return mark ? css_trim(str_head(value, (size_t)(mark - value.p))) : value;
}

void look_declare_color(uint32_t *color, struct str value)
{
	value = without_important(css_trim(value));
	if (value.n == 0 || str_ieq(value, STR("inherit")))
		return;
	if (str_ieq(value, STR("transparent")))
		*color = LOOK_TRANSPARENT;
	else if (find_rgb(value) == value.n)
		*color = look_color(value);
	else if (!three_numbers(value, 0, color))
		*color = 0;
}

/* A word of a background: up to a space or comma that is not in brackets. */
static size_t word_length(struct str s)
{
	bool inside = false;
	size_t n = 0;

	for (; n < s.n && (inside || (s.p[n] != ' ' && s.p[n] != ',')); n++) {
		if (s.p[n] == '(' || s.p[n] == ')')
			inside = s.p[n] == '(';
	}
	return n;
}

/* The first colour of the last layer. */
void look_declare_background(struct look *look, struct str value)
{
	uint32_t found = LOOK_INVALID;

	value = css_trim(value);
	while (value.n) {
		const size_t n = word_length(value);

		if (n && found == LOOK_INVALID)
			found = look_color(str_head(value, n));
		else if (n == 0 && value.p[0] == ',')
			found = LOOK_INVALID;
		value = str_from(value, n ? n : 1);
	}
	if (found != LOOK_INVALID)
		look->background = found;
}

void look_settle(struct look *look, uint32_t around)
{
	if (look->background == LOOK_TRANSPARENT)
		look->background = around;
	if (look->color == LOOK_TRANSPARENT)
		look->color = look->background;
}

bool look_is_low(const struct look *look)
{
	static const int64_t weights[] = { 722, 7152,
					   2126 }; /* of blue, green, red: how bright they are */
	const int64_t near = 12 * 10000;
	int64_t sum = 0;

	if (look->color == look->background)
		return true;
	if (look->color >= LOOK_INVALID || look->background >= LOOK_INVALID)
		return false;
	for (unsigned i = 0; i < 3; i++) {
		const int64_t d = ((int64_t)(look->color >> 8 * i & 255) -
				   (int64_t)(look->background >> 8 * i & 255)) *
				  weights[i];

		sum += d * d;
	}
	return sum < near * near;
}

bool look_is_invalid(const struct look *look)
{
	return (look->color == LOOK_INVALID) != (look->background == LOOK_INVALID);
}

/* ---- fonts ---- */

void look_font_size(struct look *look, struct str value, int16_t base)
{
	const struct str s = css_trim(value);
	const bool more = str_starts(s, STR("+")), less = str_starts(s, STR("-"));
	int n = 0;
	size_t i = more || less;

	if (i == s.n || !ascii_digit(s.p[i]))
		return;
	for (; i < s.n && ascii_digit(s.p[i]); i++)
		n = n < MOST_SIZE ? n * 10 + (s.p[i] - '0') : n;
	look->size = (int16_t)(more ? base + n : less ? base - n : n);
}

static bool is_quote(struct str s)
{
	return s.n && (s.p[0] == '"' || s.p[0] == '\'');
}

/* Letters, spaces and hyphens, a letter at the end, then perhaps a digit, all in quotes or not; 0: it is none. */
static size_t face_length(struct str s, bool first)
{
	const size_t quote = is_quote(s) || (first && str_starts(s, STR(".")));
	size_t n = quote;

	while (n < s.n && (ascii_alpha(s.p[n]) || s.p[n] == ' ' || s.p[n] == '-'))
		n++;
	if (n < quote + 2 || !ascii_alpha(s.p[n - 1]) || s.p[quote] == '-' ||
	    (!first && s.p[quote] == ' '))
		return 0;
	n += n < s.n && ascii_digit(s.p[n]);
	return n + is_quote(str_from(s, n));
}

bool look_is_face(struct str value)
{
	struct str s = css_trim(value);
	bool first = true;

	for (;; first = false) {
		const size_t n = face_length(s, first);

		s = str_from(s, n);
		if (n == 0 || s.n == 0 || str_eq(s, STR(";")))
			return n > 0;
		if (s.p[0] != ',')
			return false;
		s = css_trim(str_from(s, 1));
	}
}
