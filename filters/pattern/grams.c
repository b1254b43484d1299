#include "filters/pattern/grams.h"

#include "base/limits.h"

enum {
	GRAM = 3,
	MOST_GRAMS = 8,     /* of a literal */
	MOST_LITERALS = 48, /* of a clause */
	MOST_CLAUSES = 8,
	MOST_BYTES = 4096, /* of an expression's literals */
};

/* ---- what an expression needs ---- */

/* A run of the reader's bytes. */
struct literal {
	uint16_t at, n;
};

struct clause {
	struct literal literals[MOST_LITERALS];
	unsigned count;
};

struct needs {
	struct clause clauses[MOST_CLAUSES];
	unsigned count;
};

struct reader {
	struct str rest;
	char bytes[MOST_BYTES];
	uint16_t n;
	unsigned depth;
	bool lost; /* something is not understood: nothing is known of the whole */
};

/* The shortest of its literals says what a clause is worth. */
static unsigned worth(const struct clause *c)
{
	unsigned least = c->count ? UINT16_MAX : 0;

	for (unsigned i = 0; i < c->count; i++)
		if (c->literals[i].n < least)
			least = c->literals[i].n;
	return least;
}

/* Takes the place of the worst when there are too many. */
static void add_clause(struct needs *needs, const struct clause *clause)
{
	struct clause *worst = &needs->clauses[0];

	if (needs->count < MOST_CLAUSES) {
		needs->clauses[needs->count++] = *clause;
		return;
	}
	for (unsigned i = 1; i < needs->count; i++)
		if (worth(&needs->clauses[i]) < worth(worst))
			worst = &needs->clauses[i];
	if (worth(worst) < worth(clause))
		*worst = *clause;
}

/* The best clause of one more alternative.  False: nothing is needed by all of them. */
static bool join(struct clause *clause, const struct needs *needs)
{
	const struct clause *best = &needs->clauses[0];

	for (unsigned i = 1; i < needs->count; i++)
		if (worth(&needs->clauses[i]) > worth(best))
			best = &needs->clauses[i];
	if (needs->count == 0 || clause->count + best->count > MOST_LITERALS)
		return false;
	memcpy(clause->literals + clause->count, best->literals,
	       best->count * sizeof(best->literals[0]));
	clause->count += best->count;
	return true;
}

/* ---- atoms ---- */

enum atom {
	ATOM_BYTE,
	ATOM_NOTHING, /* no width */
	ATOM_ANY,     /* something that is not known */
	ATOM_GROUP,   /* what it needs */
};

static char peek(const struct reader *r)
{
	return r->rest.n ? r->rest.p[0] : 0;
}

static void skip(struct reader *r, size_t n)
{
	r->rest = str_from(r->rest, n);
}

static bool take(struct reader *r, struct str what)
{
	if (!str_starts(r->rest, what))
		return false;
	skip(r, what.n);
	return true;
}

static bool is_one_of(char c, const char *letters)
{
	return c && strchr(letters, c);
}

static bool take_digit(struct reader *r)
{
	const bool digit = is_one_of(peek(r), "0123456789");

	skip(r, digit);
	return digit;
}

/* "41" or "{41}" behind \x. */
static enum atom read_hex(struct reader *r, char *byte)
{
	static const char digits[] = "0123456789abcdef";
	const bool braces = take(r, STR("{"));
	unsigned value = 0;

	for (unsigned i = 0; i < 2 && is_one_of(ascii_lower(peek(r)), digits); i++) {
		value = value * 16 + (unsigned)(strchr(digits, ascii_lower(peek(r))) - digits);
		skip(r, 1);
	}
	r->lost |= braces && !take(r, STR("}"));
	*byte = (char)value;
	return ATOM_BYTE;
}

static enum atom read_escape(struct reader *r, char *byte)
{
	static const char controls[] = "nrtfea", stand[] = "\n\r\t\f\033\a";
	const char c = peek(r);

	skip(r, 1);
	*byte = c;
	if (!ascii_alnum(c))
		return ATOM_BYTE;
	if (is_one_of(c, controls)) {
		*byte = stand[strchr(controls, c) - controls];
		return ATOM_BYTE;
	}
	if (c == 'x')
		return read_hex(r, byte);
	if (is_one_of(c, "bBAzZGK"))
		return ATOM_NOTHING;
	r->lost |= !is_one_of(c, "dDwWsShHvVRNX123456789");
	while (is_one_of(c, "123456789") && take_digit(r))
		continue;
	return ATOM_ANY;
}

/* What stands between its brackets. */
static struct str read_brackets(struct reader *r)
{
	const struct str from = r->rest;
	struct str inside;

	take(r, STR("^"));
	take(r, STR("]"));
	while (r->rest.n && peek(r) != ']') {
		if (take(r, STR("[:"))) {
			while (r->rest.n && !take(r, STR(":]")))
				skip(r, 1);
			continue;
		}
		if (take(r, STR("\\")))
			r->lost |= is_one_of(peek(r), "QE");
		skip(r, 1);
	}
	inside = str_head(from, from.n - r->rest.n);
	r->lost |= r->rest.n == 0;
	skip(r, 1);
	return inside;
}

/* "[.]" and "[Aa]" are a byte. */
static enum atom read_class(struct reader *r, char *byte)
{
	const struct str inside = read_brackets(r);
	const bool escaped = inside.n == 2 && inside.p[0] == '\\' && !ascii_alnum(inside.p[1]);

	if (inside.n == 0 || inside.n > 2 || inside.p[0] == '^')
		return ATOM_ANY;
	*byte = inside.p[inside.n - 1];
	if (inside.n == 1 || escaped)
		return ATOM_BYTE;
	return ascii_alpha(inside.p[0]) && ascii_lower(inside.p[0]) == ascii_lower(*byte)
		       ? ATOM_BYTE
		       : ATOM_ANY;
}

static void read_alternatives(struct reader *r, struct needs *needs);

/* Flags, "i" or "i-s:".  True: of a group that follows. */
static bool read_switches(struct reader *r)
{
	while (ascii_alpha(peek(r)) || is_one_of(peek(r), "-^")) {
		r->lost |= !is_one_of(peek(r), "imsna-^");
		skip(r, 1);
	}
	return take(r, STR(":"));
}

static void skip_name(struct reader *r, char end)
{
	while (r->rest.n && peek(r) != end)
		skip(r, 1);
	skip(r, 1);
}

/* What stands behind "(?".  True: a group follows; *look: it is only looked at. */
static bool read_kind(struct reader *r, bool *look)
{
	*look = take(r, STR("=")) || take(r, STR("!")) || take(r, STR("<=")) || take(r, STR("<!"));
	if (*look || take(r, STR(":")) || take(r, STR(">")) || take(r, STR("|")))
		return true;
	if (take(r, STR("<")) || take(r, STR("P<")) || take(r, STR("'"))) {
		skip_name(r, r->rest.p[-1] == '\'' ? '\'' : '>');
		return true;
	}
	return read_switches(r);
}

static enum atom read_group(struct reader *r, struct needs *needs)
{
	bool look = false;

	r->lost |= peek(r) == '*' || ++r->depth > LIMIT_EXPRESSION_DEPTH;
	if (!r->lost && take(r, STR("?")) && !read_kind(r, &look)) {
		r->lost |= !take(r, STR(")"));
		r->depth--;
		return ATOM_NOTHING;
	}
	if (!r->lost)
		read_alternatives(r, needs);
	r->lost |= !take(r, STR(")"));
	r->depth--;
	if (look)
		needs->count = 0;
	return look ? ATOM_NOTHING : ATOM_GROUP;
}

static enum atom read_atom(struct reader *r, char *byte, struct needs *needs)
{
	const char c = peek(r);

	skip(r, 1);
	switch (c) {
	case '.':
		return ATOM_ANY;
	case '^':
	case '$':
		return ATOM_NOTHING;
	case '\\':
		return read_escape(r, byte);
	case '[':
		return read_class(r, byte);
	case '(':
		return read_group(r, needs);
	default:
		*byte = c;
		return ATOM_BYTE;
	}
}

/* ---- sequences ---- */

enum often { OFTEN_ONCE, OFTEN_MORE, OFTEN_PERHAPS };

/* "{2,3}"; what is none is read as what it says. */
static enum often read_braces(struct reader *r)
{
	const struct str from = r->rest;
	bool some = false;

	skip(r, 1);
	r->lost |= peek(r) == ',';
	for (; is_one_of(peek(r), "0123456789"); skip(r, 1))
		some |= peek(r) != '0';
	if (r->rest.p[-1] != '{') {
		if (take(r, STR(",")))
			while (take_digit(r))
				continue;
		if (take(r, STR("}")))
			return some ? OFTEN_MORE : OFTEN_PERHAPS;
	}
	r->rest = from;
	return OFTEN_ONCE;
}

static enum often read_often(struct reader *r)
{
	enum often often = OFTEN_ONCE;

	if (take(r, STR("+")))
		often = OFTEN_MORE;
	else if (take(r, STR("*")) || take(r, STR("?")))
		often = OFTEN_PERHAPS;
	else if (peek(r) == '{')
		often = read_braces(r);
	if (often != OFTEN_ONCE)
		(void)(take(r, STR("?")) || take(r, STR("+")));
	return often;
}

/* The run ends; a new one begins. */
static void end_run(struct reader *r, struct literal *run, struct needs *needs)
{
	const struct clause clause = { .literals = { *run }, .count = 1 };

	if (run->n >= GRAM)
		add_clause(needs, &clause);
	*run = (struct literal){ .at = r->n };
}

static void add_byte(struct reader *r, struct literal *run, char byte)
{
	if (r->n == MOST_BYTES) {
		r->lost = true;
		return;
	}
	r->bytes[r->n++] = ascii_lower(byte);
	run->n++;
}

static void read_sequence(struct reader *r, struct needs *needs)
{
	struct literal run = { .at = r->n };

	needs->count = 0;
	while (!r->lost && r->rest.n && !is_one_of(peek(r), "|)")) {
		struct needs group = { .count = 0 };
		const bool nested = peek(r) == '(';
		enum often often;
		enum atom atom;
		char byte = 0;

		if (nested)
			end_run(r, &run, needs);
		atom = read_atom(r, &byte, &group);
		often = read_often(r);
		if (atom == ATOM_BYTE && often != OFTEN_PERHAPS)
			add_byte(r, &run, byte);
		if (nested || atom == ATOM_ANY || (atom == ATOM_BYTE && often != OFTEN_ONCE))
			end_run(r, &run, needs);
		for (unsigned i = 0; often != OFTEN_PERHAPS && i < group.count; i++)
			add_clause(needs, &group.clauses[i]);
	}
	end_run(r, &run, needs);
}

static void read_alternatives(struct reader *r, struct needs *needs)
{
	struct clause all = { .count = 0 };
	bool joined;

	read_sequence(r, needs);
	if (peek(r) != '|')
		return;
	joined = join(&all, needs);
	while (take(r, STR("|"))) {
		read_sequence(r, needs);
		joined = joined && join(&all, needs);
	}
	needs->count = joined;
	needs->clauses[0] = all;
}

/* ---- groups of bytes ---- */

static uint32_t hash_of(uint32_t gram)
{
	return (gram * 0x9e3779b1u) >> 15;
}

static void put(struct grams *g, uint32_t word)
{
	if (g->n < GRAMS_ROOM)
		g->words[g->n] = word;
	g->n++;
}

/* The first and the last of its groups, and some between them. */
static void put_literal(struct grams *g, struct str s)
{
	const size_t all = s.n - GRAM + 1, n = all < MOST_GRAMS ? all : MOST_GRAMS;

	put(g, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at = (const uint8_t *)s.p + (n > 1 ? i * (all - 1) / (n - 1) : 0);

		put(g, hash_of((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]));
	}
}

/* A clause that does not fit is left out. */
static bool put_clause(struct grams *g, const struct reader *r, const struct clause *clause)
{
	const size_t before = g->n;

	put(g, clause->count);
	for (unsigned i = 0; i < clause->count; i++)
		put_literal(g, (struct str){ .p = r->bytes + clause->literals[i].at,
					     .n = clause->literals[i].n });
	if (g->n <= GRAMS_ROOM)
		return true;
	g->n = before;
	return false;
}

void grams_read(struct grams *g, struct str expression, struct str flags)
{
	struct reader r = { .rest = expression, .lost = flags.n && memchr(flags.p, 'x', flags.n) };
	struct needs needs = { .count = 0 };
	uint32_t clauses = 0;

	g->n = 0;
	read_alternatives(&r, &needs);
	if (r.lost || r.rest.n || needs.count == 0)
		return;
	put(g, 0);
	for (unsigned i = 0; i < needs.count; i++)
		clauses += put_clause(g, &r, &needs.clauses[i]);
	g->words[0] = clauses;
	if (clauses == 0)
		g->n = 0;
}

static uint32_t mask_for(size_t n)
{
	return n < 256 ? 4095 : n < 4096 ? 32767 : GRAMS_BITS - 1;
}

void grams_fill(struct grams_set *set, struct str text)
{
	uint32_t gram = 0;

	set->mask = mask_for(text.n);
	memset(set->bits, 0, (set->mask + 1) / 8);
	for (size_t i = 0; i < text.n; i++) {
		uint32_t hash;

		gram = (gram << 8 | (uint8_t)ascii_lower(text.p[i])) & 0xffffff;
		hash = hash_of(gram) & set->mask;
		if (i >= GRAM - 1)
			set->bits[hash / 64] |= (uint64_t)1 << hash % 64;
	}
}

static bool has_all(const uint32_t *hashes, uint32_t n, const struct grams_set *set)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t hash = hashes[i] & set->mask;

		if (!(set->bits[hash / 64] & (uint64_t)1 << hash % 64))
			return false;
	}
	return true;
}

bool grams_might_match(const uint32_t *words, const struct grams_set *set)
{
	for (uint32_t clauses = *words++; clauses; clauses--) {
		bool some = false;

		for (uint32_t literals = *words++; literals; literals--) {
			some = some || has_all(words + 1, words[0], set);
			words += 1 + words[0];
		}
		if (!some)
			return false;
	}
	return true;
}
