/* The ordered list of verdicts, from the config. */
#include "policy/match.h"

#include "base/check.h"
#include "base/limits.h"

struct conf_verdict {
	struct conf_text when;
	int action;
	struct conf_text reply, mode;
	struct conf_list recipients;
};

static const char *const actions[] = {
#define X(ID, TEXT, CODE) [ACTION_##ID] = (TEXT),
	ACTIONS(X)
#undef X
		[ACTION_COUNT] = NULL,
};
static const unsigned codes[] = {
#define X(ID, TEXT, CODE) [ACTION_##ID] = (CODE),
	ACTIONS(X)
#undef X
};

static const struct conf_option options[] = {
	{ .name = "when",
	  .type = CONF_EXPR,
	  .offset = offsetof(struct conf_verdict, when),
	  .about = "symbols, score, envelope_score; and or not < <= > >= == != + - * / ( ); "
		   "from.domain == \"example.com\", client.ip in [\"192.0.2.0/24\"]" },
	{ .name = "do",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct conf_verdict, action),
	  .choices = actions,
	  .about =
		  "what happens to the mail: accept, tag, greylist (4xx until it has come back), defer (4xx) "
		  "or reject (5xx)" },
	{ .name = "reply",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct conf_verdict, reply),
	  .optional = true,
	  .about =
		  "\"5.7.1 text\" of a greylist, defer or reject; in it %{client.ip} and the other texts, "
		  "%{SYMBOL.detail}" },
	{ .name = "mode",
	  .type = CONF_EXPR,
	  .offset = offsetof(struct conf_verdict, mode),
	  .fallback = "enforce",
	  .about = "enforce, shadow (only logged as would=) or canary N% (acts on that share)" },
	{ .name = "for",
	  .type = CONF_LIST,
	  .offset = offsetof(struct conf_verdict, recipients),
	  .optional = true,
	  .about = "only for these classes of recipients; none: for all" },
};

const struct conf_block block_verdict = {
	.name = "verdict",
	.about = "What is done with mail.  The first that is true decides; none: accept.",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct conf_verdict),
	.title = CONF_TITLED,
	.repeated = true,
	.sample =
		"verdict \"trusted\" { when = AUTHENTICATED   do = accept }\n"
		"verdict \"forged\"  { when = DMARC_REJECT and not ARC_TRUSTED   do = reject   "
		"reply = \"5.7.1 rejected by the policy of %{DMARC_REJECT.detail}\" }\n"
		"verdict \"crowd\"   { when = FROM_CROWD      do = reject   "
		"reply = \"5.7.1 From has too many authors\" }\n"
		"verdict \"spam\"    { when = score >= 12     do = reject }\n"
		"verdict \"undecided\" { when = DMARC_UNDECIDED and not ARC_TRUSTED   do = defer   "
		"reply = \"4.7.1 not verified yet: %{DMARC_UNDECIDED.detail}\" }\n"
		"verdict \"tagged\"  { when = score >= 6 or DMARC_PERMERROR or FROM_MISSING   do = tag }\n",
};

const char *action_name(enum action action)
{
	CHECK(action < ACTION_COUNT);
	return actions[action];
}

unsigned action_code(enum action action)
{
	CHECK(action < ACTION_COUNT);
	return codes[action];
}

const char *stage_name(enum stage stage)
{
	static const char *const names[] = { [STAGE_RCPT] = "rcpt", [STAGE_END] = "end" };

	CHECK(stage < STAGE_COUNT);
	return names[stage];
}

bool verdict_acts(const struct verdict *v, unsigned canary)
{
	return canary < v->share;
}

static bool resolve(void *ctx, struct str name, struct expr_node *node, struct expr_error *error)
{
	struct policy *p = ctx;
	const struct str shown = str_head(name, 60);
	const struct symbol *s;
	char hint[200];

	if (str_eq(name, STR("score")) || str_eq(name, STR("envelope_score"))) {
		node->op = name.n == 5 ? EXPR_SCORE : EXPR_ENVELOPE_SCORE;
		return true;
	}
	node->op = EXPR_SYMBOL;
	node->symbol = symbol_find(p, name);
	s = node->symbol == SYMBOL_NONE ? NULL : &p->symbols[node->symbol];
	if (s && s->kind == SYMBOL_OFF) {
		snprintf(error->text, sizeof(error->text),
			 STR_FMT " is a rule that this version does not run (%s:%u)",
			 STR_ARG(shown), s->at.file, s->at.line);
		return false;
	}
	if (!s || s->kind == SYMBOL_NAMED) {
		snprintf(error->text, sizeof(error->text), "nobody defines " STR_FMT STR_FMT,
			 STR_ARG(shown), STR_ARG(symbol_hint(p, name, NULL, hint, sizeof(hint))));
		return false;
	}
	p->symbols[node->symbol].in_verdict = true;
	return true;
}

static bool compile_when(struct policy *p, const struct conf_text *when, struct expr *to,
			 struct conf_report *report)
{
	const struct expr_names names = {
		.ctx = p, .resolve = resolve, .is_text = match_is_text, .match = match_in_verdict
	};
	struct conf_place at;
	struct expr_error error;

	if (expr_parse(when->text, &names, &p->arena, to, &error)) {
		to->whole = meta_is_whole(p, to);
		return true;
	}
	at = conf_place_in(when, error.at);
	conf_error(report, &at, "%s", error.text);
	return false;
}

/* "canary 5%": the number, or false. */
static bool canary_percent(struct str text, unsigned *percent)
{
	uint64_t v;

	if (!str_starts(text, STR("canary ")) || !str_ends(text, STR("%")))
		return false;
	text = str_trim(str_from(text, sizeof("canary ") - 1));
	if (!str_u64(str_trim(str_head(text, text.n - 1)), 100, &v))
		return false;
	*percent = (unsigned)v;
	return true;
}

static bool compile_mode(const struct conf_text *mode, struct verdict *v,
			 struct conf_report *report)
{
	struct str text = str_trim(mode->text);

	if (text.n >= 2 && str_starts(text, STR("\"")) && str_ends(text, STR("\"")))
		text = str_trim(str_head(str_from(text, 1), text.n - 2));
	if (str_eq(text, STR("enforce"))) {
		v->mode = MODE_ENFORCE;
		v->share = 100;
	} else if (str_eq(text, STR("shadow"))) {
		v->mode = MODE_SHADOW;
	} else if (canary_percent(text, &v->share)) {
		v->mode = MODE_CANARY;
	} else {
		conf_error(report, &mode->at,
			   "mode is enforce, shadow or canary N%% (0 to 100), not '" STR_FMT "'",
			   STR_ARG(str_head(text, 60)));
		return false;
	}
	return true;
}

static const char *default_reply(enum action action)
{
	switch (action) {
	case ACTION_GREYLIST: /* one of them is empty */
		return "4.7.1 greylisted, try again in "
		       "%{GREYLIST_NEW.detail}%{GREYLIST_EARLY.detail} seconds";
	case ACTION_DEFER:
		return "4.7.1 not now, please try again later";
	case ACTION_REJECT:
		return "5.7.1 refused by the policy of this site";
	case ACTION_ACCEPT:
	case ACTION_TAG:
	case ACTION_COUNT:
		break;
	}
	return "";
}

static bool compile_reply(struct policy *p, const struct conf_text *reply, struct verdict *v,
			  struct conf_report *report)
{
	struct conf_text text = *reply;

	if (!action_code(v->action)) {
		if (reply->text.n)
			conf_warn(report, &reply->at,
				  "'%s' says nothing to the client: reply is not used",
				  action_name(v->action));
		return true;
	}
	if (text.text.n == 0)
		text.text = str_z(default_reply(v->action));
	return template_compile(p, &text, v->action, &v->reply, report);
}

static bool add_class(struct policy *p, const struct conf_text *name, struct verdict *v,
		      struct conf_report *report)
{
	const char *near;

	for (unsigned i = 0; i < p->class_count; i++) {
		if (str_eq(name->text, str_z(p->classes[i]))) {
			v->classes |= UINT64_C(1) << i;
			return true;
		}
	}
	near = conf_suggest(name->text, p->classes, p->class_count);
	conf_error(report, &name->at, "there is no recipients block \"" STR_FMT "\"%s%s%s",
		   STR_ARG(name->text), near ? "; did you mean \"" : "", near ? near : "",
		   near ? "\"?" : "");
	return false;
}

/* It acts on what has to wait only: `when and (GREYLIST_NEW or GREYLIST_EARLY)`.  What has passed, and what nobody
 * could look up, goes on to the next verdict. */
static bool add_wait(struct policy *p, const struct conf_section *section, struct verdict *v,
		     struct conf_report *report)
{
	const symbol_id new = policy_find(p, STR("GREYLIST_NEW")),
			early = policy_find(p, STR("GREYLIST_EARLY"));
	const struct expr_node rest[] = { { .op = EXPR_SYMBOL, .symbol = new },
					  { .op = EXPR_SYMBOL, .symbol = early },
					  { .op = EXPR_OR },
					  { .op = EXPR_AND } };
	struct expr_node *nodes;

	if (new == SYMBOL_NONE || early == SYMBOL_NONE) {
		conf_error(report, &section->at, "do = greylist needs the block greylist");
		return false;
	}
	nodes = policy_keep(p, (v->when.count + COUNTOF(rest)) * sizeof(*nodes));
	memcpy(nodes, v->when.nodes, v->when.count * sizeof(*nodes));
	memcpy(nodes + v->when.count, rest, sizeof(rest));
	v->when.nodes = nodes;
	v->when.count += COUNTOF(rest);
	p->symbols[new].in_verdict = p->symbols[early].in_verdict = true;
	return true;
}

#define ON_FAIL "on_fail" /* the last in the list */

/* The log and the counts go by the name. */
static bool check_name(const struct conf_text *name, struct conf_report *report)
{
	if (!str_eq(name->text, STR(ON_FAIL)))
		return true;
	conf_error(report, &name->at,
		   "\"" ON_FAIL
		   "\" is what defers mail that a filter with on_fail = defer could not "
		   "look at");
	return false;
}

static bool compile_verdict(struct policy *p, const struct conf_section *section,
			    struct conf_report *report)
{
	const struct conf_verdict *c = section->values;
	struct verdict *v = &p->verdicts[p->verdict_count];
	bool ok;

	v->name = policy_keep_str(p, section->title.text).p;
	v->at = section->at;
	v->bit = UINT64_C(1) << p->verdict_count++;
	v->action = (enum action)c->action;
	ok = check_name(&section->title, report);
	ok &= compile_when(p, &c->when, &v->when, report);
	v->written = v->when.count;
	if (ok && v->action == ACTION_GREYLIST && !add_wait(p, section, v, report))
		return false; /* its reply cannot be put together either */
	ok &= compile_mode(&c->mode, v, report);
	ok &= compile_reply(p, &c->reply, v, report);
	for (size_t i = 0; i < c->recipients.count; i++)
		ok &= add_class(p, &c->recipients.items[i], v, report);
	return ok;
}

struct name_finder {
	struct policy *policy;
	void (*fn)(void *ctx, symbol_id id);
	void *ctx;
};

static bool find_name(void *ctx, struct str name, struct expr_node *node, struct expr_error *error)
{
	const struct name_finder *f = ctx;
	const symbol_id id = symbol_find(f->policy, name);

	(void)error;
	node->op = EXPR_NUMBER;
	if (id != SYMBOL_NONE)
		f->fn(f->ctx, id);
	return true;
}

static bool pass_over(void *ctx, const struct expr_match *m, struct expr_node *node,
		      struct expr_error *error)
{
	(void)ctx, (void)m, (void)error;
	node->op = EXPR_NUMBER;
	return true;
}

void verdict_each_name(struct policy *p, const struct conf *conf, void fn(void *ctx, symbol_id id),
		       void *ctx)
{
	struct name_finder finder = { .policy = p, .fn = fn, .ctx = ctx };
	const struct expr_names names = {
		.ctx = &finder, .resolve = find_name, .is_text = match_is_text, .match = pass_over
	};

	for (const struct conf_section *s = conf_first(conf, &block_verdict); s; s = conf_next(s)) {
		const struct conf_verdict *v = s->values;
		struct expr_error ignored;
		struct expr e;

		(void)!expr_parse(v->when.text, &names, &p->arena, &e, &ignored);
	}
}

/* Last in the list: mail is deferred when a filter failed that must not. */
static void add_defer_on(struct policy *p)
{
	struct expr_node *nodes = policy_keep(p, 2 * p->defer_count * sizeof(*nodes));
	struct verdict *v = &p->verdicts[p->verdict_count];
	unsigned n = 0;

	if (p->defer_count == 0)
		return;
	for (unsigned i = 0; i < p->defer_count; i++) {
		p->symbols[p->defer_on[i]].in_verdict = true;
		nodes[n++] = (struct expr_node){ .op = EXPR_SYMBOL, .symbol = p->defer_on[i] };
		if (i > 0)
			nodes[n++] = (struct expr_node){ .op = EXPR_OR };
	}
	p->verdict_count++;
	*v = (struct verdict){
		.name = ON_FAIL,
		.when = { .nodes = nodes, .count = n, .whole = true },
		.written = n,
		.action = ACTION_DEFER,
		.share = 100,
		.bit = UINT64_MAX,
	};
	v->reply.pieces = policy_keep(p, sizeof(*v->reply.pieces));
	v->reply.pieces[v->reply.count++] =
		(struct piece){ .kind = PIECE_TEXT,
				.text = STR("4.7.1 temporarily unable to check this mail") };
}

bool verdict_compile(struct policy *p, const struct conf *conf, struct conf_report *report)
{
	const struct conf_section *s = conf_first(conf, &block_verdict);
	bool ok = true;

	p->verdicts = policy_keep(p, (LIMIT_VERDICTS + 1) * sizeof(*p->verdicts));
	for (; s; s = conf_next(s)) {
		if (p->verdict_count == LIMIT_VERDICTS) {
			conf_error(report, &s->at, "more than %d verdicts", LIMIT_VERDICTS);
			return false;
		}
		ok &= compile_verdict(p, s, report);
	}
	add_defer_on(p);
	return ok;
}

uint64_t policy_class(const struct policy *p, struct str rcpt)
{
	const uint64_t classes = recipients_match(p, rcpt);
	uint64_t bits = 0;

	for (unsigned i = 0; i < p->verdict_count; i++) {
		const struct verdict *v = &p->verdicts[i];

		if (v->bit != UINT64_MAX && (v->classes == 0 || (v->classes & classes)))
			bits |= v->bit;
	}
	return bits;
}

uint64_t policy_acting(const struct policy *p, unsigned canary)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < p->verdict_count; i++)
		if (p->verdicts[i].bit != UINT64_MAX && verdict_acts(&p->verdicts[i], canary))
			bits |= p->verdicts[i].bit;
	return bits;
}
