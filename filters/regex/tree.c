/* tree.c - reads an expression from left to right.
 *
 * What is called by its name, (?&name), is read where it stands, (?'name'...), each time. */
#define _GNU_SOURCE /* memmem */
#include "filters/regex/tree_read.h"

enum { READ_DEPTH = 32, QUANTIFIERS_MOST = 4 /* of one atom */ };

static struct tree *read_alternatives(struct reader *r);

/* A new one; where there is no room for it, one that is of no use. */
static struct tree *tree_new(struct reader *r, enum tree_kind kind)
{
	struct tree *t = arena_new(r->arena, struct tree);

	if (!t) {
		r->lost = true;
		t = &r->spare;
	}
	t->kind = kind;
	return t;
}

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

/* ---- groups: r stands behind the parenthesis ---- */

/* NULL: the tree does not depend on it, or it is none. */
static bool *flag_of(struct reader_flags *flags, char c)
{
	switch (c) {
	case 'x':
		return &flags->extended;
	case 'i':
		return &flags->caseless;
	case 'm':
		return &flags->multiline;
	case 's':
		return &flags->dotall;
	}
	return NULL;
}

/* (?flags) and (?flags: ; true: the former. */
static bool read_flags(struct reader *r)
{
	bool on = true;

	for (; r->rest.n && read_at(r, 0) != ')' && read_at(r, 0) != ':'; read_step(r, 1)) {
		const char c = read_at(r, 0);
		bool *flag = flag_of(&r->flags, c);

		if (c == '-')
			on = false;
		else if (c == '^')
			r->flags = (struct reader_flags){ .extended = false };
		else if (c == 'x' && read_at(r, 1) == 'x')
			r->lost = true; /* blanks mean nothing in classes */
		else if (flag)
			*flag = on;
		else if (!memchr("nJU", c, 3))
			r->lost = true;
	}
	if (read_take(r, ')'))
		return true;
	read_step(r, 1);
	return false;
}

/* Some of it has flag x, or has it no more: blanks are read otherwise there. */
static bool sets_extended(struct str expression)
{
	const char *p = NULL;

	while ((p = memmem(expression.p, expression.n, "(?", 2))) {
		expression = str_from(expression, (size_t)(p - expression.p) + 2);
		for (size_t i = 0; i < expression.n && memchr("imsnxJU^-", expression.p[i], 9); i++)
			if (expression.p[i] == 'x' || expression.p[i] == '^')
				return true;
	}
	return false;
}

/* (?&name): what stands in (?'name'...). */
static struct tree *read_call(struct reader *r)
{
	struct reader called = *r;
	struct tree *t;
	struct str name, from;
	const char *p = NULL;

	if (!str_cut(r->rest, ')', &name, &r->rest) || name.n == 0) {
		r->lost = true;
		return NULL;
	}
	from = r->whole;
	while ((p = memmem(from.p, from.n, name.p, name.n))) {
		from = str_from(from, (size_t)(p - from.p) + name.n);
		if (p - r->whole.p > 3 && memcmp(p - 3, "(?'", 3) == 0 && from.n &&
		    from.p[0] == '\'')
			break;
	}
	called.rest = p ? str_from(from, 1) : STR("");
	/* Its own flags are not known here. */
	called.flags = (struct reader_flags){ .extended = r->flags.extended,
					      .caseless = true,
					      .multiline = true,
					      .dotall = true,
					      .guessed = true };
	t = read_alternatives(&called);
	r->lost = called.lost || !p || sets_extended(r->whole);
	return t;
}

enum group { GROUP_TEXT, GROUP_PLACE, GROUP_NONE, GROUP_CALL };

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
		return GROUP_PLACE;
	}
	if (str_starts(r->rest, STR("(DEFINE)"))) {
		read_step(r, 8);
		return GROUP_PLACE;
	}
	if (c == '&') {
		read_step(r, 1);
		return GROUP_CALL;
	}
	if (c == '<' && next == '*') /* a look behind that may step back */
		r->lost = true;
	if (c == '<' || c == '\'' || (c == 'P' && next == '<')) {
		read_step(r, c == 'P' ? 2 : 1);
		skip_to(r, c == '\'' ? '\'' : '>');
		return GROUP_TEXT;
	}
	return read_flags(r) ? GROUP_NONE : GROUP_TEXT;
}

/* NULL: it holds no text, nor can it be repeated. */
static struct tree *read_group(struct reader *r)
{
	const struct reader_flags flags = r->flags;
	struct tree *t = NULL;
	enum group kind = GROUP_TEXT;

	if (read_at(r, 0) == '*' || ++r->depth > READ_DEPTH) {
		r->lost = true;
		return NULL;
	}
	if (read_take(r, '?'))
		kind = read_kind(r);
	if (kind == GROUP_CALL) {
		t = read_call(r);
	} else if (kind != GROUP_NONE) {
		t = read_alternatives(r);
		if (!read_take(r, ')'))
			r->lost = true;
		r->flags = flags;
	}
	r->depth--;
	return kind == GROUP_PLACE ? NULL : t;
}

/* ---- what stands one behind the other ---- */

/* Comments, and what flag x makes one. */
static void skip_blanks(struct reader *r)
{
	for (;;) {
		const char c = read_at(r, 0);

		if (str_starts(r->rest, STR("(?#")))
			skip_to(r, ')');
		else if (!r->flags.extended || r->rest.n == 0)
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
		if (n < UINT16_MAX) /* no expression repeats more often */
			n = n * 10 + (unsigned)(read_at(r, 0) - '0');
	return n < UINT16_MAX ? n : UINT16_MAX;
}

struct times {
	unsigned least, most; /* TREE_REPEAT_MOST or more: any number */
};

/* {2}, {2,} or {2,5}: r stands behind the brace, before a digit. */
static struct times take_braces(struct reader *r)
{
	struct times t;

	t.least = t.most = take_number(r);
	if (read_take(r, ','))
		t.most = ascii_digit(read_at(r, 0)) ? take_number(r) : TREE_REPEAT_MOST;
	if (!read_take(r, '}'))
		r->lost = true; /* no quantifier, for some versions */
	return t;
}

static bool take_times(struct reader *r, struct times *t)
{
	skip_blanks(r);
	if (read_take(r, '*'))
		*t = (struct times){ 0, TREE_REPEAT_MOST };
	else if (read_take(r, '+'))
		*t = (struct times){ 1, TREE_REPEAT_MOST };
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

static struct tree *repeated(struct reader *r, struct tree *below, struct times times)
{
	struct tree *t = tree_new(r, TREE_REPEAT);

	t->least = (uint8_t)(times.least < TREE_REPEAT_MOST ? times.least : TREE_REPEAT_MOST);
	t->most = (uint8_t)(times.most < TREE_REPEAT_MOST ? times.most : TREE_REPEAT_MOST);
	t->written = (uint16_t)times.least;
	t->first = below;
	return t;
}

static struct tree *read_atom(struct reader *r)
{
	const char c = read_at(r, 0);
	struct tree *group = NULL;
	struct tree *t;

	read_step(r, 1);
	if (c == '(' && (group = read_group(r)))
		return group;
	t = tree_new(r, TREE_PLACE);
	if (c == '^')
		t->place = r->flags.multiline ? PLACE_LINE : PLACE_TEXT;
	else if (c == '$')
		t->place = PLACE_END;
	else if (c == '[')
		atom_class(r, t);
	else if (c == '\\')
		atom_escape(r, t);
	else if (c == '.')
		atom_any(r, t);
	else if (c != '(')
		atom_character(r, t, c);
	return t;
}

struct list {
	struct tree *tree, *last;
};

static void add(struct list *list, struct tree *t)
{
	if (list->last)
		list->last->next = t;
	else
		list->tree->first = t;
	list->last = t;
}

/* Up to "|", ")" or the end. */
static struct tree *read_sequence(struct reader *r)
{
	struct list list = { .tree = tree_new(r, TREE_SEQUENCE) };

	for (skip_blanks(r); r->rest.n && !r->lost && read_at(r, 0) != '|' && read_at(r, 0) != ')';
	     skip_blanks(r)) {
		struct tree *t = read_atom(r);
		struct times times;

		for (unsigned n = 0; !r->lost && take_times(r, &times); n++) {
			t = repeated(r, t, times);
			r->lost |= n == QUANTIFIERS_MOST;
		}
		add(&list, t);
	}
	return list.tree;
}

static struct tree *read_alternatives(struct reader *r)
{
	struct tree *t = read_sequence(r);
	struct list list;

	if (r->lost || read_at(r, 0) != '|')
		return t;
	list = (struct list){ .tree = tree_new(r, TREE_CHOICE) };
	add(&list, t);
	while (!r->lost && read_take(r, '|'))
		add(&list, read_sequence(r));
	return list.tree;
}

const struct tree *tree_read(struct str expression, struct str flags, struct arena *arena)
{
	struct reader r = { .arena = arena, .whole = expression, .rest = expression };
	const struct tree *t;

	for (size_t i = 0; i < flags.n; i++) {
		bool *flag = flag_of(&r.flags, flags.p[i]);

		if (flag)
			*flag = true;
	}
	t = read_alternatives(&r);
	return r.lost || r.rest.n ? NULL : t;
}

/* ---- how large it is ---- */

unsigned tree_least(const struct tree *t, unsigned most)
{
	unsigned least = 0;

	switch (t->kind) {
	case TREE_PLACE:
	case TREE_ANYTHING:
		break;
	case TREE_CLASS:
		least = 1;
		break;
	case TREE_SEQUENCE:
		for (t = t->first; t && least < most; t = t->next)
			least += tree_least(t, most);
		break;
	case TREE_CHOICE:
		least = most;
		for (t = t->first; t && least > 0; t = t->next)
			least = tree_least(t, least);
		break;
	case TREE_REPEAT:
		least = t->written ? t->written * tree_least(t->first, most) : 0;
		break;
	}
	return least < most ? least : most;
}

static bool has_line_end(const struct tree *t)
{
	if (t->kind == TREE_ANYTHING || (t->kind == TREE_CLASS && byte_set_has(&t->set, '\n')))
		return true;
	for (t = t->first; t; t = t->next)
		if (has_line_end(t))
			return true;
	return false;
}

unsigned tree_line(const struct tree *t, unsigned most)
{
	unsigned line = 0, longest = 0;

	if (t->kind != TREE_SEQUENCE)
		return has_line_end(t) ? 0 : tree_least(t, most);
	for (t = t->first; t && longest < most; t = t->next) {
		line = has_line_end(t) ? 0 : line + tree_least(t, most);
		longest = line > longest ? line : longest;
	}
	return longest < most ? longest : most;
}

unsigned tree_size(const struct tree *t, unsigned most)
{
	unsigned size = 1;

	for (const struct tree *below = t->first; below && size < most; below = below->next)
		size += tree_size(below, most);
	return size < most ? size : most;
}
