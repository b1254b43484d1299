#include "filters/content/sheet.h"

#include "filters/content/attribute.h"
#include "filters/content/element.h"

static uint32_t hash_of(char sort, struct str name)
{
	uint32_t h = (0x811c9dc5 ^ (uint8_t)sort) * 0x01000193;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)ascii_lower(name.p[i])) * 0x01000193;
	return h | 1; /* 0: an empty slot */
}

/* Where it is, or belongs; NULL: there are too many. */
static struct sheet_row *slot(struct sheet *s, uint32_t hash)
{
	unsigned at = hash % SHEET_SLOTS;

	while (s->rows[at].hash && s->rows[at].hash != hash)
		at = (at + 1) % SHEET_SLOTS;
	if (!s->rows[at].hash && s->count == SHEET_ROWS)
		return NULL;
	return &s->rows[at];
}

static void add(struct sheet *s, uint32_t hash, const struct sheet_row *says)
{
	struct sheet_row *row = slot(s, hash);

	if (!row)
		return;
	s->count += row->hash == 0;
	row->hash = hash;
	row->hidden = row->hidden || says->hidden;
	if (says->size != SHEET_ANY_SIZE)
		row->size = says->size;
	s->hides = s->hides || row->hidden || row->size == SHEET_TINY;
}

/* ---- selectors ---- */

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

/* "p", "p.x", ".x", "#x": the hash of what is asked for last.  0: it is anything else. */
static uint32_t read_simple(struct str s, bool *by_name)
{
	size_t n = name_length(s);
	uint32_t hash = n ? hash_of(0, str_head(s, n)) : 0;

	*by_name = n == s.n;
	for (s = str_from(s, n); s.n; s = str_from(s, n + 1)) {
		if (s.p[0] != '.' && s.p[0] != '#')
			return 0;
		n = name_length(str_from(s, 1));
		if (n == 0)
			return 0;
		hash = hash_of(s.p[0], str_head(str_from(s, 1), n));
	}
	return hash;
}

/* With elements by name around it, "body .x".  0: it asks for more than that. */
static uint32_t read_selector(struct str s)
{
	uint32_t hash = 0;
	bool by_name = true;

	for (s = attribute_trim(s); s.n; s = attribute_trim(s)) {
		size_t n = 0;

		while (n < s.n && !attribute_is_space(s.p[n]))
			n++;
		if (!by_name)
			return 0;
		hash = read_simple(str_head(s, n), &by_name);
		if (hash == 0)
			return 0;
		s = str_from(s, n);
	}
	return hash;
}

/* ---- rules ---- */

/* A block of declarations, as what matters of it. */
static unsigned read_block(struct str block, struct sheet_row *row)
{
	enum { BOTH = HTML_NO_COLOR + 1 }; /* a background that nobody has said */
	struct html_element e = { .color = HTML_NO_COLOR, .background = BOTH };
	struct html_element large = e;
	unsigned steps;

	large.tiny = true;
	steps = html_style(&e, block, false);
	steps += html_style(&large, block, false);
	*row = (struct sheet_row){ .hidden = e.hidden || (e.color == e.background &&
							  e.color != HTML_NO_COLOR) };
	if (e.tiny || !large.tiny)
		row->size = e.tiny ? SHEET_TINY : SHEET_READABLE;
	return steps;
}

static unsigned read_rule(struct sheet *s, struct html *h, struct str selectors, struct str block)
{
	struct sheet_row row;
	struct str one;
	unsigned steps = read_block(block, &row);

	reference_styles(h, block);
	for (; (row.hidden || row.size) && selectors.n; steps++) {
		uint32_t hash;

		str_cut(selectors, ',', &one, &selectors);
		hash = read_selector(one);
		if (hash)
			add(s, hash, &row);
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

/* White space, what makes a comment of a sheet for old browsers, comments, and the end of a block that was gone into. */
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
		if (str_starts(s, STR("/*"))) {
			struct str end;

			s = str_find(str_from(s, 2), STR("*/"), &end) ? end : str_from(s, s.n);
		}
	} while (s.n < before);
	return s;
}

/* "@media screen": it is gone into; "@media (...)", "@media print", "@font-face": it is passed over. */
static bool is_for_all(struct str at_rule)
{
	return str_istarts(at_rule, STR("@media")) && !memchr(at_rule.p, '(', at_rule.n) &&
	       !str_has(at_rule, STR("print"));
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
		if (n < text.n && text.p[n] == '{' && !(at_rule && is_for_all(head))) {
			n = block_length(rest);
			if (!at_rule)
				steps += read_rule(s, h, head, str_head(rest, n));
			rest = str_from(rest, n < rest.n ? n + 1 : n);
		}
		text = rest;
	}
	return steps;
}

void sheet_apply(const struct sheet *s, char sort, struct str name, struct html_element *e)
{
	const uint32_t hash = hash_of(sort, name);
	unsigned at = hash % SHEET_SLOTS;

	while (s->rows[at].hash && s->rows[at].hash != hash)
		at = (at + 1) % SHEET_SLOTS;
	if (s->rows[at].hash == 0)
		return;
	e->hidden = e->hidden || s->rows[at].hidden;
	if (s->rows[at].size != SHEET_ANY_SIZE)
		e->tiny = s->rows[at].size == SHEET_TINY;
}
