#include "filters/uri/redirect.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/out.h"
#include "filters/regex/need.h"
#include "filters/regex/regex.h"
#include "filters/regex/tree.h"

enum {
	BEHIND = 64, /* bytes that may be read behind a text */
	TREE_MOST = 1 << 20,
};

struct redirect {
	struct regex *regex;
	struct need need;
};

struct redirects {
	struct regex_engine *engine;
	struct redirect *items;
	size_t count, target_n;
	char target[LIMIT_URI + 8], copy[LIMIT_URI + BEHIND];
};

static struct need needs(struct str expression, struct str flags)
{
	struct need need = { { 0 } };
	const struct tree *tree;
	struct arena arena;

	arena_init(&arena, TREE_MOST);
	tree = tree_read(expression, flags, &arena);
	if (tree)
		need_of(tree, &need);
	arena_reset(&arena);
	return need;
}

/* "/re/flags", as policy keeps it. */
static struct redirect compile(const struct rule_setting *line, struct conf_report *report)
{
	struct redirect compiled = { .regex = NULL };
	struct str s = line->text, regex;
	struct regex_error error;
	size_t end = s.n;

	while (end > 0 && ascii_alpha(s.p[end - 1]))
		end--;
	if (end < 2)
		return compiled; /* policy has complained */
	regex = str_from(str_head(s, end - 1), 1);
	compiled.regex = regex_compile(regex, str_from(s, end), &error);
	if (compiled.regex)
		compiled.need = needs(regex, str_from(s, end));
	else
		conf_error(report, &line->at, "%s: %s", line->setting->word, error.text);
	return compiled;
}

static bool is_one(const struct rule_setting *line)
{
	return line->setting->kind == SETTING_EXPRESSION;
}

struct redirects *redirects_new(const struct rule_setting *settings, struct conf_report *report)
{
	struct redirects *r;
	size_t count = 0;

	for (const struct rule_setting *s = settings; s; s = s->next)
		count += is_one(s);
	if (count == 0)
		return NULL;
	r = mem_new(sizeof(*r));
	r->items = mem_array(NULL, count, sizeof(*r->items));
	r->engine = regex_engine_new();
	for (const struct rule_setting *s = settings; s; s = s->next) {
		if (!is_one(s))
			continue;
		r->items[r->count] = compile(s, report);
		r->count += r->items[r->count].regex != NULL;
	}
	return r;
}

void redirects_free(void *redirects)
{
	struct redirects *r = redirects;

	for (size_t i = 0; i < r->count; i++)
		regex_free(r->items[i].regex);
	regex_engine_free(r->engine);
	mem_free(r->items);
	mem_free(r);
}

void redirects_allow(struct redirects *r, int64_t ns)
{
	regex_engine_allow(r->engine, ns);
}

bool redirects_is_over(const struct redirects *r)
{
	return regex_engine_is_over(r->engine);
}

void redirects_begin(struct redirects *r)
{
	r->target_n = 0;
}

/* What has no scheme is of the web. */
static void keep(struct redirects *r, struct str target)
{
	struct out o = OUT(r->target);

	if (!str_istarts(target, STR("http://")) && !str_istarts(target, STR("https://")))
		out_str(&o, STR("http://"));
	out_str(&o, target);
	r->target_n = target.n && !o.full && memchr(target.p, '.', target.n) ? o.n : 0;
}

void redirects_try(struct redirects *r, struct str uri)
{
	struct str target;
	struct need has;

	if (redirects_is_over(r) || !str_istarts(uri, STR("http")))
		return;
	uri = str_head(uri, LIMIT_URI);
	memcpy(r->copy, uri.p, uri.n);
	uri.p = r->copy;
	need_of_text(uri, &has);
	for (size_t i = 0; r->target_n == 0 && i < r->count; i++)
		if (need_is_met(&r->items[i].need, &has) &&
		    regex_first_group(r->engine, r->items[i].regex, uri, &target))
			keep(r, target);
}

struct str redirects_target(const struct redirects *r)
{
	return (struct str){ .p = r->target, .n = r->target_n };
}
