/* style.c - of declarations (CSS 2.2 4.1.8): what hides text, and nothing else. */
#include "base/check.h"
#include "filters/content/css.h"
#include "filters/content/element.h"

enum {
	CLEAR = 10,    /* per cent: what is less opaque is not seen */
	COVERING = 90, /* and what is more is the only colour of a background */
	STEP = 4,      /* bytes of a value */
	EACH = 2,      /* steps of a declaration, besides */
};

/* A background may be an image, which covers its colour. */
struct box {
	bool image;
};

/* What a value says of what its property may do. */
enum says {
	SAYS_NOTHING, /* it is none that the property has */
	SAYS_SHOWN,
	SAYS_HIDDEN,
};

static enum says says(bool hidden)
{
	return hidden ? SAYS_HIDDEN : SAYS_SHOWN;
}

/* ---- lengths, in hundredths of a pixel ---- */

enum {
	TINY = 300,     /* no letter that is smaller is read, and none has room in so little */
	FAR = 90000,    /* off the page */
	OF_FONT = 16,   /* a per cent, where the whole is a font's size, */
	OF_PAGE = 1000, /* or a page's width */
	OF_FAR = 100,   /* or a distance */
};

static const struct unit {
	struct str name;
	uint32_t length;
} units[] = {
	{ STR_INIT("px"), 100 },   { STR_INIT("em"), 1600 },   { STR_INIT("pt"), 133 },
	{ STR_INIT("rem"), 1600 }, { STR_INIT("vw"), 1000 },   { STR_INIT("vh"), 800 },
	{ STR_INIT("vmin"), 800 }, { STR_INIT("vmax"), 1000 }, { STR_INIT("ex"), 800 },
	{ STR_INIT("ch"), 800 },   { STR_INIT("pc"), 1600 },   { STR_INIT("in"), 9600 },
	{ STR_INIT("cm"), 3780 },  { STR_INIT("mm"), 378 },    { STR_INIT("q"), 94 },
};

/* 0: there is no such unit. */
static uint32_t unit_length(struct str name, uint32_t percent)
{
	if (str_eq(name, STR("%")))
		return percent;
	for (size_t i = 0; i < COUNTOF(units); i++)
		if (str_ieq(name, units[i].name))
			return units[i].length;
	return 0;
}

/* False: it is none; without a unit only 0 is one. */
static bool read_length(struct str value, uint32_t percent, uint64_t *length)
{
	struct str unit;
	uint32_t n, each;

	if (!css_is_number(value))
		return false;
	n = css_thousandths(value, &unit);
	each = unit_length(unit, percent);
	*length = (uint64_t)n * each / 1000;
	return each || (n == 0 && unit.n == 0);
}

/* A size that is no number is a word, and may be anything; none is below 0. */
static enum says says_small(struct str value, uint32_t percent)
{
	uint64_t length;

	if (read_length(value, percent, &length))
		return says(length < TINY);
	return css_is_number(value) || str_starts(value, STR("-")) ? SAYS_NOTHING : SAYS_SHOWN;
}

static enum says says_tiny(struct str value)
{
	return says_small(value, OF_FONT);
}

/* The size is the number with a unit: "bold 12px/1.5 arial"; "0" needs none. */
static enum says says_tiny_font(struct str value)
{
	struct str word, behind;
	uint64_t length;

	while (value.n) {
		str_cut(value, ' ', &word, &value);
		str_cut(word, '/', &word, &behind);
		if (read_length(word, OF_FONT, &length))
			return says(length < TINY);
	}
	return SAYS_SHOWN;
}

/* ---- values that hide ---- */

static bool is_one_of(struct str value, const struct str *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_ieq(value, words[i]))
			return true;
	return false;
}

static enum says says_invisible(struct str value)
{
	static const struct str hidden[] = { STR_INIT("hidden"), STR_INIT("collapse") };
	static const struct str shown[] = { STR_INIT("visible"), STR_INIT("initial") };

	if (is_one_of(value, hidden, COUNTOF(hidden)))
		return SAYS_HIDDEN;
	return is_one_of(value, shown, COUNTOF(shown)) ? SAYS_SHOWN : SAYS_NOTHING;
}

/* No letter is so narrow or so low. */
static enum says says_narrow(struct str value)
{
	return says_small(value, OF_PAGE);
}

static enum says says_clipped(struct str value)
{
	static const struct str clipped[] = { STR_INIT("hidden"), STR_INIT("clip"),
					      STR_INIT("auto"), STR_INIT("scroll") };

	return says(is_one_of(value, clipped, COUNTOF(clipped)));
}

/* A tenth of what it could be, or less. */
static enum says says_faint(struct str value)
{
	struct str unit;
	uint32_t n;

	if (!css_is_number(value))
		return SAYS_NOTHING;
	n = css_thousandths(value, &unit);
	if (unit.n == 0)
		return says(n < 100);
	return str_eq(unit, STR("%")) ? says(n < 10000) : SAYS_NOTHING;
}

/* So far to the left, or up, that it is off the page. */
static bool is_off(struct str value)
{
	uint64_t length;

	return str_starts(value, STR("-")) && read_length(str_from(value, 1), OF_FAR, &length) &&
	       length >= FAR;
}

static enum says says_off(struct str value)
{
	return says(is_off(value));
}

static enum says says_placed(struct str value)
{
	static const struct str placed[] = { STR_INIT("absolute"), STR_INIT("fixed"),
					     STR_INIT("relative") };

	return says(is_one_of(value, placed, COUNTOF(placed)));
}

/* "rect(0, 0, 0, 0)", "rect(1px 1px 1px 1px)": one that has no room in it. */
static enum says says_cut_away(struct str value)
{
	if (!str_istarts(value, STR("rect(")))
		return SAYS_SHOWN;
	for (size_t i = 5; i < value.n; i++)
		if (ascii_digit(value.p[i]) && value.p[i] > '1')
			return SAYS_SHOWN;
	return SAYS_HIDDEN;
}

/* "f(a, b) g(c)": the name of the first function, and the first thing in its brackets; they are stepped over. */
static bool take_function(struct str *value, struct str *name, struct str *first)
{
	struct str rest;

	if (!str_cut(*value, '(', name, &rest))
		return false;
	str_cut(rest, ')', first, value);
	str_cut(*first, ',', first, &rest);
	*name = css_trim(*name);
	*first = css_trim(*first);
	return true;
}

/* "inset(50%)", "circle(0)" */
static enum says says_cut_out(struct str value)
{
	struct str name, first, unit;

	if (!take_function(&value, &name, &first) || !css_is_number(first))
		return SAYS_SHOWN;
	if (str_ieq(name, STR("inset")))
		return says(css_thousandths(first, &unit) >= 50000 && str_eq(unit, STR("%")));
	return says(str_ieq(name, STR("circle")) && css_thousandths(first, &unit) == 0);
}

static enum says says_gone(struct str value)
{
	struct str name, first;

	while (take_function(&value, &name, &first))
		if ((str_istarts(name, STR("scale")) && says_faint(first) == SAYS_HIDDEN) ||
		    (str_istarts(name, STR("translate")) && is_off(first)))
			return SAYS_HIDDEN;
	return SAYS_SHOWN;
}

static enum says says_filtered(struct str value)
{
	struct str name, first;

	while (take_function(&value, &name, &first))
		if (str_ieq(name, STR("opacity")) && says_faint(first) == SAYS_HIDDEN)
			return SAYS_HIDDEN;
	return SAYS_SHOWN;
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
	DISPLAY,
	DIRECTION,
	ORDER,
	HIDES,
};

struct property {
	struct str name;
	enum what what;
	enum html_hidden bit;                /* HIDES */
	enum says (*says)(struct str value); /* HIDES */
};

enum { LONGEST = 16, OF_A_LENGTH = 6 };

/* By the lengths of their names. */
static const struct property properties[LONGEST + 1][OF_A_LENGTH] = {
	[3] = { { STR_INIT("top"), HIDES, HTML_IF_TOP, says_off } },
	[4] = { { STR_INIT("font"), FONT, 0, NULL },
		{ STR_INIT("left"), HIDES, HTML_IF_LEFT, says_off },
		{ STR_INIT("clip"), HIDES, HTML_IF_CUT, says_cut_away } },
	[5] = { { STR_INIT("color"), COLOR, 0, NULL },
		{ STR_INIT("width"), HIDES, HTML_IF_NARROW, says_narrow },
		{ STR_INIT("right"), HIDES, HTML_IF_RIGHT, says_off },
		{ STR_INIT("scale"), HIDES, HTML_BY_SCALE, says_faint } },
	[6] = { { STR_INIT("height"), HIDES, HTML_IF_LOW, says_narrow },
		{ STR_INIT("filter"), HIDES, HTML_BY_FILTER, says_filtered } },
	[7] = { { STR_INIT("display"), DISPLAY, 0, NULL },
		{ STR_INIT("opacity"), HIDES, HTML_BY_OPACITY, says_faint } },
	[8] = { { STR_INIT("overflow"), HIDES, HTML_IF_CLIPPED, says_clipped },
		{ STR_INIT("position"), HIDES, HTML_IF_PLACED, says_placed } },
	[9] = { { STR_INIT("font-size"), FONT_SIZE, 0, NULL },
		{ STR_INIT("max-width"), HIDES, HTML_IF_KEPT_NARROW, says_narrow },
		{ STR_INIT("direction"), DIRECTION, 0, NULL },
		{ STR_INIT("transform"), HIDES, HTML_BY_TRANSFORM, says_gone },
		{ STR_INIT("clip-path"), HIDES, HTML_BY_CLIP_PATH, says_cut_out } },
	[10] = { { STR_INIT("background"), BACKGROUND, 0, NULL },
		 { STR_INIT("visibility"), HIDES, HTML_BY_VISIBILITY, says_invisible },
		 { STR_INIT("max-height"), HIDES, HTML_IF_KEPT_LOW, says_narrow },
		 { STR_INIT("margin-top"), HIDES, HTML_BY_MARGIN_TOP, says_off },
		 { STR_INIT("overflow-y"), HIDES, HTML_IF_CLIPPED, says_clipped },
		 { STR_INIT("overflow-x"), HIDES, HTML_IF_CLIPPED, says_clipped } },
	[11] = { { STR_INIT("text-indent"), HIDES, HTML_BY_INDENT, says_off },
		 { STR_INIT("margin-left"), HIDES, HTML_BY_MARGIN_LEFT, says_off } },
	[12] = { { STR_INIT("unicode-bidi"), ORDER, 0, NULL } },
	[16] = { { STR_INIT("background-color"), BACKGROUND, 0, NULL },
		 { STR_INIT("background-image"), IMAGE, 0, NULL } },
};

static const struct property *find(struct str name)
{
	if (name.n == 0 || name.n > LONGEST)
		return NULL;
	for (unsigned i = 0; i < OF_A_LENGTH && properties[name.n][i].name.n; i++)
		if (str_ieq(name, properties[name.n][i].name))
			return &properties[name.n][i];
	return NULL;
}

static void say(uint32_t *color, uint32_t says)
{
	if (says != HTML_UNSAID)
		*color = says;
}

static void say_hidden(struct html_element *e, enum html_hidden bit, enum says says)
{
	if (says != SAYS_NOTHING)
		e->hidden = says == SAYS_HIDDEN ? e->hidden | bit : e->hidden & ~(uint32_t)bit;
}

static void say_tiny(struct html_element *e, enum says says)
{
	if (says != SAYS_NOTHING)
		e->tiny = says == SAYS_HIDDEN;
}

/* Of the many values those that hide, that make no block, and that are none are told from the others. */
static void say_display(struct html_element *e, struct str value)
{
	static const struct str flat[] = { STR_INIT("inline"), STR_INIT("contents") };
	static const struct str words[] = {
		STR_INIT("none"),      STR_INIT("inline"),  STR_INIT("contents"),
		STR_INIT("block"),     STR_INIT("flex"),    STR_INIT("grid"),
		STR_INIT("list-item"), STR_INIT("initial"), STR_INIT("inherit"),
		STR_INIT("unset"),     STR_INIT("revert"),  STR_INIT("run-in"),
		STR_INIT("flow-root"), STR_INIT("table"),
	};
	static const struct str heads[] = { STR_INIT("inline-"), STR_INIT("table-"),
					    STR_INIT("-") };
	bool known = is_one_of(value, words, COUNTOF(words));

	for (size_t i = 0; i < COUNTOF(heads) && !known; i++)
		known = str_istarts(value, heads[i]);
	if (!known)
		return;
	say_hidden(e, HTML_BY_DISPLAY, says(str_ieq(value, STR("none"))));
	say_hidden(e, HTML_IF_INLINE, says(is_one_of(value, flat, COUNTOF(flat))));
}

void html_conclude(struct html_element *e)
{
	const uint32_t said = e->hidden;
	const uint32_t flat = HTML_IF_NARROW | HTML_IF_LOW | HTML_IF_KEPT_NARROW | HTML_IF_KEPT_LOW;
	const uint32_t away = HTML_IF_LEFT | HTML_IF_RIGHT | HTML_IF_TOP | HTML_IF_CUT;

	e->flows = said & HTML_IF_INLINE;
	e->hidden &= HTML_IF_NARROW - 1;
	if (said & HTML_IF_CLIPPED && said & flat)
		e->hidden |= HTML_BY_BOX;
	if (said & HTML_IF_PLACED && said & away)
		e->hidden |= HTML_BY_PLACE;
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
		say_tiny(e, says_tiny_font(value));
		break;
	case FONT_SIZE:
		say_tiny(e, says_tiny(value));
		break;
	case DISPLAY:
		say_display(e, value);
		break;
	case DIRECTION:
		e->direction = str_ieq(value, STR("rtl")) ? HTML_TO_LEFT : HTML_TO_RIGHT;
		break;
	case ORDER:
		e->order = str_iends(value, STR("override")) ? HTML_OVERRIDDEN : HTML_APART;
		break;
	case HIDES:
		say_hidden(e, p->bit, p->says(value));
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
	struct box box = { .image = false };
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
