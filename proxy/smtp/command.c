#include "smtp/command.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"

static const struct {
	struct str word;
	enum command_argument argument;
} verbs[VERB_COUNT] = {
#define X(VERB, ARGUMENT) [VERB_##VERB] = { .word = STR_INIT(#VERB), .argument = ARG_##ARGUMENT },
	COMMANDS(X)
#undef X
};

enum line_state command_line(struct str input, enum bare_newline bare, struct str *line,
			     size_t *used)
{
	const char *lf = input.n ? memchr(input.p, '\n', input.n) : NULL;
	const size_t n = lf ? (size_t)(lf - input.p) : input.n;
	bool is_bare;

	*used = 0;
	if (n >= LIMIT_COMMAND_LINE) {
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

static bool has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

enum err command_parse(struct str line, struct command *c)
{
	struct str rest;

	str_cut(line, ' ', &c->word, &rest);
	c->argument = str_trim(rest);
	c->verb = VERB_UNKNOWN;
	for (unsigned v = 0; v < VERB_COUNT; v++)
		if (str_ieq(c->word, verbs[v].word))
			c->verb = (enum verb)v;
	if (has_controls(line))
		return ERR_SYNTAX;
	if (c->verb == VERB_UNKNOWN)
		return ERR_OK;
	if (verbs[c->verb].argument == ARG_NONE && c->argument.n)
		return ERR_SYNTAX;
	if (verbs[c->verb].argument == ARG_NEEDED && c->argument.n == 0)
		return ERR_SYNTAX;
	return ERR_OK;
}

/* ---- parameters of MAIL and RCPT ---- */

enum command_of { OF_MAIL, OF_RCPT };

typedef bool value_fn(struct str value);

static bool is_number(struct str value)
{
	uint64_t n;

	return str_u64(value, UINT64_MAX, &n);
}

static bool is_body(struct str value)
{
	return str_ieq(value, STR("7BIT")) || str_ieq(value, STR("8BITMIME"));
}

static bool is_ret(struct str value)
{
	return str_ieq(value, STR("FULL")) || str_ieq(value, STR("HDRS"));
}

static bool is_hex(char c)
{
	return ascii_digit(c) || (c >= 'A' && c <= 'F');
}

/* RFC 3461 4: printable ASCII without '+' and '=', or "+XX". */
static bool is_xtext(struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		const char c = value.p[i];

		if (c <= ' ' || c >= 0x7f || c == '=')
			return false;
		if (c != '+')
			continue;
		if (value.n - i < 3 || !is_hex(value.p[i + 1]) || !is_hex(value.p[i + 2]))
			return false;
		i += 2;
	}
	return value.n > 0;
}

/* RFC 3461 4.4: at most 100 characters. */
static bool is_envid(struct str value)
{
	return value.n <= 100 && is_xtext(value);
}

/* RFC 3461 4.2: addr-type ";" xtext; RFC 6533 lets utf-8-addr-xtext hold UTF-8 under SMTPUTF8. */
static bool is_orcpt(struct str value)
{
	struct str type, address;

	if (value.n > 500 || !str_cut(value, ';', &type, &address) || type.n == 0)
		return false;
	if (str_ieq(type, STR("utf-8")))
		return address.n > 0 && !memchr(address.p, '=', address.n);
	return is_xtext(address);
}

/* RFC 3461 4.1: NEVER alone, or a list of the others, each once. */
static bool is_notify(struct str value)
{
	static const struct str words[] = { STR_INIT("SUCCESS"), STR_INIT("FAILURE"),
					    STR_INIT("DELAY") };

	bool more;

	if (str_ieq(value, STR("NEVER")))
		return true;
	do {
		struct str word;
		bool known = false;

		more = str_cut(value, ',', &word, &value);
		for (size_t i = 0; i < COUNTOF(words); i++)
			known = known || str_ieq(word, words[i]);
		if (!known)
			return false;
	} while (more);
	return true;
}

enum carry {
	CARRY,   /* to the backend as it came */
	CONSUME, /* known to the delivery in another form */
};

/* key, of which command, offered with this extension, check of the value (NULL: takes none), carry */
#define PARAMETERS(X)                                                                              \
	X(SIZE, OF_MAIL, CAP_SIZE, is_number, CONSUME)                                             \
	X(BODY, OF_MAIL, CAP_8BITMIME, is_body, CARRY)                                             \
	X(SMTPUTF8, OF_MAIL, CAP_SMTPUTF8, NULL, CARRY)                                            \
	X(RET, OF_MAIL, CAP_DSN, is_ret, CARRY)                                                    \
	X(ENVID, OF_MAIL, CAP_DSN, is_envid, CARRY)                                                \
	X(NOTIFY, OF_RCPT, CAP_DSN, is_notify, CARRY)                                              \
	X(ORCPT, OF_RCPT, CAP_DSN, is_orcpt, CARRY)

static const struct parameter {
	struct str key;
	enum command_of of;
	enum cap cap;
	value_fn *value;
	enum carry carry;
} parameters[] = {
#define X(KEY, OF, CAP, VALUE, CARRIED)                                                            \
	{ .key = STR_INIT(#KEY), .of = (OF), .cap = (CAP), .value = (VALUE), .carry = (CARRIED) },
	PARAMETERS(X)
#undef X
};

static const struct command_error fine = { .code = 0 };

static struct command_error refuse(unsigned code, const char *text)
{
	return (struct command_error){ .code = code, .text = text };
}

static const struct parameter *find(enum command_of of, struct str key)
{
	for (size_t i = 0; i < COUNTOF(parameters); i++)
		if (parameters[i].of == of && str_ieq(key, parameters[i].key))
			return &parameters[i];
	return NULL;
}

static bool take_value(const struct parameter *p, struct str value, struct mail_command *m)
{
	if (!p->value) {
		m->utf8 = true; /* SMTPUTF8 is the one without a value */
		return value.p == NULL;
	}
	if (!value.p || !p->value(value))
		return false;
	return p->cap != CAP_SIZE || str_u64(value, UINT64_MAX, &m->size);
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

static struct command_error take_params(enum command_of of, struct str rest,
					const struct caps *offered, struct mail_command *m,
					struct out *params)
{
	struct str key, value;
	enum err err = ERR_OK;
	uint32_t seen = 0;

	while (path_param(&rest, &key, &value, &err)) {
		const struct parameter *p = find(of, key);
		const uint32_t bit = p ? 1u << (p - parameters) : 0;

		if (!p || !caps_has(offered, p->cap))
			return refuse(555, "5.5.4 unsupported parameter");
		if (seen & bit)
			return refuse(501, "5.5.4 a parameter is given twice");
		if (!take_value(p, value, m))
			return refuse(501, "5.5.4 bad value of a parameter");
		if (p->carry == CARRY)
			carry(params, key, value);
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

struct command_error command_mail(struct str argument, const struct caps *offered,
				  struct mail_command *m, struct out *params)
{
	struct str rest;
	struct command_error e =
		take_path(argument, STR("FROM:"), "5.5.4 syntax: MAIL FROM:<address>", m, &rest);

	if (!e.code)
		e = take_params(OF_MAIL, rest, offered, m, params);
	return e.code ? e : need_utf8(m, m->utf8);
}

struct command_error command_rcpt(struct str argument, const struct caps *offered, bool utf8,
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
