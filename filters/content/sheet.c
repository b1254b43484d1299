#include "filters/content/sheet.h"

#include "base/check.h"
#include "filters/content/attribute.h"
#include "filters/content/css.h"
#include "filters/content/element.h"

/* Of a weight, in front of specificity and place. */
static const uint32_t IMPORTANT = UINT32_C(1) << 31;
enum { SPECIFICITY_MOST = (1 << 15) - 1 };

enum { RULE = 3, SELECTOR = 3, STEP = 8 }; /* steps of one; bytes that are one more */

/* NULL: there are too many. */
static struct sheet_row *add(struct sheet *s, const struct compound *of)
{
	uint16_t *slot = &s->slots[of->hash % SHEET_SLOTS];
	struct sheet_row *row;

	if (s->count == SHEET_ROWS) {
		s->cut = true;
		return NULL;
	}
	row = &s->rows[++s->count];
	*row = (struct sheet_row){ .of = *of, .next = *slot };
	*slot = (uint16_t)s->count;
	s->any = s->any || of->hash == SELECTOR_ANY;
	return row;
}

/* ---- selectors ---- */

/* Which elements of those that its last compound fits a selector is for. */
enum reach {
	FOR_NONE, /* as far as we know */
	FOR_FEW,
	FOR_SOME,
	FOR_ALL,
};

struct selector {
	struct compound last;
	enum reach reach;
	uint8_t around; /* what that must be in; 0: wherever */
	bool right_around;
	uint32_t weight;
};

static bool is_same(const struct sheet_row *row, const struct compound *c,
		    const struct selector *of)
{
	return row->number && row->of.hash == c->hash && row->of.more_n == c->more_n &&
	       row->around == of->around && row->right_around == of->right_around &&
	       memcmp(row->of.more, c->more, sizeof(c->more)) == 0;
}

/* The number of what has others in it; 0: there are too many. */
static uint8_t number(struct sheet *s, const struct compound *c, const struct selector *of,
		      unsigned *steps)
{
	struct sheet_row *row;

	for (unsigned i = s->slots[c->hash % SHEET_SLOTS]; i; i = s->rows[i].next, ++*steps)
		if (is_same(&s->rows[i], c, of))
			return s->rows[i].number;
	row = s->around < SHEET_AROUND ? add(s, c) : NULL;
	if (!row)
		return 0;
	row->around = of->around;
	row->right_around = of->right_around;
	row->number = (uint8_t)++s->around;
	return row->number;
}

/* There is another compound behind this one. */
static void go_in(struct sheet *s, const struct compound *c, struct selector *of, unsigned *steps)
{
	if (c->whole && of->around == 0 && c->to == SELECTOR_AROUND)
		return;
	if (c->doubt || c->to == SELECTOR_BESIDE || s->late)
		of->reach = FOR_SOME;
	if (of->reach == FOR_ALL) {
		of->around = number(s, c, of, steps);
		of->reach = of->around ? FOR_ALL : FOR_SOME;
	}
	of->right_around = c->to == SELECTOR_RIGHT_AROUND;
}

static struct selector read_selector(struct sheet *s, struct str text, unsigned *steps)
{
	struct selector of = { .reach = FOR_ALL };
	struct compound next;

	text = attribute_trim(text);
	if (!selector_next(&text, &of.last))
		return (struct selector){ .reach = FOR_NONE };
	of.weight = of.last.weight;
	for (; selector_next(&text, &next); ++*steps) {
		go_in(s, &of.last, &of, steps);
		of.last = next;
		of.weight += next.weight;
	}
	if (of.reach != FOR_ALL || of.last.doubt)
		of.around = 0;
	if (of.last.doubt == COMPOUND_PASSING)
		of.reach = FOR_NONE;
	else if (of.last.doubt == COMPOUND_UNKNOWN)
		of.reach = FOR_FEW;
	else if (of.last.doubt || s->perhaps)
		of.reach = FOR_SOME;
	return of;
}

/* ---- rules ---- */

/* A block of declarations, as what matters of it. */
static unsigned read_block(struct str block, enum html_weight weight, struct sheet_says *says)
{
	struct html_element e = { .color = HTML_UNSAID, .background = HTML_UNSAID };
	struct html_element hidden = { .hidden = HTML_BY_ALL, .tiny = true };
	unsigned steps;

	steps = html_style(&e, block, weight);
	steps += html_style(&hidden, block, weight);
	*says = (struct sheet_says){ .color = e.color,
				     .background = e.background,
				     .direction = e.direction,
				     .order = e.order,
				     .hidden = e.hidden,
				     .shown = HTML_BY_ALL & ~hidden.hidden };
	if (e.tiny || !hidden.tiny)
		says->size = e.tiny ? SHEET_TINY : SHEET_READABLE;
	return steps;
}

static bool is_nothing(const struct sheet_says *says)
{
	return says->color == HTML_UNSAID && says->background == HTML_UNSAID &&
	       (says->hidden | says->shown | says->size | says->direction | says->order) == 0;
}

/* Of a rule that is not for all of them, what may be believed; for few of them that is what has to undo something else. */
static struct sheet_says weaken(struct sheet_says says, enum reach reach, bool important)
{
	if (reach == FOR_ALL)
		return says;
	if (reach == FOR_FEW)
		return (struct sheet_says){ .color = HTML_UNSAID,
					    .background = HTML_UNSAID,
					    .shown = important ? says.shown : 0 };
	if (says.color != HTML_UNSAID)
		says.color = HTML_NO_COLOR;
	if (says.background != HTML_UNSAID)
		says.background = HTML_NO_COLOR;
	says.direction = says.order = 0;
	says.hidden = 0;
	if (says.size == SHEET_TINY)
		says.size = SHEET_ANY_SIZE;
	return says;
}

static void add_rule(struct sheet *s, const struct selector *of, const struct sheet_says *says,
		     uint32_t importance)
{
	const uint32_t specificity = of->weight < SPECIFICITY_MOST ? of->weight : SPECIFICITY_MOST;
	const struct sheet_says weak = weaken(*says, of->reach, importance);
	struct sheet_row *row;

	if (of->reach == FOR_NONE || is_nothing(&weak))
		return;
	row = add(s, &of->last);
	if (!row)
		return;
	row->around = of->around;
	row->right_around = of->right_around;
	row->weight = importance | specificity << 16 | s->count;
	row->says = weak;
}

static unsigned add_rules(struct sheet *s, struct str selectors, const struct sheet_says *says,
			  uint32_t importance)
{
	unsigned steps = 0;

	for (; !is_nothing(says) && selectors.n; steps += SELECTOR) {
		struct selector of;
		struct str one;

		str_cut(selectors, ',', &one, &selectors);
		of = read_selector(s, one, &steps);
		add_rule(s, &of, says, importance);
	}
	return steps;
}

static unsigned read_rule(struct sheet *s, struct html *h, struct str selectors, struct str block)
{
	struct sheet_says says;
	unsigned steps = read_block(block, HTML_NORMAL, &says);

	if (!s->perhaps)
		reference_styles(h, block);
	steps += add_rules(s, selectors, &says, 0);
	if (block.n && memchr(block.p, '!', block.n)) {
		steps += read_block(block, HTML_IMPORTANT, &says);
		steps += add_rules(s, selectors, &says, IMPORTANT);
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

/* "@media screen": it is gone into; "@media print", "@font-face": it is passed over. */
static bool is_for_screens(struct str at_rule)
{
	const struct str name = STR("@media");

	return str_istarts(at_rule, name) && sheet_is_for_screens(str_from(at_rule, name.n));
}

static unsigned read_rules(struct sheet *s, struct html *h, struct str text);

/* Of a block behind "@...": what is said under a condition, but for what is under another in it. */
static unsigned read_perhaps(struct sheet *s, struct html *h, struct str at_rule, struct str block)
{
	unsigned steps = 0;

	if (s->perhaps || !sheet_is_perhaps(at_rule))
		return 0;
	s->perhaps = true;
	steps = read_rules(s, h, block);
	s->perhaps = false;
	return steps;
}

static unsigned read_rules(struct sheet *s, struct html *h, struct str text)
{
	unsigned steps = 0;

	for (text = skip(text); text.n; text = skip(text), steps += RULE) {
		const bool at_rule = text.p[0] == '@';
		struct str head, rest;
		size_t n = 0;

		while (n < text.n && text.p[n] != '{' && !(at_rule && text.p[n] == ';'))
			n++;
		head = str_head(text, n);
		rest = str_from(text, n < text.n ? n + 1 : n);
		if (n < text.n && text.p[n] == '{' && !(at_rule && is_for_screens(head))) {
			n = block_length(rest);
			steps += at_rule ? read_perhaps(s, h, head, str_head(rest, n))
					 : read_rule(s, h, head, str_head(rest, n));
			rest = str_from(rest, n < rest.n ? n + 1 : n);
		}
		text = rest;
	}
	return steps;
}

unsigned sheet_read(struct sheet *s, struct html *h, struct str text)
{
	s->late = html_is_late(h);
	return (unsigned)text.n / STEP + read_rules(s, h, text);
}

/* ---- elements ---- */

enum { WORDS = 64 };

/* An element for which rules are looked for. */
struct search {
	const struct sheet *sheet;
	const struct sheet_claims *of;
	struct sheet_matches *matches;
	uint64_t parent, around; /* bits of the numbers of the element around it, and of all */
	uint64_t own;
	uint32_t has[WORDS]; /* hashes of all that it has; made when they are asked for */
	unsigned count;
	unsigned steps;
};

/* A word of a list of them, stepped over. */
static struct str take_word(struct str *words)
{
	struct str word;
	size_t n = 0;

	*words = attribute_trim(*words);
	while (n < words->n && !attribute_is_space(words->p[n]))
		n++;
	word = str_head(*words, n);
	*words = str_from(*words, n);
	return word;
}

static void keep(struct search *s, uint32_t hash)
{
	if (s->count == WORDS)
		s->matches->cut = true;
	else
		s->has[s->count++] = hash;
}

/* All that the element has, as far as there is room: what has more may be of any colour. */
static void keep_all(struct search *s)
{
	struct str words = s->of->classes, word;

	keep(s, selector_hash('e', s->of->name));
	if (s->of->classes.n)
		keep(s, selector_hash('[', STR("class")));
	if (s->of->id.n)
		keep(s, selector_hash('[', STR("id")));
	keep(s, selector_hash('=', s->of->classes));
	for (; s->count < WORDS && (word = take_word(&words)).n; s->steps++)
		keep(s, selector_hash('.', word));
	for (words = s->of->id; (word = take_word(&words)).n && !s->matches->cut; s->steps++)
		keep(s, selector_hash('#', word));
}

static bool has(struct search *s, uint32_t hash)
{
	unsigned i = 0;

	if (s->count == 0)
		keep_all(s);
	while (i < s->count && s->has[i] != hash)
		i++;
	s->steps += i / 8;
	return i < s->count;
}

static bool is_met(struct search *s, const struct sheet_row *row)
{
	const uint64_t in = row->right_around ? s->parent : s->around;

	if (row->around && !(in >> row->around & 1))
		return false;
	for (unsigned i = 0; i < row->of.more_n; i++)
		if (!has(s, row->of.more[i]))
			return false;
	return true;
}

static void add_match(struct sheet_matches *m, const struct sheet_row *row)
{
	unsigned i = m->count;

	if (m->count == SHEET_MATCHES) {
		m->cut = true;
		return;
	}
	for (; i && m->rows[i - 1]->weight > row->weight; i--)
		m->rows[i] = m->rows[i - 1];
	m->rows[i] = row;
	m->count++;
	m->important += row->weight >= IMPORTANT;
}

static void look_up(struct search *s, uint32_t hash)
{
	const struct sheet *sheet = s->sheet;

	for (unsigned i = sheet->slots[hash % SHEET_SLOTS]; i; i = sheet->rows[i].next) {
		const struct sheet_row *row = &sheet->rows[i];

		s->steps++;
		if (row->of.hash != hash || !is_met(s, row))
			continue;
		if (row->number)
			s->own |= UINT64_C(1) << row->number;
		else
			add_match(s->matches, row);
	}
}

static void look_up_words(struct search *s, char sort, struct str words)
{
	struct str word;

	for (; words.n && (word = take_word(&words)).n; s->steps++)
		look_up(s, selector_hash(sort, word));
}

unsigned sheet_match(const struct sheet *s, const struct sheet_claims *of, struct html_element *e,
		     struct sheet_matches *m)
{
	struct search search; /* what it has is none yet, and not zeroed */

	m->count = m->important = 0;
	m->cut = s->cut && (of->classes.n || of->id.n);
	if (s->count == 0)
		return 0;
	search.sheet = s;
	search.of = of;
	search.matches = m;
	search.parent = e->own;
	search.around = e->around;
	search.own = 0;
	search.count = 0;
	search.steps = (unsigned)(of->classes.n + of->id.n) / STEP;
	if (s->any)
		look_up(&search, SELECTOR_ANY);
	look_up(&search, selector_hash('e', of->name));
	if (of->classes.n) {
		look_up(&search, selector_hash('[', STR("class")));
		look_up(&search, selector_hash('=', of->classes));
	}
	if (of->id.n)
		look_up(&search, selector_hash('[', STR("id")));
	look_up_words(&search, '.', of->classes);
	look_up_words(&search, '#', of->id);
	e->own = search.own;
	e->around |= search.own;
	return 1 + search.steps;
}

static void apply(const struct sheet_says *says, struct html_element *e)
{
	e->hidden = (e->hidden & ~says->shown) | says->hidden;
	if (says->size != SHEET_ANY_SIZE)
		e->tiny = says->size == SHEET_TINY;
	if (says->direction != HTML_ANY_DIRECTION)
		e->direction = says->direction;
	if (says->order != HTML_ANY_ORDER)
		e->order = says->order;
	if (says->color != HTML_UNSAID)
		e->color = says->color;
	if (says->background != HTML_UNSAID)
		e->background = says->background;
}

void sheet_apply(const struct sheet_matches *m, bool important, struct html_element *e)
{
	const unsigned normal = m->count - m->important;

	if (m->cut && !important)
		e->color = e->background = HTML_NO_COLOR;
	for (unsigned i = important ? normal : 0; i < (important ? m->count : normal); i++)
		apply(&m->rows[i]->says, e);
}
