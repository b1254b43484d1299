#include "filters/pattern/group.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/rule.h"
#include "filters/pattern/tree.h"

enum {
	GROUP_WORTH = 8, /* rules: fewer are tried sooner */
	TRIES = 16,      /* of a rule at places of a piece; then it is tried on all of it */
	NEAR = 64,       /* bytes: places that are tried alone */
	LARGE = 200,     /* parts of an expression */
	ENTRY = 32768,   /* the work of an entry of the table; of a piece, and of a byte in it */
	PIECE = 8192,
	BYTE = 4,
	TREE_MOST = 64 << 20, /* bytes */
};

#define SELDOM (1.f / 5000) /* of places in mail; measured: more often, the automaton is sooner */

void rule_tools_open(struct rule_tools *tools)
{
	tools->engine = regex_engine_new();
	tools->prefilter = prefilter_scratch_new();
}

void rule_tools_size(struct rule_tools *tools, size_t largest_group)
{
	tools->candidates = mem_array(NULL, prefilter_words(largest_group) + 1, sizeof(uint64_t));
	tools->hits = mem_array(NULL, largest_group + 1, sizeof(int));
	tools->tries = mem_new(largest_group + 1);
}

void rule_tools_close(struct rule_tools *tools)
{
	regex_engine_free(tools->engine);
	prefilter_scratch_free(tools->prefilter);
	mem_free(tools->candidates);
	mem_free(tools->hits);
	mem_free(tools->tries);
}

static const struct tree *read_tree(const struct pattern *p, struct arena *arena)
{
	return p->when == PATTERN_EXISTS || p->has_unset ? NULL
							 : tree_read(p->regex, p->flags, arena);
}

/* Its parts, as far as they matter. */
static unsigned size_of(const struct tree *t)
{
	unsigned size = 1;

	for (const struct tree *below = t->first; below && size <= LARGE; below = below->next)
		size += size_of(below);
	return size;
}

/* The prefilter does it, and for less than the automaton: its literals take no room among the windows.  A large expression
 * is dear to try: the automaton tells of less of its places. */
static bool has_seldom_literals(const struct rule_tools *tools, const struct tree *expression)
{
	struct literals l;

	if (!tools->prefilter || size_of(expression) > LARGE)
		return false;
	literals_of(expression, &l);
	return literals_share(&l) <= SELDOM;
}

/* Rules that the automaton watches need nothing else. */
static bool add_automaton(struct rule_group *group, struct filter_setup *s,
			  const struct rule_tools *tools, struct prefilter_item *items)
{
	struct automaton *a = automaton_new();
	unsigned watched = 0;

	for (unsigned i = 0; i < group->count; i++) {
		const struct tree *expression = items[i].expression;

		if (!expression || has_seldom_literals(tools, expression) ||
		    !automaton_add(a, expression, i))
			continue;
		group->watched[i / 64] |= 1ull << (i % 64);
		items[i].expression = NULL;
		watched++;
	}
	if (watched == 0) {
		automaton_free(a);
		return true;
	}
	automaton_close(a);
	group->automaton = a;
	return filter_setup_own(s, a, automaton_free);
}

bool group_prepare(struct rule_group *group, struct filter_setup *s, const struct rule_tools *tools)
{
	struct arena trees;
	struct prefilter_item *items;
	struct prefilter *prefilter;
	bool ok;

	if (group->count < GROUP_WORTH)
		return true;
	group->watched = arena_alloc(filter_setup_arena(s),
				     prefilter_words(group->count) * sizeof(*group->watched));
	if (!group->watched)
		return false;
	arena_init(&trees, TREE_MOST);
	items = mem_array(NULL, group->count, sizeof(*items));
	for (size_t i = 0; i < group->count; i++)
		items[i].expression = read_tree(group->rules[i].pattern, &trees);
	ok = add_automaton(group, s, tools, items);
	prefilter = prefilter_new(items, group->count, tools->prefilter);
	mem_free(items);
	arena_reset(&trees);
	group->prefilter = prefilter;
	return ok && (!prefilter || filter_setup_own(s, prefilter, prefilter_free));
}

/* ---- a text ---- */

/* What the engine said, which is no number of matches, is so. */
static void give_up(int said, struct rule_effort *effort, int *matches)
{
	if (said == REGEX_GAVE_UP) {
		effort->gave_up++;
		*matches = RULE_GAVE_UP;
	} else {
		effort->no_time = true;
	}
}

static int most_of(const struct pattern *p)
{
	return p->when == PATTERN_MATCHES ? (int)p->most : 1;
}

static bool is_settled(const struct pattern *p, int matches)
{
	return p->when == PATTERN_EXISTS || matches == RULE_GAVE_UP || matches >= most_of(p);
}

/* Adds the matches in a piece, up to what the rule counts. */
static void count(const struct rule *rule, struct regex_engine *engine, struct str piece,
		  struct rule_effort *effort, int *matches)
{
	const struct pattern *p = rule->pattern;
	int n;

	if (is_settled(p, *matches))
		return;
	if (piece.n == 0 && p->has_unset)
		piece = p->unset;
	n = regex_count(engine, rule->regex, piece, (unsigned)(most_of(p) - *matches));
	if (n >= 0)
		*matches += n;
	else
		give_up(n, effort, matches);
}

static int conclude(const struct rule *rule, bool there, int matches,
		    const struct rule_effort *effort)
{
	switch (rule->pattern->when) {
	case PATTERN_EXISTS:
		return there;
	case PATTERN_DIFFERS:
		return matches == RULE_GAVE_UP ? matches : matches == 0 && !effort->no_time;
	case PATTERN_MATCHES:
		break;
	}
	return matches;
}

struct piece {
	const struct rule_group *group;
	const struct rule_tools *tools;
	struct str text;
	bool subject;
	struct rule_effort *effort;
};

static void make_candidate(const struct piece *piece, unsigned i)
{
	piece->tools->candidates[i / 64] |= 1ull << (i % 64);
}

/* The automaton has found a rule's window.  Rules that count, those whose match may begin far before it, and those that are
 * found again and again are tried on the whole piece, later and once. */
static void on_found(void *ctx, unsigned i, size_t from, size_t to)
{
	const struct piece *piece = ctx;
	const struct rule *rule = &piece->group->rules[i];
	int *matches = &piece->tools->hits[i];
	int n;

	if (piece->effort->no_time || is_settled(rule->pattern, *matches) ||
	    (piece->subject && rule->pattern->no_subject))
		return;
	if (most_of(rule->pattern) > 1 || to - from > NEAR || piece->tools->tries[i] == TRIES) {
		make_candidate(piece, i);
		return;
	}
	piece->tools->tries[i]++;
	n = regex_begins(piece->tools->engine, rule->regex, piece->text, from, to);
	if (n > 0)
		*matches = n;
	else if (n < 0)
		give_up(n, piece->effort, matches);
}

/* Of an entry of the automaton's table. */
static bool may_make(void *ctx)
{
	const struct piece *piece = ctx;
	struct rule_effort *effort = piece->effort;

	if (effort->entries == 0 || !regex_engine_has_time(piece->tools->engine, ENTRY))
		return false;
	effort->entries--;
	return true;
}

static void find_watched(struct piece *piece)
{
	const struct rule_group *group = piece->group;
	const struct rule_tools *tools = piece->tools;

	memset(tools->tries, 0, group->count);
	if (automaton_look(group->automaton, piece->text, may_make, on_found, piece))
		return;
	for (size_t word = 0; word < prefilter_words(group->count); word++)
		tools->candidates[word] |= group->watched[word];
}

static void try_candidates(const struct piece *piece)
{
	const struct rule_group *group = piece->group;
	const struct rule_tools *tools = piece->tools;

	for (size_t word = 0; word < prefilter_words(group->count); word++)
		for (uint64_t bits = tools->candidates[word]; bits && !piece->effort->no_time;
		     bits &= bits - 1) {
			const size_t i = word * 64 + (size_t)__builtin_ctzll(bits);
			const struct rule *rule = &group->rules[i];

			if (!piece->subject || !rule->pattern->no_subject)
				count(rule, tools->engine, piece->text, piece->effort,
				      &tools->hits[i]);
		}
}

static void look_at_piece(struct piece *piece)
{
	const struct rule_group *group = piece->group;
	const struct rule_tools *tools = piece->tools;

	if (!regex_engine_has_time(tools->engine, PIECE + BYTE * piece->text.n)) {
		piece->effort->no_time = true;
		return;
	}
	if (group->prefilter)
		prefilter_find(group->prefilter, tools->prefilter, piece->text, tools->candidates);
	else
		prefilter_all(group->count, tools->candidates);
	if (group->automaton) {
		for (size_t word = 0; word < prefilter_words(group->count); word++)
			tools->candidates[word] &= ~group->watched[word];
		find_watched(piece);
	}
	try_candidates(piece);
}

void group_look(const struct rule_group *group, const struct rule_tools *tools,
		const struct rule_text *text, struct rule_effort *effort)
{
	uint32_t at = 0;

	if (!text->there) {
		for (size_t i = 0; i < group->count; i++)
			tools->hits[i] = (int)group->rules[i].absent;
		return;
	}
	memset(tools->hits, 0, group->count * sizeof(*tools->hits));
	for (uint32_t i = 0; i < text->count && !effort->no_time; at = text->ends[i++]) {
		struct piece piece = { .group = group,
				       .tools = tools,
				       .text = { .p = text->bytes + at, .n = text->ends[i] - at },
				       .subject = i == 0 && text->subject,
				       .effort = effort };

		look_at_piece(&piece);
	}
	for (size_t i = 0; i < group->count; i++)
		tools->hits[i] = conclude(&group->rules[i], true, tools->hits[i], effort);
}

int rule_look(const struct rule *rule, struct regex_engine *engine, struct str text,
	      struct rule_effort *effort)
{
	int matches = 0;

	count(rule, engine, text, effort, &matches);
	return conclude(rule, text.n != 0, matches, effort);
}
