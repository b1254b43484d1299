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

enum { NESTED = 3 }; /* comments in comments; so that a byte is looked at for as many "(" at most */

/* s begins with "(": the comment and those in it.  0: it does not end, so that it is a character. */
static size_t comment_length(struct str s)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n && depth <= NESTED; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* Of one character of white space, or of a comment. */
static size_t space_length(struct str s)
{
	if (s.n == 0)
		return 0;
	return s.p[0] == '(' ? comment_length(s) : ascii_white(s.p[0]);
}

static struct str skip_space(struct str s)
{
	size_t n;

	while ((n = space_length(s)))
		s = str_from(s, n);
	return s;
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

/* s begins with no space. */
static size_t unquoted_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ';' && !ascii_white(s.p[n]))
		n++;
	return n;
}

static bool begins_param(struct str s)
{
	const size_t n = word_length(s);

	return n > 0 && n < s.n && s.p[n] == '=';
}

/* The same of a name, which may have spaces in it but not at its end. */
static size_t spaced_length(struct str s)
{
	size_t n = unquoted_length(s);

	for (;;) {
		const struct str next = skip_space(str_from(s, n));

		if (next.n == 0 || next.p[0] == ';' || begins_param(next))
			return n;
		n = s.n - next.n + unquoted_length(next);
	}
}

static bool is_of_file(struct str name)
{
	return str_istarts(name, STR("name")) || str_istarts(name, STR("filename"));
}

static void take_value(struct str *rest, struct one *p)
{
	const struct str s = skip_space(*rest);
	size_t n;

	p->quoted = s.n > 0 && s.p[0] == '"';
	if (p->quoted) {
		p->value = str_from(s, 1);
		n = quoted_length(p->value);
		p->value = str_head(p->value, n);
		*rest = str_from(s, n + 2 <= s.n ? n + 2 : s.n);
		return;
	}
	n = is_of_file(p->name) ? spaced_length(s) : unquoted_length(s);
	p->value = str_head(s, n);
	*rest = str_from(s, n);
}

/* s begins with what is in no word: that, up to where a comment may begin. */
static size_t gap_length(struct str s)
{
	size_t n = s.n > 0;

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

enum { WHOLE, PLAIN, AGAIN, FIRST, END = FIRST + LIMIT_MIME_PARAMETER }; /* in values[] */

_Static_assert(END <= 64, "a bit of each");

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
	int piece = piece_of(tail, &extended);
	uint64_t bit;

	if (piece >= FIRST && all->there & UINT64_C(1) << piece)
		return;
	if (piece < 0) {
		all->cut = true;
		return;
	}
	if (all->there & UINT64_C(1) << piece)
		piece = AGAIN;
	bit = UINT64_C(1) << piece;
	all->there |= bit;
	all->quoted = p->quoted ? all->quoted | bit : all->quoted & ~bit;
	all->extended = extended ? all->extended | bit : all->extended & ~bit;
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

static bool is_there(const struct param *p, unsigned i)
{
	return p->there >> i & 1;
}

/* first: nothing of the value stands in front of it. */
static void put_one(const struct param *p, unsigned i, bool first, struct out *o,
		    struct str *charset)
{
	if (p->extended >> i & 1)
		put_percent(o, first ? cut_charset(p->values[i], charset) : p->values[i]);
	else
		put(o, p->values[i], p->quoted >> i & 1);
}

static bool put_pieces(const struct param *p, struct out *o, struct str *charset)
{
	bool any = false;

	for (unsigned i = FIRST; i < END; i++) {
		if (!is_there(p, i))
			continue;
		put_one(p, i, !any, o, charset);
		any = true;
	}
	return any;
}

bool params_form(const struct params *all, enum param_id id, enum param_form form, struct out *o,
		 struct str *charset)
{
	static const unsigned places[PARAM_FORM_COUNT] = {
		[PARAM_WHOLE] = WHOLE, [PARAM_PLAIN] = PLAIN, [PARAM_AGAIN] = AGAIN
	};
	const struct param *p = &all->of[id];

	*charset = (struct str){ 0 };
	if (form == PARAM_PIECES)
		return put_pieces(p, o, charset);
	if (!is_there(p, places[form]))
		return false;
	put_one(p, places[form], true, o, charset);
	return true;
}

bool params_has(const struct params *all, enum param_id id)
{
	return all->of[id].there != 0;
}

bool params_value(const struct params *all, enum param_id id, struct out *o, struct str *charset)
{
	unsigned form = 0;

	*charset = (struct str){ 0 };
	if (!params_has(all, id))
		return false;
	while (!params_form(all, id, (enum param_form)form, o, charset))
		form++;
	return true;
}
