/* html.c - functions that look at HTML (filters/content/tally.h): true when it is so of one of the parts. */
#include "filters/content/tags.h"
#include "filters/content/tally.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"

#include "base/check.h"

#include <math.h>
#include <stdlib.h>

/* Those of html_test(). */
static bool has_fact(const struct tally_html *h, struct str name)
{
	const struct {
		struct str name;
		bool is;
	} facts[] = {
		{ STR("html"), true },
		{ STR("form_action_mailto"), h->mail_form },
		{ STR("embeds"), tally_has(h, TAG_object) || tally_has(h, TAG_embed) },
		{ STR("font_low_contrast"), h->low_contrast },
		{ STR("font_invalid_color"), h->invalid_color },
		{ STR("font_face_bad"), h->bad_face },
	};

	for (size_t i = 0; i < COUNTOF(facts); i++)
		if (str_eq(name, facts[i].name))
			return facts[i].is;
	return false;
}

bool eval_html_test(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (has_fact(&t->html[i], args->text[0]))
			return true;
	return false;
}

static double ratio(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : (double)NAN;
}

/* Those of html_range() and html_eval(); NAN: there is nothing of that. */
static double number_of(const struct tally_html *h, struct str name)
{
	const uint64_t no_elements = h->tags - h->elements, unknown = h->names - h->element_names;
	const struct {
		struct str name;
		double is;
	} numbers[] = {
		{ STR("length"), (double)h->length },
		{ STR("image_area"), (double)h->area },
		{ STR("max_size"), h->largest },
		{ STR("min_size"), h->smallest },
		{ STR("closed_extra_ratio"), ratio(h->closed_extra, h->tags) },
		{ STR("bad_tag_ratio"), h->elements ? ratio(no_elements, h->tags) : (double)NAN },
		{ STR("non_element_ratio"),
		  h->element_names ? ratio(unknown, h->names) : (double)NAN },
		{ STR("obfuscation_ratio"),
		  h->obfuscated ? ratio(h->obfuscated, h->tags) : (double)NAN },
	};

	for (size_t i = 0; i < COUNTOF(numbers); i++)
		if (str_eq(name, numbers[i].name))
			return numbers[i].is;
	return (double)NAN;
}

/* One of these texts matches, or one does not. */
static bool any_text(struct eval_mail *m, const struct eval_args *args, bool matches)
{
	const enum tally_string kind = tally_string_named(args->text[0]);
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++) {
		const struct body_pieces *texts = &t->html[i].strings[kind];

		for (uint32_t k = 0; k < texts->count; k++)
			if (eval_matches_inside(m, args->regex, body_piece(texts, k)) == matches)
				return true;
	}
	return false;
}

bool eval_html_text_match(struct eval_mail *m, const struct eval_args *args)
{
	return any_text(m, args, true);
}

bool eval_html_text_not_match(struct eval_mail *m, const struct eval_args *args)
{
	return any_text(m, args, false);
}

bool eval_html_title_subject_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const size_t subject = eval_text(m, VIEW_SUBJECT).n;
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; subject && i < t->html_count; i++) {
		const struct body_pieces *titles = &t->html[i].strings[TALLY_TITLE];

		for (uint32_t k = 0; k < titles->count; k++)
			if (ratio(body_piece(titles, k).n, subject) > args->number[0])
				return true;
	}
	return false;
}

bool eval_check_iframe_src(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = eval_tally(m);

	(void)args;
	for (unsigned i = 0; i < t->html_count; i++)
		if (t->html[i].frame)
			return true;
	return false;
}

bool eval_html_tag_exists(struct eval_mail *m, const struct eval_args *args)
{
	const unsigned tag = tally_tag_number(args->text[0]);
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (tally_has(&t->html[i], tag))
			return true;
	return false;
}

/* "!= 0", "> 1" */
static bool compares(double value, struct str expression)
{
	static const struct {
		struct str word;
		bool less, equal, more;
	} words[] = {
		{ STR_INIT("!="), true, false, true }, { STR_INIT("=="), false, true, false },
		{ STR_INIT("<="), true, true, false }, { STR_INIT(">="), false, true, true },
		{ STR_INIT("<"), true, false, false }, { STR_INIT(">"), false, false, true },
	};

	expression = str_trim(expression);
	for (size_t i = 0; i < COUNTOF(words); i++) {
		double than;

		if (!str_starts(expression, words[i].word))
			continue;
		than = strtod(expression.p + words[i].word.n, NULL);
		if (isnan(value))
			return false;
		return value < than ? words[i].less : value > than ? words[i].more : words[i].equal;
	}
	return false;
}

bool eval_html_tag_balance(struct eval_mail *m, const struct eval_args *args)
{
	const unsigned tag = tally_tag_number(args->text[0]);
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (tally_has(&t->html[i], tag) && compares(t->html[i].inside[tag], args->text[1]))
			return true;
	return false;
}

bool eval_html_eval(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (compares(number_of(&t->html[i], args->text[0]), args->text[1]))
			return true;
	return false;
}

bool eval_html_range(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (eval_above_to(args, 1, number_of(&t->html[i], args->text[0])))
			return true;
	return false;
}

bool eval_html_image_only(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (tally_has(&t->html[i], TAG_img) &&
		    eval_above_to(args, 0, (double)t->html[i].length))
			return true;
	return false;
}

bool eval_html_image_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = eval_tally(m);

	for (unsigned i = 0; i < t->html_count; i++) {
		const struct tally_html *h = &t->html[i];

		if (h->area && eval_above_to(args, 0, (double)h->text / (double)h->area))
			return true;
	}
	return false;
}
