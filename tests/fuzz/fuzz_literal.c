/* The first line as a regular expression with its flags, the rest as a text: when it matches, the texts that must be there
 * are, as often as they must, and both they and the sieve tell of the place where the match begins.  No match begins at
 * places of which its outset says so. */
#define _GNU_SOURCE /* memmem */
#include "base/check.h"
#include "base/out.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/outset.h"
#include "filters/pattern/sieve.h"
#include "filters/regex/tree.h"
#include "fuzz/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct known {
	struct literals literals;
	struct sieve *sieve; /* NULL: it does not look for it */
	unsigned times;      /* the sieve sees it */
	struct outset *outset;
	bool is_asked; /* for what the sieve sees */
};

/* Where a match may begin, and does. */
struct trial {
	struct regex_engine *engine;
	const struct regex *regex;
	struct str text;
	struct outset *outset; /* that is asked for what is seen; NULL: none is */
	unsigned seen;
	bool begins;
};

static void try_place(void *ctx, uint32_t item, const struct sight *seen)
{
	struct trial *t = ctx;
	struct regex_range range = { .from = seen->end > seen->most ? seen->end - seen->most : 0 };

	CHECK(item == 0 && seen->end <= t->text.n && seen->least <= seen->most);
	t->seen++;
	if (t->begins || seen->end < seen->least ||
	    (t->outset && !outset_may_see(t->outset, 0, t->text, seen->end - seen->least)))
		return;
	range.to = seen->end - seen->least + 1;
	t->begins = regex_count_in(t->engine, t->regex, t->text, &range, 1, NULL) != 0;
}

static void look_for_literals(const struct literals *l, struct trial *t)
{
	char folded[1024];

	for (size_t i = 0; i < t->text.n; i++)
		folded[i] = ascii_lower(t->text.p[i]);
	for (unsigned i = 0; i < l->count; i++) {
		const unsigned n = l->items[i].n;
		struct str rest = { .p = folded, .n = t->text.n };
		const char *p;

		for (; (p = memmem(rest.p, rest.n, l->items[i].bytes, n));
		     rest = str_from(rest, (size_t)(p - rest.p) + 1)) {
			const struct sight seen = {
				.end = (size_t)(p - folded) + n,
				.least = l->least + n,
				.most = l->most == SIGHT_ANYWHERE ? SIGHT_ANYWHERE : l->most + n,
			};

			try_place(t, 0, &seen);
		}
	}
}

static void look_for_outset(struct outset *outset, const struct trial *t)
{
	struct regex_range no = { .from = 0 };

	while (no.from < t->text.n) {
		no.to = outset_find(outset, 0, t->text, no.from, t->text.n);
		CHECK(no.to >= no.from);
		if (no.to > no.from)
			CHECK(regex_count_in(t->engine, t->regex, t->text, &no, 1, NULL) <= 0);
		no.from = no.to + 1;
	}
}

static void check_text(struct regex_engine *engine, const struct regex *regex, struct str text,
		       const struct known *known)
{
	struct trial by_literals = { .engine = engine,
				     .regex = regex,
				     .text = str_head(text, 1024) };
	struct trial by_sieve = by_literals;

	text = by_literals.text;
	look_for_outset(known->outset, &by_literals);
	if (text.n == 0 || regex_count(engine, regex, text, 1) <= 0)
		return;
	if (known->literals.count) {
		look_for_literals(&known->literals, &by_literals);
		CHECK(by_literals.begins && by_literals.seen >= known->literals.times);
	}
	if (known->sieve) {
		by_sieve.outset = known->is_asked ? known->outset : NULL;
		sieve_look(known->sieve, text, (struct sight_window){ 0, text.n }, try_place,
			   &by_sieve);
		CHECK(by_sieve.begins && by_sieve.seen >= known->times);
	}
}

static void learn(struct str expression, struct str flags, struct known *known)
{
	struct arena arena;
	const struct tree *tree, *begin;

	known->literals.count = known->times = 0;
	known->sieve = NULL;
	known->outset = outset_new();
	arena_init(&arena, 16 << 20);
	tree = tree_read(expression, flags, &arena);
	if (tree) {
		literals_of(tree, STR(""), &known->literals);
		known->sieve = sieve_new(STR(""));
		known->times = sieve_add(known->sieve, tree, 0, &begin);
		known->is_asked = outset_add(known->outset, tree, begin, 0);
		if (known->times) {
			sieve_close(known->sieve);
		} else {
			sieve_free(known->sieve);
			known->sieve = NULL;
		}
	}
	arena_reset(&arena);
	outset_close(known->outset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct regex_engine *engine;
	struct str line, text, expression, flags;
	struct regex *regex;
	static struct known known;

	if (!engine)
		engine = regex_engine_new();
	str_cut((struct str){ .p = (const char *)data, .n = size }, '\n', &line, &text);
	str_cut(line, '\t', &flags, &expression);
	regex = brief_regex(expression, flags);
	if (!regex)
		return 0;
	learn(expression, flags, &known);
	check_text(engine, regex, text, &known);
	check_text(engine, regex, expression, &known);
	outset_free(known.outset);
	if (known.sieve)
		sieve_free(known.sieve);
	regex_free(regex);
	return 0;
}
