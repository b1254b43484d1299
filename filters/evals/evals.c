/* evals.c - the filter: what rule files want computed of a message (evals.def).
 *
 * A function that no rule asks for costs nothing; without any nothing is set up. */
#include "filters/evals/eval.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/content/tally.h"
#include "filters/content/text.h"
#include "filters/suffixes.h"
#include "filters/hit.h"
#include "filters/regex/regex.h"
#include "filters/spent.h"
#include "filters/pattern/view.h"

#include <math.h>
#include <stdlib.h>

/* Of a message's time, what expressions of a phase may take, which rules bring: a part of what is left, and one of all of it in
 * any case. */
enum { PART = 2, LEAST = 16 };

struct evals_conf {
	struct filter_common common;
};

static const struct {
	struct str name;
	enum filter_phase phase;
	const char *arguments;
	eval_fn *function;
} rows[] = {
#define EVAL(NAME, PHASE, ARGUMENTS, ABOUT)                                                        \
	{ STR_INIT(#NAME), PHASE_##PHASE, (ARGUMENTS), eval_##NAME },
#include "filters/evals/evals.def"
#undef EVAL
};

static const struct pattern_view view_rows[] = {
#define VIEW(ID, SOURCE, PART, PICK, FIELD)                                                        \
	{ .source = PATTERN_##SOURCE,                                                              \
	  .part = PATTERN_##PART,                                                                  \
	  .pick = PATTERN_##PICK,                                                                  \
	  .field = STR_INIT(FIELD) },
#include "filters/evals/views.def"
#undef VIEW
};

static const struct {
	struct str text, flags;
} expression_rows[] = {
#define EXPRESSION(ID, TEXT, FLAGS) { STR_INIT(TEXT), STR_INIT(FLAGS) },
#include "filters/evals/expressions.def"
#undef EXPRESSION
};

struct eval_rule {
	eval_fn *function;
	enum filter_phase phase;
	bool asks_field; /* its first argument is the name of one */
	struct eval_args args;
	filter_symbol symbol;
};

/* Of one message at a time. */
struct eval_scratch {
	struct view_names *names;
	struct view views[VIEW_COUNT];
	struct view_index index;
	struct regex_engine *engine;
	struct regex *expressions[EXPRESSION_COUNT];
	const struct suffixes *suffixes;
	struct people people, spare;
	struct emails emails;
	struct words *words;
	bool indexed, has_people;
	bool made[VIEW_COUNT];
	struct str texts[VIEW_COUNT];
	struct out out; /* the texts */
	char copy[LIMIT_RECEIVED_FIELD + 64];
	char *relays, organizations[2][LIMIT_DNS_NAME + 1];
	unsigned turn;
};

struct evals {
	struct eval_rule *rules;
	size_t count;
	struct eval_lists lists;
	int64_t time_ns;              /* of CPU, for a message */
	struct eval_scratch *scratch; /* NULL: there are no rules */
};

static const struct conf_option options[] = { FILTER_COMMON_OPTIONS(evals_conf) };

const struct conf_block block_evals = {
	.name = "evals",
	.about = "what rule files want computed of a message (eval: rules)",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct evals_conf),
	.always = true,
};

/* ---- setup ---- */

static void drop_scratch(void *scratch)
{
	struct eval_scratch *x = scratch;

	for (size_t i = 0; i < EXPRESSION_COUNT; i++)
		regex_free(x->expressions[i]);
	regex_engine_free(x->engine);
	eval_words_free(x->words);
	view_index_close(&x->index);
	mem_free(x->out.p);
	mem_free(x->relays);
	mem_free(x);
}

static void compile(struct eval_scratch *x)
{
	struct regex_error error;

	for (size_t i = 0; i < EXPRESSION_COUNT; i++) {
		x->expressions[i] =
			regex_compile(expression_rows[i].text, expression_rows[i].flags, &error);
		CHECK(x->expressions[i] != NULL);
	}
}

/* Fields that rules ask for are in the index, too. */
static bool number_fields(struct eval_scratch *x, struct arena *arena, struct evals *e)
{
	for (size_t i = 0; i < e->count; i++) {
		struct eval_args *args = &e->rules[i].args;
		struct view v = { .pattern.source = PATTERN_FIELD };
		struct str rest;

		if (!e->rules[i].asks_field)
			continue;
		str_cut(args->text[0], ':', &v.pattern.field, &rest);
		if (!view_prepare(x->names, arena, &v))
			return false;
		args->field = v.names[0];
	}
	return true;
}

static bool open_scratch(struct filter_setup *s, struct evals *e)
{
	struct eval_scratch *x = mem_new(sizeof(*x));
	bool ok;

	x->engine = regex_engine_new();
	x->names = view_names_new(filter_setup_arena(s));
	ok = x->names != NULL;
	for (size_t i = 0; ok && i < VIEW_COUNT; i++) {
		x->views[i].pattern = view_rows[i];
		ok = view_prepare(x->names, filter_setup_arena(s), &x->views[i]);
	}
	ok = ok && number_fields(x, filter_setup_arena(s), e);
	if (ok) {
		view_index_open(&x->index, x->names);
		x->out.p = mem_new(LIMIT_PATTERN_VIEW);
		x->relays = mem_new(LIMIT_PATTERN_VIEW);
		x->suffixes = filter_setup_suffixes(s, NULL);
		compile(x);
	}
	e->scratch = ok ? x : NULL;
	return filter_setup_own(s, x, drop_scratch) && ok;
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct evals *e = arena_new(filter_setup_arena(s), struct evals);

	(void)section;
	if (e)
		e->time_ns = filter_setup_time_ns(s);
	return e;
}

static size_t find(struct str name)
{
	size_t row = 0;

	while (row < COUNTOF(rows) && !str_eq(rows[row].name, name))
		row++;
	return row;
}

static bool answers(struct str function)
{
	char bytes[80];
	struct out o = OUT(bytes);

	return find(spelled_today(function, &o)) < COUNTOF(rows);
}

static void warn_of_unknown(struct filter_setup *s, const struct rule_call *call)
{
	const char *words[COUNTOF(rows)];
	const char *near;

	for (size_t i = 0; i < COUNTOF(rows); i++)
		words[i] = rows[i].name.p;
	near = conf_suggest(call->function, words, COUNTOF(rows));
	conf_note(filter_setup_report(s), CONF_NOTE_OFF, &call->at,
		  "the function " STR_FMT " is not known here: " STR_FMT " is off%s%s%s",
		  STR_ARG(str_head(call->function, 60)), STR_ARG(call->rule),
		  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static void add_rule(struct filter_setup *s, struct evals *e, const struct rule_call *call)
{
	struct eval_rule *rule = &e->rules[e->count];
	char bytes[80];
	struct out o = OUT(bytes);
	const struct str name = spelled_today(call->function, &o);
	const size_t row = find(name);

	if (row == COUNTOF(rows) && filter_answers(name))
		return;
	if (row == COUNTOF(rows)) {
		warn_of_unknown(s, call);
		return;
	}
	if (!args_read(s, call, rows[row].arguments, &rule->args)) {
		conf_note(filter_setup_report(s), CONF_NOTE_OFF, &call->at,
			  STR_FMT " takes other arguments: " STR_FMT " is off",
			  STR_ARG(call->function), STR_ARG(call->rule));
		return;
	}
	rule->function = rows[row].function;
	rule->phase = rows[row].phase;
	rule->asks_field = rows[row].arguments[0] == 'f';
	rule->symbol = filter_define_hit(s, call->rule, rule->phase);
	e->count += !call->idle;
}

static void patterns(struct filter_setup *s, void *conf, const struct patterns *patterns)
{
	struct evals *e = conf;

	e->rules = arena_alloc(filter_setup_arena(s), patterns->call_count * sizeof(*e->rules) + 1);
	for (size_t i = 0; e->rules && i < patterns->call_count; i++)
		add_rule(s, e, &patterns->calls[i]);
	if (!lists_read(&e->lists, filter_setup_arena(s), patterns->settings,
			filter_setup_report(s)))
		conf_error(filter_setup_report(s), &patterns->settings->at,
			   "too much memory for lists");
	if (e->count && !open_scratch(s, e))
		e->count = 0; /* reported */
}

/* ---- what functions ask for ---- */

double eval_once(struct eval_mail *m, enum eval_memo memo, double (*compute)(struct eval_mail *m))
{
	if (!m->known[memo])
		m->memos[memo] = compute(m);
	m->known[memo] = true;
	return m->memos[memo];
}

static const struct view_index *index_of(struct eval_mail *m)
{
	struct eval_scratch *x = m->scratch;

	if (!x->indexed)
		view_index_fill(&x->index, x->names, m->facts->header);
	x->indexed = true;
	return &x->index;
}

bool eval_next_field(struct eval_mail *m, const struct eval_args *args, unsigned *at,
		     struct str *value)
{
	const struct view_index *index = index_of(m);

	*at = *at ? index->entries[*at - 1].next : index->first[args->field];
	if (*at)
		*value = index->entries[*at - 1].field.value;
	return *at != 0;
}

struct str eval_text(struct eval_mail *m, enum eval_view view)
{
	struct eval_scratch *x = m->scratch;
	struct out o = { .p = x->out.p + x->out.n, .cap = x->out.cap - x->out.n };

	if (x->made[view])
		return x->texts[view];
	x->made[view] = true;
	x->texts[view] =
		view_put(&x->views[view], index_of(m), &o) ? out_text(&o) : (struct str){ 0 };
	x->out.n += o.n;
	return x->texts[view];
}

struct str eval_line(struct eval_mail *m, enum eval_view view)
{
	struct str line, rest;

	str_cut(eval_text(m, view), '\n', &line, &rest);
	return line;
}

static bool lies_in(struct str text, const char *bytes)
{
	return text.p >= bytes && text.p < bytes + LIMIT_PATTERN_VIEW;
}

/* With bytes behind it that are known: PCRE2's machine code looks at whole vectors.  What is no text of ours is copied, as
 * far as it has room. */
static struct str with_end(struct eval_scratch *x, struct str text)
{
	if (text.n == 0 || lies_in(text, x->out.p) || lies_in(text, x->relays))
		return text;
	text = str_head(text, LIMIT_RECEIVED_FIELD);
	memcpy(x->copy, text.p, text.n);
	return (struct str){ .p = x->copy, .n = text.n };
}

bool eval_matches(struct eval_mail *m, enum eval_expression expression, struct str text)
{
	return eval_matches_regex(m, m->scratch->expressions[expression], text);
}

bool eval_matches_inside(struct eval_mail *m, const struct regex *regex, struct str text)
{
	return regex_count(m->scratch->engine, regex, text, 1) > 0;
}

bool eval_has_time(const struct eval_mail *m)
{
	return !regex_engine_is_over(m->scratch->engine);
}

bool eval_matches_regex(struct eval_mail *m, const struct regex *regex, struct str text)
{
	return eval_matches_inside(m, regex, with_end(m->scratch, text));
}

const struct tally *eval_tally(const struct eval_mail *m)
{
	static const struct tally none;

	return m->facts->text && m->facts->text->tally ? m->facts->text->tally : &none;
}

const struct eval_lists *eval_lists(const struct eval_mail *m)
{
	return &((const struct evals *)filter_conf(m->run))->lists;
}

const struct people *eval_people(struct eval_mail *m)
{
	struct eval_scratch *x = m->scratch;

	if (!x->has_people)
		people_read(&x->people, m->facts->header, relays_sender(m->run, m->facts));
	x->has_people = true;
	return &x->people;
}

struct people *eval_spare(struct eval_mail *m)
{
	return &m->scratch->spare;
}

struct words **eval_words(struct eval_mail *m)
{
	return &m->scratch->words;
}

struct emails *eval_emails(struct eval_mail *m)
{
	return &m->scratch->emails;
}

const struct suffixes *eval_suffixes(const struct eval_mail *m)
{
	return m->scratch->suffixes;
}

struct str eval_relays(struct eval_mail *m, enum relays_side side)
{
	struct out o = { .p = m->scratch->relays, .cap = LIMIT_PATTERN_VIEW - 64 };

	relays_put(relays_of(m->run, m->facts), side, &o);
	return out_text(&o);
}

struct str eval_organization(struct eval_mail *m, struct str domain)
{
	struct eval_scratch *x = m->scratch;
	char *to = x->organizations[x->turn++ % 2];
	size_t n = domain.n < LIMIT_DNS_NAME ? domain.n : LIMIT_DNS_NAME;

	for (size_t i = 0; i < n; i++)
		to[i] = ascii_lower(domain.p[i]);
	to[n] = '\0';
	if (!x->suffixes)
		return (struct str){ .p = to, .n = n };
	return suffixes_organization(x->suffixes, (struct str){ .p = to, .n = n });
}

bool eval_from_to(const struct eval_args *args, unsigned first, double value)
{
	const double from = args->number[first], to = args->number[first + 1];

	return (isnan(from) || value >= from) && (isnan(to) || value < to);
}

bool eval_above_to(const struct eval_args *args, unsigned first, double value)
{
	const double from = args->number[first];
	const double to = first + 1 < args->count ? args->number[first + 1] : (double)NAN;

	return value > from && (isnan(to) || value <= to);
}

/* ---- a message ---- */

static enum filter_step run_phase(struct filter_run *run, const struct filter_facts *facts,
				  enum filter_phase phase)
{
	const struct evals *e = filter_conf(run);
	struct eval_mail m = { .run = run, .facts = facts, .scratch = e->scratch };

	if (!e->scratch)
		return FILTER_DONE;
	e->scratch->indexed = e->scratch->has_people = false;
	regex_engine_allow(e->scratch->engine, filter_share_ns(run, e->time_ns, PART, LEAST));
	memset(e->scratch->made, 0, sizeof(e->scratch->made));
	e->scratch->out.n = 0;
	e->scratch->out.cap =
		LIMIT_PATTERN_VIEW - 64; /* machine code looks past the end of a text */
	for (size_t i = 0; i < e->count; i++)
		if (e->rules[i].phase == phase && e->rules[i].function(&m, &e->rules[i].args))
			filter_hit(run, e->rules[i].symbol, 1);
	if (!eval_has_time(&m))
		filter_unavailable(run, STR("no time is left for all functions"));
	return FILTER_DONE;
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	(void)state;
	return run_phase(run, facts, PHASE_HEADER);
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *state)
{
	(void)state;
	return run_phase(run, facts, PHASE_ALIGN);
}

const struct filter filter_evals = {
	.name = "evals",
	.about = "what rule files want computed of a message",
	.block = &block_evals,
	.setup = setup,
	.patterns = patterns,
	.answers = answers,
	.on = { [PHASE_HEADER] = on_header, [PHASE_ALIGN] = on_align },
};
