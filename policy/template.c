/* template.c - see template.h.
 *
 * What goes in may come from strangers (HELO, a TXT record), so everything that is not printable
 * ASCII becomes '?', and the whole is cut at LIMIT_REPLY_TEXT.  A '%' without a brace is a '%'. */
#include "policy/template.h"

#include "base/check.h"
#include "base/limits.h"
#include "mail/path.h"
#include "policy/match.h"
#include "policy/score.h"

struct maker {
	struct policy *policy;
	struct template *to;
	const struct conf_place *at;
	struct conf_report *report;
};

static void add_text(struct maker *m, struct str text)
{
	if (text.n == 0)
		return;
	m->to->pieces[m->to->count++] =
		(struct piece){ .kind = PIECE_TEXT, .text = policy_keep_str(m->policy, text) };
}

static bool refuse_name(struct maker *m, struct str name)
{
	const char *near = conf_suggest(name, text_names, POLICY_TEXT_COUNT);
	char bytes[400];
	struct out all = OUT(bytes);

	for (unsigned i = 0; i < POLICY_TEXT_COUNT; i++)
		out_printf(&all, "%s, ", text_names[i]);
	if (near)
		conf_error(m->report, m->at,
			   "reply: there is no %%{" STR_FMT "}; did you mean %%{%s}?",
			   STR_ARG(name), near);
	else
		conf_error(m->report, m->at,
			   "reply: there is no %%{" STR_FMT "} (there are " STR_FMT
			   "and SYMBOL.detail)",
			   STR_ARG(name), STR_ARG(out_text(&all)));
	return false;
}

static bool add_detail(struct maker *m, struct str wanted)
{
	const symbol_id id = symbol_find(m->policy, wanted);
	char hint[200];

	if (id == SYMBOL_NONE || m->policy->symbols[id].kind == SYMBOL_NAMED) {
		conf_error(m->report, m->at, "reply: nobody defines " STR_FMT STR_FMT,
			   STR_ARG(wanted),
			   STR_ARG(symbol_hint(m->policy, wanted, NULL, hint, sizeof(hint))));
		return false;
	}
	if (m->policy->symbols[id].kind != SYMBOL_MEASURED) {
		conf_error(m->report, m->at,
			   "reply: " STR_FMT " is a rule: only what filters measure has a detail",
			   STR_ARG(wanted));
		return false;
	}
	m->to->pieces[m->to->count++] = (struct piece){ .kind = PIECE_DETAIL, .symbol = id };
	m->to->sources |= m->policy->symbols[id].sources;
	return true;
}

static bool add_text_of(struct maker *m, enum policy_text name)
{
	const struct symbol *finder = text_finder(m->policy, name);

	if (!finder && text_rows[name].needs) {
		conf_error(m->report, m->at, "reply: %%{%s} needs the block %s", text_names[name],
			   text_rows[name].needs);
		return false;
	}
	m->to->has_score |= name == POLICY_TEXT_SCORE;
	m->to->sources |= finder ? finder->sources : 0;
	m->to->pieces[m->to->count++] = (struct piece){ .kind = PIECE_NAME, .name = name };
	return true;
}

static bool add_name(struct maker *m, struct str name)
{
	const enum policy_text text = text_find(name);
	struct str symbol;

	if (text != POLICY_TEXT_COUNT)
		return add_text_of(m, text);
	return text_is_detail(name, &symbol) ? add_detail(m, symbol) : refuse_name(m, name);
}

static bool take_apart(struct maker *m, struct str text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.n; i++) {
		const struct str rest = str_from(text, i);
		struct str name, behind;

		if (!str_starts(rest, STR("%{")))
			continue;
		if (!str_cut(str_from(rest, 2), '}', &name, &behind)) {
			conf_error(m->report, m->at, "reply: %%{ without }");
			return false;
		}
		add_text(m, str_head(str_from(text, start), i - start));
		if (!add_name(m, name))
			return false;
		i += name.n + 2;
		start = i + 1;
	}
	add_text(m, str_from(text, start));
	return true;
}

/* "5.7.1": how many bytes of it, 0 when it does not begin like one (RFC 3463 2). */
static size_t enhanced_code(struct str s)
{
	size_t i = 0;

	for (unsigned part = 0; part < 3; part++) {
		const size_t start = i;

		if (part > 0 && (i >= s.n || s.p[i++] != '.'))
			return 0;
		while (i < s.n && ascii_digit(s.p[i]))
			i++;
		if (i == start + (part > 0) || i > start + 3 + (part > 0))
			return 0;
	}
	return i == s.n || s.p[i] == ' ' ? i : 0;
}

static bool looks_like_a_reply_code(struct str s)
{
	return s.n > 3 && ascii_digit(s.p[0]) && ascii_digit(s.p[1]) && ascii_digit(s.p[2]) &&
	       (s.p[3] == ' ' || s.p[3] == '-');
}

/* False: refused.  Its class must be that of the action. */
static bool check_code(struct maker *m, struct str text, enum action action)
{
	const char class = (char)('0' + action_code(action) / 100);

	if (looks_like_a_reply_code(text)) {
		conf_error(m->report, m->at,
			   "reply: leave out " STR_FMT ", the reply code follows from the action; "
			   "begin with an enhanced code (%c.7.1) or with the text",
			   STR_ARG(str_head(text, 3)), class);
		return false;
	}
	if (enhanced_code(text) && (text.p[0] != class || text.p[1] != '.')) {
		conf_error(m->report, m->at,
			   "reply: " STR_FMT " does not fit '%s', whose codes begin with %c",
			   STR_ARG(str_head(text, enhanced_code(text))), action_name(action),
			   class);
		return false;
	}
	return true;
}

static bool check_bytes(struct maker *m, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] >= ' ' && text.p[i] <= '~')
			continue;
		conf_error(m->report, m->at,
			   "reply: byte 0x%02x in it; a reply is one line of printable ASCII",
			   (unsigned char)text.p[i]);
		return false;
	}
	return true;
}

static size_t count_pieces(struct str text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '%' ? 2 : 0;
	return n;
}

/* Links stand at the end of replies. */
static void warn_of_length(const struct maker *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->to->count; i++)
		n += m->to->pieces[i].text.n;
	if (n > LIMIT_REPLY_TEXT)
		conf_warn(m->report, m->at, "reply: its text has %zu bytes; it is cut behind %d", n,
			  LIMIT_REPLY_TEXT);
}

bool template_compile(struct policy *p, const struct conf_text *text, enum action action,
		      struct template *to, struct conf_report *report)
{
	struct maker m = { .policy = p, .to = to, .at = &text->at, .report = report };
	struct str body = str_trim(text->text);

	*to = (struct template){ 0 };
	to->pieces = policy_keep(p, (count_pieces(body) + 1) * sizeof(*to->pieces));
	if (!check_bytes(&m, body) || !check_code(&m, body, action))
		return false;
	if (!enhanced_code(body))
		add_text(&m, action_code(action) < 500 ? STR("4.7.1 ") : STR("5.7.1 "));
	if (!take_apart(&m, body))
		return false;
	warn_of_length(&m);
	return true;
}

static void add_clean(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		out_char(o, s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?');
}

struct str evidence_detail(const struct evidence *e, symbol_id symbol)
{
	for (size_t i = 0; i < e->list_count; i++)
		for (const struct finding *f = e->lists[i]->first; f; f = f->next)
			if (f->symbol == symbol)
				return f->detail;
	return (struct str){ 0 };
}

static void add_texts(struct out *o, const struct evidence *e, enum policy_text name)
{
	struct str value;

	for (unsigned i = 0; e->text(e->texts, name, i, &value); i++) {
		if (i)
			out_char(o, ',');
		add_clean(o, value);
	}
}

static void add_value(struct out *o, enum policy_text name, const struct template_values *values)
{
	const struct evidence *e = values->evidence;

	if (name == POLICY_TEXT_CLIENT_IP)
		ip_print(o, &e->shown_ip);
	else if (name == POLICY_TEXT_RCPT)
		add_clean(o, e->names.rcpt);
	else if (name == POLICY_TEXT_RCPT_DOMAIN)
		add_clean(o, path_domain(e->names.rcpt));
	else if (name == POLICY_TEXT_ID)
		add_clean(o, e->names.id);
	else if (name == POLICY_TEXT_SCORE)
		score_print(o, values->score);
	else
		add_texts(o, e, name);
}

void template_expand(const struct template *t, const struct template_values *values, struct out *o)
{
	for (const struct piece *p = t->pieces; p < t->pieces + t->count; p++) {
		switch (p->kind) {
		case PIECE_TEXT:
			add_clean(o, p->text);
			break;
		case PIECE_NAME:
			add_value(o, p->name, values);
			break;
		case PIECE_DETAIL:
			add_clean(o, evidence_detail(values->evidence, p->symbol));
			break;
		}
	}
}
