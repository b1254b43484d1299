/* texts.c - functions that look at texts by lists, at links, and at what is quoted in a message. */
#include "filters/content/body.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"
#include "filters/uri/uris.h"

#include "base/check.h"

#define NEVER(NAME)                                                                                \
	bool eval_##NAME(struct eval_mail *m, const struct eval_args *args)                        \
	{                                                                                          \
		(void)m;                                                                           \
		(void)args;                                                                        \
		return false;                                                                      \
	}
NEVER(check_for_faraway_charset)
NEVER(check_for_faraway_charset_in_headers)
NEVER(html_charset_faraway)
#undef NEVER

/* ---- the subject ---- */

static bool subject_is_in(struct eval_mail *m, enum eval_list list)
{
	const struct str subject = str_trim(eval_text(m, VIEW_SUBJECT));
	char bytes[GLOBS_TEXT];
	size_t n = 0;

	for (; n < subject.n && n < sizeof(bytes); n++)
		bytes[n] = ascii_lower(subject.p[n]);
	return globs_have(eval_lists(m)->of[list], (struct str){ .p = bytes, .n = n });
}

bool eval_check_subject_in_welcomelist(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return subject_is_in(m, LIST_WELCOME_SUBJECT);
}

bool eval_check_subject_in_blocklist(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return subject_is_in(m, LIST_BLOCK_SUBJECT);
}

/* ---- bounces ---- */

bool eval_have_any_bounce_relays(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_lists(m)->of[LIST_BOUNCE_RELAYS]->count > 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A word with a dot in it is the name of a relay. */
static bool names_relay(const struct globs *relays, struct str line)
{
	while (line.n) {
		char bytes[GLOBS_TEXT];
		size_t n = 0;

		for (; n < line.n && !is_space(line.p[n]); n++)
			if (n < sizeof(bytes))
				bytes[n] = ascii_lower(line.p[n]);
		if (n && n < sizeof(bytes) && memchr(bytes, '.', n) &&
		    globs_have(relays, (struct str){ .p = bytes, .n = n }))
			return true;
		line = str_from(line, n < line.n ? n + 1 : n);
	}
	return false;
}

static bool is_received(struct str line)
{
	while (line.n && (line.p[0] == ' ' || line.p[0] == '>'))
		line = str_from(line, 1);
	return str_istarts(line, STR("Received:"));
}

/* In a piece of the text, a Received field or the rest of one. */
static bool piece_names_relay(const struct globs *relays, struct str piece)
{
	bool inside = false;
	struct str line;

	while (piece.n) {
		str_cut(piece, '\n', &line, &piece);
		inside = is_received(line) || (inside && line.n && is_space(line.p[0]));
		if (inside && names_relay(relays, line))
			return true;
	}
	return false;
}

bool eval_check_welcomelist_bounce_relays(struct eval_mail *m, const struct eval_args *args)
{
	const struct globs *relays = eval_lists(m)->of[LIST_BOUNCE_RELAYS];
	const struct body *body = m->facts->text ? m->facts->text->body : NULL;

	(void)args;
	if (relays->count == 0 || !body)
		return false;
	for (unsigned kind = BODY_RENDERED; kind <= BODY_RAW; kind++)
		for (uint32_t i = 0; i < body->pieces[kind].count; i++)
			if (piece_names_relay(relays, body_piece(&body->pieces[kind], i)))
				return true;
	return false;
}

/* ---- links ---- */

bool eval_check_https_ip_mismatch(struct eval_mail *m, const struct eval_args *args)
{
	const struct text *t = m->facts->text;

	(void)args;
	for (uint32_t i = 0; t && i < t->link_count; i++) {
		const struct text_link *link = &t->links[i];
		struct str label;

		if (link->kind != TEXT_LINK || link->to == link->from ||
		    !eval_matches(m, EXPRESSION_NUMBER_URI, text_reference(t, i)))
			continue;
		label = (struct str){ .p = t->bytes + link->from, .n = link->to - link->from };
		if (eval_matches(m, EXPRESSION_HTTPS_LABEL, label) &&
		    !eval_matches(m, EXPRESSION_NUMBER_LABEL, label))
			return true;
	}
	return false;
}

bool eval_check_uri_truncated(struct eval_mail *m, const struct eval_args *args)
{
	const struct uris *uris = m->facts->uris;

	(void)args;
	for (uint32_t i = 0; uris && i < uris->count; i++)
		if (uris_text(uris, uris->items[i].text).n >= LIMIT_URI)
			return true;
	return false;
}
