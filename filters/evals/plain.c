/* plain.c - functions that look at plain text as it is written: shares and signatures. */
#include "filters/content/body.h"
#include "filters/content/tally.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"

#include <math.h>

/* The first part that is plain text, its transfer encoding undone; p NULL: there is none. */
static struct str first_plain(const struct eval_mail *m)
{
	const struct tally *t = eval_tally(m);
	const struct body *body = m->facts->text ? m->facts->text->body : NULL;
	unsigned i = 0;

	while (i < t->text_count && t->texts[i].html)
		i++;
	if (!body || i == t->text_count || t->texts[i].raw_to < t->texts[i].raw_from)
		return (struct str){ 0 };
	if (!body->pieces[BODY_RAW].bytes)
		return STR("");
	return (struct str){ .p = body->pieces[BODY_RAW].bytes + t->texts[i].raw_from,
			     .n = t->texts[i].raw_to - t->texts[i].raw_from };
}

/* ---- shares ---- */

enum {
	LABEL_LEAST = 3,
	LABEL_MOST = 30,
	LABELS = 32, /* told apart; there are some twenty */
};

/* The letters of what a line says in front of its colon: "Target price: $5" is "targetprice".  Empty: it says nothing. */
static struct str label_of(struct str line, struct out *o)
{
	struct str label, rest;

	line = str_trim(line);
	if (!str_cut(line, ':', &label, &rest) || str_trim(rest).n == 0)
		return (struct str){ 0 };
	label = str_trim(label);
	if (label.n < LABEL_LEAST || label.n > LABEL_MOST)
		return (struct str){ 0 };
	for (size_t i = 0; i < label.n; i++)
		if (ascii_alpha(label.p[i]))
			out_char(o, ascii_lower(label.p[i]));
	return out_text(o);
}

/* What words of shares a label ends in: the longest that is. */
static uint64_t word_at_end(struct eval_mail *m, struct str label)
{
	while (label.n && !eval_matches(m, EXPRESSION_SHARE_WORD, label))
		label = str_from(label, 1);
	return str_ihash(label);
}

/* How many different words of shares are labels. */
static double labels(struct eval_mail *m)
{
	struct str rest = first_plain(m), line;
	uint64_t seen[LABELS];
	unsigned count = 0;

	while (rest.n && count < LABELS && eval_has_time(m)) {
		char bytes[LABEL_MOST];
		struct out o = OUT(bytes);
		struct str label;
		uint64_t word;
		unsigned i = 0;

		str_cut(rest, '\n', &line, &rest);
		label = label_of(line, &o);
		if (label.n == 0 || !eval_matches(m, EXPRESSION_SHARE_LABEL, label))
			continue;
		word = word_at_end(m, label);
		while (i < count && seen[i] != word)
			i++;
		seen[i] = word;
		count += i == count;
	}
	return count;
}

bool eval_check_stock_info(struct eval_mail *m, const struct eval_args *args)
{
	return args->number[0] <= 0 || eval_once(m, MEMO_LABELS, labels) >= args->number[0];
}

/* ---- signatures ---- */

/* The signature is behind the last line "-- " that has something behind it.  NAN: there is no text. */
static void measure_parts(struct eval_mail *m)
{
	enum { DECOY = 4 };
	const struct str all = first_plain(m);
	double body = all.p ? (double)all.n : (double)NAN, signature = all.p ? 0 : (double)NAN;
	struct str rest = all, line;

	while (rest.n) {
		size_t behind;

		str_cut(rest, '\n', &line, &rest);
		behind = (size_t)(all.p + all.n - (line.p + line.n));
		if (behind <= DECOY || (!str_eq(line, STR("--")) && !str_eq(line, STR("-- "))))
			continue;
		body = (double)(line.p - all.p);
		signature = (double)behind;
	}
	eval_remember(m, MEMO_BODY, body);
	eval_remember(m, MEMO_SIGNATURE, signature);
}

static bool is_within(const struct eval_args *args, double value)
{
	return value >= args->number[0] && (args->count < 2 || !(value > args->number[1]));
}

bool eval_plaintext_body_length(struct eval_mail *m, const struct eval_args *args)
{
	return is_within(args, eval_known(m, MEMO_BODY, measure_parts));
}

bool eval_plaintext_sig_length(struct eval_mail *m, const struct eval_args *args)
{
	return is_within(args, eval_known(m, MEMO_SIGNATURE, measure_parts));
}

bool eval_plaintext_body_sig_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const double none = 1000000; /* there is no signature */
	const double body = eval_known(m, MEMO_BODY, measure_parts);
	const double signature = eval_known(m, MEMO_SIGNATURE, measure_parts);

	return !isnan(body) && is_within(args, signature > 0 ? body / signature : none);
}
