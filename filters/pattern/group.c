#include "filters/pattern/group.h"

#include "base/mem.h"
#include "filters/pattern/rule.h"

enum { GROUP_WORTH = 8 }; /* rules: fewer are tried sooner */

void rule_tools_open(struct rule_tools *tools)
{
	tools->engine = regex_engine_new();
	tools->prefilter = prefilter_scratch_new();
}

void rule_tools_size(struct rule_tools *tools, size_t largest_group)
{
	tools->candidates = mem_array(NULL, prefilter_words(largest_group) + 1, sizeof(uint64_t));
	tools->hits = mem_array(NULL, largest_group + 1, sizeof(int));
}

void rule_tools_close(struct rule_tools *tools)
{
	regex_engine_free(tools->engine);
	prefilter_scratch_free(tools->prefilter);
	mem_free(tools->candidates);
	mem_free(tools->hits);
}

bool group_add_prefilter(struct rule_group *group, struct filter_setup *s,
			 const struct rule_tools *tools)
{
	struct prefilter_item *items;
	struct prefilter *prefilter;

	if (group->count < GROUP_WORTH)
		return true;
	items = mem_array(NULL, group->count, sizeof(*items));
	for (size_t i = 0; i < group->count; i++) {
		const struct pattern *p = group->rules[i].pattern;

		items[i] = (struct prefilter_item){
			.expression = p->regex,
			.flags = p->flags,
			.always = p->when == PATTERN_EXISTS || p->has_unset,
		};
	}
	prefilter = prefilter_new(items, group->count, tools->prefilter);
	mem_free(items);
	group->prefilter = prefilter;
	return !prefilter || filter_setup_own(s, prefilter, prefilter_free);
}

/* ---- a text ---- */

/* Adds the matches in a piece, up to what the rule counts. */
static void count(const struct rule *rule, struct regex_engine *engine, struct str piece,
		  struct rule_effort *effort, int *matches)
{
	const struct pattern *p = rule->pattern;
	const int most = p->when == PATTERN_MATCHES ? (int)p->most : 1;
	int n;

	if (p->when == PATTERN_EXISTS || *matches == RULE_GAVE_UP || *matches >= most)
		return;
	if (piece.n == 0 && p->has_unset)
		piece = p->unset;
	n = regex_count(engine, rule->regex, piece, (unsigned)(most - *matches));
	if (n >= 0) {
		*matches += n;
	} else if (n == REGEX_GAVE_UP) {
		effort->gave_up++;
		*matches = RULE_GAVE_UP;
	} else {
		effort->no_time = true;
	}
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

static void look_at_piece(const struct rule_group *group, const struct rule_tools *tools,
			  struct str piece, bool subject, struct rule_effort *effort)
{
	uint64_t *candidates = tools->candidates;

	if (group->prefilter)
		prefilter_find(group->prefilter, tools->prefilter, piece, candidates);
	else
		prefilter_all(group->count, candidates);
	for (size_t word = 0; word < prefilter_words(group->count); word++)
		for (uint64_t bits = candidates[word]; bits && !effort->no_time; bits &= bits - 1) {
			const size_t i = word * 64 + (size_t)__builtin_ctzll(bits);
			const struct rule *rule = &group->rules[i];

			if (!subject || !rule->pattern->no_subject)
				count(rule, tools->engine, piece, effort, &tools->hits[i]);
		}
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
		const struct str piece = { .p = text->bytes + at, .n = text->ends[i] - at };

		look_at_piece(group, tools, piece, i == 0 && text->subject, effort);
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
