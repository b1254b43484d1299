/* Rule files: lines, comments, conditions, include.  The syntax is SpamAssassin's, so that files
 * operators have can be read; what is different is that a syntax error refuses the file, with its
 * place, instead of losing the line. */
#include "policy/rules.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_space(struct rules_reader *r)
{
	while (r->next < r->line.n && is_space(r->line.p[r->next]))
		r->next++;
	r->at.column = (unsigned)r->next + 1;
}

struct str rules_word(struct rules_reader *r)
{
	size_t start;

	skip_space(r);
	start = r->next;
	while (r->next < r->line.n && !is_space(r->line.p[r->next]))
		r->next++;
	return str_head(str_from(r->line, start), r->next - start);
}

struct str rules_rest(struct rules_reader *r)
{
	struct str rest;

	skip_space(r);
	rest = str_from(r->line, r->next);
	r->next = r->line.n;
	return rest;
}

/* What a condition may ask for: the version we read the files as, and nothing else. */
static bool resolve_condition(void *ctx, struct str name, struct expr_node *node,
			      struct expr_error *error)
{
	(void)ctx;
	node->op = EXPR_NUMBER;
	if (str_eq(name, STR("version")))
		node->number = 4.000001;
	else if (str_eq(name, STR("perl_version")))
		node->number = 5.036;
	else if (!str_eq(name, STR("local_tests_only"))) {
		snprintf(error->text, sizeof(error->text),
			 "'" STR_FMT
			 "' is not known; conditions ask for version, plugin(), has(), can()",
			 STR_ARG(str_head(name, 60)));
		return false;
	}
	return true;
}

/* What `enable_compat` of these files has said there is. */
static bool is_enabled(const struct policy *p, struct str name)
{
	const struct str prefix = STR("Mail::SpamAssassin::Conf::compat_");

	if (!str_starts(name, prefix))
		return false;
	for (const struct rule_word *compat = p->compats; compat; compat = compat->next)
		if (str_eq(compat->word, str_from(name, prefix.n)))
			return true;
	return false;
}

/* ctx: the policy. */
static bool provides(void *ctx, struct str name)
{
	static const struct str provided[] = {
#define PROVIDED(NAME) STR_INIT(NAME),
#include "policy/provided.def"
#undef PROVIDED
	};

	for (size_t i = 0; i < COUNTOF(provided); i++)
		if (str_eq(name, provided[i]))
			return true;
	return is_enabled(ctx, name);
}

static bool condition_holds(struct rules_reader *r)
{
	const struct expr_names names = { .ctx = r->policy,
					  .resolve = resolve_condition,
					  .provides = provides };
	const struct str text = rules_rest(r);
	struct expr_error error;
	struct expr expr;

	if (expr_parse(text, &names, &r->policy->arena, &expr, &error))
		return interval_true(expr_eval(&expr, &(struct expr_values){ 0 }));
	r->at.column += (unsigned)error.at;
	conf_error(r->report, &r->at, "if: %s", error.text);
	return false;
}

static bool plugin_is_here(struct rules_reader *r)
{
	const struct str name = rules_word(r);

	if (name.n == 0)
		conf_error(r->report, &r->at, "ifplugin: expected the name of a plugin");
	return provides(r->policy, name);
}

static void open_condition(struct rules_reader *r, bool (*holds)(struct rules_reader *r))
{
	if (r->condition_count == LIMIT_RULE_CONDITIONS) {
		conf_error(r->report, &r->at, "more than %d conditions within one another",
			   LIMIT_RULE_CONDITIONS);
		return;
	}
	r->conditions[r->condition_count++] = (struct condition){ .at = r->at };
	if (!r->skipping && !holds(r))
		r->skipping = r->condition_count;
}

static void turn_condition(struct rules_reader *r)
{
	struct condition *c;

	if (r->condition_count == 0 || r->conditions[r->condition_count - 1].has_else) {
		conf_error(r->report, &r->at, "else without if");
		return;
	}
	c = &r->conditions[r->condition_count - 1];
	c->has_else = true;
	if (r->skipping == r->condition_count)
		r->skipping = 0;
	else if (r->skipping == 0)
		r->skipping = r->condition_count;
}

static void close_condition(struct rules_reader *r)
{
	if (r->condition_count == 0) {
		conf_error(r->report, &r->at, "endif without if");
		return;
	}
	if (r->skipping == r->condition_count)
		r->skipping = 0;
	r->condition_count--;
}

/* A '#' begins a comment, "\#" does not. */
static struct str without_comment(struct str line, bool *commented)
{
	*commented = false;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] != '\\')) {
			line.n = i;
			*commented = true;
		}
	while (line.n && is_space(line.p[line.n - 1]))
		line.n--;
	return line;
}

/* "Required-Score": in any case, with either sign; what is longer is none. */
static struct str as_keyword(struct str word, struct out *o)
{
	for (size_t i = 0; i < word.n; i++)
		out_char(o, word.p[i] == '-' ? '_' : ascii_lower(word.p[i]));
	return out_text(o);
}

/* `lang de describe X ...`: texts in another language than the one we speak. */
static void read_line(struct rules_reader *r)
{
	char bytes[64];
	struct out o = OUT(bytes);
	const struct str word = as_keyword(rules_word(r), &o);

	if (str_eq(word, STR("if")))
		open_condition(r, condition_holds);
	else if (str_eq(word, STR("ifplugin")))
		open_condition(r, plugin_is_here);
	else if (str_eq(word, STR("else")))
		turn_condition(r);
	else if (str_eq(word, STR("endif")))
		close_condition(r);
	else if (word.n && !r->skipping && !str_eq(word, STR("lang")))
		rules_directive(r, word);
}

static void read_text(struct rules_reader *r, struct str text)
{
	const unsigned errors = r->report->errors;
	const struct str mark =
		STR("\xef\xbb\xbf"); /* that it is UTF-8: some editors put it there */
	struct str line;

	if (str_starts(text, mark))
		text = str_from(text, mark.n);
	while (text.n) {
		str_cut(text, '\n', &line, &text);
		r->at.line++;
		r->line = without_comment(line, &r->commented);
		r->next = 0;
		read_line(r);
	}
	if (r->condition_count)
		conf_error(r->report, &r->conditions[r->condition_count - 1].at,
			   "this condition has no endif");
	if (r->report->errors != errors)
		r->policy->refused = true;
}

void policy_parse_rules(struct policy *p, struct str text, const char *name,
			struct conf_report *report)
{
	struct rules_reader r = {
		.policy = p,
		.report = report,
		.at = { .file = policy_keep_str(p, str_z(name)).p },
	};

	read_text(&r, text);
}

/* The file's bytes, to be freed; NULL: errno says why. */
static char *read_all(FILE *f, size_t *n)
{
	char *bytes = mem_array(NULL, LIMIT_CONF_FILE + 1, 1);

	*n = fread(bytes, 1, LIMIT_CONF_FILE + 1, f);
	if (!ferror(f) && *n <= LIMIT_CONF_FILE)
		return bytes;
	errno = ferror(f) ? errno : EFBIG;
	mem_free(bytes);
	return NULL;
}

/* Names in `include` are relative to the file they stand in. */
static const char *path_of(struct policy *p, const char *path, const char *from)
{
	const char *slash = strrchr(from, '/');

	if (path[0] == '/' || !slash)
		return policy_keep_str(p, str_z(path)).p;
	return arena_printf(&p->arena, "%.*s/%s", (int)(slash - from), from, path).p;
}

/* at: who names the file. */
static void read_file(struct policy *p, const char *file, unsigned depth,
		      const struct conf_place *at, struct conf_report *report)
{
	struct rules_reader r = {
		.policy = p, .report = report, .at = { .file = file }, .depth = depth
	};
	char *bytes = NULL;
	size_t n;
	FILE *f;

	if (r.depth > LIMIT_CONF_DEPTH) {
		conf_error(report, at,
			   "include within include, more than %d deep; does %s include itself?",
			   LIMIT_CONF_DEPTH, file);
		return;
	}
	f = fopen(file, "re");
	if (f)
		bytes = read_all(f, &n);
	if (bytes) {
		p->file_count++;
		read_text(&r, (struct str){ .p = bytes, .n = n });
	} else {
		conf_error(report, at, "cannot read %s: %s", file, strerror(errno));
		p->refused = true;
	}
	if (f)
		fclose(f);
	mem_free(bytes);
}

void rules_read_file(struct policy *p, const char *path, const struct rules_reader *from,
		     struct conf_report *report)
{
	read_file(p, path_of(p, path, from->at.file), from->depth + 1, &from->at, report);
}

void policy_load_rules(struct policy *p, const char *path, const struct conf_place *at,
		       struct conf_report *report)
{
	read_file(p, policy_keep_str(p, str_z(path)).p, 0, at, report);
}
