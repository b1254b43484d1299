/* lex.h - the words of an expression. */
#ifndef POLICY_LEX_H
#define POLICY_LEX_H

#include "base/str.h"

enum token {
	TOKEN_END,
	TOKEN_BAD, /* lexer.problem says why */
	TOKEN_NUMBER,
	TOKEN_NAME,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_BANG, /* ! binds tightly, `not` loosely, as in Perl */
	TOKEN_NOT,
	TOKEN_OR,
	TOKEN_AND,
	TOKEN_LESS,
	TOKEN_LESS_EQUAL,
	TOKEN_MORE,
	TOKEN_MORE_EQUAL,
	TOKEN_EQUAL,
	TOKEN_UNEQUAL,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_TIMES,
	TOKEN_SLASH,
	TOKEN_STRING, /* word: with its quotes and backslashes */
	TOKEN_OPEN_LIST,
	TOKEN_CLOSE_LIST,
	TOKEN_COMMA,
};

struct lexer {
	struct str text;
	size_t at;        /* behind the current token */
	bool class_names; /* Names::With::Colons are names */
	enum token token;
	struct str word; /* the current token; it begins at word_at */
	size_t word_at;
	double number;
	const char *problem;
};

void lex_next(struct lexer *l);

/* Digits with at most one point, 15 digits in all: value = digits / 10^decimals, exactly. */
struct decimal {
	uint64_t digits;
	unsigned decimals;
};
bool decimal_parse(struct str s, struct decimal *d) NODISCARD;

#endif
