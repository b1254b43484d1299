#include "policy/expr.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "policy/lex.h"

#include <stdarg.h>
#include <stdio.h>

/* Operators with two operands, in levels from loose to tight; LEVEL_NOT has only a prefix. */
enum level { LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_VALUE };

static const struct {
	enum token token;
	enum level level;
	enum expr_op op;
} operators[] = {
	{ TOKEN_OR, LEVEL_OR, EXPR_OR },
	{ TOKEN_AND, LEVEL_AND, EXPR_AND },
	{ TOKEN_LESS, LEVEL_COMPARE, EXPR_LESS },
	{ TOKEN_LESS_EQUAL, LEVEL_COMPARE, EXPR_LESS_EQUAL },
	{ TOKEN_MORE, LEVEL_COMPARE, EXPR_MORE },
	{ TOKEN_MORE_EQUAL, LEVEL_COMPARE, EXPR_MORE_EQUAL },
	{ TOKEN_EQUAL, LEVEL_COMPARE, EXPR_EQUAL },
	{ TOKEN_UNEQUAL, LEVEL_COMPARE, EXPR_UNEQUAL },
	{ TOKEN_PLUS, LEVEL_SUM, EXPR_ADD },
	{ TOKEN_MINUS, LEVEL_SUM, EXPR_SUBTRACT },
	{ TOKEN_TIMES, LEVEL_PRODUCT, EXPR_MULTIPLY },
	{ TOKEN_SLASH, LEVEL_PRODUCT, EXPR_DIVIDE },
};

struct parser {
	struct lexer lexer;
	const struct expr_names *names;
	struct expr_node *nodes;
	size_t count, room;
	unsigned depth; /* of nesting */
	unsigned stack; /* values on the stack when what is compiled so far has run */
	bool failed;
	struct expr_error *error;
};

static void parse_level(struct parser *ps, enum level level);

/* Somebody has filled in the error. */
static void give_up(struct parser *ps)
{
	ps->failed = true;
	ps->lexer.token = TOKEN_END;
}

/* The first problem counts; after it the parser sees the end of the text. */
static void PRINTF_LIKE(3, 4) fail(struct parser *ps, size_t at, const char *format, ...)
{
	va_list args;

	if (!ps->failed) {
		va_start(args, format);
		vsnprintf(ps->error->text, sizeof(ps->error->text), format, args);
		va_end(args);
		ps->error->at = at;
	}
	give_up(ps);
}

static void next(struct parser *ps)
{
	struct lexer *l = &ps->lexer;

	if (ps->failed)
		return;
	lex_next(l);
	if (l->token != TOKEN_BAD)
		return;
	if (l->word.n == 1 && (l->word.p[0] < ' ' || l->word.p[0] > '~'))
		fail(ps, l->word_at, "unexpected byte 0x%02x", (unsigned char)l->word.p[0]);
	else
		fail(ps, l->word_at, "'" STR_FMT "': %s", STR_ARG(str_head(l->word, 40)),
		     l->problem);
}

/* takes: how many values it takes off the stack. */
static void emit(struct parser *ps, struct expr_node node, unsigned takes)
{
	if (ps->failed)
		return;
	if (ps->stack - takes >= LIMIT_EXPRESSION_DEPTH) {
		fail(ps, node.at, "nested too deeply (at most %d levels)", LIMIT_EXPRESSION_DEPTH);
		return;
	}
	ps->stack = ps->stack - takes + 1;
	if (ps->count == ps->room) {
		ps->room = ps->room ? 2 * ps->room : 16;
		ps->nodes = mem_array(ps->nodes, ps->room, sizeof(*ps->nodes));
	}
	ps->nodes[ps->count++] = node;
}

static bool enter(struct parser *ps)
{
	if (ps->depth >= LIMIT_EXPRESSION_DEPTH)
		fail(ps, ps->lexer.word_at, "nested too deeply (at most %d levels)",
		     LIMIT_EXPRESSION_DEPTH);
	ps->depth++;
	return !ps->failed;
}

/* plugin(Mail::SpamAssassin::Plugin::DKIM), can(), has() */
static void parse_call(struct parser *ps, uint32_t at)
{
	struct str name;

	next(ps);
	name = ps->lexer.word;
	if (ps->lexer.token != TOKEN_NAME)
		fail(ps, ps->lexer.word_at, "expected a name in the parentheses");
	next(ps);
	if (ps->lexer.token != TOKEN_CLOSE)
		fail(ps, ps->lexer.word_at, "missing ')'");
	next(ps);
	emit(ps,
	     (struct expr_node){ .op = EXPR_NUMBER,
				 .at = at,
				 .number =
					 !ps->failed && ps->names->provides(ps->names->ctx, name) },
	     0);
}

static bool is_function(struct str name)
{
	return str_eq(name, STR("plugin")) || str_eq(name, STR("has")) || str_eq(name, STR("can"));
}

static bool is_glob(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && !(s.p[i] && strchr("_*?", s.p[i])))
			return false;
	return s.n != 0 && s.n <= LIMIT_SYMBOL_NAME;
}

/* rules_matching(__A*), of which no token can be made; behind its opening parenthesis. */
static void parse_glob(struct parser *ps, uint32_t at)
{
	struct lexer *l = &ps->lexer;
	struct expr_node node = { .at = at };
	struct str glob, rest;

	if (!str_cut(str_from(l->text, l->at), ')', &glob, &rest))
		fail(ps, l->text.n, "missing ')'");
	else if (!is_glob(str_trim(glob)))
		fail(ps, l->at,
		     "expected the names of rules, with * and ? in them, not '" STR_FMT "'",
		     STR_ARG(str_head(glob, 40)));
	if (ps->failed)
		return;
	ps->error->at = at;
	if (!ps->names->matching(ps->names->ctx, str_trim(glob), &node, ps->error))
		give_up(ps);
	emit(ps, node, 0);
	l->at = l->text.n - rest.n;
	next(ps);
}

static void parse_name(struct parser *ps)
{
	const struct str name = ps->lexer.word;
	struct expr_node node = { .op = EXPR_NUMBER, .at = (uint32_t)ps->lexer.word_at };

	next(ps);
	if (ps->names->provides && is_function(name) && ps->lexer.token == TOKEN_OPEN) {
		parse_call(ps, node.at);
		return;
	}
	if (ps->names->matching && str_eq(name, STR("rules_matching")) &&
	    ps->lexer.token == TOKEN_OPEN) {
		parse_glob(ps, node.at);
		return;
	}
	if (ps->failed)
		return;
	ps->error->at = node.at;
	if (!ps->names->resolve(ps->names->ctx, name, &node, ps->error))
		give_up(ps);
	emit(ps, node, 0);
}

/* ---- texts ---- */

static bool at_text(const struct parser *ps)
{
	return ps->lexer.token == TOKEN_NAME && ps->names->is_text &&
	       ps->names->is_text(ps->names->ctx, ps->lexer.word);
}

static void fail_text(struct parser *ps, struct str name, size_t at)
{
	fail(ps, at, STR_FMT " is a text: compare it with == \"...\", != \"...\" or in [\"...\"]",
	     STR_ARG(str_head(name, 60)));
}

static void take_text(struct parser *ps, struct expr_match *m, struct expr_text *texts)
{
	const struct lexer *l = &ps->lexer;

	if (l->token != TOKEN_STRING) {
		fail(ps, l->word_at, "expected a text in quotes");
		return;
	}
	if (m->count == LIMIT_EXPRESSION_TEXTS) {
		fail(ps, l->word_at, "more than %d texts in a list", LIMIT_EXPRESSION_TEXTS);
		return;
	}
	texts[m->count++] = (struct expr_text){ .quoted = l->word, .at = l->word_at };
}

/* [ "a", "b" ], with a comma behind the last if one likes; stops at the closing bracket. */
static void parse_list(struct parser *ps, struct expr_match *m, struct expr_text *texts)
{
	if (ps->lexer.token != TOKEN_OPEN_LIST)
		fail(ps, ps->lexer.word_at, "'in' takes a list: [\"a\", \"b\"]");
	do {
		next(ps);
		if (ps->lexer.token == TOKEN_CLOSE_LIST && m->count)
			break;
		take_text(ps, m, texts);
		next(ps);
	} while (ps->lexer.token == TOKEN_COMMA);
	if (ps->lexer.token != TOKEN_CLOSE_LIST)
		fail(ps, ps->lexer.word_at, "expected , or ] in this list");
}

/* A text and what it is compared with. */
static void parse_match(struct parser *ps)
{
	struct expr_text texts[LIMIT_EXPRESSION_TEXTS];
	struct lexer *l = &ps->lexer;
	struct expr_match m = { .name = l->word, .at = l->word_at, .texts = texts };
	struct expr_node node = { .at = (uint32_t)l->word_at };
	bool unequal;

	next(ps);
	unequal = l->token == TOKEN_UNEQUAL;
	if (l->token == TOKEN_EQUAL || unequal) {
		next(ps);
		take_text(ps, &m, texts);
	} else if (l->token == TOKEN_NAME && str_eq(l->word, STR("in"))) {
		next(ps);
		parse_list(ps, &m, texts);
	} else {
		fail_text(ps, m.name, m.at);
	}
	m.source = str_from(str_head(l->text, l->at), m.at);
	next(ps);
	if (!ps->failed && !ps->names->match(ps->names->ctx, &m, &node, ps->error))
		give_up(ps);
	emit(ps, node, 0);
	if (unequal)
		emit(ps, (struct expr_node){ .op = EXPR_NOT, .at = node.at }, 1);
}

void expr_text_value(const struct expr_text *text, struct out *o)
{
	for (size_t i = 1; i + 1 < text->quoted.n; i++) {
		i += text->quoted.p[i] == '\\';
		out_char(o, text->quoted.p[i]);
	}
}

static void parse_parentheses(struct parser *ps)
{
	if (!enter(ps))
		return;
	next(ps);
	parse_level(ps, LEVEL_OR);
	if (ps->lexer.token != TOKEN_CLOSE)
		fail(ps, ps->lexer.word_at, "missing ')'");
	next(ps);
	ps->depth--;
}

/* `not`, or a sign before a value, and what it stands before. */
static void parse_prefix(struct parser *ps, enum expr_op op, enum level level)
{
	const uint32_t at = (uint32_t)ps->lexer.word_at;

	if (!enter(ps))
		return;
	next(ps);
	parse_level(ps, level);
	emit(ps, (struct expr_node){ .op = (uint8_t)op, .at = at }, 1);
	ps->depth--;
}

static void parse_value(struct parser *ps)
{
	const struct lexer *l = &ps->lexer;

	if (l->token == TOKEN_BANG) {
		parse_prefix(ps, EXPR_NOT, LEVEL_VALUE);
	} else if (l->token == TOKEN_MINUS) {
		parse_prefix(ps, EXPR_NEGATE, LEVEL_VALUE);
	} else if (l->token == TOKEN_OPEN) {
		parse_parentheses(ps);
	} else if (at_text(ps)) {
		fail_text(ps, l->word, l->word_at);
	} else if (l->token == TOKEN_STRING) {
		fail(ps, l->word_at, "a text is compared with a name of texts in front of it");
	} else if (l->token == TOKEN_NAME) {
		parse_name(ps);
	} else if (l->token == TOKEN_NUMBER) {
		emit(ps,
		     (struct expr_node){
			     .op = EXPR_NUMBER, .number = l->number, .at = (uint32_t)l->word_at },
		     0);
		next(ps);
	} else if (l->token == TOKEN_END) {
		fail(ps, l->word_at, "expected a value, not the end");
	} else {
		fail(ps, l->word_at, "expected a value, not '" STR_FMT "'", STR_ARG(l->word));
	}
}

/* Index of the operator of this level at hand, or COUNTOF(operators). */
static size_t operator_at(const struct parser *ps, enum level level)
{
	for (size_t i = 0; i < COUNTOF(operators); i++)
		if (operators[i].token == ps->lexer.token && operators[i].level == level)
			return i;
	return COUNTOF(operators);
}

static void parse_operators(struct parser *ps, enum level level)
{
	unsigned found = 0;
	size_t i;

	if (level == LEVEL_COMPARE && at_text(ps)) {
		parse_match(ps);
		found++;
	} else {
		parse_level(ps, level + 1);
	}
	while ((i = operator_at(ps, level)) < COUNTOF(operators)) {
		const uint32_t at = (uint32_t)ps->lexer.word_at;

		if (level == LEVEL_COMPARE && found++) {
			fail(ps, at, "comparisons do not chain: join them with 'and'");
			return;
		}
		next(ps);
		parse_level(ps, level + 1);
		emit(ps, (struct expr_node){ .op = (uint8_t)operators[i].op, .at = at }, 2);
	}
}

/* Recursion goes round only at `not`, a sign and a parenthesis: there it is counted. */
static void parse_level(struct parser *ps, enum level level)
{
	if (level == LEVEL_VALUE)
		parse_value(ps);
	else if (level != LEVEL_NOT)
		parse_operators(ps, level);
	else if (ps->lexer.token == TOKEN_NOT)
		parse_prefix(ps, EXPR_NOT, LEVEL_NOT);
	else
		parse_level(ps, LEVEL_COMPARE);
}

bool expr_parse(struct str text, const struct expr_names *names, struct arena *arena,
		struct expr *to, struct expr_error *error)
{
	struct parser ps = { .lexer = { .text = text, .class_names = names->provides != NULL },
			     .names = names,
			     .error = error };

	*to = (struct expr){ 0 };
	next(&ps);
	parse_level(&ps, LEVEL_OR);
	if (ps.lexer.token != TOKEN_END)
		fail(&ps, ps.lexer.word_at, "expected an operator, not '" STR_FMT "'",
		     STR_ARG(str_head(ps.lexer.word, 40)));
	if (!ps.failed) {
		struct expr_node *nodes = arena_alloc(arena, ps.count * sizeof(*nodes));

		CHECK(nodes != NULL && ps.stack == 1);
		memcpy(nodes, ps.nodes, ps.count * sizeof(*nodes));
		*to = (struct expr){ .nodes = nodes, .count = (unsigned)ps.count };
	}
	mem_free(ps.nodes);
	return !ps.failed;
}
