/* item.c - see item.h. */
#include "filters/received/item.h"

#include "base/check.h"
#include "base/ip.h"

/* ---- items ---- */

/* Behind the ')' that ends what begins at '('; s.n: it does not end. */
static size_t round_length(struct str s)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

static size_t word_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '(')
		n++;
	return n;
}

struct item item_take(struct str *rest)
{
	struct item item = { .glued = true };
	struct str s = *rest;
	size_t n;

	while (s.n && s.p[0] == ' ') {
		item.glued = false;
		s = str_from(s, 1);
	}
	if (s.n == 0)
		return item;
	if (s.p[0] == '(') {
		n = round_length(s);
		item.kind = ITEM_ROUND;
		item.text = str_from(str_head(s, n), 1);
		if (str_ends(item.text, STR(")")))
			item.text.n--;
	} else {
		const char *end = s.p[0] == '[' ? memchr(s.p, ']', s.n) : NULL;

		n = end ? (size_t)(end - s.p) + 1 : word_length(s);
		item.kind = end ? ITEM_SQUARE : ITEM_WORD;
		item.text = str_head(s, n);
	}
	*rest = str_from(s, n);
	return item;
}

struct str item_word(struct str s, const char *ends)
{
	size_t n = 0;

	while (n < s.n && !strchr(ends, s.p[n]))
		n++;
	return str_head(s, n);
}

/* ---- addresses ---- */

static size_t run_of(struct str s, bool v6)
{
	size_t n = 0;

	while (n < s.n && (ascii_digit(s.p[n]) || s.p[n] == '.' ||
			   (v6 && (s.p[n] == ':' || strchr("abcdefABCDEF", s.p[n])))))
		n++;
	return n;
}

/* Four numbers; what follows may be a port. */
static size_t v4_length(struct str s)
{
	const size_t n = run_of(s, false);
	unsigned dots = 0;
	struct ip ip;

	for (size_t i = 0; i <= n && i < 16; i++) {
		if (i < n && s.p[i] != '.')
			continue;
		if (++dots == 4)
			return ip_parse(str_head(s, i), &ip) ? i : 0;
	}
	return 0;
}

size_t item_address(struct str s)
{
	const size_t prefix = str_istarts(s, STR("IPv6:")) ? 5 : 0;
	const struct str address = str_from(s, prefix);
	size_t n = v4_length(address);
	struct ip ip;

	if (n == 0) {
		n = run_of(address, true);
		if (!memchr(address.p ? address.p : "", ':', n) ||
		    !ip_parse(str_head(address, n), &ip))
			return 0;
	}
	return prefix + n;
}

struct str item_literal(struct str s)
{
	const struct str inner = s.n && s.p[0] == '[' ? str_from(s, 1) : s;

	return str_head(inner, item_address(inner));
}

/* ---- peers ---- */

static bool is_greeting(struct str comment, struct str *helo)
{
	static const struct str words[] = { STR_INIT("HELO "), STR_INIT("EHLO "),
					    STR_INIT("LHLO ") };

	for (size_t i = 0; i < COUNTOF(words); i++) {
		if (!str_find(comment, words[i], helo))
			continue;
		if (helo->p - words[i].n == comment.p || helo->p[-1 - (ptrdiff_t)words[i].n] == ' ')
			return true;
	}
	return false;
}

/* "user@name": the user, and what stands behind the last '@'. */
static struct str cut_ident(struct str s, struct str *ident)
{
	for (size_t i = s.n; i-- > 0;) {
		if (s.p[i] != '@')
			continue;
		*ident = str_head(s, i);
		if (i + 1 < s.n && str_starts(*ident, STR("IDENT:")))
			*ident = str_from(*ident, 6);
		return str_from(s, i + 1);
	}
	return s;
}

/* The address in brackets that a comment has behind a name. */
static bool read_square(struct str comment, size_t at, struct peer *peer)
{
	const struct str ip = item_literal(str_from(comment, at));
	struct str name = str_head(comment, at);

	if (ip.n == 0)
		return false;
	while (name.n && name.p[name.n - 1] == ' ')
		name.n--;
	*peer = (struct peer){ .ip = ip, .square = true, .alone = name.n == 0 };
	peer->name = cut_ident(name, &peer->ident);
	peer->alone = peer->name.n == 0;
	peer->behind = str_from(comment, (size_t)(ip.p + ip.n - comment.p));
	return true;
}

bool peer_read(struct str comment, struct peer *peer)
{
	struct str first, ident = { 0 };
	size_t n;

	if (is_greeting(comment, &first) || str_starts(comment, STR("helo=")))
		return false;
	for (size_t i = 0; i < comment.n; i++)
		if (comment.p[i] == '[')
			return read_square(comment, i, peer);
	while (comment.n && comment.p[0] == ' ')
		comment = str_from(comment, 1);
	first = cut_ident(str_head(comment, word_length(comment)), &ident);
	n = item_address(first);
	if (n == 0)
		return false;
	*peer = (struct peer){ .ip = str_head(first, n), .ident = ident, .alone = true };
	peer->behind = str_from(comment, (size_t)(first.p + n - comment.p));
	return true;
}

struct str peer_value(struct str comment, struct str key)
{
	for (size_t i = 0; i + key.n <= comment.n; i++) {
		const struct str value = str_from(comment, i + key.n);

		if ((i == 0 || !ascii_alnum(comment.p[i - 1])) &&
		    str_starts(str_from(comment, i), key))
			return str_head(value, word_length(value));
	}
	return (struct str){ 0 };
}

bool peer_greeting(struct str comment, struct str *helo)
{
	if (is_greeting(comment, helo))
		return true;
	*helo = peer_value(comment, STR("helo="));
	return helo->n > 0;
}
