/* contents.c - functions that look at what a message is made of: its parts, its HTML, its text (filters/content). */
#include "filters/content/body.h"
#include "filters/content/tally.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"

#include "base/check.h"

#include <math.h>
#include <stdlib.h>

/* Nothing where the filter `content` is off. */
static const struct tally *tally_of(const struct eval_mail *m)
{
	static const struct tally none;

	return m->facts->text && m->facts->text->tally ? m->facts->text->tally : &none;
}

static const struct body_pieces *pieces_of(const struct eval_mail *m, enum body_kind kind)
{
	static const struct body_pieces none;

	return m->facts->text && m->facts->text->body ? &m->facts->text->body->pieces[kind] : &none;
}

/* More than the first number, up to the second; "inf": any. */
static bool above_to(const struct eval_args *args, unsigned first, double value)
{
	const double from = args->number[first];
	const double to = first + 1 < args->count ? args->number[first + 1] : (double)NAN;

	return value > from && (isnan(to) || value <= to);
}

/* ---- parts ---- */

enum { MOST_PARTS = 1000 };

bool eval_check_for_mime(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = tally_of(m);
	const struct {
		struct str name;
		bool is;
	} facts[] = {
		{ STR("mime_body_html_count"), t->html_parts },
		{ STR("mime_body_text_count"), t->text_parts },
		{ STR("mime_base64_count"), t->base64_parts },
		{ STR("mime_attachment"), t->attachments },
		{ STR("mime_multipart_alternative"), t->alternative },
		{ STR("mime_base64_encoded_text"), t->base64_text },
		{ STR("mime_bad_iso_charset"), t->bad_charset },
		{ STR("mimepart_limit_exceeded"), t->parts > MOST_PARTS },
		{ STR("mime_faraway_charset"), false }, /* all are of here */
	};

	for (size_t i = 0; i < COUNTOF(facts); i++)
		if (str_eq(args->text[0], facts[i].name))
			return facts[i].is;
	return false;
}

bool eval_check_for_mime_html(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return tally_of(m)->html_parts > 0;
}

bool eval_check_for_mime_html_only(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return tally_of(m)->html_parts > 0 && tally_of(m)->text_parts == 0;
}

bool eval_check_ma_non_text(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return tally_of(m)->odd_alternative;
}

bool eval_check_body_length(struct eval_mail *m, const struct eval_args *args)
{
	return (double)tally_of(m)->body <= args->number[0];
}

/* ---- HTML: true when it is of one of the parts ---- */

bool eval_html_test(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = tally_of(m);
	const unsigned object = tally_tag_number(STR("object")),
		       embed = tally_tag_number(STR("embed"));

	for (unsigned i = 0; i < t->html_count; i++) {
		const struct tally_html *h = &t->html[i];

		if (str_eq(args->text[0], STR("html")) ||
		    (str_eq(args->text[0], STR("form_action_mailto")) && h->mail_form) ||
		    (str_eq(args->text[0], STR("embeds")) &&
		     (tally_has(h, object) || tally_has(h, embed))))
			return true;
	}
	return false;
}

bool eval_html_text_match(struct eval_mail *m, const struct eval_args *args)
{
	const bool anchor = str_eq(args->text[0], STR("anchor"));
	const struct tally *t = tally_of(m);

	if (anchor != str_eq(args->text[1], STR("<img>")))
		return false;
	for (unsigned i = 0; i < t->html_count; i++)
		if (anchor ? t->html[i].linked_image : t->html[i].comment)
			return true;
	return false;
}

bool eval_check_iframe_src(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = tally_of(m);

	(void)args;
	for (unsigned i = 0; i < t->html_count; i++)
		if (t->html[i].frame)
			return true;
	return false;
}

bool eval_html_tag_exists(struct eval_mail *m, const struct eval_args *args)
{
	const unsigned tag = tally_tag_number(args->text[0]);
	const struct tally *t = tally_of(m);

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
		return value < than ? words[i].less : value > than ? words[i].more : words[i].equal;
	}
	return false;
}

bool eval_html_tag_balance(struct eval_mail *m, const struct eval_args *args)
{
	const unsigned tag = tally_tag_number(args->text[0]);
	const struct tally *t = tally_of(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (tally_has(&t->html[i], tag) && compares(t->html[i].inside[tag], args->text[1]))
			return true;
	return false;
}

bool eval_html_eval(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = tally_of(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (compares((double)t->html[i].length, args->text[1]))
			return true;
	return false;
}

bool eval_html_range(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = tally_of(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (above_to(args, 1, (double)t->html[i].length))
			return true;
	return false;
}

bool eval_html_image_only(struct eval_mail *m, const struct eval_args *args)
{
	const unsigned image = tally_tag_number(STR("img"));
	const struct tally *t = tally_of(m);

	for (unsigned i = 0; i < t->html_count; i++)
		if (tally_has(&t->html[i], image) && above_to(args, 0, (double)t->html[i].length))
			return true;
	return false;
}

bool eval_html_image_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = tally_of(m);

	for (unsigned i = 0; i < t->html_count; i++) {
		const struct tally_html *h = &t->html[i];

		if (h->area && above_to(args, 0, (double)h->text / (double)h->area))
			return true;
	}
	return false;
}

/* ---- text ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

/* Two words. */
static bool has_words(struct str s)
{
	size_t i = 0;

	while (i < s.n && is_blank(s.p[i]))
		i++;
	while (i < s.n && !is_blank(s.p[i]))
		i++;
	while (i < s.n && is_blank(s.p[i]))
		i++;
	return i < s.n;
}

/* Of a hundred letters and digits; 0: too little text, or of a charset whose bytes look like capitals. */
static double capitals(struct eval_mail *m)
{
	enum { ENOUGH = 200 };
	const struct body_pieces *pieces = pieces_of(m, BODY_RENDERED);
	const struct tally *t = tally_of(m);
	size_t upper = 0, lower = 0, n = 0;

	if (eval_matches(m, EXPRESSION_CAPITALS_NAME,
			 (struct str){ .p = t->charsets, .n = t->charsets_n }))
		return 0;
	for (uint32_t i = 0; i < pieces->count; i++) {
		const struct str s = body_piece(pieces, i);

		if (!has_words(s) || eval_matches(m, EXPRESSION_BASE64_LINES, s))
			continue;
		n += s.n;
		for (size_t k = 0; k < s.n; k++) {
			upper += s.p[k] >= 'A' && s.p[k] <= 'Z';
			lower += (s.p[k] >= 'a' && s.p[k] <= 'z') || ascii_digit(s.p[k]);
		}
	}
	return n >= ENOUGH && upper ? 100.0 * (double)upper / (double)(upper + lower) : 0;
}

bool eval_check_for_uppercase(struct eval_mail *m, const struct eval_args *args)
{
	return above_to(args, 0, eval_once(m, MEMO_CAPITALS, capitals));
}

/* The most spaces for a hundred other bytes of a paragraph. */
bool eval_tvd_vertical_words(struct eval_mail *m, const struct eval_args *args)
{
	const struct body_pieces *pieces = pieces_of(m, BODY_RENDERED);
	double most = -1;

	for (uint32_t i = 0; i < pieces->count; i++) {
		const struct str s = body_piece(pieces, i);
		size_t spaces = 0, share;

		for (size_t k = 0; k < s.n; k++)
			spaces += s.p[k] == ' ';
		if (s.n <= 5)
			continue;
		share = spaces * 2 >= s.n ? 100 : 100 * spaces / (s.n - spaces);
		most = (double)share > most ? (double)share : most;
	}
	return most >= args->number[0] && (most < args->number[1] || args->number[1] >= 100);
}

bool eval_check_blank_line_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const struct body_pieces *pieces = pieces_of(m, BODY_RAW);
	double lines = 0, blank = 0, ratio;

	for (uint32_t i = 0; i < pieces->count; i++) {
		struct str s = body_piece(pieces, i), line;

		while (s.n) {
			size_t k = 0;

			str_cut(s, '\n', &line, &s);
			while (k < line.n && is_blank(line.p[k]))
				k++;
			lines++;
			blank += k == line.n;
		}
	}
	ratio = lines < args->number[2] || lines < 1 ? -1 : 100 * blank / lines;
	return ratio <= args->number[1] && (args->number[0] <= 0 || ratio > args->number[0]);
}
