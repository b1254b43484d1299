/* arguments.c - what a rule gives a function, read as the function wants it (evals.def). */
#include "filters/evals/eval.h"

#include "base/check.h"
#include "filters/evals/detail.h"
#include "filters/regex/regex.h"

#include <math.h>
#include <stdlib.h>

static bool read_number(struct str text, double *number)
{
	char *end;

	if (str_eq(text, STR("undef")) || str_eq(text, STR("inf"))) {
		*number = (double)NAN;
		return true;
	}
	*number = strtod(text.p, &end);
	return text.n && end == text.p + text.n;
}

/* One of the words in "{a,b}...", which *wanted steps over. */
static bool read_choice(const char **wanted, struct str text)
{
	struct str all, rest, word;
	bool found = false;

	str_cut(str_from(str_z(*wanted), 1), '}', &all, &rest);
	*wanted += all.n + 1;
	while (all.n) {
		str_cut(all, ',', &word, &all);
		found = found || str_eq(word, text);
	}
	return found;
}

static bool read_regex(struct filter_setup *s, const struct rule_call *call, struct str text,
		       struct eval_args *args)
{
	struct regex_error error;
	struct regex *regex = regex_compile(text, (struct str){ 0 }, &error);

	if (!regex) {
		conf_error(filter_setup_report(s), &call->at, STR_FMT ": %s", STR_ARG(call->rule),
			   error.text);
		return false;
	}
	args->regex = regex;
	return filter_setup_own(s, regex, regex_free);
}

/* The n-th condition of a uri_detail. */
static bool read_detail(struct filter_setup *s, const struct rule_call *call, unsigned n,
			struct detail *details)
{
	struct regex_error error;

	if (!details)
		return false;
	if (detail_read(s, call->arguments[n], &details[n], &error))
		return true;
	if (error.text[0])
		conf_error(filter_setup_report(s), &call->at, STR_FMT ": %s", STR_ARG(call->rule),
			   error.text);
	return false;
}

bool args_read(struct filter_setup *s, const struct rule_call *call, const char *wanted,
	       struct eval_args *args)
{
	struct detail *details = NULL;
	bool may_end = false;
	unsigned n = 0;

	for (; *wanted; wanted++) {
		if (*wanted == '?') {
			may_end = true;
			continue;
		}
		if (n == call->count)
			break;
		args->text[n] = call->arguments[n];
		if (*wanted == '{' && !read_choice(&wanted, call->arguments[n]))
			return false;
		if (*wanted == 'n' && !read_number(call->arguments[n], &args->number[n]))
			return false;
		if (*wanted == 'r' && !read_regex(s, call, call->arguments[n], args))
			return false;
		if (*wanted == 'd' && !details)
			args->details = details = arena_alloc(filter_setup_arena(s),
							      CALL_ARGUMENTS * sizeof(*details));
		if (*wanted == 'd' && !read_detail(s, call, n, details))
			return false;
		n++;
	}
	args->count = n;
	args->raw = call->raw;
	return n == call->count && (*wanted == '\0' || *wanted == '?' || may_end);
}
