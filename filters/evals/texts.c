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

/* Behind "http://" or "https://"; empty: there is none, or it has no dot. */
static struct str host_behind(struct str uri, struct str scheme)
{
	size_t n = 0;

	if (!str_istarts(uri, scheme))
		return (struct str){ 0 };
	uri = str_from(uri, scheme.n);
	while (n < uri.n && !strchr("/:?# \t\r\n", uri.p[n]))
		n++;
	return memchr(uri.p, '.', n) ? str_head(uri, n) : (struct str){ 0 };
}

static struct str host_of(struct str uri)
{
	const struct str host = host_behind(uri, STR("http://"));

	return host.n ? host : host_behind(uri, STR("https://"));
}

static bool is_number(struct str host)
{
	struct ip ip;

	return ip_parse(host, &ip);
}

/* The host that a text names with "https://", first; empty: none. */
static struct str named_host(struct str text)
{
	const struct str scheme = STR("https://");

	for (size_t at = 0; at + scheme.n < text.n; at++)
		if (str_istarts(str_from(text, at), scheme))
			return host_behind(str_from(text, at), scheme);
	return (struct str){ 0 };
}

/* A link whose text names a host of another organization than it leads to. */
static bool names_another(struct eval_mail *m, struct str host, struct str label)
{
	const struct str named = named_host(label);

	if (named.n == 0)
		return false;
	return is_number(named) || !str_eq(eval_organization(m, named), eval_organization(m, host));
}

bool eval_check_https_http_mismatch(struct eval_mail *m, const struct eval_args *args)
{
	enum { MOST = 64 }; /* of different links; rules ask for some ten */
	const struct text *t = m->facts->text;
	uint64_t seen[MOST];
	unsigned count = 0;
	bool found = false;

	for (uint32_t i = 0; t && i < t->link_count && count < MOST; i++) {
		const struct text_link *link = &t->links[i];
		const struct str reference = text_reference(t, i), host = host_of(reference);
		unsigned k = 0;

		if (link->kind != TEXT_LINK || host.n == 0 || is_number(host))
			continue;
		seen[count] = str_ihash(reference);
		while (seen[k] != seen[count])
			k++;
		count += k == count;
		if (link->to > link->from)
			found = found || names_another(m, host,
						       (struct str){ .p = t->bytes + link->from,
								     .n = link->to - link->from });
	}
	return found && count >= (args->count ? args->number[0] : 1) &&
	       (args->count < 2 || !(count >= args->number[1]));
}

/* Where the address within one begins; uri.n: there is none. */
static size_t inner_begin(struct str uri)
{
	size_t at = 8; /* behind "https://" at least one byte of a host */

	while (at < uri.n && host_of(str_from(uri, at)).n == 0)
		at++;
	return at < uri.n ? at : uri.n;
}

bool eval_check_for_http_redirector(struct eval_mail *m, const struct eval_args *args)
{
	const struct uris *uris = m->facts->uris;

	(void)args;
	for (uint32_t i = 0; uris && i < uris->count; i++) {
		struct str uri = uris_text(uris, uris->items[i].text), inner;

		for (; host_of(uri).n; uri = inner) {
			inner = str_from(uri, inner_begin(uri));
			if (inner.n && !str_eq(eval_organization(m, host_of(uri)),
					       eval_organization(m, host_of(inner))))
				return true;
		}
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
