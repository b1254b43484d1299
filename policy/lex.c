/* Numbers are read here and not by strtod(): that one needs a NUL and listens to the locale. */
#include "policy/lex.h"

#include "base/check.h"

static const struct {
	const char *text;
	enum token token;
} signs[] = {
	/* the longer spelling first */
	{ "||", TOKEN_OR },         { "&&", TOKEN_AND },       { "<=", TOKEN_LESS_EQUAL },
	{ ">=", TOKEN_MORE_EQUAL }, { "==", TOKEN_EQUAL },     { "!=", TOKEN_UNEQUAL },
	{ "<", TOKEN_LESS },        { ">", TOKEN_MORE },       { "!", TOKEN_BANG },
	{ "+", TOKEN_PLUS },        { "-", TOKEN_MINUS },      { "*", TOKEN_TIMES },
	{ "/", TOKEN_SLASH },       { "(", TOKEN_OPEN },       { ")", TOKEN_CLOSE },
	{ "[", TOKEN_OPEN_LIST },   { "]", TOKEN_CLOSE_LIST }, { ",", TOKEN_COMMA },
};

static const struct {
	const char *text;
	enum token token;
} words[] = { { "and", TOKEN_AND }, { "or", TOKEN_OR }, { "not", TOKEN_NOT } };

bool decimal_parse(struct str s, struct decimal *d)
{
	unsigned digits = 0;
	bool point = false;

	*d = (struct decimal){ 0 };
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (!ascii_digit(s.p[i]) || ++digits > 15)
			return false;
		d->digits = d->digits * 10 + (uint64_t)(s.p[i] - '0');
		d->decimals += point;
	}
	return digits > 0;
}

/* Both parts are exact in a double, so the quotient is the double nearest to what is written. */
static double decimal_value(struct decimal d)
{
	double power = 1;

	for (unsigned i = 0; i < d.decimals; i++)
		power *= 10;
	return (double)d.digits / power;
}

static bool is_name(const struct lexer *l, char c)
{
	return ascii_alnum(c) || c == '_' || (l->class_names && c == ':');
}

static void take(struct lexer *l, enum token token, size_t n)
{
	l->token = token;
	l->word = str_head(str_from(l->text, l->word_at), n);
	l->at = l->word_at + n;
}

static void fail(struct lexer *l, const char *problem, size_t n)
{
	take(l, TOKEN_BAD, n);
	l->problem = problem;
}

static void lex_number(struct lexer *l, struct str rest)
{
	struct decimal d;
	size_t n = 0;

	while (n < rest.n && (is_name(l, rest.p[n]) || rest.p[n] == '.'))
		n++;
	if (!decimal_parse(str_head(rest, n), &d)) {
		fail(l, "not a number (digits with at most one point, 15 of them)", n);
		return;
	}
	take(l, TOKEN_NUMBER, n);
	l->number = decimal_value(d);
}

/* A dot within it makes one name of two: from.domain. */
static void lex_word(struct lexer *l, struct str rest)
{
	size_t n = 0;

	while (n < rest.n && (is_name(l, rest.p[n]) ||
			      (rest.p[n] == '.' && n + 1 < rest.n && is_name(l, rest.p[n + 1]))))
		n++;
	take(l, TOKEN_NAME, n);
	for (size_t i = 0; i < COUNTOF(words); i++)
		if (str_eq(l->word, str_z(words[i].text)))
			l->token = words[i].token;
}

/* Behind the byte, or the escaped one, at n; 0: it may not stand there. */
static size_t behind_byte(struct str s, size_t n)
{
	if (s.p[n] == '\\')
		return n + 1 < s.n && memchr("\"\\#", s.p[n + 1], 3) ? n + 2 : 0;
	return ascii_control(s.p[n]) ? 0 : n + 1;
}

static void lex_string(struct lexer *l, struct str rest)
{
	size_t n = 1;

	for (size_t next; n < rest.n && rest.p[n] != '"'; n = next) {
		next = behind_byte(rest, n);
		if (next == 0) {
			fail(l,
			     rest.p[n] == '\\' ? "texts know \\\" \\\\ and \\# only"
					       : "a control character in a text",
			     n);
			return;
		}
	}
	if (n == rest.n)
		fail(l, "a text without its closing quote", n);
	else
		take(l, TOKEN_STRING, n + 1);
}

static const char *explain(char c)
{
	switch (c) {
	case '=':
		return "a comparison is written ==";
	case '&':
		return "'and' is written && or and";
	case '|':
		return "'or' is written || or or";
	default:
		return "unexpected character";
	}
}

void lex_next(struct lexer *l)
{
	struct str rest;

	while (l->at < l->text.n && strchr(" \t\r\n", l->text.p[l->at]) && l->text.p[l->at])
		l->at++;
	l->word_at = l->at;
	rest = str_from(l->text, l->at);
	if (rest.n == 0) {
		take(l, TOKEN_END, 0);
		return;
	}
	if (ascii_digit(rest.p[0]) || rest.p[0] == '.') {
		lex_number(l, rest);
		return;
	}
	if (ascii_alpha(rest.p[0]) || rest.p[0] == '_') {
		lex_word(l, rest);
		return;
	}
	if (rest.p[0] == '"') {
		lex_string(l, rest);
		return;
	}
	for (size_t i = 0; i < COUNTOF(signs); i++) {
		if (str_starts(rest, str_z(signs[i].text))) {
			take(l, signs[i].token, strlen(signs[i].text));
			return;
		}
	}
	fail(l, explain(rest.p[0]), 1);
}
