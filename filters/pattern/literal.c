/* literal.c - reads an expression from left to right, and keeps of each part of it what texts it can be.
 *
 * Behind a part that is exact the next one goes on; behind one that is not (".*"), a new beginning is made. */
#include "base/mem.h"
#include "filters/pattern/literal_read.h"

enum { READ_DEPTH = 32, REPEAT_MOST = 64 };

static void read_alternatives(struct reader *r, struct part *part);

/* Steps over all up to `c` and over it. */
static void skip_to(struct reader *r, char c)
{
	while (r->rest.n && r->rest.p[0] != c)
		read_step(r, 1);
	if (!read_take(r, c))
		r->lost = true;
}

static void skip_line(struct reader *r)
{
	while (r->rest.n && r->rest.p[0] != '\n')
		read_step(r, 1);
}

static bool is_nothing(const struct literals *set)
{
	return set->count == 1 && set->items[0].n == 0;
}

static void consider(struct literals *best, const struct literals *set)
{
	if (literals_tell_more(set, best))
		*best = *set;
}

/* ---- groups: r stands behind the parenthesis ---- */

/* (?flags) and (?flags: ; true: the former. */
static bool read_flags(struct reader *r)
{
	bool on = true;

	for (; r->rest.n && read_at(r, 0) != ')' && read_at(r, 0) != ':'; read_step(r, 1)) {
		const char c = read_at(r, 0);

		if (c == '-')
			on = false;
		else if (c == '^')
			r->extended = false;
		else if (c == 'x')
			r->extended = on;
		else if (!memchr("imsnJU", c, 6))
			r->lost = true;
	}
	if (read_take(r, ')'))
		return true;
	read_step(r, 1);
	return false;
}

enum group { GROUP_TEXT, GROUP_LOOK, GROUP_NONE };

/* (?...: of what kind it is; r stands before what is in it, behind all of GROUP_NONE. */
static enum group read_kind(struct reader *r)
{
	const char c = read_at(r, 0), next = read_at(r, 1);

	if (c == ':' || c == '|' || c == '>') {
		read_step(r, 1);
		return GROUP_TEXT;
	}
	if (c == '=' || c == '!' || (c == '<' && (next == '=' || next == '!'))) {
		read_step(r, c == '<' ? 2 : 1);
		return GROUP_LOOK;
	}
	if (c == '<' || c == '\'' || (c == 'P' && next == '<')) {
		read_step(r, c == 'P' ? 2 : 1);
		skip_to(r, c == '\'' ? '\'' : '>');
		return GROUP_TEXT;
	}
	return read_flags(r) ? GROUP_NONE : GROUP_TEXT;
}

static void read_group(struct reader *r, struct part *p)
{
	const bool extended = r->extended;
	enum group kind = GROUP_TEXT;

	part_nothing(p);
	if (read_at(r, 0) == '*' || ++r->depth > READ_DEPTH) {
		r->lost = true;
		return;
	}
	if (read_take(r, '?'))
		kind = read_kind(r);
	if (kind != GROUP_NONE) {
		read_alternatives(r, p);
		if (!read_take(r, ')'))
			r->lost = true;
		r->extended = extended;
	}
	if (kind == GROUP_LOOK)
		part_nothing(p);
	r->depth--;
}

/* ---- what stands one behind the other ---- */

/* Comments, and what flag x makes one. */
static void skip_blanks(struct reader *r)
{
	for (;;) {
		const char c = read_at(r, 0);

		if (str_starts(r->rest, STR("(?#")))
			skip_to(r, ')');
		else if (!r->extended || r->rest.n == 0)
			return;
		else if (c == '#')
			skip_line(r);
		else if (c == ' ' || c == '\x85' || (c >= '\t' && c <= '\r'))
			read_step(r, 1);
		else
			return;
	}
}

static unsigned take_number(struct reader *r)
{
	unsigned n = 0;

	for (; ascii_digit(read_at(r, 0)); read_step(r, 1))
		if (n < REPEAT_MOST)
			n = n * 10 + (unsigned)(read_at(r, 0) - '0');
	return n < REPEAT_MOST ? n : REPEAT_MOST;
}

struct times {
	unsigned least, most; /* REPEAT_MOST: so many or more */
};

/* {2}, {2,} or {2,5}: r stands behind the brace, before a digit. */
static struct times take_braces(struct reader *r)
{
	struct times t;

	t.least = t.most = take_number(r);
	if (read_take(r, ','))
		t.most = ascii_digit(read_at(r, 0)) ? take_number(r) : REPEAT_MOST;
	if (!read_take(r, '}'))
		r->lost = true; /* no quantifier, for some versions */
	return t;
}

static bool take_times(struct reader *r, struct times *t)
{
	skip_blanks(r);
	if (read_take(r, '*'))
		*t = (struct times){ 0, REPEAT_MOST };
	else if (read_take(r, '+'))
		*t = (struct times){ 1, REPEAT_MOST };
	else if (read_take(r, '?'))
		*t = (struct times){ 0, 1 };
	else if (read_at(r, 0) == '{' && ascii_digit(read_at(r, 1))) {
		read_step(r, 1);
		*t = take_braces(r);
	} else {
		r->lost |= read_at(r, 0) == '{' && (read_at(r, 1) == ',' || read_at(r, 1) == ' ');
		return false;
	}
	if (!read_take(r, '+'))
		(void)read_take(r, '?');
	return true;
}

/* Once, or not at all. */
static void make_optional(struct part *p)
{
	struct literals none;

	literals_only(&none, STR(""));
	p->best.count = 0;
	if (!p->is_exact || !literals_unite(&p->tail, &none))
		part_anything(p);
}

/* The part is there so often, at least once. */
static void multiply(struct part *p, struct times t)
{
	const struct literals once = p->tail;
	unsigned n = 1;

	if (!p->is_exact) { /* in each of them */
		p->best.times *= t.least;
		if (p->best.times > LITERAL_TIMES_MOST)
			p->best.times = LITERAL_TIMES_MOST;
		return;
	}
	while (n < t.least && literals_follow(&p->tail, &once))
		n++;
	if (n == t.least && t.most == t.least)
		return;
	p->is_exact = false;
	p->head = p->tail;
	consider(&p->best, &p->tail);
}

static void repeat(struct part *p, struct times t)
{
	if (t.least == 0 && (t.most == 0 || p->never))
		part_nothing(p);
	else if (p->never || (p->is_exact && is_nothing(&p->tail)))
		return;
	else if (t.least == 0 && t.most == 1)
		make_optional(p);
	else if (t.least == 0)
		part_anything(p);
	else
		multiply(p, t);
}

static void read_atom(struct reader *r, struct part *p)
{
	const char c = read_at(r, 0);

	read_step(r, 1);
	if (c == '(')
		read_group(r, p);
	else if (c == '[')
		part_class(r, p);
	else if (c == '\\')
		part_escape(r, p);
	else if (c == '^' || c == '$')
		part_nothing(p);
	else if (c == '.')
		part_anything(p);
	else
		part_character(r, p, c);
}

static const struct literals *head_of(const struct part *p)
{
	return p->is_exact ? &p->tail : &p->head;
}

/* `p` goes on with `next`. */
static void append(struct part *p, const struct part *next)
{
	struct literals joined;
	bool fits;

	p->never = p->never || next->never;
	if (p->never)
		return;
	consider(&p->best, &next->best);
	joined = p->tail;
	fits = literals_follow(&joined, head_of(next));
	if (!next->is_exact || !fits) {
		consider(&p->best, fits ? &joined : &p->tail);
		if (p->is_exact)
			p->head = fits ? joined : p->tail;
		p->is_exact = false;
		p->tail = next->tail;
	} else {
		p->tail = joined;
	}
}

/* Up to "|", ")" or the end. */
static void read_sequence(struct reader *r, struct part *p)
{
	struct part *next = mem_new(sizeof(*next));

	part_nothing(p);
	for (skip_blanks(r); r->rest.n && !r->lost && read_at(r, 0) != '|' && read_at(r, 0) != ')';
	     skip_blanks(r)) {
		struct times t;

		read_atom(r, next);
		while (!r->lost && take_times(r, &t))
			repeat(next, t);
		append(p, next);
	}
	if (!p->never)
		consider(&p->best, &p->tail);
	mem_free(next);
}

/* Rather the heads of all than nothing. */
static bool unite(struct literals *to, struct literals *with)
{
	for (unsigned n = LITERAL_LONGEST; n >= 3; n = n > 6 ? 6 : n - 1) {
		literals_cut(to, n);
		literals_cut(with, n);
		if (literals_unite(to, with))
			return true;
	}
	return false;
}

/* One of both, or what is known of neither. */
static void either(struct literals *to, const struct literals *with)
{
	if (!literals_unite(to, with))
		literals_only(to, STR(""));
}

/* p, or the other. */
static void alternate(struct part *p, struct part *other)
{
	if (!p->best.count || !other->best.count || !unite(&p->best, &other->best))
		p->best.count = 0;
	if (p->is_exact && other->is_exact && literals_unite(&p->tail, &other->tail))
		return;
	if (p->is_exact)
		p->head = p->tail;
	p->is_exact = false;
	either(&p->head, head_of(other));
	either(&p->tail, &other->tail);
}

static void read_alternatives(struct reader *r, struct part *p)
{
	struct part *other = mem_new(sizeof(*other));

	read_sequence(r, p);
	while (!r->lost && read_take(r, '|')) {
		read_sequence(r, other);
		if (other->never)
			continue;
		if (p->never)
			*p = *other;
		else
			alternate(p, other);
	}
	mem_free(other);
}

void literals_of(struct str expression, struct str flags, enum literal_text text,
		 struct literals *out)
{
	struct reader r = { .rest = expression,
			    .squeezed = text != LITERAL_PLAIN,
			    .ascii = text == LITERAL_ASCII,
			    .extended = flags.n && memchr(flags.p, 'x', flags.n) };
	struct part *p = mem_new(sizeof(*p));

	read_alternatives(&r, p);
	*out = p->best;
	if (r.lost || r.rest.n || p->never)
		out->count = 0;
	mem_free(p);
}
