/* Rules on the message: `header NAME Field =~ /re/flags`, `mimeheader` with the same, `body NAME /re/`, `rawbody`, `uri`,
 * `full`, and their tests.
 *
 * Here they are read; what they look for is handed on (conf/pattern.h), and whether an expression is one is for whoever
 * looks for it to say.  An expression ends at its last delimiter that has nothing but letters behind it. */
#include "policy/rules.h"

#include "base/check.h"

struct rule_test {
	struct rule_test *next;
	symbol_id rule;
	const struct pattern *of; /* the definition in force where it stands; NULL: none yet */
	struct pattern_test test;
};

char pattern_closing(char c)
{
	static const char pairs[] = "()[]{}<>";
	const char *at = strchr(pairs, c);

	return c && at && (at - pairs) % 2 == 0 ? at[1] : c;
}

/* "/", "m{", "qr{", and with a # as it is written in these files, "m\#"; 0: it is none. */
static size_t opening_length(struct str text)
{
	const size_t n = str_starts(text, STR("qr")) ? 2 : str_starts(text, STR("m")) ? 1 : 0;
	const struct str rest = str_from(text, n);

	if (n && str_starts(rest, STR("\\#")))
		return n + 2;
	if (rest.n == 0 || (n ? ascii_alnum(rest.p[0]) || rest.p[0] == '\\' : rest.p[0] != '/'))
		return 0;
	return n + 1;
}

bool pattern_cut_regex(struct str text, struct str *regex, struct str *flags)
{
	const size_t begin = opening_length(text);
	size_t end = text.n;
	struct str inner;
	char last;

	while (end > begin && ascii_alpha(text.p[end - 1]))
		end--;
	if (begin == 0 || end == begin)
		return false;
	last = pattern_closing(text.p[begin - 1]);
	inner = str_head(str_from(text, begin), end - 1 - begin);
	if (text.p[end - 1] != last || (last == '#' && !str_ends(inner, STR("\\"))))
		return false;
	*regex = last == '#' ? str_head(inner, inner.n - 1) : inner;
	*flags = str_from(text, end);
	return true;
}

/* Takes "[if-unset: text]" off the end. */
static void cut_unset(struct str *text, struct pattern *p)
{
	const struct str key = STR("[if-unset:");

	if (!str_ends(*text, STR("]")))
		return;
	for (size_t at = text->n; at-- > 1;) {
		if (!str_starts(str_from(*text, at), key) || text->p[at - 1] > ' ')
			continue;
		p->has_unset = true;
		p->unset =
			str_trim(str_head(str_from(*text, at + key.n), text->n - at - key.n - 1));
		*text = str_trim(str_head(*text, at));
		return;
	}
}

/* Where the delimiter stands in the expression as it is; n: nowhere.  Brackets may. */
static size_t find_delimiter(struct str regex, char delimiter)
{
	if (strchr(")]}>", delimiter))
		return regex.n;
	for (size_t i = 0; i < regex.n; i++) {
		if (regex.p[i] == '\\')
			i++;
		else if (regex.p[i] == delimiter)
			return i;
	}
	return regex.n;
}

/* The expression of a rule, at the reader's column. */
static bool read_regex(struct rules_reader *r, struct str text, struct pattern *p)
{
	struct str regex, flags;
	size_t wrong;

	if (!pattern_cut_regex(text, &regex, &flags)) {
		conf_error(r->report, &r->at,
			   "expected an expression, /like this/ or m{like this}, not '" STR_FMT
			   "'%s",
			   STR_ARG(str_head(text, 60)),
			   r->commented ? "; a # begins a comment, \\# does not" : "");
		return false;
	}
	p->at = r->at;
	p->at.column += (unsigned)(regex.p - text.p);
	wrong = find_delimiter(regex, flags.p[-1]);
	if (wrong < regex.n) {
		p->at.column += (unsigned)wrong;
		conf_error(r->report, &p->at, "the '%c' that ends an expression is \\%c in it",
			   flags.p[-1], flags.p[-1]);
		return false;
	}
	p->regex = rules_keep(r->policy, regex);
	p->flags = policy_keep_str(r->policy, flags);
	return true;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* "%{NAME}" or "%{HEADER(To)}" is at the head. */
static bool is_template(struct str s)
{
	size_t n = 2;

	if (!str_starts(s, STR("%{")) || n == s.n || !is_capital(s.p[n]))
		return false;
	while (n < s.n && (is_capital(s.p[n]) || ascii_digit(s.p[n]) || s.p[n] == '_'))
		n++;
	if (n < s.n && s.p[n] == '(')
		while (n < s.n && s.p[n] != '}')
			n++;
	return n < s.n && s.p[n] == '}';
}

/* What another rule's expression has taken, or is known of the message, stands in it. */
static bool has_template(struct str regex)
{
	for (size_t i = 0; i < regex.n; i++)
		if (regex.p[i] == '%' && (i == 0 || regex.p[i - 1] != '\\') &&
		    is_template(str_from(regex, i)))
			return true;
	return false;
}

static void define(struct rules_reader *r, struct symbol *s, const struct pattern *p)
{
	rules_begin(r, s);
	if (has_template(p->regex)) {
		rules_turn_off(r, s, "%{NAME} in an expression is not done here");
		return;
	}
	s->pattern = policy_keep(r->policy, sizeof(*s->pattern));
	*s->pattern = *p;
	s->pattern->rule = s->name;
	s->call = NULL;
	s->kind = SYMBOL_PATTERN;
	s->at = p->at;
}

static void read_exists(struct rules_reader *r, struct symbol *s, struct str field)
{
	struct pattern p = { .when = PATTERN_EXISTS, .at = r->at };

	if (!field_read(r, s, str_trim(field), &p.view))
		return;
	p.view.field = policy_keep_str(r->policy, p.view.field);
	define(r, s, &p);
}

/* Where "=~" or "!~" stands; text.n: nowhere. */
static size_t find_operator(struct str text)
{
	size_t at = 0;

	while (at + 1 < text.n &&
	       !(text.p[at + 1] == '~' && (text.p[at] == '=' || text.p[at] == '!')))
		at++;
	return at + 1 < text.n ? at : text.n;
}

/* "Field =~ /expression/".  False: told; that it is none in these words. */
static bool read_comparison(struct rules_reader *r, struct symbol *s, struct str text,
			    const char *expected, struct pattern *p)
{
	const size_t at = find_operator(text);
	struct str regex;

	*p = (struct pattern){ .when = PATTERN_MATCHES };
	if (at == text.n) {
		conf_error(r->report, &r->at, "%s", expected);
		return false;
	}
	if (!field_read(r, s, str_trim(str_head(text, at)), &p->view))
		return false;
	if (text.p[at] == '!')
		p->when = PATTERN_DIFFERS;
	regex = str_trim(str_from(text, at + 2));
	cut_unset(&regex, p);
	r->at.column += (unsigned)(regex.p - text.p);
	if (!read_regex(r, regex, p))
		return false;
	p->view.field = policy_keep_str(r->policy, p->view.field);
	p->unset = policy_keep_str(r->policy, p->unset);
	return true;
}

void pattern_read_header(struct rules_reader *r)
{
	struct symbol *s = rules_rule(r, "header");
	const struct str exists = STR("exists:");
	struct pattern p;
	struct str text;

	if (!s || rules_is_measured(r, s, "header"))
		return;
	text = rules_rest(r);
	if (str_starts(text, exists))
		read_exists(r, s, str_from(text, exists.n));
	else if (str_starts(text, STR("eval:")) || str_starts(text, STR("rbleval:")))
		call_read(r, s, text, false);
	else if (read_comparison(
			 r, s, text,
			 "header: expected 'Field =~ /expression/', 'exists:Field' or 'eval:...'",
			 &p))
		define(r, s, &p);
}

/* Of each part of the message, of which the last field with the name counts. */
void pattern_read_part(struct rules_reader *r)
{
	struct symbol *s = rules_rule(r, "mimeheader");
	struct pattern p;

	if (!s || rules_is_measured(r, s, "mimeheader") ||
	    !read_comparison(r, s, rules_rest(r), "mimeheader: expected 'Field =~ /expression/'",
			     &p))
		return;
	p.view.parts = true;
	if (p.view.source == PATTERN_FIELD)
		p.view.pick = PATTERN_LAST;
	define(r, s, &p);
}

static void read_text(struct rules_reader *r, const char *word, enum pattern_source source)
{
	struct symbol *s = rules_rule(r, word);
	struct pattern p = { .view.source = source };
	struct str text;

	if (!s || rules_is_measured(r, s, word))
		return;
	text = rules_rest(r);
	if (str_starts(text, STR("eval:")))
		call_read(r, s, text, source == PATTERN_RAW_BODY);
	else if (read_regex(r, text, &p))
		define(r, s, &p);
}

void pattern_read_full(struct rules_reader *r)
{
	read_text(r, "full", PATTERN_WHOLE);
}

void pattern_read_body(struct rules_reader *r)
{
	read_text(r, "body", PATTERN_RENDERED);
}

void pattern_read_rawbody(struct rules_reader *r)
{
	read_text(r, "rawbody", PATTERN_RAW_BODY);
}

void pattern_read_uri(struct rules_reader *r)
{
	read_text(r, "uri", PATTERN_URIS);
}

/* "\\n" in a test is a line end: of what is looked at as a whole there are several lines. */
static struct str keep_lines(struct policy *p, struct str text)
{
	const struct str kept = rules_keep(p, text);
	struct out o = { .p = policy_keep(p, kept.n + 1), .cap = kept.n };

	for (size_t i = 0; i < kept.n; i++) {
		const bool line_end = str_starts(str_from(kept, i), STR("\\n"));

		out_char(&o, line_end ? '\n' : kept.p[i]);
		i += line_end;
	}
	return out_text(&o);
}

/* `test NAME ok text`: the rule hits it; `fail`: it does not. */
void pattern_read_test(struct rules_reader *r)
{
	const struct symbol *s = rules_rule(r, "test");
	const struct conf_place at = r->at;
	struct policy *p = r->policy;
	struct rule_test *t;
	struct str word;

	if (!s)
		return;
	word = rules_word(r);
	if (!str_ieq(word, STR("ok")) && !str_ieq(word, STR("fail"))) {
		conf_error(r->report, &r->at, "test: expected 'ok' or 'fail' behind the rule");
		return;
	}
	t = policy_keep(p, sizeof(*t));
	*t = (struct rule_test){
		.rule = (symbol_id)(s - p->symbols),
		.of = s->pattern,
		.test = { .hits = word.n == 2, .text = keep_lines(p, rules_rest(r)), .at = at },
	};
	*(p->tests ? p->tests_last : &p->tests) = t;
	p->tests_last = &t->next;
}

/* ---- what becomes of them ---- */

/* A test is of the rule as it is defined in its own file, or before it: what another file defines later has the name only. */
static bool is_tested(const struct rule_test *t, const struct pattern *pattern)
{
	return t->of == pattern || strcmp(t->test.at.file, pattern->at.file) == 0;
}

/* What has no text has no test. */
static void warn_of_test(const struct policy *p, const struct rule_test *t,
			 struct conf_report *report)
{
	const struct symbol *s = &p->symbols[t->rule];
	char hint[200];

	if (s->kind == SYMBOL_NAMED)
		conf_warn(report, &t->test.at,
			  "a test of " STR_FMT ", which nobody defines" STR_FMT, STR_ARG(s->name),
			  STR_ARG(symbol_hint(p, s->name, NULL, hint, sizeof(hint))));
	else if (s->kind == SYMBOL_META)
		conf_warn(report, &t->test.at, "a test of " STR_FMT ", a meta: it tests nothing",
			  STR_ARG(s->name));
}

/* Tests of rules that are off test nothing. */
static size_t gather_tests(const struct policy *p, const size_t *places, struct pattern_test *to,
			   struct conf_report *report)
{
	size_t n = 0;

	for (const struct rule_test *t = p->tests; t; t = t->next) {
		const struct symbol *s = &p->symbols[t->rule];

		if (s->kind != SYMBOL_PATTERN || s->call) {
			warn_of_test(p, t, report);
			continue;
		}
		if (!is_tested(t, s->pattern)) {
			conf_note(report, CONF_NOTE_UNTESTED, &t->test.at,
				  "%s:%u defines " STR_FMT " anew: this test is left out",
				  s->pattern->at.file, s->pattern->at.line, STR_ARG(s->name));
			continue;
		}
		to[n] = t->test;
		to[n++].pattern = places[t->rule];
	}
	return n;
}

static size_t count_tests(const struct policy *p)
{
	size_t n = 0;

	for (const struct rule_test *t = p->tests; t; t = t->next)
		n++;
	return n;
}

/* As it is looked for. */
static struct pattern finish(struct policy *p, const struct symbol *s, struct conf_report *report)
{
	struct pattern pattern = *s->pattern;

	pattern.rule = s->name;
	pattern.no_subject = s->no_subject;
	pattern.most = s->most ? s->most : 1;
	pattern.idle = s->idle;
	if (s->some_parts && pattern.view.parts)
		conf_warn(report, &pattern.at,
			  STR_FMT " looks at all parts, each alone: tflags range= and concat mean "
				  "nothing here",
			  STR_ARG(s->name));
	if (s->has_tags && pattern.regex.n && !replace_tags(p, &pattern))
		conf_error(report, &pattern.at, STR_FMT ": more than %d bytes with its tags",
			   STR_ARG(s->name), LIMIT_EXPRESSION);
	return pattern;
}

struct patterns policy_patterns(struct policy *p, struct conf_report *report)
{
	struct pattern *items = policy_keep(p, p->symbol_count * sizeof(*items));
	size_t *places = policy_keep(p, p->symbol_count * sizeof(*places));
	struct pattern_test *tests = policy_keep(p, count_tests(p) * sizeof(*tests));
	struct rule_call *calls = policy_keep(p, p->symbol_count * sizeof(*calls));
	struct patterns all = {
		.items = items, .tests = tests, .calls = calls, .settings = p->settings
	};

	for (unsigned i = 0; i < p->symbol_count; i++) {
		const struct symbol *s = &p->symbols[i];

		if (s->kind != SYMBOL_PATTERN)
			continue;
		if (s->call) {
			calls[all.call_count++] = call_finish(s);
			continue;
		}
		places[i] = all.count;
		items[all.count++] = finish(p, s, report);
	}
	all.test_count = gather_tests(p, places, tests, report);
	settings_check(p, report);
	return all;
}

void pattern_settle(struct policy *p)
{
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (p->symbols[i].kind == SYMBOL_PATTERN && p->symbols[i].sources == 0)
			p->symbols[i].kind = SYMBOL_OFF;
}
