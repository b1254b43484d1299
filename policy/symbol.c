/* Names and their numbers.  A symbol gets its number when anybody first speaks of it, so rule
 * files, filters and verdicts may come in any order; who defines it is asked when all is read. */
#include "policy/match.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "policy/score.h"

void *policy_keep(struct policy *p, size_t n)
{
	void *kept = arena_alloc(&p->arena, n ? n : 1);

	CHECK(kept != NULL); /* the arena of a policy has no ceiling but the file sizes */
	return kept;
}

struct str policy_keep_str(struct policy *p, struct str s)
{
	char *kept = policy_keep(p, s.n + 1);

	if (s.n)
		memcpy(kept, s.p, s.n);
	return (struct str){ .p = kept, .n = s.n };
}

bool policy_keep_word(struct policy *p, struct rule_word **words, struct str word)
{
	struct rule_word *kept = *words;

	while (kept && !str_eq(kept->word, word))
		kept = kept->next;
	if (kept)
		return false;
	kept = policy_keep(p, sizeof(*kept));
	*kept = (struct rule_word){ .next = *words, .word = policy_keep_str(p, word) };
	*words = kept;
	return true;
}

struct policy *policy_new(void)
{
	struct policy *p = mem_new(sizeof(*p));

	arena_init(&p->arena, SIZE_MAX);
	return p;
}

void policy_free(struct policy *p)
{
	if (!p)
		return;
	mem_free(p->symbols);
	mem_free(p->hash);
	mem_free(p->defer_on);
	mem_free(p->matches);
	arena_reset(&p->arena);
	mem_free(p);
}

/* The place of a name in the hash: where it is, or the empty one where it belongs. */
static symbol_id *slot(const struct policy *p, struct str name)
{
	size_t i = (size_t)str_ihash(name) & (p->hash_size - 1);

	while (p->hash[i] != SYMBOL_NONE && !str_eq(p->symbols[p->hash[i]].name, name))
		i = (i + 1) & (p->hash_size - 1);
	return &p->hash[i];
}

static void grow(struct policy *p)
{
	const unsigned size = p->hash_size ? 2 * p->hash_size : 64;

	mem_free(p->hash);
	p->hash = mem_array(NULL, size, sizeof(*p->hash));
	p->hash_size = size;
	for (unsigned i = 0; i < size; i++)
		p->hash[i] = SYMBOL_NONE;
	for (unsigned i = 0; i < p->symbol_count; i++)
		*slot(p, p->symbols[i].name) = (symbol_id)i;
	p->symbol_room = size / 2;
	p->symbols = mem_array(p->symbols, p->symbol_room, sizeof(*p->symbols));
}

symbol_id symbol_find(const struct policy *p, struct str name)
{
	return p->hash_size ? *slot(p, name) : SYMBOL_NONE;
}

symbol_id symbol_intern(struct policy *p, struct str name)
{
	symbol_id id = symbol_find(p, name);

	if (id != SYMBOL_NONE)
		return id;
	if (p->symbol_count >= LIMIT_SYMBOLS) {
		p->too_many = true;
		return SYMBOL_NONE;
	}
	if (p->symbol_count == p->symbol_room)
		grow(p);
	id = (symbol_id)p->symbol_count;
	*slot(p, name) = id;
	p->symbols[id] = (struct symbol){ .name = policy_keep_str(p, name) };
	p->symbol_count++;
	return id;
}

static symbol_id define(struct policy *p, struct str name, uint64_t sources, enum stage stage,
			const char *about)
{
	const symbol_id id = symbol_intern(p, name);
	struct symbol *s;

	if (id == SYMBOL_NONE)
		return 0; /* policy_compile() will refuse */
	s = &p->symbols[id];
	if (s->kind != SYMBOL_PATTERN)
		s->kind = SYMBOL_MEASURED;
	s->sources |= sources;
	if (stage > s->stage)
		s->stage = stage;
	if (s->about.n == 0 && about)
		s->about = policy_keep_str(p, str_z(about));
	return id;
}

symbol_id policy_symbol(struct policy *p, struct str name, unsigned source, enum stage stage,
			const char *about)
{
	CHECK(source < 64);
	return define(p, name, UINT64_C(1) << source, stage, about);
}

symbol_id policy_find(const struct policy *p, struct str name)
{
	const symbol_id id = symbol_find(p, name);

	if (id == SYMBOL_NONE || p->symbols[id].kind == SYMBOL_NAMED)
		return SYMBOL_NONE;
	return id;
}

symbol_id policy_fact(struct policy *p, struct str name, const char *about)
{
	return define(p, name, 0, STAGE_RCPT, about);
}

void policy_defer_on(struct policy *p, symbol_id symbol)
{
	for (unsigned i = 0; i < p->defer_count; i++)
		if (p->defer_on[i] == symbol)
			return;
	p->defer_on = mem_array(p->defer_on, p->defer_count + 1, sizeof(*p->defer_on));
	p->defer_on[p->defer_count++] = symbol;
}

bool symbol_is_sub(const struct symbol *s)
{
	return str_starts(s->name, STR("__"));
}

bool symbol_is_measured(const struct symbol *s)
{
	return s->kind == SYMBOL_MEASURED || s->kind == SYMBOL_PATTERN;
}

struct str symbol_hint(const struct policy *p, struct str wrong, const struct symbol *but, char *to,
		       size_t room)
{
	const char **words =
		mem_array(NULL, p->symbol_count + 2 + POLICY_TEXT_COUNT, sizeof(*words));
	struct out o = { .p = to, .cap = room };
	const char *best;
	size_t n = 0;

	words[n++] = "score";
	words[n++] = "envelope_score";
	for (unsigned i = 0; i < POLICY_TEXT_COUNT; i++)
		words[n++] = text_names[i];
	for (unsigned i = 0; i < p->symbol_count; i++) {
		const struct symbol *s = &p->symbols[i];

		if ((symbol_is_measured(s) || s->kind == SYMBOL_META) && s != but)
			words[n++] = s->name.p;
	}
	best = conf_suggest(wrong, words, n);
	mem_free(words);
	if (best)
		out_printf(&o, "; did you mean %s?", best);
	return out_text(&o);
}

void policy_print_symbols(const struct policy *p, FILE *to)
{
	for (unsigned i = 0; i < p->symbol_count; i++) {
		const struct symbol *s = &p->symbols[i];

		if ((!symbol_is_measured(s) && s->kind != SYMBOL_META) || symbol_is_sub(s))
			continue;
		fprintf(to, "%-28s %7g  %-4s  " STR_FMT "\n", s->name.p,
			(double)s->score / SCORE_UNIT, stage_name(s->stage), STR_ARG(s->about));
	}
}
