/* patterns.c - the filter: what rule files look for in a message, found by regular expressions.
 *
 * Rules are grouped by what they look at: each text is made once for all of them.  Texts are not kept; what is kept for
 * `full` rules is the message's head, and only when there is such a rule.
 *
 * An expression that comes to its limits has not matched, and PATTERNS_LIMIT says so.  All of them together have what the other
 * filters have left of a message's time; what is not run then makes the message's judgement degraded.  Rules on header fields
 * and those on the whole message have half of it each time, and each phase an eighth in any case: so none of them, nor a body
 * that is long to read, takes it all from the others. */
#include "base/check.h"
#include "base/eight.h"
#include "base/mem.h"
#include "filters/content/body.h"
#include "filters/content/text.h"
#include "filters/pattern/rule.h"
#include "filters/received/relays.h"
#include "filters/spent.h"
#include "filters/uri/uris.h"

enum {
	BEHIND = 64, /* bytes that may be read behind a text */
	LEAST = 8,   /* of a message's time, this part is a phase's in any case */
};
enum { PIECES = LIMIT_URI_TEXTS > LIMIT_PATTERN_PARTS ? LIMIT_URI_TEXTS : LIMIT_PATTERN_PARTS };

struct patterns_conf {
	struct filter_common common;
	int64_t cpu_time_ms;
};

/* Of one message at a time; a worker has one. */
struct scratch {
	struct rule_tools tools;
	struct view_index index;
	char *text;
	uint32_t ends[PIECES]; /* of pieces of it */
};

struct looker {
	struct rule_set set;
	bool ready;
	const struct rule_group *whole; /* of `full` rules; NULL: none */
	filter_symbol limit;
	int64_t time_ns; /* of CPU, for a message */
	struct scratch *scratch;
};

struct looker_state {
	char *bytes; /* for `full` rules: the message's head */
	size_t n;
	struct rule_effort effort;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(patterns_conf),
	{ .name = "cpu_time",
	  .type = CONF_TIME,
	  .offset = offsetof(struct patterns_conf, cpu_time_ms),
	  .fallback = "30ms",
	  .min = 1,
	  .max = LIMIT_PATTERNS_CPU_MS,
	  .about = "CPU time of filters on one message: rules that are left then are not run" },
};

const struct conf_block block_patterns = {
	.name = "patterns",
	.about =
		"what rule files look for in a message (header, body, rawbody, mimeheader, uri and full rules)",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct patterns_conf),
	.always = true,
};

/* ---- setup ---- */

static void drop_scratch(void *scratch)
{
	struct scratch *x = scratch;

	rule_tools_close(&x->tools);
	view_index_close(&x->index);
	mem_free(x->text);
	mem_free(x);
}

int64_t patterns_time_ns(const struct conf_section *section)
{
	return ((const struct patterns_conf *)section->values)->cpu_time_ms * 1000000;
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct looker *l = arena_new(filter_setup_arena(s), struct looker);

	if (!l)
		return NULL;
	l->time_ns = patterns_time_ns(section);
	l->scratch = mem_new(sizeof(*l->scratch));
	rule_tools_open(&l->scratch->tools);
	if (!filter_setup_own(s, l->scratch, drop_scratch))
		return NULL;
	for (unsigned phase = PHASE_HEADER; phase <= PHASE_ALIGN; phase++)
		l->limit = filter_define(s, STR("PATTERNS_LIMIT"), (enum filter_phase)phase,
					 "a rule came to the limits of looking at a text");
	return l;
}

/* A struct patterns is policy's, and lives as long as the config. */
static void patterns(struct filter_setup *s, void *conf, const struct patterns *patterns)
{
	struct looker *l = conf;

	if (!rule_set_read(&l->set, s, &l->scratch->tools, patterns))
		return; /* reported */
	for (size_t i = 0; i < l->set.group_count; i++)
		if (l->set.groups[i].view.pattern.source == PATTERN_WHOLE)
			l->whole = &l->set.groups[i];
	view_index_open(&l->scratch->index, l->set.names);
	/* Zeroed, which costs no page of it: PCRE2's machine code looks at whole vectors, past the end of a text. */
	l->scratch->text = mem_new(LIMIT_PATTERN_VIEW + BEHIND);
	l->ready = l->set.rule_count != 0;
}

/* ---- a message ---- */

/* Matches of a phase: what is left of the message's time. */
static void begin(struct filter_run *run, struct looker_state *s, enum filter_phase phase)
{
	const struct looker *l = filter_conf(run);
	const unsigned part = phase == PHASE_ALIGN ? 1 : 2;

	regex_engine_allow(l->scratch->tools.engine, filter_share_ns(run, l->time_ns, part, LEAST));
	s->effort.no_time = false;
}

static void finish(struct filter_run *run, const struct looker_state *s)
{
	if (s->effort.no_time)
		filter_unavailable(run, STR("no time is left for all rules"));
}

static void look_at(struct filter_run *run, struct rule_effort *effort,
		    const struct rule_group *group, const struct rule_text *text)
{
	const struct looker *l = filter_conf(run);
	const int *hits = l->scratch->tools.hits;

	group_look(group, &l->scratch->tools, text, effort);
	for (size_t i = 0; i < group->count; i++) {
		if (hits[i] > 0)
			filter_hit(run, group->rules[i].symbol, (unsigned)hits[i]);
		else if (hits[i] == RULE_GAVE_UP)
			filter_report(run, l->limit, group->rules[i].pattern->rule);
	}
}

static void look_at_one(struct filter_run *run, struct rule_effort *effort,
			const struct rule_group *group, struct str text, bool there)
{
	const uint32_t end = (uint32_t)text.n;
	const struct rule_text one = { .bytes = text.p, .ends = &end, .count = 1, .there = there };

	look_at(run, effort, group, &one);
}

static bool put_relays(struct filter_run *run, const struct filter_facts *facts,
		       enum relays_side side, struct out *o)
{
	relays_put(relays_of(run, facts), side, o);
	return o->n != 0;
}

static bool put_fields(struct filter_run *run, const struct view *v,
		       const struct filter_facts *facts, enum relays_side side, struct out *o)
{
	const struct looker *l = filter_conf(run);
	const struct relays *relays = relays_of(run, facts);
	struct view_index part = l->scratch->index;
	struct view all = *v;

	all.pattern.source = PATTERN_ALL;
	part.header = relays_fields(relays, side, facts->header);
	relays_put_own(relays, side, o);
	(void)view_put(&all, &part, o);
	return o->n != 0;
}

/* What is in no header section is made of what else is known. */
static bool put_view(struct filter_run *run, const struct view *v, const struct filter_facts *facts,
		     struct out *o)
{
	const struct looker *l = filter_conf(run);
	const struct source *source = source_of(v->pattern.source);

	switch (source->maker) {
	case SOURCE_SENDER:
		out_str(o, relays_sender(run, facts));
		return true;
	case SOURCE_RELAYS:
		return put_relays(run, facts, source->side, o);
	case SOURCE_RELAY_FIELDS:
		return put_fields(run, v, facts, source->side, o);
	case SOURCE_FIELDS:
	case SOURCE_HEADER:
	case SOURCE_BODY:
		break;
	}
	return view_put(v, &l->scratch->index, o);
}

static void keep_piece(struct looker_state *state, struct str piece)
{
	piece = str_head(piece, LIMIT_PATTERN_VIEW - state->n);
	if (piece.n)
		memcpy(state->bytes + state->n, piece.p, piece.n);
	state->n += piece.n;
}

/* Bytes as lines that end in LF, as long as there is room for them. */
static void keep(struct looker_state *state, struct str bytes)
{
	const char *p = bytes.p, *const end = bytes.p + bytes.n;

	while (p < end && state->n < LIMIT_PATTERN_VIEW) {
		const char *cr = eight_seek(p, end, '\r');

		keep_piece(state, (struct str){ .p = p, .n = (size_t)(cr - p) });
		p = cr + 1;
	}
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	const struct looker *l = filter_conf(run);
	struct looker_state *s = state;

	if (!l->ready)
		return FILTER_DONE;
	begin(run, s, PHASE_HEADER);
	view_index_fill(&l->scratch->index, l->set.names, facts->header);
	/* Whether a field is there is known without time, too. */
	for (size_t i = 0; i < l->set.group_count; i++) {
		const struct rule_group *group = &l->set.groups[i];
		struct out o = { .p = l->scratch->text, .cap = LIMIT_PATTERN_VIEW };
		bool there;

		if (group->phase != PHASE_HEADER)
			continue;
		there = put_view(run, &group->view, facts, &o);
		look_at_one(run, &s->effort, group, out_text(&o), there);
	}
	finish(run, s);
	if (l->whole) {
		s->bytes = mem_array(NULL, LIMIT_PATTERN_VIEW + BEHIND, 1);
		keep(s, facts->header);
	}
	return FILTER_DONE;
}

static void on_body(struct filter_run *run, struct str bytes, void *state)
{
	struct looker_state *s = state;

	(void)run;
	if (s->bytes)
		keep(s, bytes);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	const struct looker *l = filter_conf(run);
	struct looker_state *s = state;

	(void)facts;
	if (!l->whole)
		return FILTER_DONE;
	memset(s->bytes + s->n, 0, BEHIND);
	begin(run, s, PHASE_END);
	look_at_one(run, &s->effort, l->whole, (struct str){ .p = s->bytes, .n = s->n }, true);
	finish(run, s);
	return FILTER_DONE;
}

/* ---- its body, and what is in it ---- */

static void look_at_pieces(struct filter_run *run, struct rule_effort *effort,
			   const struct rule_group *group, const struct body_pieces *pieces)
{
	const struct rule_text text = { .bytes = pieces->bytes,
					.ends = pieces->ends,
					.count = pieces->count,
					.there = true,
					.subject = group->view.pattern.source == PATTERN_RENDERED };

	look_at(run, effort, group, &text);
}

/* The group before this one may have left it.  An empty one lies where the next does. */
static void index_part(const struct looker *l, const struct body_pieces *headers, uint32_t part)
{
	const struct str header = body_piece(headers, part);
	struct view_index *index = &l->scratch->index;

	if (index->header.p == header.p && index->header.n == header.n)
		return;
	if (part == 0)
		view_index_fill(index, l->set.names, header);
	else
		view_index_fill_part(index, l->set.names, header);
}

/* A piece for each part, empty where there is no such field in it. */
static void look_at_parts(struct filter_run *run, struct rule_effort *effort,
			  const struct rule_group *group, const struct body_pieces *headers)
{
	const struct looker *l = filter_conf(run);
	struct scratch *x = l->scratch;
	struct out o = { .p = x->text, .cap = LIMIT_PATTERN_VIEW };
	struct rule_text text = { .bytes = x->text, .ends = x->ends, .there = true };

	CHECK(headers->count <= LIMIT_PATTERN_PARTS);
	for (; text.count < headers->count; text.count++) {
		index_part(l, headers, text.count);
		view_put(&group->view, &x->index, &o);
		x->ends[text.count] = (uint32_t)o.n;
	}
	look_at(run, effort, group, &text);
}

/* A piece for each form of each URI. */
static void look_at_uris(struct filter_run *run, struct rule_effort *effort,
			 const struct rule_group *group, const struct uris *uris)
{
	const struct looker *l = filter_conf(run);
	struct scratch *x = l->scratch;
	struct out o = { .p = x->text, .cap = LIMIT_PATTERN_VIEW };
	struct rule_text text = { .bytes = x->text, .ends = x->ends, .there = true };

	CHECK(uris->text_count <= PIECES);
	for (uint16_t i = 1; i <= uris->text_count; i++) {
		if (!uris->texts[i - 1].form)
			continue;
		out_str(&o, uris_text(uris, i));
		x->ends[text.count++] = (uint32_t)o.n;
	}
	look_at(run, effort, group, &text);
}

static void look_at_body(struct filter_run *run, struct rule_effort *effort,
			 const struct rule_group *group, const struct body_pieces *pieces)
{
	if (group->view.pattern.parts)
		look_at_parts(run, effort, group, &pieces[BODY_HEADERS]);
	else if (group->view.pattern.source == PATTERN_RENDERED)
		look_at_pieces(run, effort, group, &pieces[BODY_RENDERED]);
	else
		look_at_pieces(run, effort, group, &pieces[BODY_RAW]);
}

static void look_at_group(struct filter_run *run, struct rule_effort *effort,
			  const struct rule_group *group, const struct filter_facts *facts)
{
	if (group->view.pattern.source == PATTERN_URIS)
		look_at_uris(run, effort, group, facts->uris);
	else if (facts->text->body)
		look_at_body(run, effort, group, facts->text->body->pieces);
}

/* The text, which may take all the time there is, comes last. */
static bool is_text(const struct rule_group *group)
{
	return !group->view.pattern.parts && group->view.pattern.source != PATTERN_URIS;
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *state)
{
	const struct looker *l = filter_conf(run);
	const size_t count = l->set.group_count;
	struct looker_state *s = state;

	if (!l->ready)
		return FILTER_DONE;
	begin(run, s, PHASE_ALIGN);
	/* What another message has left there lay in memory that may be this one's now. */
	view_index_fill(&l->scratch->index, l->set.names, (struct str){ 0 });
	for (size_t i = 0; i < 2 * count && !s->effort.no_time; i++) {
		const struct rule_group *group = &l->set.groups[i % count];

		if (group->phase == PHASE_ALIGN && is_text(group) == (i >= count))
			look_at_group(run, &s->effort, group, facts);
	}
	finish(run, s);
	return FILTER_DONE;
}

static void end(void *state)
{
	mem_free(((struct looker_state *)state)->bytes);
}

const struct filter filter_patterns = {
	.name = "patterns",
	.about = "what rule files look for in a message",
	.block = &block_patterns,
	.state_size = sizeof(struct looker_state),
	.setup = setup,
	.patterns = patterns,
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end, [PHASE_ALIGN] = on_align },
	.body = on_body,
	.end = end,
};
