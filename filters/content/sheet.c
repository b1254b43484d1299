#include "filters/content/sheet.h"

#include "base/check.h"
#include "filters/content/attribute.h"
#include "filters/content/css.h"
#include "filters/content/element.h"

enum { REACH = 8 }; /* a row is at most so many slots from where it belongs */

static const uint32_t FIRST = 0x811c9dc5;

/* Of "p", and with that of ".x" or "#x" behind it. */
static uint32_t hash_of(uint32_t h, char sort, struct str name)
{
	h = (h ^ (uint8_t)sort) * 0x01000193;
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)ascii_lower(name.p[i])) * 0x01000193;
	return h | 1; /* 0: an empty slot */
}

/* Where it is; NULL: it is not there. */
static const struct sheet_row *look_up(const struct sheet *s, uint32_t hash)
{
	for (unsigned i = 0; i < REACH; i++) {
		const struct sheet_row *row = &s->rows[(hash + i) % SHEET_SLOTS];

		if (row->hash == hash || row->hash == 0)
			return row->hash ? row : NULL;
	}
	return NULL;
}

/* Where it is, or belongs; NULL: there are too many. */
static struct sheet_row *slot(struct sheet *s, uint32_t hash)
{
	for (unsigned i = 0; i < REACH; i++) {
		struct sheet_row *row = &s->rows[(hash + i) % SHEET_SLOTS];

		if (row->hash == hash)
			return row;
		if (row->hash)
			continue;
		if (s->count == SHEET_ROWS)
			return NULL;
		s->count++;
		*row = (struct sheet_row){ .hash = hash,
					   .color = HTML_UNSAID,
					   .background = HTML_UNSAID };
		return row;
	}
	return NULL;
}

/* What is not known stays so: it may be meant for the element at hand. */
static void add_color(uint32_t *color, uint32_t says)
{
	if (says != HTML_UNSAID && *color != HTML_NO_COLOR)
		*color = says;
}

static void add(struct sheet *s, uint32_t hash, const struct sheet_row *says)
{
	struct sheet_row *row = slot(s, hash);

	if (!row) {
		s->cut = true;
		return;
	}
	row->hidden = (uint16_t)((row->hidden & ~says->shown) | says->hidden);
	row->shown = (uint16_t)((row->shown & ~says->hidden) | says->shown);
	if (says->size != SHEET_ANY_SIZE)
		row->size = says->size;
	if (says->direction != HTML_ANY_DIRECTION)
		row->direction = says->direction;
	if (says->order != HTML_ANY_ORDER)
		row->order = says->order;
	add_color(&row->color, says->color);
	add_color(&row->background, says->background);
}

/* ---- selectors ---- */

/* Which elements of those with its name, class or id a selector is for. */
enum reach {
	FOR_NONE, /* as far as we know */
	FOR_SOME,
	FOR_ALL,
};

struct selector {
	uint32_t hash; /* of what is asked for last */
	enum reach reach;
};

static bool is_name(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_' || (c & 0x80);
}

static size_t name_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_name(s.p[n]))
		n++;
	return n;
}

/* "p", "p.x", ".x", "*.x", "#x", and these with ":link" behind them. */
static struct selector read_simple(struct str s)
{
	struct selector of = { .hash = FIRST, .reach = FOR_ALL };
	unsigned more = 0;
	size_t n;

	if (str_starts(s, STR("*")))
		s = str_from(s, 1);
	n = name_length(s);
	if (n)
		of.hash = hash_of(FIRST, 0, str_head(s, n));
	for (s = str_from(s, n); s.n; s = str_from(s, n + 1), more++) {
		const struct str name = str_from(s, 1);

		n = name_length(name);
		if (s.p[0] == ':' && str_ieq(name, STR("link")))
			break;
		if ((s.p[0] != '.' && s.p[0] != '#') || n == 0)
			return (struct selector){ .reach = FOR_NONE };
		if (more) /* ".x.y" */
			of = (struct selector){ .hash = FIRST, .reach = FOR_SOME };
		of.hash = hash_of(of.hash, s.p[0], str_head(name, n));
	}
	if (of.hash == FIRST)
		of.reach = FOR_NONE;
	return of;
}

/* Nearly all that is in a mail is within it. */
static bool is_everywhere(struct str name)
{
	static const struct str names[] = { STR_INIT("html"), STR_INIT("body"), STR_INIT("table"),
					    STR_INIT("tr"), STR_INIT("td") };

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (str_ieq(name, names[i]))
			return true;
	return false;
}

static bool ends_word(char c)
{
	return attribute_is_space(c) || c == '>';
}

static bool are_everywhere(struct str names)
{
	for (names = attribute_trim(names); names.n; names = attribute_trim(names)) {
		size_t n = 0;

		while (n < names.n && !ends_word(names.p[n]))
			n++;
		if (!is_everywhere(str_head(names, n)))
			return false;
		names = str_from(names, n);
	}
	return true;
}

/* What is asked for last, and whether that is within something: "body .x", ".y > .x". */
static struct selector read_selector(struct str s)
{
	struct selector last;
	size_t n;

	s = attribute_trim(s);
	for (n = s.n; n && !ends_word(s.p[n - 1]);)
		n--;
	last = read_simple(str_from(s, n));
	if (last.reach == FOR_ALL && n && !are_everywhere(str_head(s, n)))
		last.reach = FOR_SOME;
	return last;
}

/* ---- rules ---- */

/* A block of declarations, as what matters of it. */
static unsigned read_block(struct str block, struct sheet_row *row)
{
	struct html_element e = { .color = HTML_UNSAID, .background = HTML_UNSAID };
	struct html_element hidden = { .hidden = HTML_BY_ALL, .tiny = true };
	unsigned steps;

	steps = html_style(&e, block, false);
	steps += html_style(&hidden, block, false);
	*row = (struct sheet_row){ .color = e.color,
				   .background = e.background,
				   .direction = e.direction,
				   .order = e.order,
				   .hidden = e.hidden,
				   .shown = (uint16_t)(HTML_BY_ALL & ~hidden.hidden) };
	if (e.tiny || !hidden.tiny)
		row->size = e.tiny ? SHEET_TINY : SHEET_READABLE;
	return steps;
}

static bool says_nothing(const struct sheet_row *row)
{
	return row->color == HTML_UNSAID && row->background == HTML_UNSAID &&
	       (row->hidden | row->shown | row->size | row->direction | row->order) == 0;
}

/* Of a rule that is for some of them, what may be believed. */
static struct sheet_row weaken(struct sheet_row row, enum reach reach)
{
	if (reach == FOR_ALL)
		return row;
	if (row.color != HTML_UNSAID)
		row.color = HTML_NO_COLOR;
	if (row.background != HTML_UNSAID)
		row.background = HTML_NO_COLOR;
	row.direction = row.order = 0;
	row.hidden = 0;
	if (row.size == SHEET_TINY)
		row.size = SHEET_ANY_SIZE;
	return row;
}

static unsigned read_rule(struct sheet *s, struct html *h, struct str selectors, struct str block)
{
	struct sheet_row row;
	struct str one;
	unsigned steps = read_block(block, &row);

	reference_styles(h, block);
	for (; !says_nothing(&row) && selectors.n; steps++) {
		struct sheet_row weak;
		struct selector of;

		str_cut(selectors, ',', &one, &selectors);
		of = read_selector(one);
		weak = weaken(row, of.reach);
		if (of.reach != FOR_NONE && !says_nothing(&weak))
			add(s, of.hash, &weak);
	}
	return steps;
}

/* Of s, which begins behind "{": up to the "}" that ends it. */
static size_t block_length(struct str s)
{
	unsigned depth = 1;
	size_t n = 0;

	for (; n < s.n; n++) {
		depth += s.p[n] == '{' ? 1u : s.p[n] == '}' ? -1u : 0;
		if (depth == 0)
			break;
	}
	return n;
}

/* White space, what makes a comment of a sheet for old browsers, and the end of a block that was gone into. */
static struct str skip(struct str s)
{
	static const struct str marks[] = { STR_INIT("<!--"), STR_INIT("-->"), STR_INIT("}") };
	size_t before;

	do {
		before = s.n;
		s = attribute_trim(s);
		for (unsigned i = 0; i < 3; i++)
			if (str_starts(s, marks[i]))
				s = str_from(s, marks[i].n);
	} while (s.n < before);
	return s;
}

/* "screen", "only screen", "all", "not print"; not what asks for more. */
static bool is_screen(struct str medium)
{
	bool wanted = true;

	medium = css_trim(medium);
	if (str_istarts(medium, STR("only ")))
		medium = css_trim(str_from(medium, 5));
	if (str_istarts(medium, STR("not "))) {
		medium = css_trim(str_from(medium, 4));
		wanted = false;
	}
	if (name_length(medium) < medium.n)
		return false;
	return (medium.n == 0 || str_ieq(medium, STR("screen")) || str_ieq(medium, STR("all"))) ==
	       wanted;
}

bool sheet_is_for_screens(struct str media)
{
	struct str one;

	if (media.n == 0)
		return true;
	while (media.n) {
		str_cut(media, ',', &one, &media);
		if (is_screen(one))
			return true;
	}
	return false;
}

/* "@media screen": it is gone into; "@media (...)", "@media print", "@font-face": it is passed over. */
static bool is_for_screens(struct str at_rule)
{
	const struct str name = STR("@media");

	return str_istarts(at_rule, name) && sheet_is_for_screens(str_from(at_rule, name.n));
}

unsigned sheet_read(struct sheet *s, struct html *h, struct str text)
{
	unsigned steps = 0;

	for (text = skip(text); text.n; text = skip(text), steps++) {
		const bool at_rule = text.p[0] == '@';
		struct str head, rest;
		size_t n = 0;

		while (n < text.n && text.p[n] != '{' && !(at_rule && text.p[n] == ';'))
			n++;
		head = str_head(text, n);
		rest = str_from(text, n < text.n ? n + 1 : n);
		if (n < text.n && text.p[n] == '{' && !(at_rule && is_for_screens(head))) {
			n = block_length(rest);
			if (!at_rule)
				steps += read_rule(s, h, head, str_head(rest, n));
			rest = str_from(rest, n < rest.n ? n + 1 : n);
		}
		text = rest;
	}
	return steps;
}

/* ---- elements ---- */

static void apply_row(const struct sheet *s, uint32_t hash, struct html_element *e)
{
	const struct sheet_row *row = look_up(s, hash);

	if (!row)
		return;
	e->hidden = (uint16_t)((e->hidden & ~row->shown) | row->hidden);
	if (row->size != SHEET_ANY_SIZE)
		e->tiny = row->size == SHEET_TINY;
	if (row->direction != HTML_ANY_DIRECTION)
		e->direction = row->direction;
	if (row->order != HTML_ANY_ORDER)
		e->order = row->order;
	if (row->color != HTML_UNSAID)
		e->color = row->color;
	if (row->background != HTML_UNSAID)
		e->background = row->background;
}

/* ".x", "p.x" of each word. */
static unsigned apply_words(const struct sheet *s, uint32_t name, char sort, struct str words,
			    struct html_element *e)
{
	unsigned steps = 0;

	for (words = attribute_trim(words); words.n; words = attribute_trim(words), steps++) {
		size_t n = 0;

		while (n < words.n && !attribute_is_space(words.p[n]))
			n++;
		apply_row(s, hash_of(FIRST, sort, str_head(words, n)), e);
		apply_row(s, hash_of(name, sort, str_head(words, n)), e);
		words = str_from(words, n);
	}
	return steps;
}

unsigned sheet_apply(const struct sheet *s, const struct sheet_claims *of, struct html_element *e)
{
	const uint32_t name = hash_of(FIRST, 0, of->name);

	if (s->cut && (of->classes.n || of->id.n))
		e->color = e->background = HTML_NO_COLOR;
	if (s->count == 0)
		return 0;
	apply_row(s, name, e);
	return 1 + apply_words(s, name, '.', of->classes, e) + apply_words(s, name, '#', of->id, e);
}
