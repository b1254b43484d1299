/* The first line as a regular expression with its flags, the rest as a text: when it matches, the texts that must be there
 * are, as often as they must, and the automaton tells of the place where the match begins. */
#define _GNU_SOURCE /* memmem */
#include "base/check.h"
#include "base/limits.h"
#include "filters/pattern/automaton.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/regex.h"
#include "filters/pattern/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct known {
	struct literals literals;
	struct automaton *automaton; /* NULL: it does not look for it */
};

static void check_literals(const struct literals *l, struct str text)
{
	char folded[1024];
	unsigned times = 0;

	for (size_t i = 0; i < text.n; i++)
		folded[i] = ascii_lower(text.p[i]);
	for (unsigned i = 0; i < l->count; i++) {
		struct str rest = { .p = folded, .n = text.n };
		const char *p;

		for (; (p = memmem(rest.p, rest.n, l->items[i].bytes, l->items[i].n)); times++)
			rest = str_from(rest, (size_t)(p - rest.p) + 1);
	}
	CHECK(l->count == 0 || times >= l->times);
}

struct place {
	unsigned entries; /* of the table that were made for it */
	struct regex_engine *engine;
	const struct regex *regex;
	struct str text;
	bool begins;
};

static void try_place(void *ctx, unsigned item, size_t from, size_t to)
{
	struct place *p = ctx;

	CHECK(item == 0 && from < to && to <= p->text.n);
	p->begins = p->begins || regex_begins(p->engine, p->regex, p->text, from, to) != 0;
}

static bool may_make(void *ctx)
{
	return ((struct place *)ctx)->entries++ < LIMIT_PATTERN_ENTRIES;
}

static void check_text(struct regex_engine *engine, const struct regex *regex, struct str text,
		       const struct known *known)
{
	struct place place = { .engine = engine, .regex = regex, .text = str_head(text, 1024) };

	text = place.text;
	if (text.n == 0 || regex_count(engine, regex, text, 1) <= 0)
		return;
	check_literals(&known->literals, text);
	CHECK(!known->automaton ||
	      !automaton_look(known->automaton, text, may_make, try_place, &place) || place.begins);
}

static void learn(struct str expression, struct str flags, struct known *known)
{
	struct arena arena;
	const struct tree *tree;

	known->literals.count = 0;
	known->automaton = NULL;
	arena_init(&arena, 16 << 20);
	tree = tree_read(expression, flags, &arena);
	if (tree) {
		literals_of(tree, &known->literals);
		known->automaton = automaton_new();
		if (automaton_add(known->automaton, tree, 0)) {
			automaton_close(known->automaton);
		} else {
			automaton_free(known->automaton);
			known->automaton = NULL;
		}
	}
	arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct regex_engine *engine;
	struct str line, text, expression, flags;
	struct regex_error error;
	struct regex *regex;
	static struct known known;

	if (!engine)
		engine = regex_engine_new();
	str_cut((struct str){ .p = (const char *)data, .n = size }, '\n', &line, &text);
	str_cut(line, '\t', &flags, &expression);
	regex = regex_compile(expression, flags, &error);
	if (!regex)
		return 0;
	learn(expression, flags, &known);
	check_text(engine, regex, text, &known);
	check_text(engine, regex, expression, &known);
	automaton_free(known.automaton);
	regex_free(regex);
	return 0;
}
