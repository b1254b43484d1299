/* style.c - of declarations (CSS 2.2 4.1.8): what hides text, and nothing else. */
#include "filters/content/css.h"
#include "filters/content/element.h"

enum {
	CLEAR = 10,    /* per cent: what is less opaque is not seen */
	COVERING = 90, /* and what is more is the only colour of a background */
	STEP = 4,      /* bytes of a value */
	EACH = 2,      /* steps of a declaration, besides */
};

/* What hides text only together, or says more of a background than its colour. */
struct box {
	bool flat, clipped, image;
};

/* So small that nobody reads it: 0 of anything, up to 2 pixels. */
static bool is_tiny(struct str value)
{
	struct str unit;
	uint32_t n;

	if (!css_is_number(value))
		return false;
	n = css_tenths(value, &unit);
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
		if (!css_is_number(word))
			continue;
		if (css_tenths(word, &unit) == 0 || (unit.n && unit.p[0] != '/'))
			return is_tiny(word);
	}
	return false;
}

/* ---- values that hide ---- */

static bool is_none(struct str value)
{
	return str_istarts(value, STR("none"));
}

static bool is_invisible(struct str value)
{
	return str_istarts(value, STR("hidden")) || str_istarts(value, STR("collapse"));
}

static bool is_zero(struct str value)
{
	struct str unit;

	return css_is_number(value) && css_tenths(value, &unit) == 0;
}

/* No letter is so narrow or so low. */
static bool is_narrow(struct str value)
{
	struct str unit;

	return is_zero(value) || (css_is_number(value) && css_tenths(value, &unit) < 30 &&
				  str_istarts(unit, STR("px")));
}

/* A tenth of what it could be, or less. */
static bool is_faint(struct str value)
{
	struct str unit;

	return css_is_number(value) &&
	       css_tenths(value, &unit) < (str_istarts(unit, STR("%")) ? 100 : 1);
}

/* So far to the left, or up, that it is off the page. */
static bool is_off(struct str value)
{
	struct str unit;

	return str_starts(value, STR("-")) && css_tenths(str_from(value, 1), &unit) >= 9000;
}

/* "rect(0, 0, 0, 0)", "rect(1px 1px 1px 1px)": one that has no room in it. */
static bool is_cut_away(struct str value)
{
	if (!str_istarts(value, STR("rect(")))
		return false;
	for (size_t i = 5; i < value.n; i++)
		if (ascii_digit(value.p[i]) && value.p[i] > '1')
			return false;
	return true;
}

static bool is_shrunk(struct str value)
{
	struct str behind;

	return str_find(value, STR("scale(0"), &behind) && behind.n && behind.p[0] != '.';
}

/* ---- declarations ---- */

/* "#fffz" is no value: nothing is said. */
static uint32_t hash_color(struct str value)
{
	const uint32_t color = html_color(value);

	return color == HTML_NO_COLOR ? (uint32_t)HTML_UNSAID : color;
}

static uint32_t text_color(struct str value)
{
	if (html_color_opacity(value) < CLEAR)
		return HTML_CLEAR;
	if (str_starts(value, STR("#")))
		return hash_color(value);
	if (str_ieq(value, STR("inherit")) || str_ieq(value, STR("unset")))
		return HTML_INHERIT;
	return html_color(value);
}

/* A background may name an image as well. */
static uint32_t background_color(struct str value)
{
	const unsigned opacity = html_color_opacity(value);
	uint32_t color = HTML_NO_COLOR;
	struct str word;

	if (opacity < CLEAR || str_ieq(value, STR("none")) || str_ieq(value, STR("inherit")))
		return HTML_INHERIT;
	if (opacity < COVERING)
		return HTML_NO_COLOR;
	if (str_starts(value, STR("#")) && !memchr(value.p, ' ', value.n))
		return hash_color(value);
	if (str_istarts(value, STR("rgb")) || str_istarts(value, STR("hsl")))
		return html_color(value);
	if (value.n && memchr(value.p, '(', value.n))
		return HTML_NO_COLOR;
	while (value.n && color == HTML_NO_COLOR) {
		str_cut(value, ' ', &word, &value);
		color = html_color(word);
	}
	return color;
}

enum what {
	COLOR,
	BACKGROUND,
	IMAGE,
	FONT,
	FONT_SIZE,
	SIDE,
	OVERFLOW,
	DIRECTION,
	ORDER,
	HIDES,
};

struct property {
	struct str name;
	enum what what;
	enum html_hidden bit;            /* HIDES */
	bool (*hides)(struct str value); /* HIDES */
};

enum { LONGEST = 16, OF_A_LENGTH = 4 };

/* By the lengths of their names. */
static const struct property properties[LONGEST + 1][OF_A_LENGTH] = {
	[3] = { { STR_INIT("top"), HIDES, HTML_BY_TOP, is_off } },
	[4] = { { STR_INIT("font"), FONT, 0, NULL },
		{ STR_INIT("left"), HIDES, HTML_BY_LEFT, is_off },
		{ STR_INIT("clip"), HIDES, HTML_BY_CLIP, is_cut_away } },
	[5] = { { STR_INIT("color"), COLOR, 0, NULL }, { STR_INIT("width"), SIDE, 0, NULL } },
	[6] = { { STR_INIT("height"), SIDE, 0, NULL } },
	[7] = { { STR_INIT("display"), HIDES, HTML_BY_DISPLAY, is_none },
		{ STR_INIT("opacity"), HIDES, HTML_BY_OPACITY, is_faint } },
	[8] = { { STR_INIT("overflow"), OVERFLOW, 0, NULL } },
	[9] = { { STR_INIT("font-size"), FONT_SIZE, 0, NULL },
		{ STR_INIT("direction"), DIRECTION, 0, NULL },
		{ STR_INIT("max-width"), SIDE, 0, NULL },
		{ STR_INIT("transform"), HIDES, HTML_BY_TRANSFORM, is_shrunk } },
	[10] = { { STR_INIT("visibility"), HIDES, HTML_BY_VISIBILITY, is_invisible },
		 { STR_INIT("background"), BACKGROUND, 0, NULL },
		 { STR_INIT("max-height"), HIDES, HTML_BY_HEIGHT, is_zero } },
	[11] = { { STR_INIT("text-indent"), HIDES, HTML_BY_INDENT, is_off },
		 { STR_INIT("margin-left"), HIDES, HTML_BY_MARGIN, is_off } },
	[12] = { { STR_INIT("unicode-bidi"), ORDER, 0, NULL } },
	[16] = { { STR_INIT("background-color"), BACKGROUND, 0, NULL },
		 { STR_INIT("background-image"), IMAGE, 0, NULL } },
};

static const struct property *find(struct str name)
{
	if (name.n == 0 || name.n > LONGEST)
		return NULL;
	for (unsigned i = 0; i < OF_A_LENGTH; i++)
		if (str_ieq(name, properties[name.n][i].name))
			return &properties[name.n][i];
	return NULL;
}

static void say(uint32_t *color, uint32_t says)
{
	if (says != HTML_UNSAID)
		*color = says;
}

static void declare(struct html_element *e, struct box *box, const struct property *p,
		    struct str value)
{
	switch (p->what) {
	case COLOR:
		say(&e->color, text_color(value));
		break;
	case BACKGROUND:
		say(&e->background, box->image ? (uint32_t)HTML_NO_COLOR : background_color(value));
		break;
	case IMAGE:
		box->image = !str_ieq(value, STR("none"));
		if (box->image)
			e->background = HTML_NO_COLOR;
		break;
	case FONT:
		e->tiny = is_tiny_font(value);
		break;
	case FONT_SIZE:
		e->tiny = is_tiny(value);
		break;
	case SIDE:
		box->flat = box->flat || is_narrow(value);
		break;
	case OVERFLOW:
		box->clipped = str_istarts(value, STR("hidden"));
		break;
	case DIRECTION:
		e->direction = str_ieq(value, STR("rtl")) ? HTML_TO_LEFT : HTML_TO_RIGHT;
		break;
	case ORDER:
		e->order = str_iends(value, STR("override")) ? HTML_OVERRIDDEN : HTML_APART;
		break;
	case HIDES:
		e->hidden = (uint16_t)(p->hides(value) ? e->hidden | p->bit : e->hidden & ~p->bit);
		break;
	}
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

/* "x !important" */
static enum html_weight take_weight(struct str *value)
{
	const char *mark = value->n ? memchr(value->p, '!', value->n) : NULL;

	if (!mark)
		return HTML_NORMAL;
	*value = css_trim(str_head(*value, (size_t)(mark - value->p)));
	return HTML_IMPORTANT;
}

/* The next one; false: it says nothing. */
static bool take_declaration(struct str *style, struct str *name, struct str *value)
{
	struct str one;

	str_cut(*style, ';', &one, style);
	return str_cut(one, ':', name, value);
}

unsigned html_style(struct html_element *e, struct str style, enum html_weight weight)
{
	struct box box = { .flat = false };
	struct str name, value;
	unsigned steps = 0;

	for (; style.n; steps += EACH) {
		const struct property *p;

		if (!take_declaration(&style, &name, &value))
			continue;
		p = find(css_trim(name));
		if (!p)
			continue;
		steps += (unsigned)value.n / STEP;
		value = css_trim(value);
		if (take_weight(&value) == weight)
			declare(e, &box, p, value);
	}
	if (box.flat && box.clipped)
		e->hidden |= HTML_BY_BOX;
	return steps;
}

unsigned html_style_look(struct look *look, struct str style)
{
	struct str name, value;
	unsigned steps = 0;

	for (; style.n; steps += EACH) {
		if (!take_declaration(&style, &name, &value))
			continue;
		steps += (unsigned)value.n / STEP;
		declare_look(look, css_trim(name), value);
	}
	return steps;
}
