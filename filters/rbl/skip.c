/* skip.c - domains that are not asked about (uridnsbl_skip_domain, clear_uridnsbl_skip_domain). */
#include "filters/rbl/rbl.h"

#include "base/check.h"

static void skip_none(struct name_skips *skip, struct str words)
{
	struct str word;
	bool all = true;

	while (str_word(&words, &word)) {
		size_t kept = 0;

		for (size_t i = 0; i < skip->count; i++)
			if (!str_ieq(skip->items[i], word))
				skip->items[kept++] = skip->items[i];
		skip->count = kept;
		all = false;
	}
	if (all)
		skip->count = 0;
}

static size_t count_words(const struct rule_setting *settings)
{
	struct str rest, word;
	size_t n = 0;

	for (const struct rule_setting *s = settings; s; s = s->next)
		for (rest = s->text; s->setting->kind == SETTING_SKIP && str_word(&rest, &word);)
			n++;
	return n;
}

/* As names are asked; empty over the ceiling. */
static struct str lower(struct arena *arena, struct str word)
{
	char *bytes = arena_alloc(arena, word.n);
	struct out o = { .p = bytes, .cap = bytes ? word.n : 0 };

	out_lower(&o, word);
	return out_text(&o);
}

void rbl_skip_read(struct filter_setup *s, struct rbl *c, const struct patterns *patterns)
{
	struct name_skips *skip = &c->skip;
	struct arena *arena = filter_setup_arena(s);
	const size_t room = count_words(patterns->settings);
	struct str rest, word;

	skip->items = arena_alloc(arena, (room + 1) * sizeof(*skip->items));
	for (const struct rule_setting *line = patterns->settings; line && skip->items;
	     line = line->next) {
		rest = line->text;
		if (line->setting->kind == SETTING_ASK)
			skip_none(skip, rest);
		while (line->setting->kind == SETTING_SKIP && str_word(&rest, &word))
			skip->items[skip->count++] = lower(arena, word);
	}
	names_sort_skips(skip);
}
