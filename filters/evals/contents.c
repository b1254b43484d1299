/* contents.c - functions that look at what a message is made of: its parts, its text (filters/content). */
#include "filters/content/body.h"
#include "filters/content/signs.h"
#include "filters/content/tally.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"

#include "base/check.h"
#include "base/eight.h"
#include "mail/header.h"

#include <math.h>
#include <stdlib.h>

static const struct body_pieces *pieces_of(const struct eval_mail *m, enum body_kind kind)
{
	static const struct body_pieces none;

	return m->facts->text && m->facts->text->body ? &m->facts->text->body->pieces[kind] : &none;
}

/* ---- parts ---- */

enum { MOST_PARTS = 1000 };

static double ratio(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : 0;
}

/* Plain text by HTML, in bytes, of the last of each among alternatives. */
static double alternatives_ratio(const struct tally *t)
{
	const struct line_facts *l = &t->lines;

	return l->has_plain && l->has_html && l->html_size && t->alternatives
		       ? ratio(l->plain_size, l->html_size)
		       : 1;
}

bool eval_check_for_mime(struct eval_mail *m, const struct eval_args *args)
{
	const struct tally *t = eval_tally(m);
	const struct line_facts *l = &t->lines;
	const struct {
		struct str name;
		bool is;
	} facts[] = {
		{ STR("mime_body_html_count"), t->html_parts },
		{ STR("mime_body_text_count"), t->text_parts },
		{ STR("mime_base64_count"), t->base64_parts },
		{ STR("mime_attachment"), t->attachments },
		{ STR("mime_multipart_alternative"), t->alternatives },
		{ STR("mime_multipart_ratio"), alternatives_ratio(t) > 0 },
		{ STR("mime_base64_encoded_text"), t->base64_text },
		{ STR("mime_bad_iso_charset"), t->bad_charset },
		{ STR("mimepart_limit_exceeded"), t->parts > MOST_PARTS },
		{ STR("mime_faraway_charset"), false }, /* all are of here */
		{ STR("mime_missing_boundary"), t->not_closed },
		{ STR("mime_qp_count"), l->quoted_bytes ? l->quoted_needless : t->quoted_parts },
		{ STR("mime_qp_ratio"), l->quoted_needless },
		{ STR("mime_qp_long_line"), l->quoted_long },
		{ STR("mime_ascii_text_illegal"), l->ascii_illegal },
		{ STR("mime_text_unicode_ratio"), l->unicode_marks && l->plain_bytes },
	};

	for (size_t i = 0; i < COUNTOF(facts); i++)
		if (str_eq(args->text[0], facts[i].name))
			return facts[i].is;
	return false;
}

bool eval_check_for_ascii_text_illegal(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_tally(m)->lines.ascii_illegal;
}

bool eval_check_abundant_unicode_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const struct line_facts *l = &eval_tally(m)->lines;

	return ratio(l->unicode_marks, l->plain_bytes) >= args->number[0];
}

bool eval_check_qp_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const struct line_facts *l = &eval_tally(m)->lines;

	return ratio(l->quoted_needless, l->quoted_bytes) >= args->number[0];
}

bool eval_check_base64_length(struct eval_mail *m, const struct eval_args *args)
{
	const double longest = eval_tally(m)->lines.base64_line;

	return longest >= args->number[0] && (args->count < 2 || !(longest > args->number[1]));
}

bool eval_check_mime_multipart_ratio(struct eval_mail *m, const struct eval_args *args)
{
	return eval_from_to(args, 0, alternatives_ratio(eval_tally(m)));
}

static bool has_long_field(struct str header)
{
	enum { NAME = 256, VALUE = 8192 };
	struct header_field f;

	while (header_next(&header, &f))
		if (f.name.n > NAME || f.value.n >= VALUE + eight_count(f.value.p, f.value.n, '\r'))
			return true;
	return false;
}

/* SpamAssassin sees the body begin with a boundary, or the fourth line that is no field. */
static bool has_no_end(struct str header)
{
	enum { MOST = 3 };
	unsigned wrong = 0;
	struct str line;

	while (str_cut(header, '\n', &line, &header)) {
		if (line.n == 0 || str_eq(line, STR("\r")))
			return false;
		if (ascii_wsp(line.p[0]))
			continue;
		wrong += !signs_is_field(line, true);
		if (wrong > MOST || str_starts(line, STR("--")))
			return true;
	}
	return true;
}

bool eval_check_msg_parse_flags(struct eval_mail *m, const struct eval_args *args)
{
	static const struct {
		struct str name;
		enum mime_sign sign;
	} signs[] = {
		{ STR_INIT("missing_mime_head_body_separator"), MIME_SIGN_NO_SEPARATOR },
		{ STR_INIT("mime_epilogue_exists"), MIME_SIGN_EPILOGUE },
		{ STR_INIT("missing_mime_headers"), MIME_SIGN_NO_FIELDS },
	};
	const struct str flag = args->text[0];

	for (size_t i = 0; i < COUNTOF(signs); i++)
		if (str_eq(flag, signs[i].name))
			return eval_tally(m)->signs & signs[i].sign;
	if (str_eq(flag, STR("truncated_header")))
		return has_long_field(m->facts->header);
	if (str_eq(flag, STR("missing_head_body_separator")))
		return has_no_end(m->facts->header);
	return eval_tally(m)->parts > MOST_PARTS;
}

bool eval_check_for_mime_html(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_tally(m)->html_parts > 0;
}

bool eval_check_for_mime_html_only(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_tally(m)->html_parts > 0 && eval_tally(m)->text_parts == 0;
}

bool eval_check_ma_non_text(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_tally(m)->odd_alternative;
}

bool eval_check_body_length(struct eval_mail *m, const struct eval_args *args)
{
	return (double)eval_tally(m)->body <= args->number[0];
}

/* ---- text ---- */

/* Two words. */
static bool has_words(struct str s)
{
	size_t i = 0;

	while (i < s.n && ascii_space(s.p[i]))
		i++;
	while (i < s.n && !ascii_space(s.p[i]))
		i++;
	while (i < s.n && ascii_space(s.p[i]))
		i++;
	return i < s.n;
}

/* Of a hundred letters and digits; 0: too little text, or of a charset whose bytes look like capitals. */
static double capitals(struct eval_mail *m)
{
	enum { ENOUGH = 200 };
	const struct body_pieces *pieces = pieces_of(m, BODY_RENDERED);
	const struct tally *t = eval_tally(m);
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
	return eval_above_to(args, 0, eval_once(m, MEMO_CAPITALS, capitals));
}

/* The most spaces for a hundred other bytes of a paragraph. */
bool eval_tvd_vertical_words(struct eval_mail *m, const struct eval_args *args)
{
	const struct body_pieces *pieces = pieces_of(m, BODY_RENDERED);
	double most = -1;

	for (uint32_t i = 0; i < pieces->count; i++) {
		const struct str s = body_piece(pieces, i);
		size_t spaces, share;

		if (s.n <= 5)
			continue;
		spaces = eight_count(s.p, s.n, ' ');
		share = spaces * 2 >= s.n ? 100 : 100 * spaces / (s.n - spaces);
		most = (double)share > most ? (double)share : most;
	}
	return most >= args->number[0] && (most < args->number[1] || args->number[1] >= 100);
}

static void count_lines(struct eval_mail *m)
{
	const struct body_pieces *pieces = pieces_of(m, BODY_RAW);
	double lines = 0, blank = 0;

	for (uint32_t i = 0; i < pieces->count; i++) {
		struct str s = body_piece(pieces, i), line;

		while (s.n) {
			size_t k = 0;

			str_cut(s, '\n', &line, &s);
			while (k < line.n && ascii_space(line.p[k]))
				k++;
			lines++;
			blank += k == line.n;
		}
	}
	eval_remember(m, MEMO_LINES, lines);
	eval_remember(m, MEMO_BLANK, blank);
}

bool eval_check_blank_line_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const double lines = eval_known(m, MEMO_LINES, count_lines);
	const double blank = eval_known(m, MEMO_BLANK, count_lines);
	const double ratio = lines < args->number[2] || lines < 1 ? -1 : 100 * blank / lines;
	return ratio <= args->number[1] && (args->number[0] <= 0 || ratio > args->number[0]);
}
