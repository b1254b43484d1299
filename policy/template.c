/* Replies with %{...}: taken apart when the config is read, put together when spoken.
 *
 * What goes in may come from strangers (HELO, a TXT record), so everything that is not printable
 * ASCII becomes '?', and the whole is cut at LIMIT_REPLY_TEXT.  A '%' without a brace is a '%'. */
#include "policy/inside.h"

#include "base/check.h"
#include "base/limits.h"

#define NAMES(X)                                                                                   \
	X(CLIENT_IP, "client.ip")                                                                  \
	X(CLIENT_NAME, "client.name")                                                              \
	X(CLIENT_COUNTRY, "client.country")                                                        \
	X(CLIENT_AS, "client.as")                                                                  \
	X(HELO, "helo")                                                                            \
	X(MAIL_FROM, "mail_from")                                                                  \
	X(MAIL_FROM_DOMAIN, "mail_from.domain")                                                    \
	X(RCPT, "rcpt")                                                                            \
	X(ID, "id")                                                                                \
	X(SCORE, "score")

enum name {
#define X(ID, TEXT) NAME_##ID,
	NAMES(X)
#undef X
		NAME_COUNT
};

static const char *const name_texts[] = {
#define X(ID, TEXT) [NAME_##ID] = (TEXT),
	NAMES(X)
#undef X
};

static struct str domain_of(struct str address)
{
	size_t i = address.n;

	while (i > 0 && address.p[i - 1] != '@')
		i--;
	return i ? str_from(address, i) : (struct str){ 0 };
}

static struct str name_value(enum name name, const struct policy_names *names)
{
	switch (name) {
	case NAME_CLIENT_IP:
		return names->client_ip;
	case NAME_CLIENT_NAME:
		return names->client_name;
	case NAME_HELO:
		return names->helo;
	case NAME_MAIL_FROM:
		return names->mail_from;
	case NAME_MAIL_FROM_DOMAIN:
		return domain_of(names->mail_from);
	case NAME_RCPT:
		return names->rcpt;
	case NAME_ID:
		return names->id;
	case NAME_CLIENT_COUNTRY:
	case NAME_CLIENT_AS:
	case NAME_SCORE:
	case NAME_COUNT:
		break;
	}
	UNREACHABLE();
}

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
	const char *near = conf_suggest(name, name_texts, NAME_COUNT);

	if (near)
		conf_error(m->report, m->at,
			   "reply: there is no %%{" STR_FMT "}; did you mean %%{%s}?",
			   STR_ARG(name), near);
	else
		conf_error(
			m->report, m->at,
			"reply: there is no %%{" STR_FMT
			"} (there are client.ip, client.name, client.country, "
			"client.as, helo, mail_from, mail_from.domain, rcpt, id, score, and SYMBOL.detail)",
			STR_ARG(name));
	return false;
}

static void add_detail_of(struct maker *m, symbol_id id)
{
	m->to->pieces[m->to->count++] = (struct piece){ .kind = PIECE_DETAIL, .symbol = id };
	m->to->sources |= m->policy->symbols[id].sources;
}

static bool add_detail(struct maker *m, struct str name)
{
	const struct str wanted = str_head(name, name.n - (sizeof(".detail") - 1));
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
	add_detail_of(m, id);
	return true;
}

/* Names for the detail of what the filter location finds. */
static const struct {
	const char *symbol, *option;
} found_by_location[NAME_COUNT] = {
	[NAME_CLIENT_COUNTRY] = { .symbol = "LOCATION_COUNTRY", .option = "country" },
	[NAME_CLIENT_AS] = { .symbol = "LOCATION_AS", .option = "as" },
};

static bool add_place(struct maker *m, enum name name)
{
	const symbol_id id = symbol_find(m->policy, str_z(found_by_location[name].symbol));

	if (id == SYMBOL_NONE || m->policy->symbols[id].kind != SYMBOL_MEASURED) {
		conf_error(m->report, m->at, "reply: %%{%s} needs the block location with %s",
			   name_texts[name], found_by_location[name].option);
		return false;
	}
	add_detail_of(m, id);
	return true;
}

/* The client's name is what rdns finds: open as long as that is. */
static uint64_t sources_of(const struct policy *p, enum name name)
{
	const symbol_id id = symbol_find(p, STR("RDNS_CONFIRMED"));

	return name == NAME_CLIENT_NAME && id != SYMBOL_NONE ? p->symbols[id].sources : 0;
}

static bool add_name(struct maker *m, struct str name)
{
	for (unsigned i = 0; i < NAME_COUNT; i++) {
		if (!str_eq(name, str_z(name_texts[i])))
			continue;
		if (found_by_location[i].symbol)
			return add_place(m, (enum name)i);
		m->to->has_score |= i == NAME_SCORE;
		m->to->sources |= sources_of(m->policy, (enum name)i);
		m->to->pieces[m->to->count++] =
			(struct piece){ .kind = i == NAME_SCORE ? PIECE_SCORE : PIECE_NAME,
					.name = i };
		return true;
	}
	if (name.n > sizeof(".detail") - 1 && str_ends(name, STR(".detail")))
		return add_detail(m, name);
	return refuse_name(m, name);
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
	const char class = action == ACTION_DEFER ? '4' : '5';

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
		add_text(&m, action == ACTION_DEFER ? STR("4.7.1 ") : STR("5.7.1 "));
	return take_apart(&m, body);
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

void template_expand(const struct template *t, const struct template_values *values, struct out *o)
{
	for (const struct piece *p = t->pieces; p < t->pieces + t->count; p++) {
		switch (p->kind) {
		case PIECE_TEXT:
			add_clean(o, p->text);
			break;
		case PIECE_NAME:
			add_clean(o, name_value((enum name)p->name, &values->evidence->names));
			break;
		case PIECE_DETAIL:
			add_clean(o, evidence_detail(values->evidence, p->symbol));
			break;
		case PIECE_SCORE:
			score_print(o, values->score);
			break;
		}
	}
}
