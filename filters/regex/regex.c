/* regex.c - an expression, compiled.
 *
 * Bytes, not characters: what rules look at has been made UTF-8 or left as it came, and Perl's rules for mail are
 * written for that. */
#define _GNU_SOURCE /* memmem */
#include "filters/regex/regex.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "filters/regex/code.h"
#include "filters/regex/points.h"

#include <stdio.h>

/* 0: a flag that means nothing where bytes are matched, or where the expression is compiled once. */
static const struct {
	char letter;
	uint32_t option;
} flag_rows[] = {
	{ 'i', PCRE2_CASELESS },
	{ 'm', PCRE2_MULTILINE },
	{ 's', PCRE2_DOTALL },
	{ 'x', PCRE2_EXTENDED },
	{ 'n', PCRE2_NO_AUTO_CAPTURE },
	{ 'a', 0 },
	{ 'd', 0 },
	{ 'g', 0 },
	{ 'l', 0 },
	{ 'o', 0 },
	{ 'p', 0 },
	{ 'u', 0 },
};

static bool read_flags(struct str flags, uint32_t *options, struct regex_error *error)
{
	for (size_t i = 0; i < flags.n; i++) {
		size_t row = 0;

		while (row < COUNTOF(flag_rows) && flag_rows[row].letter != flags.p[i])
			row++;
		if (row == COUNTOF(flag_rows)) {
			snprintf(error->text, sizeof(error->text),
				 "no expression has the flag '%c'", flags.p[i]);
			return false;
		}
		*options |= flag_rows[row].option;
	}
	return true;
}

/* Whether a match that is found may be none when more of the text is seen: by a look ahead, or as no step goes back into a
 * part.  Said of more expressions than do, when their characters are written otherwise. */
static bool looks_ahead(struct str expression)
{
	static const char *const signs[] = { "(?=", "(?!", "(?>", "(?(", "(*",
					     "*+",  "++",  "?+",  "}+" };

	for (size_t i = 0; i < COUNTOF(signs); i++)
		if (expression.n && memmem(expression.p, expression.n, signs[i], strlen(signs[i])))
			return true;
	return false;
}

static struct regex *compile(struct str expression, uint32_t options, struct regex_error *error)
{
	pcre2_compile_context *context;
	struct regex *regex;
	pcre2_code *code;
	int number;

	context = pcre2_compile_context_create(NULL);
	CHECK(context != NULL);
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, LIMIT_EXPRESSION_DEPTH);
	code = pcre2_compile((PCRE2_SPTR)(expression.n ? expression.p : ""), expression.n, options,
			     &number, &error->at, context);
	pcre2_compile_context_free(context);
	if (!code) {
		error->too_long = number == PCRE2_ERROR_PATTERN_TOO_LARGE ||
				  number == PCRE2_ERROR_PATTERN_STRING_TOO_LONG;
		pcre2_get_error_message(number, (PCRE2_UCHAR *)error->text, sizeof(error->text));
		return NULL;
	}
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it: slower, the same */
	regex = mem_new(sizeof(*regex));
	*regex = (struct regex){ .code = code, .looks_ahead = looks_ahead(expression) };
	return regex;
}

bool regex_cut(struct str text, struct str *expression, struct str *flags)
{
	size_t end = text.n;

	while (end > 0 && ascii_alpha(text.p[end - 1]))
		end--;
	if (end < 2 || text.p[0] != '/' || text.p[end - 1] != '/')
		return false;
	*expression = str_from(str_head(text, end - 1), 1);
	*flags = str_from(text, end);
	return true;
}

struct regex *regex_compile(struct str expression, struct str flags, struct regex_error *error)
{
	uint32_t options =
		PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DUPNAMES | PCRE2_USE_OFFSET_LIMIT;
	struct out bytes = { .cap = 4 * expression.n };
	struct regex *regex;

	*error = (struct regex_error){ .at = 0 };
	if (!read_flags(flags, &options, error))
		return NULL;
	if (!points_has(expression))
		return compile(expression, options, error);
	bytes.p = mem_new(bytes.cap);
	points_put(expression, &bytes);
	regex = compile(out_text(&bytes), options, error);
	mem_free(bytes.p);
	if (error->at > expression.n)
		error->at = expression.n;
	return regex;
}

/* What a match reads is at the beginning of the code. */
void regex_fetch(const struct regex *regex)
{
	enum { BEGINNING = 192, LINE = 64 };
	const char *code = regex ? (const char *)regex->code : NULL;

	for (size_t i = 0; code && i < BEGINNING; i += LINE)
		__builtin_prefetch(code + i);
}

void regex_free(void *regex)
{
	struct regex *r = regex;

	if (!r)
		return;
	pcre2_code_free(r->code);
	mem_free(r);
}
