#include "policy/match.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "mail/domain.h"
#include "mail/path.h"

#include <stdio.h>

const struct text_row text_rows[POLICY_TEXT_COUNT] = {
#define X(ID, NAME, KIND, SYMBOL, NEEDS)                                                           \
	[POLICY_TEXT_##ID] = {                                                                     \
		.name = (NAME), .kind = COMPARE_##KIND, .symbol = (SYMBOL), .needs = (NEEDS)       \
	},
	POLICY_TEXTS(X)
#undef X
};

const char *const text_names[POLICY_TEXT_COUNT] = {
#define X(ID, NAME, KIND, SYMBOL, NEEDS) [POLICY_TEXT_##ID] = (NAME),
	POLICY_TEXTS(X)
#undef X
};

enum policy_text text_find(struct str name)
{
	unsigned i = 0;

	while (i < POLICY_TEXT_COUNT && !str_eq(name, str_z(text_names[i])))
		i++;
	return (enum policy_text)i;
}

const struct symbol *text_finder(const struct policy *p, enum policy_text text)
{
	const symbol_id id = text_rows[text].symbol ? symbol_find(p, str_z(text_rows[text].symbol))
						    : SYMBOL_NONE;

	return id != SYMBOL_NONE && p->symbols[id].kind == SYMBOL_MEASURED ? &p->symbols[id] : NULL;
}

bool text_is_detail(struct str name, struct str *symbol)
{
	const struct str suffix = STR(".detail");

	if (name.n <= suffix.n || !str_ends(name, suffix))
		return false;
	*symbol = str_head(name, name.n - suffix.n);
	return true;
}

/* ---- as the rules and verdicts are read ---- */

bool match_is_text(void *ctx, struct str name)
{
	const enum policy_text text = text_find(name);
	struct str symbol;

	(void)ctx;
	if (text == POLICY_TEXT_COUNT)
		return text_is_detail(name, &symbol);
	return text != POLICY_TEXT_SCORE;
}

/* "example.org", ".example.org", "[192.0.2.1]" (a HELO), "" (none).  In *s U-labels become A-labels, as the texts
 * have them. */
static bool is_domain(struct policy *p, struct str *domain)
{
	const size_t dot = str_starts(*domain, STR(".")) ? 1 : 0;
	struct str s = *domain;

	if (domain_is_utf8(s)) {
		s = domain_ascii(&p->arena, str_from(s, dot));
		if (s.n == 0)
			return false;
		*domain = dot ? arena_printf(&p->arena, "." STR_FMT, STR_ARG(s)) : s;
	}
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && !memchr("-_.:[]", s.p[i], 6))
			return false;
	return s.n == 0 || (s.p[s.n - 1] != '.' && !str_starts(s, STR("..")));
}

/* "*@example.org", "@example.org" and "example.org" mean a domain, and are no sender's; "postmaster" is one. */
static bool is_sender(struct str s)
{
	if (s.n == 0)
		return true;
	return s.p[0] != '@' && !memchr(s.p, '*', s.n) &&
	       (memchr(s.p, '@', s.n) || !memchr(s.p, '.', s.n));
}

static bool is_as(struct str s)
{
	uint64_t number;

	return s.n == 0 ||
	       (str_istarts(s, STR("AS")) && str_u64(str_from(s, 2), UINT32_MAX, &number));
}

/* Adds it as what it is compared with, or says what it is not. */
static const char *take_text(struct policy *p, struct match *m, struct str s)
{
	switch (m->kind) {
	case COMPARE_PLAIN:
		break;
	case COMPARE_DOMAIN:
		if (!is_domain(p, &s))
			return "a domain, or .domain for it and all below it";
		break;
	case COMPARE_ADDRESS:
		if (!ip_net_parse(s, &m->nets.items[m->nets.count++]))
			return "an address or a network";
		break;
	case COMPARE_SENDER:
		if (!is_sender(s))
			return "user@domain; mail_from.domain is for all of a domain";
		s = path_plain(&p->arena, s);
		break;
	case COMPARE_AS:
		if (!is_as(s))
			return "the number of an AS: AS64500";
		break;
	case COMPARE_RECIPIENT:
	case COMPARE_REPLY:
		UNREACHABLE();
	}
	m->items[m->count++] = s;
	return NULL;
}

static bool take_texts(struct policy *p, const struct expr_match *from, struct match *m,
		       struct expr_error *error)
{
	m->items = policy_keep(p, from->count * sizeof(*m->items));
	if (m->kind == COMPARE_ADDRESS)
		m->nets.items = policy_keep(p, from->count * sizeof(*m->nets.items));
	for (const struct expr_text *text = from->texts; text < from->texts + from->count; text++) {
		struct out o = { .p = policy_keep(p, text->quoted.n), .cap = text->quoted.n };
		const char *problem;

		expr_text_value(text, &o);
		problem = take_text(p, m, out_text(&o));
		if (problem) {
			error->at = text->at;
			snprintf(error->text, sizeof(error->text), "'" STR_FMT "' is not %s",
				 STR_ARG(str_head(out_text(&o), 60)), problem);
			return false;
		}
	}
	return true;
}

/* Why texts of this kind are in no expression; NULL: they are. */
static const char *no_comparison(enum comparison kind)
{
	if (kind == COMPARE_RECIPIENT)
		return "name recipients in a block recipients, and that in the verdict's for";
	return kind == COMPARE_REPLY ? "it is for replies" : NULL;
}

/* What is compared. */
static bool take_name(struct policy *p, const struct expr_match *from, struct match *m,
		      struct expr_error *error)
{
	const char *problem;
	struct str name;

	error->at = from->at;
	m->text = text_find(from->name);
	if (m->text != POLICY_TEXT_COUNT) {
		m->kind = text_rows[m->text].kind;
		problem = no_comparison(m->kind);
		if (problem)
			snprintf(error->text, sizeof(error->text), STR_FMT " is not compared: %s",
				 STR_ARG(from->name), problem);
		return !problem;
	}
	m->kind = COMPARE_PLAIN;
	if (!text_is_detail(from->name, &name) || !symbol_name_ok(name)) {
		snprintf(error->text, sizeof(error->text), "'" STR_FMT "' is not a symbol's detail",
			 STR_ARG(str_head(from->name, 60)));
		return false;
	}
	m->detail_of = symbol_intern(p, name);
	return true;
}

static void link_one(struct policy *p, struct symbol *s)
{
	const struct match *m = s->match;
	const struct symbol *finder =
		m->text == POLICY_TEXT_COUNT ? &p->symbols[m->detail_of] : text_finder(p, m->text);

	if (!finder || finder->kind != SYMBOL_MEASURED)
		return;
	s->sources = finder->sources;
	s->stage = finder->stage;
}

void match_link(struct policy *p)
{
	for (unsigned i = 0; i < p->match_count; i++)
		link_one(p, &p->symbols[p->matches[i]]);
}

static bool too_many(struct expr_error *error)
{
	snprintf(error->text, sizeof(error->text), "more than %d symbols", LIMIT_SYMBOLS);
	return false;
}

bool match_in_rule(void *ctx, const struct expr_match *from, struct expr_node *node,
		   struct expr_error *error)
{
	struct policy *p = ctx;
	struct match *m;

	node->op = EXPR_SYMBOL;
	node->symbol = symbol_find(p, from->source);
	if (node->symbol != SYMBOL_NONE)
		return true;
	m = policy_keep(p, sizeof(*m));
	if (!take_name(p, from, m, error) || !take_texts(p, from, m, error))
		return false;
	node->symbol = symbol_intern(p, from->source);
	if (node->symbol == SYMBOL_NONE || m->detail_of == SYMBOL_NONE)
		return too_many(error);
	p->symbols[node->symbol].kind = SYMBOL_MATCH;
	p->symbols[node->symbol].match = m;
	link_one(p, &p->symbols[node->symbol]);
	p->matches = mem_array(p->matches, p->match_count + 1, sizeof(*p->matches));
	p->matches[p->match_count++] = node->symbol;
	return true;
}

struct str match_missing(const struct policy *p, const struct match *m, struct out *o)
{
	const struct symbol *s;
	char hint[200];

	if (m->text != POLICY_TEXT_COUNT) {
		if (text_rows[m->text].needs && !text_finder(p, m->text))
			out_printf(o, "%s needs the block %s", text_names[m->text],
				   text_rows[m->text].needs);
		return out_text(o);
	}
	s = &p->symbols[m->detail_of];
	if (s->kind == SYMBOL_NAMED)
		out_printf(o, "nobody defines " STR_FMT STR_FMT, STR_ARG(s->name),
			   STR_ARG(symbol_hint(p, s->name, s, hint, sizeof(hint))));
	else if (s->kind != SYMBOL_MEASURED)
		out_printf(o, STR_FMT " is a rule: only what filters measure has a detail",
			   STR_ARG(s->name));
	return out_text(o);
}

bool match_in_verdict(void *ctx, const struct expr_match *from, struct expr_node *node,
		      struct expr_error *error)
{
	const struct policy *p = ctx;
	struct out o = { .p = error->text, .cap = sizeof(error->text) - 1 };

	if (!match_in_rule(ctx, from, node, error))
		return false;
	error->at = from->at;
	error->text[match_missing(p, p->symbols[node->symbol].match, &o).n] = '\0';
	return o.n == 0;
}

/* ---- as mail is judged ---- */

static bool is_domain_or_below(struct str value, struct str domain)
{
	if (value.n > 1 && value.p[value.n - 1] == '.')
		value.n--; /* the root's, which a HELO may have */
	if (!str_starts(domain, STR(".")))
		return str_ieq(value, domain);
	return str_iends(value, domain) || str_ieq(value, str_from(domain, 1));
}

static bool equal(enum comparison kind, struct str value, struct str to)
{
	struct str rest;

	if (kind == COMPARE_DOMAIN)
		return is_domain_or_below(value, to);
	if (kind == COMPARE_AS)
		str_cut(value, ' ', &value, &rest);
	return str_ieq(value, to);
}

static bool is_one_of(const struct match *m, struct str value)
{
	for (const struct str *item = m->items; item < m->items + m->count; item++)
		if (equal(m->kind, value, *item))
			return true;
	return false;
}

static bool detail_holds(const struct match *m, const struct evidence *e)
{
	bool none = true;

	for (size_t i = 0; i < e->list_count; i++) {
		for (const struct finding *f = e->lists[i]->first; f; f = f->next) {
			if (f->symbol != m->detail_of)
				continue;
			if (is_one_of(m, f->detail))
				return true;
			none = false;
		}
	}
	return none && is_one_of(m, (struct str){ 0 });
}

static bool is_sender_one_of(const struct match *m, struct str value)
{
	struct arena arena;
	bool is;

	arena_init(&arena, SIZE_MAX);
	is = is_one_of(m, path_plain(&arena, value));
	arena_reset(&arena);
	return is;
}

bool match_holds(const struct match *m, const struct evidence *e)
{
	struct str value;
	unsigned i = 0;

	if (m->text == POLICY_TEXT_COUNT)
		return detail_holds(m, e);
	if (m->kind == COMPARE_ADDRESS)
		return ip_nets_have(&m->nets, &e->client_ip);
	for (; e->text(e->texts, m->text, i, &value); i++)
		if (m->kind == COMPARE_SENDER ? is_sender_one_of(m, value) : is_one_of(m, value))
			return true;
	return i == 0 && is_one_of(m, (struct str){ 0 });
}
