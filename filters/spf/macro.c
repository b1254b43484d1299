/* Decided here: what a macro stands for is split into parts without copying: `part` views into one buffer that
 * holds the value, and is as long as the longest value (a local part and a domain). */
#include "filters/spf/macro.h"

#include "base/check.h"
#include "base/limits.h"

enum {
	VALUE_MAX = LIMIT_LOCAL_PART + 1 + LIMIT_DOMAIN + 64,
	PARTS_MAX = VALUE_MAX + 1,
	NAME_MAX_TEXT = 253
};

struct macro {
	char letter;   /* lower case */
	bool escape;   /* it was upper case: as in a URL */
	unsigned keep; /* parts from the right; 0: all */
	bool reverse;
	struct str delimiters; /* empty: "." */
};

/* What explains may ask for c, r and t, and have spaces in it (RFC 7208 6.2, 7.2). */
enum use { IN_DOMAIN, IN_EXPLANATION };

/* ---- reading ---- */

static bool is_delimiter(char c)
{
	return c && strchr(".-+,/_=", c);
}

/* The digits: one at least must not be zero. */
static bool read_keep(struct str body, size_t *at, unsigned *keep)
{
	bool any = false;

	for (; *at < body.n && ascii_digit(body.p[*at]); ++*at) {
		any = true;
		if (*keep <= PARTS_MAX)
			*keep = *keep * 10 + (unsigned)(body.p[*at] - '0');
	}
	return !any || *keep > 0;
}

/* What stands between the braces. */
static bool read_macro(struct str body, enum use use, struct macro *m)
{
	const char *letters = use == IN_EXPLANATION ? "slodiphvcrt" : "slodiphv";
	size_t at = 1;

	if (body.n == 0)
		return false;
	*m = (struct macro){ .letter = ascii_lower(body.p[0]) };
	m->escape = m->letter != body.p[0];
	if (!m->letter || !strchr(letters, m->letter) || !read_keep(body, &at, &m->keep))
		return false;
	if (at < body.n && ascii_lower(body.p[at]) == 'r') {
		m->reverse = true;
		at++;
	}
	m->delimiters = str_from(body, at);
	for (; at < body.n; at++)
		if (!is_delimiter(body.p[at]))
			return false;
	return true;
}

enum piece { PIECE_LITERAL, PIECE_PERCENT, PIECE_SPACE, PIECE_URL_SPACE, PIECE_MACRO, PIECE_BAD };

/* The piece at the begin of *rest, which moves behind it; a literal is one byte. */
static enum piece next_piece(struct str *rest, enum use use, char *literal, struct macro *m)
{
	struct str body;

	*literal = rest->p[0];
	if (*literal != '%') {
		*rest = str_from(*rest, 1);
		return PIECE_LITERAL;
	}
	if (rest->n < 2)
		return PIECE_BAD;
	switch (rest->p[1]) {
	case '%':
	case '_':
	case '-':
		*literal = rest->p[1];
		*rest = str_from(*rest, 2);
		return *literal == '%'   ? PIECE_PERCENT
		       : *literal == '_' ? PIECE_SPACE
					 : PIECE_URL_SPACE;
	case '{':
		if (!str_cut(str_from(*rest, 2), '}', &body, rest))
			return PIECE_BAD;
		return read_macro(body, use, m) ? PIECE_MACRO : PIECE_BAD;
	default:
		return PIECE_BAD;
	}
}

/* ---- the grammar ---- */

struct shape {
	bool ok;
	bool ends_in_macro;
	bool asks_p;
};

static bool literal_ok(char c, enum use use)
{
	return (c > ' ' && c < 0x7f) || (use == IN_EXPLANATION && c == ' ');
}

static struct shape shape_of(struct str spec, enum use use)
{
	struct shape s = { .ok = true };
	struct macro m;
	char literal;

	while (spec.n && s.ok) {
		const enum piece piece = next_piece(&spec, use, &literal, &m);

		s.ends_in_macro = piece == PIECE_MACRO;
		s.asks_p = s.asks_p || (piece == PIECE_MACRO && m.letter == 'p');
		s.ok = piece != PIECE_BAD && (piece != PIECE_LITERAL || literal_ok(literal, use));
	}
	return s;
}

/* toplabel: letters, digits and inner hyphens, not digits alone; with a dot before it. */
static bool ends_in_toplabel(struct str spec)
{
	size_t begin;
	bool letter = false;

	if (spec.n && spec.p[spec.n - 1] == '.')
		spec.n--;
	for (begin = spec.n; begin > 0 && spec.p[begin - 1] != '.'; begin--) {
		const char c = spec.p[begin - 1];

		if (!ascii_alnum(c) && c != '-')
			return false;
		letter = letter || !ascii_digit(c);
	}
	return begin > 0 && begin < spec.n && letter && spec.p[begin] != '-' &&
	       spec.p[spec.n - 1] != '-';
}

bool spf_macro_domain_ok(struct str spec)
{
	const struct shape s = shape_of(spec, IN_DOMAIN);

	return s.ok && spec.n && (s.ends_in_macro || ends_in_toplabel(spec));
}

bool spf_macro_string_ok(struct str spec)
{
	return shape_of(spec, IN_DOMAIN).ok;
}

bool spf_macro_explanation_ok(struct str text)
{
	return shape_of(text, IN_EXPLANATION).ok;
}

bool spf_macro_asks_p(struct str spec)
{
	return shape_of(spec, IN_EXPLANATION).asks_p;
}

/* ---- expanding ---- */

static void split_address(struct str sender, struct str *local, struct str *domain)
{
	size_t at = sender.n;

	while (at > 0 && sender.p[at - 1] != '@')
		at--;
	*domain = str_from(sender, at);
	*local = str_head(sender, at ? at - 1 : 0);
}

/* RFC 7208 7.3: 32 nibbles with dots, or four numbers. */
static void dotted(struct out *o, const struct ip *ip)
{
	static const char hex[] = "0123456789ABCDEF";

	if (ip->family != IP_V6) {
		ip_print(o, ip);
		return;
	}
	for (unsigned i = 0; i < 16; i++) {
		if (i)
			out_char(o, '.');
		out_char(o, hex[ip->bytes[i] >> 4]);
		out_char(o, '.');
		out_char(o, hex[ip->bytes[i] & 15]);
	}
}

static void value_of(struct out *o, char letter, const struct spf_macro_values *v)
{
	struct str local, domain;

	split_address(v->sender, &local, &domain);
	switch (letter) {
	case 's':
		out_str(o, v->sender);
		return;
	case 'l':
		out_str(o, local);
		return;
	case 'o':
		out_str(o, domain);
		return;
	case 'd':
		out_str(o, v->domain);
		return;
	case 'i':
		dotted(o, &v->ip);
		return;
	case 'p':
		out_str(o, v->p.n ? v->p : STR("unknown"));
		return;
	case 'h':
		out_str(o, v->helo);
		return;
	case 'v':
		out_str(o, v->ip.family == IP_V6 ? STR("ip6") : STR("in-addr"));
		return;
	case 'c':
		ip_print(o, &v->ip);
		return;
	case 'r':
		out_str(o, v->receiver.n ? v->receiver : STR("unknown"));
		return;
	case 't':
		out_u64(o, (uint64_t)v->unix_s);
		return;
	default:
		UNREACHABLE();
	}
}

static bool splits(const struct macro *m, char c)
{
	return m->delimiters.n ? memchr(m->delimiters.p, c, m->delimiters.n) != NULL : c == '.';
}

static unsigned split(const struct macro *m, struct str value, struct str *parts)
{
	unsigned count = 0;
	size_t begin = 0;

	for (size_t i = 0; i <= value.n && count < PARTS_MAX; i++) {
		if (i < value.n && !splits(m, value.p[i]))
			continue;
		parts[count++] = (struct str){ .p = value.p + begin, .n = i - begin };
		begin = i + 1;
	}
	return count;
}

/* RFC 3986 2.3: what needs no escape. */
static void put(struct out *o, struct str text, bool escape)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		const unsigned char c = (unsigned char)text.p[i];

		if (!escape || ascii_alnum(text.p[i]) || (c && strchr("-._~", text.p[i]))) {
			out_char(o, text.p[i]);
			continue;
		}
		out_char(o, '%');
		out_char(o, hex[c >> 4]);
		out_char(o, hex[c & 15]);
	}
}

static void expand(struct out *o, const struct macro *m, const struct spf_macro_values *v)
{
	char bytes[VALUE_MAX];
	struct out value = OUT(bytes);
	struct str parts[PARTS_MAX];
	unsigned count, first;

	value_of(&value, m->letter, v);
	if (value.full) {
		o->full = true;
		return;
	}
	count = split(m, out_text(&value), parts);
	first = m->keep && m->keep < count ? count - m->keep : 0;
	for (unsigned i = first; i < count; i++) {
		/* Reversed first, then kept from the right: these are the first ones, last first. */
		const unsigned at = m->reverse ? count - 1 - i : i;

		if (i > first)
			out_char(o, '.');
		put(o, parts[at], m->escape);
	}
}

void spf_macro_expand(struct out *o, struct str spec, const struct spf_macro_values *values)
{
	struct macro m;
	char literal;

	while (spec.n && !o->full) {
		switch (next_piece(&spec, IN_EXPLANATION, &literal, &m)) {
		case PIECE_LITERAL:
		case PIECE_PERCENT:
			out_char(o, literal);
			break;
		case PIECE_SPACE:
			out_char(o, ' ');
			break;
		case PIECE_URL_SPACE:
			out_str(o, STR("%20"));
			break;
		case PIECE_MACRO:
			expand(o, &m, values);
			break;
		case PIECE_BAD:
			UNREACHABLE();
		}
	}
}
