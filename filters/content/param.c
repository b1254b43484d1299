#include "filters/content/param.h"

#include "base/check.h"
#include "base/hex.h"

/* White space, and what RFC 2045 has between words. */
static const bool ends_word[256] = {
	[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, ['('] = true,
	[')'] = true, ['<'] = true,  ['>'] = true,  ['@'] = true,  [','] = true,
	[';'] = true, [':'] = true,  ['\\'] = true, ['"'] = true,  ['/'] = true,
	['['] = true, [']'] = true,  ['?'] = true,  ['='] = true,
};

/* s begins with "(": the comment and those in it.  One that does not end takes the rest. */
static size_t comment_length(struct str s)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

static struct str skip_space(struct str s)
{
	size_t n = 0;

	while (n < s.n && (ascii_white(s.p[n]) || s.p[n] == '('))
		n += s.p[n] == '(' ? comment_length(str_from(s, n)) : 1;
	return str_from(s, n);
}

static size_t word_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && !ends_word[(uint8_t)s.p[n]])
		n++;
	return n;
}

struct str param_word(struct str *rest)
{
	const struct str s = skip_space(*rest);
	const size_t n = word_length(s);

	*rest = str_from(s, n);
	return str_head(s, n);
}

bool param_mark(struct str *rest, char c)
{
	*rest = skip_space(*rest);
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	*rest = str_from(*rest, 1);
	return true;
}

/* ---- a field ---- */

struct one {
	struct str name, value; /* value: between the quotes, escapes still in it */
	bool quoted;
};

/* s begins behind the quote. */
static size_t quoted_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '"')
		n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
	return n;
}

static void take_value(struct str *rest, struct one *p)
{
	const struct str s = skip_space(*rest);
	size_t n = 0;

	p->quoted = s.n > 0 && s.p[0] == '"';
	if (p->quoted) {
		p->value = str_from(s, 1);
		n = quoted_length(p->value);
		p->value = str_head(p->value, n);
		*rest = str_from(s, n + 2 <= s.n ? n + 2 : s.n);
		return;
	}
	while (n < s.n && s.p[n] != ';' && !ascii_white(s.p[n]))
		n++;
	p->value = str_head(s, n);
	*rest = str_from(s, n);
}

/* What is in no word, up to a comment. */
static size_t gap_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && ends_word[(uint8_t)s.p[n]] && s.p[n] != '(')
		n++;
	return n;
}

static bool next_param(struct str *rest, struct one *p)
{
	while (rest->n) {
		p->name = param_word(rest);
		if (p->name.n && param_mark(rest, '=')) {
			take_value(rest, p);
			return true;
		}
		if (p->name.n == 0)
			*rest = str_from(*rest, gap_length(*rest));
	}
	return false;
}

/* ---- all pieces of one name ---- */

enum { PLAIN, WHOLE, FIRST }; /* in values[] */

/* By what stands behind the name: "", "*", "*7", "*7*".  -1: none. */
static int piece_of(struct str tail, bool *extended)
{
	uint64_t number;

	*extended = str_ends(tail, STR("*"));
	if (tail.n <= 1)
		return tail.n ? WHOLE : PLAIN;
	tail = str_head(str_from(tail, 1), tail.n - 1 - *extended);
	return str_u64(tail, LIMIT_MIME_PARAMETER - 1, &number) ? FIRST + (int)number : -1;
}

static void note(struct param *all, const struct one *p, struct str tail)
{
	bool extended;
	const int piece = piece_of(tail, &extended);

	if (piece < 0 || all->there & 1u << piece)
		return;
	all->there |= 1u << piece;
	all->quoted |= (uint32_t)p->quoted << piece;
	all->extended |= (uint32_t)extended << piece;
	all->values[piece] = p->value;
}

static const struct str names[] = {
#define X(ID, NAME) [PARAM_##ID] = STR_INIT(NAME),
	PARAMS(X)
#undef X
};

void params_read(struct params *all, struct str field, unsigned wanted)
{
	struct one p;

	while (next_param(&field, &p)) {
		const char first = ascii_lower(p.name.p[0]);

		for (unsigned i = 0; i < PARAM_COUNT; i++) {
			const size_t n = names[i].n;

			if (names[i].p[0] != first || !(wanted & 1u << i) ||
			    !str_istarts(p.name, names[i]))
				continue;
			if (p.name.n == n || p.name.p[n] == '*')
				note(&all->of[i], &p, str_from(p.name, n));
		}
	}
}

/* ---- its value ---- */

static void put(struct out *o, struct str s, bool quoted)
{
	for (size_t i = 0; i < s.n && !o->full; i++) {
		if (quoted && s.p[i] == '\\' && i + 1 < s.n)
			i++;
		if (s.p[i] != '\r' && s.p[i] != '\n')
			out_char(o, s.p[i]);
	}
}

static void put_percent(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n && !o->full; i++) {
		const int byte = s.p[i] == '%' ? hex_byte(str_from(s, i + 1)) : -1;

		if (byte >= 0)
			i += 2;
		out_char(o, byte >= 0 ? (char)byte : s.p[i]);
	}
}

/* charset'language'text: without the quotes it is text alone. */
static struct str cut_charset(struct str s, struct str *charset)
{
	struct str head, rest, language, text;

	if (!str_cut(s, '\'', &head, &rest) || !str_cut(rest, '\'', &language, &text))
		return s;
	*charset = head;
	return text;
}

bool params_has(const struct params *all, enum param_id id)
{
	return all->of[id].there & (1u << PLAIN | 1u << WHOLE | 1u << FIRST);
}

bool params_value(const struct params *all, enum param_id id, struct out *o, struct str *charset)
{
	const struct param *p = &all->of[id];

	*charset = (struct str){ 0 };
	if (p->there & 1u << WHOLE) {
		put_percent(o, cut_charset(p->values[WHOLE], charset));
		return true;
	}
	if (!(p->there & 1u << FIRST)) {
		put(o, p->values[PLAIN], p->quoted & 1u << PLAIN);
		return p->there & 1u << PLAIN;
	}
	for (unsigned i = FIRST; i < COUNTOF(p->values) && p->there & 1u << i; i++) {
		const struct str value = p->values[i];

		if (p->extended & 1u << i)
			put_percent(o, i > FIRST ? value : cut_charset(value, charset));
		else
			put(o, value, p->quoted & 1u << i);
	}
	return true;
}
