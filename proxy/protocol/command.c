#include "protocol/command.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "protocol/parameter.h"

static const struct {
	struct str word;
	enum command_argument argument;
} verbs[VERB_COUNT] = {
#define X(VERB, ARGUMENT) [VERB_##VERB] = { .word = STR_INIT(#VERB), .argument = ARG_##ARGUMENT },
	COMMANDS(X)
#undef X
};

size_t command_limit(struct str input)
{
	return str_istarts(input, STR("AUTH ")) ? LIMIT_AUTH_LINE : LIMIT_COMMAND_LINE;
}

enum line_state command_line(struct str input, size_t limit, enum bare_newline bare,
			     struct str *line, size_t *used)
{
	const char *lf = input.n ? memchr(input.p, '\n', input.n) : NULL;
	const size_t n = lf ? (size_t)(lf - input.p) : input.n;
	bool is_bare;

	*used = 0;
	if (n >= limit) {
		*used = lf ? n + 1 : n;
		return LINE_TOO_LONG;
	}
	if (!lf)
		return LINE_NONE;
	*used = n + 1;
	*line = str_head(input, n);
	is_bare = n == 0 || line->p[n - 1] != '\r';
	if (!is_bare)
		line->n--;
	is_bare = is_bare || (line->n && memchr(line->p, '\r', line->n));
	if (is_bare && bare == BARE_REJECT)
		return LINE_BARE;
	while (line->n && (line->p[line->n - 1] == ' ' || line->p[line->n - 1] == '\t'))
		line->n--;
	return LINE_WHOLE;
}

static enum verb find_verb(struct str word)
{
	for (unsigned v = 0; v < VERB_COUNT; v++)
		if (str_ieq(word, verbs[v].word))
			return (enum verb)v;
	return VERB_UNKNOWN;
}

bool command_is_known(struct str line)
{
	struct str word, rest;

	str_cut(line, ' ', &word, &rest);
	return find_verb(word) != VERB_UNKNOWN;
}

enum err command_parse(struct str line, struct command *c)
{
	struct str rest;

	str_cut(line, ' ', &c->word, &rest);
	c->argument = str_trim(rest);
	c->verb = find_verb(c->word);
	if (str_has_controls(line))
		return ERR_SYNTAX;
	if (c->verb == VERB_UNKNOWN)
		return ERR_OK;
	if (verbs[c->verb].argument == ARG_NONE && c->argument.n)
		return ERR_SYNTAX;
	if (verbs[c->verb].argument == ARG_NEEDED && c->argument.n == 0)
		return ERR_SYNTAX;
	return ERR_OK;
}

bool command_is_foreign(const struct command *c)
{
	static const struct str words[] = {
		STR_INIT("GET"),     STR_INIT("HEAD"),    STR_INIT("POST"), STR_INIT("PUT"),
		STR_INIT("OPTIONS"), STR_INIT("CONNECT"), STR_INIT("USER"), STR_INIT("PASS"),
	};

	for (size_t i = 0; i < COUNTOF(words); i++)
		if (str_ieq(c->word, words[i]))
			return true;
	return c->word.n > 1 && c->word.p[c->word.n - 1] == ':';
}

/* ---- MAIL and RCPT ---- */

static const struct command_error fine = { .code = 0 };

static struct command_error refuse(unsigned code, const char *text)
{
	return (struct command_error){ .code = code, .text = text };
}

static void carry(struct out *params, struct str key, struct str value)
{
	out_char(params, ' ');
	out_str(params, key);
	if (value.p) {
		out_char(params, '=');
		out_str(params, value);
	}
}

/* What the session itself must know of a parameter. */
static void note(const struct parameter *p, struct str value, struct mail_command *m)
{
	uint64_t size;

	if (parameter_is(p, "SIZE") && str_u64(value, UINT64_MAX, &size))
		m->size = size;
	if (parameter_is(p, "SMTPUTF8"))
		m->utf8 = true;
	if (parameter_is(p, "PRDR"))
		m->prdr = true;
	if (parameter_is(p, "BODY"))
		m->binary = str_ieq(value, STR("BINARYMIME"));
}

static struct command_error take_params(enum parameter_of of, struct str rest, uint32_t offered,
					struct mail_command *m, struct out *params)
{
	struct str key, value;
	enum err err = ERR_OK;
	uint32_t seen = 0;

	while (path_param(&rest, &key, &value, &err)) {
		const struct parameter *p = parameter_find(of, key);
		const uint32_t bit = p ? 1u << parameter_index(p) : 0;

		if (!p || !(offered & (1u << p->cap)))
			return refuse(555, "5.5.4 unsupported parameter");
		if (seen & bit)
			return refuse(501, "5.5.4 a parameter is given twice");
		if (!parameter_value_ok(p, value) || (parameter_needed(p, value) & ~offered))
			return refuse(501, "5.5.4 bad value of a parameter");
		if (p->carry == PARAMETER_CARRY)
			carry(params, key, value);
		note(p, value, m);
		seen |= bit;
	}
	if (err != ERR_OK)
		return refuse(501, "5.5.4 bad parameter");
	return params->full ? refuse(501, "5.5.4 parameters are too long") : fine;
}

static struct command_error take_path(struct str argument, struct str keyword, const char *usage,
				      struct mail_command *m, struct str *rest)
{
	enum err err;

	*m = (struct mail_command){ .size = 0 };
	if (!str_istarts(argument, keyword))
		return refuse(501, usage);
	err = path_parse(str_from(argument, keyword.n), &m->path, rest);
	if (err == ERR_LIMIT)
		return refuse(501, "5.1.7 address is too long (RFC 5321 4.5.3.1)");
	return err == ERR_OK ? fine : refuse(501, usage);
}

static struct command_error need_utf8(const struct mail_command *m, bool utf8)
{
	return m->path.utf8 && !utf8
		       ? refuse(553, "5.6.7 address needs SMTPUTF8 (RFC 6531 3.7.4.1)")
		       : fine;
}

struct command_error command_mail(struct str argument, uint32_t offered, struct mail_command *m,
				  struct out *params)
{
	struct str rest;
	struct command_error e =
		take_path(argument, STR("FROM:"), "5.5.4 syntax: MAIL FROM:<address>", m, &rest);

	if (!e.code)
		e = take_params(OF_MAIL, rest, offered, m, params);
	return e.code ? e : need_utf8(m, m->utf8);
}

struct command_error command_rcpt(struct str argument, uint32_t offered, bool utf8,
				  struct mail_command *m, struct out *params)
{
	struct str rest;
	struct command_error e =
		take_path(argument, STR("TO:"), "5.5.4 syntax: RCPT TO:<address>", m, &rest);

	if (!e.code && m->path.address.n == 0)
		e = refuse(501, "5.1.3 a recipient cannot be empty");
	if (!e.code)
		e = take_params(OF_RCPT, rest, offered, m, params);
	return e.code ? e : need_utf8(m, utf8);
}
