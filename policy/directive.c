/* What the lines of a rule file say: score, describe, meta, tflags, include, and everything of
 * SpamAssassin's that is known but not done here. */
#include "policy/rules.h"

#include "base/check.h"
#include "policy/globs.h"
#include "policy/match.h"
#include "policy/score.h"

#include <stdio.h>

enum directive_kind { DIRECTIVE_SETTING, DIRECTIVE_QUIET };

/* Ended by one with word NULL. */
static const struct directive {
	const char *word;
	enum directive_kind kind;
} directives[] = {
#define DIRECTIVE(WORD, KIND) { .word = (WORD), .kind = DIRECTIVE_##KIND },
#include "policy/directives.def"
#undef DIRECTIVE
	{ .word = NULL },
};

struct symbol *rules_rule(struct rules_reader *r, const char *word)
{
	const struct str name = rules_word(r);
	symbol_id id;

	if (!symbol_name_ok(name)) {
		conf_error(r->report, &r->at, "%s: expected the name of a rule%s" STR_FMT "%s",
			   word, name.n ? ", not '" : "", STR_ARG(str_head(name, 60)),
			   name.n ? "'" : "");
		return NULL;
	}
	id = symbol_intern(r->policy, name);
	if (id != SYMBOL_NONE)
		return &r->policy->symbols[id];
	return NULL; /* too many: policy_compile() will say so */
}

/* "(1.5)" is added to the score so far. */
static bool is_relative(struct str word)
{
	return str_starts(word, STR("(")) && str_ends(word, STR(")")) && word.n > 1;
}

/* "1.5" or "(1.5)". */
static bool read_number(struct rules_reader *r, struct str word, int64_t before, int64_t *score)
{
	const bool relative = is_relative(word);
	const struct str number = relative ? str_head(str_from(word, 1), word.n - 2) : word;
	const int64_t most = (int64_t)LIMIT_SCORE * SCORE_UNIT;

	if (!score_parse(number, score)) {
		conf_error(r->report, &r->at, "'" STR_FMT "' is not a score (a number up to %d)",
			   STR_ARG(str_head(word, 60)), LIMIT_SCORE);
		return false;
	}
	if (relative)
		*score += before;
	if (*score > most || *score < -most)
		*score = *score < 0 ? -most : most;
	return true;
}

static unsigned column_of(enum conf_scores scores)
{
	return scores == CONF_SCORES_LOCAL ? 0 : 1;
}

static void read_score(struct rules_reader *r)
{
	enum { COLUMNS = 4 };
	struct symbol *s = rules_rule(r, "score");
	const struct conf_place at = r->at;
	int64_t scores[COLUMNS] = { 0 };
	bool relative = false;
	unsigned n = 0;

	if (!s)
		return;
	for (struct str word; (word = rules_word(r)).n; n++) {
		if (n == COLUMNS) {
			conf_error(r->report, &r->at, "score takes 1 or 4 numbers");
			return;
		}
		if (!read_number(r, word, s->score, &scores[n]))
			return;
		relative |= is_relative(word);
	}
	if (n != 1 && n != COLUMNS) {
		conf_error(r->report, &r->at, "score takes 1 or 4 numbers, here %s %u",
			   n ? "are" : "is", n);
		return;
	}
	if (symbol_is_sub(s))
		conf_warn(r->report, &at,
			  STR_FMT " has no score: names with __ are parts of other rules; "
				  "'meta " STR_FMT " 0' takes one out",
			  STR_ARG(s->name), STR_ARG(s->name));
	if (relative && !s->scored) {
		conf_warn(r->report, &at,
			  STR_FMT " has no score yet to which this one could be added: "
				  "the line is left out",
			  STR_ARG(s->name));
		return;
	}
	s->score = scores[n == 1 ? 0 : column_of(r->policy->choice)];
	s->scored = true;
	s->score_at = at;
}

struct str rules_keep(struct policy *p, struct str text)
{
	struct out o = { .p = policy_keep(p, text.n + 1), .cap = text.n };

	for (size_t i = 0; i < text.n; i++)
		if (!str_starts(str_from(text, i), STR("\\#")))
			out_char(&o, text.p[i]);
	return out_text(&o);
}

struct str rules_keep_regex(struct policy *p, struct str text)
{
	struct str regex, flags;
	struct out o = { .p = policy_keep(p, text.n + 2), .cap = text.n + 2 };

	if (!pattern_cut_regex(text, &regex, &flags))
		return (struct str){ 0 };
	out_char(&o, '/');
	out_str(&o, regex);
	out_char(&o, '/');
	out_str(&o, flags);
	return rules_keep(p, out_text(&o));
}

static void read_describe(struct rules_reader *r)
{
	struct symbol *s = rules_rule(r, "describe");

	if (s)
		s->about = rules_keep(r->policy, rules_rest(r));
}

/* "maxhits=5"; 0, or more than we count: no limit of the rule's own. */
static void read_maxhits(struct rules_reader *r, struct str word, uint64_t *most)
{
	const struct str key = STR("maxhits=");
	uint64_t n;

	if (!str_starts(word, key))
		return;
	if (!str_u64(str_from(word, key.n), UINT32_MAX, &n))
		conf_error(r->report, &r->at, "tflags: expected a number behind maxhits=");
	else if (n && n < *most)
		*most = n;
}

/* Of SpamAssassin's and of its plugins' there are many, and others mean nothing: what looks like a misspelt one is told. */
static void warn_of_flag(struct rules_reader *r, struct str word)
{
	static const char *const known[] = { "multiple",
					     "nosubject",
					     "nice",
					     "net",
					     "learn",
					     "userconf",
					     "noautolearn",
					     "nolog",
					     "ips_only",
					     "a",
					     "ns",
					     "notrim",
					     "domains_only",
					     "publish",
					     "dnsbl",
					     "concat",
					     "domain",
					     "registrable",
					     "autolearn_force",
					     "autolearn_body",
					     "autolearn_header" };
	const char *near = word.n > 3 ? conf_suggest(word, known, COUNTOF(known)) : NULL;

	if (near && !str_eq(word, str_z(near)))
		conf_warn(r->report, &r->at,
			  "tflags: '" STR_FMT "' means nothing; did you mean %s?", STR_ARG(word),
			  near);
}

static uint8_t read_ask(struct str word)
{
	static const struct {
		struct str word;
		uint8_t ask;
	} asks[] = {
#define X(ID, WORD) { STR_INIT(WORD), CALL_##ID },
		CALL_ASKS(X)
#undef X
	};

	for (size_t i = 0; i < COUNTOF(asks); i++)
		if (str_eq(word, asks[i].word))
			return asks[i].ask;
	return 0;
}

static void read_tflags(struct rules_reader *r)
{
	struct symbol *s = rules_rule(r, "tflags");
	uint64_t most = LIMIT_RULE_HITS;
	bool multiple = false;

	if (!s)
		return;
	s->nice = s->no_subject = s->some_parts = false;
	s->asks = 0;
	for (struct str word; (word = rules_word(r)).n;) {
		s->nice |= str_eq(word, STR("nice"));
		s->no_subject |= str_eq(word, STR("nosubject"));
		s->some_parts |= str_starts(word, STR("range=")) || str_eq(word, STR("concat"));
		s->asks |= read_ask(word);
		multiple |= str_eq(word, STR("multiple"));
		read_maxhits(r, word, &most);
		warn_of_flag(r, word);
	}
	s->most = multiple ? (uint16_t)most : 0;
}

/* SpamAssassin has rules whose names are those of our filters' symbols, RDNS_NONE for one. */
bool rules_is_measured(struct rules_reader *r, const struct symbol *s, const char *word)
{
	if (s->kind != SYMBOL_MEASURED)
		return false;
	conf_note(r->report, CONF_NOTE_MEASURED, &r->at,
		  STR_FMT " is what a filter measures: this '%s' is left out", STR_ARG(s->name),
		  word);
	return true;
}

void rules_begin(struct rules_reader *r, const struct symbol *s)
{
	if ((s->kind == SYMBOL_META || s->kind == SYMBOL_PATTERN) && s->at.file == r->at.file)
		conf_note(r->report, CONF_NOTE_TWICE, &r->at,
			  STR_FMT " is defined in line %u as well; this definition counts",
			  STR_ARG(s->name), s->at.line);
}

static bool resolve_in_meta(void *ctx, struct str name, struct expr_node *node,
			    struct expr_error *error)
{
	char hint[200];

	if (str_eq(name, STR("local_tests_only")))
		return true; /* a number already: 0 */
	if (str_eq(name, STR("score")) || str_eq(name, STR("envelope_score"))) {
		snprintf(error->text, sizeof(error->text),
			 STR_FMT " depends on the rules, so no rule can depend on it; "
				 "use it in a verdict",
			 STR_ARG(name));
		return false;
	}
	if (memchr(name.p, '.', name.n)) {
		snprintf(error->text, sizeof(error->text), "there is no text " STR_FMT STR_FMT,
			 STR_ARG(str_head(name, 60)),
			 STR_ARG(symbol_hint(ctx, name, NULL, hint, sizeof(hint))));
		return false;
	}
	if (!symbol_name_ok(name)) {
		snprintf(error->text, sizeof(error->text), "a name of more than %d characters",
			 LIMIT_SYMBOL_NAME);
		return false;
	}
	node->op = EXPR_SYMBOL;
	node->symbol = symbol_intern(ctx, name);
	if (node->symbol != SYMBOL_NONE)
		return true;
	snprintf(error->text, sizeof(error->text), "more than %d symbols", LIMIT_SYMBOLS);
	return false;
}

static void read_meta(struct rules_reader *r)
{
	const struct expr_names names = { .ctx = r->policy,
					  .resolve = resolve_in_meta,
					  .is_text = match_is_text,
					  .match = match_in_rule,
					  .matching = glob_in_rule };
	struct symbol *s = rules_rule(r, "meta");
	struct expr_error error;
	struct expr expr;
	struct str text;
	symbol_id id;

	if (!s)
		return;
	id = (symbol_id)(s - r->policy->symbols);
	if (rules_is_measured(r, s, "meta"))
		return;
	text = rules_rest(r);
	if (!expr_parse(text, &names, &r->policy->arena, &expr, &error)) {
		r->at.column += (unsigned)error.at;
		conf_error(r->report, &r->at, "meta: %s", error.text);
		return;
	}
	s = &r->policy->symbols[id]; /* parsing may have moved the table */
	rules_begin(r, s);
	s->kind = SYMBOL_META;
	s->expr = expr;
	s->at = r->at;
}

static void read_include(struct rules_reader *r)
{
	const struct str path = rules_rest(r);

	if (path.n == 0)
		conf_error(r->report, &r->at, "include: expected the name of a file");
	else
		rules_read_file(r->policy, policy_keep_str(r->policy, path).p, r, r->report);
}

/* `enable_compat welcomelist_blocklist`: conditions may ask for it from here on. */
static void read_compat(struct rules_reader *r)
{
	const struct str word = rules_word(r);

	if (word.n == 0)
		conf_error(r->report, &r->at, "enable_compat: expected a word");
	else
		policy_keep_word(r->policy, &r->policy->compats, word);
}

static const struct {
	const char *word;
	void (*read)(struct rules_reader *r);
} readers[] = {
	{ "score", read_score },
	{ "describe", read_describe },
	{ "meta", read_meta },
	{ "tflags", read_tflags },
	{ "include", read_include },
	{ "enable_compat", read_compat },
	{ "header", pattern_read_header },
	{ "full", pattern_read_full },
	{ "test", pattern_read_test },
	{ "body", pattern_read_body },
	{ "rawbody", pattern_read_rawbody },
	{ "uri", pattern_read_uri },
	{ "uri_detail", call_read_uri_detail },
	{ "askdns", call_read_askdns },
	{ "mimeheader", pattern_read_part },
	{ "replace_tag", replace_read_tag },
	{ "replace_inter", replace_read_inter },
	{ "replace_pre", replace_read_pre },
	{ "replace_post", replace_read_post },
	{ "replace_rules", replace_read_rules },
};

/* One warning per rule, however many lines speak of it. */
void rules_turn_off(struct rules_reader *r, struct symbol *s, const char *why)
{
	if (s->kind == SYMBOL_OFF)
		return;
	conf_note(r->report, CONF_NOTE_OFF, &r->at, "%s: " STR_FMT " is off", why,
		  STR_ARG(s->name));
	s->kind = SYMBOL_OFF;
	s->at = r->at;
}

static bool fits(struct str word, const char *pattern)
{
	const struct str p = str_z(pattern);

	return str_ends(p, STR("*")) ? str_starts(word, str_head(p, p.n - 1)) : str_eq(word, p);
}

/* The word that was meant, as it is spelled today; NULL: none is near. */
static const char *suggest(struct str word)
{
	const char *words[COUNTOF(readers) + DIRECTIVE_COUNT + SETTING_COUNT];
	size_t n = setting_words(words);
	char bytes[64];
	struct out o = OUT(bytes);

	for (size_t i = 0; i < COUNTOF(readers); i++)
		words[n++] = readers[i].word;
	for (const struct directive *d = directives; d->word; d++)
		if (!strchr(d->word, '*'))
			words[n++] = d->word;
	return conf_suggest(spelled_today(word, &o), words, n);
}

static void refuse(struct rules_reader *r, struct str word)
{
	const char *near = suggest(word);

	conf_error(r->report, &r->at, "'" STR_FMT "' is not a word of rule files%s%s%s",
		   STR_ARG(str_head(word, 60)), near ? "; did you mean " : "", near ? near : "",
		   near ? "?" : "");
}

/* SpamAssassin has more words than are known here, so of one that only begins like a known one it is asked whether it is
 * that one. */
static void tell_past(struct rules_reader *r, const struct directive *d, struct str word)
{
	const char *near = strchr(d->word, '*') ? suggest(word) : NULL;

	if (policy_keep_word(r->policy, &r->told, word))
		conf_note(r->report, CONF_NOTE_SETTING, &r->at,
			  "'" STR_FMT "' means nothing here (told once per file)%s%s%s",
			  STR_ARG(str_head(word, 60)), near ? "; did you mean " : "",
			  near ? near : "", near ? "?" : "");
}

void rules_directive(struct rules_reader *r, struct str word)
{
	for (size_t i = 0; i < COUNTOF(readers); i++) {
		if (str_eq(word, str_z(readers[i].word))) {
			readers[i].read(r);
			return;
		}
	}
	if (settings_keep(r, word))
		return;
	for (const struct directive *d = directives; d->word; d++) {
		if (fits(word, d->word)) {
			if (d->kind == DIRECTIVE_SETTING)
				tell_past(r, d, word);
			return;
		}
	}
	refuse(r, word);
}
