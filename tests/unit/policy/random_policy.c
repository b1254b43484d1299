#include "random_policy.h"

#include "base/check.h"
#include "build.h"

void random_symbol(struct out *o, unsigned i)
{
	if (i == RANDOM_SYMBOLS - 2)
		out_str(o, STR("GREYLIST_NEW"));
	else if (i == RANDOM_SYMBOLS - 1)
		out_str(o, STR("GREYLIST_EARLY"));
	else
		out_printf(o, "S%u", i);
}

/* ---- expressions ---- */

struct writer {
	struct dice *dice;
	struct out *out;
	unsigned metas;  /* M0..M(metas-1) exist already */
	bool in_verdict; /* score may be named, rules that are off may not */
};

const char *const random_texts[RANDOM_TEXTS] = { "a.example", "b.example", "c.b.example", "AS1",
						 "" };

/* Any text, as it can be compared, with something of what it can be. */
static void write_match(struct writer *w)
{
	static const char *const names[] = {
		"client.name",  "client.country", "helo",        "mail_from.domain", "spf.domain",
		"dkim.domains", "dkim.domains",   "from.domain", "S1.detail",        "S4.detail",
	};
	static const char *const others[] = {
		" == \"a.example\"",
		" == \"\"",
		" != \"B.example\"",
		" != \"by-2\"",
		" in [\".b.example\"]",
		" in [\"a.example\", \"\"]",
		" in [\"c.b.example\", \"by-1\",]",
	};

	out_char(w->out, '(');
	if (dice_below(w->dice, 6) == 0)
		out_str(w->out, dice_below(w->dice, 2) ? STR("client.as != \"AS1\"")
						       : STR("client.ip in [\"192.0.2.0/24\"]"));
	else
		out_printf(w->out, "%s%s", names[dice_below(w->dice, COUNTOF(names))],
			   others[dice_below(w->dice, COUNTOF(others))]);
	out_char(w->out, ')');
}

static void write_symbol(struct writer *w)
{
	const unsigned what = dice_below(w->dice, 12);

	if (what >= 10)
		write_match(w);
	else if (what == 0)
		out_printf(w->out, "F%u", dice_below(w->dice, 2));
	else if (what == 1 && !w->in_verdict)
		out_printf(w->out, "__O%u", dice_below(w->dice, 2));
	else if (what < 4 && w->metas)
		out_printf(w->out, "M%u", dice_below(w->dice, w->metas));
	else
		random_symbol(w->out, dice_below(w->dice, RANDOM_SYMBOLS));
}

static void write_number(struct writer *w)
{
	static const char *const numbers[] = { "0", "1", "2", "3.5", "0.5", "7" };

	out_str(w->out, str_z(numbers[dice_below(w->dice, COUNTOF(numbers))]));
}

static void write_expr(struct writer *w, unsigned depth)
{
	static const char *const operators[] = { " and ", " or ", " && ", " || ", " + ",
						 " - ",   " * ",  " / ",  " < ",  " <= ",
						 " > ",   " >= ", " == ", " != " };
	static const char *const prefixes[] = { "!", "-", "not " };
	const unsigned what = dice_below(w->dice, 8);

	if (depth == 0 || what == 0) {
		write_symbol(w);
	} else if (what == 1) {
		write_number(w);
	} else if (what == 2) {
		out_char(w->out, '(');
		out_str(w->out, str_z(prefixes[dice_below(w->dice, COUNTOF(prefixes))]));
		write_expr(w, depth - 1);
		out_char(w->out, ')');
	} else if (what == 3 && w->in_verdict) {
		out_printf(w->out, "(%sscore %s %d)", dice_below(w->dice, 3) ? "" : "envelope_",
			   dice_below(w->dice, 2) ? ">=" : "<", (int)dice_below(w->dice, 12) - 2);
	} else {
		out_char(w->out, '(');
		write_expr(w, depth - 1);
		out_str(w->out,
			str_z(operators[dice_below(w->dice, what < 6 ? 4 : COUNTOF(operators))]));
		write_expr(w, depth - 1);
		out_char(w->out, ')');
	}
}

/* ---- rules and verdicts ---- */

static void write_score(struct out *o, struct dice *d)
{
	out_printf(o, " %d.%u\n", (int)dice_below(d, 7) - 2, dice_below(d, 10));
}

static void write_rules(struct out *o, struct dice *d)
{
	struct writer w = { .dice = d, .out = o };

	out_str(o, STR("header __O0 x =~ /y/\nbody __O1 /y/\n"));
	for (unsigned i = 0; i < RANDOM_SYMBOLS; i++)
		if (dice_below(d, 3)) {
			out_str(o, STR("score "));
			random_symbol(o, i);
			write_score(o, d);
		}
	for (unsigned n = dice_below(d, 7); w.metas < n; w.metas++) {
		out_printf(o, "meta M%u ", w.metas);
		write_expr(&w, 3);
		out_char(o, '\n');
		if (dice_below(d, 2)) {
			out_printf(o, "score M%u", w.metas);
			write_score(o, d);
		}
	}
	/* The verdicts may name M0 to M5. */
	for (unsigned i = w.metas; i < 6; i++)
		out_printf(o, "meta M%u S%u\n", i, i);
}

static void write_verdict(struct out *o, struct dice *d, unsigned i)
{
	static const char *const what[] = {
		"accept",
		"tag",
		"greylist",
		"greylist",
		"greylist reply = \"4.7.1 %{S2.detail}%{GREYLIST_EARLY.detail}\"",
		"defer",
		"reject",
		"reject",
		"reject reply = \"listed\"",
		"reject reply = \"%{S0.detail}\"",
		"defer reply = \"4.7.1 %{S3.detail} %{S4.detail} %{client.ip}\"",
		"reject reply = \"5.7.1 scored %{score}\"",
		"reject reply = \"5.7.1 %{spf.domain} %{helo}\"",
		"reject reply = \"5.7.1 %{dkim.domains}\"",
	};
	static const char *const modes[] = { "enforce", "enforce", "enforce", "shadow",
					     "canary 50%" };
	struct writer w = { .dice = d, .out = o, .metas = 6, .in_verdict = true };

	out_printf(o, "verdict \"v%u\" { when = ", i);
	write_expr(&w, 2);
	out_printf(o, "\n do = %s", what[dice_below(d, COUNTOF(what))]);
	out_printf(o, "\n mode = %s%s }\n", modes[dice_below(d, COUNTOF(modes))],
		   dice_below(d, 4) ? "" : "\n for = c");
}

/* The symbols that find texts, each of a source of its own choice. */
static void define_texts(struct random_policy *r, struct dice *d)
{
	static const char *const finders[POLICY_TEXT_COUNT] = {
#define X(ID, NAME, KIND, SYMBOL, NEEDS) [POLICY_TEXT_##ID] = (SYMBOL),
		POLICY_TEXTS(X)
#undef X
	};

	for (unsigned i = 0; i < POLICY_TEXT_COUNT; i++) {
		const unsigned source = dice_below(d, RANDOM_SOURCES);

		if (!finders[i])
			continue;
		r->text_sources[i] = UINT64_C(1) << source;
		policy_symbol(r->policy, str_z(finders[i]), source,
			      source < RANDOM_SOURCES / 2 ? STAGE_RCPT : STAGE_END, "x");
	}
}

static void define(struct random_policy *r, struct dice *d)
{
	static const char *const facts[] = { "F0", "F1" };

	for (size_t i = 0; i < COUNTOF(facts); i++)
		policy_fact(r->policy, str_z(facts[i]), "fact");
	for (unsigned i = 0; i < RANDOM_SYMBOLS; i++) {
		char bytes[16];
		struct out name = OUT(bytes);

		random_symbol(&name, i);
		for (unsigned n = 0; n < 1 + (i % 4 == 0); n++) {
			const unsigned source = dice_below(d, RANDOM_SOURCES);

			r->sources[i] |= UINT64_C(1) << source;
			policy_symbol(r->policy, out_text(&name), source,
				      source < RANDOM_SOURCES / 2 ? STAGE_RCPT : STAGE_END, "x");
		}
	}
	define_texts(r, d);
	if (dice_below(d, 4) == 0)
		policy_defer_on(r->policy, policy_find(r->policy, STR("S7")));
}

void random_policy_open(struct random_policy *r, struct dice *d)
{
	static const struct conf_block *const blocks[] = { &block_verdict, &block_recipients };
	struct complaints c;

	*r = (struct random_policy){ .policy = policy_new() };
	r->rules = OUT(r->rules_bytes);
	r->config = OUT(r->conf_bytes);
	complaints_init(&c);
	define(r, d);
	write_rules(&r->rules, d);
	policy_parse_rules(r->policy, out_text(&r->rules), "rules", &c.report);
	out_str(&r->config, STR("recipients \"c\" { match = \"@c.example\" }\n"));
	for (unsigned i = 0, n = 1 + dice_below(d, 7); i < n; i++)
		write_verdict(&r->config, d, i);
	CHECK(!r->rules.full && !r->config.full);
	r->conf = conf_parse(out_text(&r->config), "conf", blocks, COUNTOF(blocks), &c.report);
	if (!r->conf || !policy_compile(r->policy, r->conf, &c.report))
		fprintf(stderr, "%s" STR_FMT STR_FMT, complaints_text(&c),
			STR_ARG(out_text(&r->rules)), STR_ARG(out_text(&r->config)));
	CHECK(c.report.errors == 0);
}

void random_policy_close(struct random_policy *r)
{
	conf_free(r->conf);
	policy_free(r->policy);
}
