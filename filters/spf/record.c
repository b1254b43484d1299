#include "filters/spf/record.h"

#include "base/check.h"
#include "filters/spf/macro.h"

enum domain_need { NEED_N, NEED_O, NEED_R };

static const struct {
	struct str name;
	enum domain_need domain;
	bool costs;
} mechanisms[] = {
#define X(ID, TEXT, DOMAIN, COSTS)                                                                 \
	[SPF_##ID] = { .name = STR_INIT(TEXT), .domain = NEED_##DOMAIN, .costs = (COSTS) },
	SPF_MECHANISMS(X)
#undef X
};

static const struct str version = STR_INIT("v=spf1");

bool spf_mechanism_costs(enum spf_mechanism mechanism)
{
	return mechanisms[mechanism].costs;
}

bool spf_record_is(struct str txt)
{
	return str_istarts(txt, version) && (txt.n == version.n || txt.p[version.n] == ' ');
}

/* ---- words ---- */

/* Terms are set apart by spaces, not by tabs. */
static bool next_word(struct str *rest, struct str *word)
{
	while (rest->n && rest->p[0] == ' ')
		*rest = str_from(*rest, 1);
	if (!rest->n)
		return false;
	str_cut(*rest, ' ', word, rest);
	return true;
}

/* RFC 7208 12: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); its length, 0: none. */
static size_t name_length(struct str s)
{
	size_t n = 0;

	if (!s.n || !ascii_alpha(s.p[0]))
		return 0;
	while (n < s.n && (ascii_alnum(s.p[n]) || (s.p[n] && strchr("-_.", s.p[n]))))
		n++;
	return n;
}

static bool is_modifier(struct str word, struct str *name, struct str *value)
{
	const size_t n = name_length(word);

	if (n == 0 || n == word.n || word.p[n] != '=')
		return false;
	*name = str_head(word, n);
	*value = str_from(word, n + 1);
	return true;
}

/* ---- prefix lengths ---- */

/* "24" without a zero in front, at most `max`. */
static bool prefix_length(struct str digits, unsigned max, unsigned *bits)
{
	uint64_t n;

	if (digits.n == 0 || (digits.n > 1 && digits.p[0] == '0') || !str_u64(digits, max, &n))
		return false;
	*bits = (unsigned)n;
	return true;
}

/* Digits at the end of s behind `mark`: cut off.  False: they are no prefix length. */
static bool cut_prefix(struct str *s, struct str mark, unsigned max, unsigned *bits)
{
	size_t at = s->n;

	while (at > 0 && ascii_digit(s->p[at - 1]))
		at--;
	if (at < mark.n || !str_ends(str_head(*s, at), mark))
		return true; /* there is none */
	if (!prefix_length(str_from(*s, at), max, bits))
		return false;
	*s = str_head(*s, at - mark.n);
	return true;
}

/* dual-cidr-length = [ "/" ip4 ] [ "//" ip6 ] at the end of a or mx. */
static bool cut_dual(struct str *s, struct spf_term *term)
{
	term->bits4 = 32;
	term->bits6 = 128;
	return cut_prefix(s, STR("//"), 128, &term->bits6) &&
	       cut_prefix(s, STR("/"), 32, &term->bits4);
}

static bool parse_net(struct str text, bool six, struct ip_net *net)
{
	struct str base, digits;
	unsigned bits = six ? 128 : 32;
	const bool slash = str_cut(text, '/', &base, &digits);

	if (slash && !prefix_length(digits, bits, &bits))
		return false;
	*net = (struct ip_net){ .bits = (uint8_t)bits };
	if (!ip_parse(base, &net->base))
		return false;
	if (six && net->base.family == IP_V4 && memchr(base.p, ':', base.n))
		net->base =
			(struct ip){ 0 }; /* ::ffff:192.0.2.1: clients of that kind count as IPv4 */
	else if (net->base.family != (six ? IP_V6 : IP_V4))
		return false;
	return true;
}

/* ---- mechanisms ---- */

static bool find_mechanism(struct str name, enum spf_mechanism *mechanism)
{
	for (unsigned i = 0; i < SPF_MECHANISM_COUNT; i++) {
		if (!str_ieq(name, mechanisms[i].name))
			continue;
		*mechanism = (enum spf_mechanism)i;
		return true;
	}
	return false;
}

static enum spf_qualifier cut_qualifier(struct str *word)
{
	static const char marks[] = "+-~?";
	const char *at = word->n && word->p[0] ? strchr(marks, word->p[0]) : NULL;

	if (!at)
		return SPF_Q_PASS;
	*word = str_from(*word, 1);
	return (enum spf_qualifier)(at - marks);
}

static const char *parse_argument(struct spf_term *term, bool colon, struct str argument)
{
	switch (term->mechanism) {
	case SPF_IP4:
	case SPF_IP6:
		return colon && parse_net(argument, term->mechanism == SPF_IP6, &term->net)
			       ? NULL
			       : "not a network";
	case SPF_A:
	case SPF_MX:
	case SPF_ALL:
	case SPF_INCLUDE:
	case SPF_PTR:
	case SPF_EXISTS:
	case SPF_MECHANISM_COUNT:
		break;
	}
	if (mechanisms[term->mechanism].domain == NEED_N)
		return colon ? "takes no argument" : NULL;
	if (!colon)
		return mechanisms[term->mechanism].domain == NEED_R ? "needs a domain" : NULL;
	if (!spf_macro_domain_ok(argument))
		return "not a domain-spec";
	term->domain = argument;
	return NULL;
}

static bool has_dual(enum spf_mechanism mechanism)
{
	return mechanism == SPF_A || mechanism == SPF_MX;
}

static const char *parse_mechanism(struct str word, struct spf_term *term)
{
	struct str name, argument = { 0 };
	size_t n;

	*term = (struct spf_term){ .whole = word };
	term->qualifier = cut_qualifier(&word);
	for (n = 0; n < word.n && word.p[n] != ':' && word.p[n] != '/';)
		n++;
	name = str_head(word, n);
	if (!find_mechanism(name, &term->mechanism))
		return "unknown mechanism";
	argument = str_from(word, n);
	if (has_dual(term->mechanism) && !cut_dual(&argument, term))
		return "not a prefix length";
	if (argument.n && argument.p[0] != ':')
		return "not a prefix length";
	return parse_argument(term, argument.n > 0, argument.n ? str_from(argument, 1) : argument);
}

/* ---- the record ---- */

static const char *parse_modifier(struct str name, struct str value, struct spf_record *record)
{
	struct str *to;

	if (str_ieq(name, STR("redirect")))
		to = &record->redirect;
	else if (str_ieq(name, STR("exp")))
		to = &record->exp;
	else
		return spf_macro_string_ok(value) ? NULL : "not a macro-string";
	if (to->p)
		return "more than once";
	if (!spf_macro_domain_ok(value))
		return "not a domain-spec";
	*to = value;
	return NULL;
}

const char *spf_record_parse(struct str txt, struct spf_record *record, struct str *where)
{
	struct str rest, name, value;
	struct spf_term term;
	const char *problem = NULL;

	CHECK(spf_record_is(txt));
	*record = (struct spf_record){ .text = str_from(txt, version.n) };
	rest = record->text;
	*where = (struct str){ 0 };
	while (!problem && next_word(&rest, where))
		problem = is_modifier(*where, &name, &value) ? parse_modifier(name, value, record)
							     : parse_mechanism(*where, &term);
	return problem;
}

bool spf_record_next(struct str *rest, struct spf_term *term)
{
	struct str word, name, value;

	while (next_word(rest, &word)) {
		if (is_modifier(word, &name, &value))
			continue;
		CHECK(parse_mechanism(word, term) == NULL);
		return true;
	}
	return false;
}
