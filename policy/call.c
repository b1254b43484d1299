/* Rules that are computed: `header NAME eval:function('text', 2)`.  What the function is, and what it wants, is for the
 * filter that has it. */
#include "policy/rules.h"

#include "base/check.h"

static bool is_word(char c)
{
	return ascii_alnum(c) || c == '_';
}

/* An argument: in quotes, or up to a comma.  False: it has no end. */
static bool cut_argument(struct str *rest, struct str *argument)
{
	struct str s = str_trim(*rest);
	const char quote = s.n && (s.p[0] == '\'' || s.p[0] == '"') ? s.p[0] : 0;
	size_t n = quote ? 1 : 0;

	while (n < s.n && s.p[n] != (quote ? quote : ','))
		n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
	if (quote && n >= s.n)
		return false;
	n = n < s.n ? n : s.n;
	*argument = quote ? str_from(str_head(s, n), 1) : str_trim(str_head(s, n));
	s = str_trim(str_from(s, quote ? n + 1 : n));
	if (s.n && s.p[0] != ',')
		return false;
	*rest = s;
	return true;
}

static bool read_arguments(struct rules_reader *r, struct str s, struct rule_call *call)
{
	while (str_trim(s).n) {
		struct str argument;

		if (call->count == CALL_ARGUMENTS || !cut_argument(&s, &argument))
			return false;
		call->arguments[call->count++] = rules_keep(r->policy, argument);
		if (s.n)
			s = str_from(s, 1);
	}
	return true;
}

static void define(struct rules_reader *r, struct symbol *s, const struct rule_call *call)
{
	rules_begin(r, s);
	s->call = policy_keep(r->policy, sizeof(*s->call));
	*s->call = *call;
	s->call->rule = s->name;
	s->pattern = NULL;
	s->kind = SYMBOL_PATTERN;
	s->at = call->at;
}

void call_read(struct rules_reader *r, struct symbol *s, struct str text, bool raw)
{
	struct rule_call call = { .at = r->at, .raw = raw };
	const struct str whole = text;
	struct str arguments = { 0 }, word;
	size_t n = 0;

	str_cut(text, ':', &word, &text);
	text = str_trim(text);
	while (n < text.n && is_word(text.p[n]))
		n++;
	call.function = policy_keep_str(r->policy, str_head(text, n));
	text = str_trim(str_from(text, n));
	if (str_starts(text, STR("(")) && str_ends(text, STR(")")))
		arguments = str_from(str_head(text, text.n - 1), 1);
	else if (text.n)
		n = 0;
	if (n == 0 || !read_arguments(r, arguments, &call)) {
		conf_error(r->report, &r->at,
			   "expected eval:function('argument', ...), not '" STR_FMT "'",
			   STR_ARG(str_head(whole, 60)));
		return;
	}
	define(r, s, &call);
}

/* Where the expression ends: its delimiter, letters, and a space or the end. */
static size_t expression_end(struct str s, size_t i, char delimiter)
{
	for (; i < s.n; i++) {
		size_t end = i + 1;

		if (s.p[i] == '\\') {
			i++;
			continue;
		}
		while (end < s.n && ascii_alpha(s.p[end]))
			end++;
		if (s.p[i] == delimiter && (end == s.n || s.p[end] == ' ' || s.p[end] == '\t'))
			return end;
	}
	return s.n;
}

/* "key =~ /re/i" */
static size_t condition_length(struct str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != '~')
		i++;
	i++;
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == 'm'))
		i++;
	return i < s.n ? expression_end(s, i + 1, pattern_closing(s.p[i])) : s.n;
}

/* Whatever its delimiters, as "key =~ /re/i".  False: it is none. */
static bool keep_condition(struct rules_reader *r, struct str s, struct str *kept)
{
	struct str key, expression, regex, flags;
	struct out o = { .p = policy_keep(r->policy, s.n + 4), .cap = s.n + 4 };

	if (!str_cut(s, '~', &key, &expression) || key.n == 0 ||
	    !pattern_cut_regex(str_trim(expression), &regex, &flags))
		return false;
	out_str(&o, key);
	out_str(&o, STR("~ /"));
	out_str(&o, regex);
	out_char(&o, '/');
	out_str(&o, flags);
	*kept = rules_keep(r->policy, out_text(&o));
	return true;
}

void call_read_uri_detail(struct rules_reader *r)
{
	struct symbol *s = rules_rule(r, "uri_detail");
	struct rule_call call = { .function = STR("uri_detail") };
	struct str rest;

	if (!s || rules_is_measured(r, s, "uri_detail"))
		return;
	rest = rules_rest(r);
	call.at = r->at;
	for (size_t n; rest.n && call.count < CALL_ARGUMENTS; rest = str_trim(str_from(rest, n))) {
		n = condition_length(rest);
		if (!keep_condition(r, str_head(rest, n), &call.arguments[call.count]))
			break;
		call.count++;
	}
	if (call.count == 0 || rest.n)
		conf_error(r->report, &r->at,
			   "uri_detail: expected key =~ /expression/ ..., %d at most",
			   CALL_ARGUMENTS);
	else
		define(r, s, &call);
}

/* What stands behind the name and the types, as a whole. */
static struct str keep_test(struct rules_reader *r, struct str test)
{
	const struct str expression = rules_keep_regex(r->policy, test);

	return expression.n ? expression : rules_keep(r->policy, test);
}

void call_read_askdns(struct rules_reader *r)
{
	struct symbol *s = rules_rule(r, "askdns");
	struct rule_call call = { .function = STR("askdns") };

	if (!s || rules_is_measured(r, s, "askdns"))
		return;
	for (struct str word; call.count < 2 && (word = rules_word(r)).n;) {
		if (call.count == 0)
			call.at = r->at;
		call.arguments[call.count++] = policy_keep_str(r->policy, word);
	}
	if (call.count == 0) {
		conf_error(r->report, &r->at, "askdns: expected the name that is asked");
		return;
	}
	call.arguments[2] = keep_test(r, rules_rest(r));
	call.count += call.arguments[2].n > 0;
	define(r, s, &call);
}

struct rule_call call_finish(const struct symbol *s)
{
	struct rule_call call = *s->call;

	call.rule = s->name;
	call.asks = s->asks;
	call.weightless = s->scored && s->score == 0;
	call.idle = s->idle;
	return call;
}
