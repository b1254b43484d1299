#include "filters/greylist/sender.h"

#include "mail/path.h"

enum {
	HEX_WORD = 8
}; /* letters and digits that are all hexadecimal: from so many on it is a number */

struct address {
	struct str local, domain;
};

/* What stands behind the first `n` separators of s; false: there are fewer. */
static bool behind(struct str s, unsigned n, struct str *rest)
{
	struct str head;

	for (*rest = s; n; n--)
		if (!str_cut(*rest, '=', &head, rest))
			return false;
	return true;
}

static bool is_separator(char c)
{
	return c == '=' || c == '-' || c == '+';
}

/* Behind "SRS0": separator, hash, time, domain, local part. */
static void undo_srs0(struct str tagged, struct address *a)
{
	struct str domain, local;

	if (tagged.n && is_separator(tagged.p[0]) && behind(str_from(tagged, 1), 2, &domain) &&
	    str_cut(domain, '=', &domain, &local) && local.n && domain.n)
		*a = (struct address){ .local = local, .domain = domain };
}

/* Behind "SRS1": separator, hash, the first forwarder; then what stood behind his SRS0. */
static void undo_srs(struct address *a)
{
	struct str tagged;

	if (str_istarts(a->local, STR("SRS0")))
		undo_srs0(str_from(a->local, 4), a);
	else if (str_istarts(a->local, STR("SRS1=")) && behind(a->local, 3, &tagged))
		undo_srs0(tagged, a);
}

/* prefix, tag, "=", local part; some write two "=". */
static void undo_batv(struct address *a)
{
	static const struct str prefixes[] = { STR_INIT("prvs="), STR_INIT("btv1=="),
					       STR_INIT("msprvs1=") };
	struct str rest;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!str_istarts(a->local, prefixes[i]) ||
		    !behind(str_from(a->local, prefixes[i].n), 1, &rest))
			continue;
		if (str_starts(rest, STR("=")))
			rest = str_from(rest, 1);
		if (rest.n)
			a->local = rest;
		return;
	}
}

static bool is_hex(char c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* How many of its bytes stay: none of a number and of what looks random, the letters of "mail2". */
static size_t kept_of(struct str word)
{
	size_t letters = 0, hex = 0;

	while (letters < word.n && !ascii_digit(word.p[letters]))
		letters++;
	for (size_t i = 0; i < word.n; i++) {
		if (i > letters && !ascii_digit(word.p[i]))
			return 0;
		hex += is_hex(word.p[i]);
	}
	return letters < word.n && hex == word.n && word.n >= HEX_WORD ? 0 : letters;
}

static void add_word(struct out *o, struct str word)
{
	const size_t kept = kept_of(word);

	out_lower(o, str_head(word, kept));
	if (kept < word.n)
		out_char(o, '#');
}

static bool is_of_word(char c)
{
	return ascii_alnum(c) || (unsigned char)c >= 0x80;
}

static void add_words(struct out *o, struct str text)
{
	while (text.n) {
		size_t n = 0;

		while (n < text.n && is_of_word(text.p[n]))
			n++;
		add_word(o, str_head(text, n));
		if (n < text.n)
			out_char(o, text.p[n++]);
		text = str_from(text, n);
	}
}

/* Up to where it is the same for every mail, the separator included; all of it: there is nothing behind. */
static size_t steady_part(struct str local)
{
	struct str head, tail;

	if (str_cut(local, '+', &head, &tail))
		return head.n + 1;
	if (!str_cut(local, '=', &head, &tail))
		return local.n;
	return str_cut(head, '-', &head, &tail) ? head.n + 1 : 0;
}

void greylist_sender(struct str address, struct out *o)
{
	struct address a = { .domain = path_domain(address) };
	size_t steady;

	if (address.n == 0) {
		out_str(o, STR("<>"));
		return;
	}
	a.local = str_head(address, address.n - a.domain.n - (a.domain.n > 0));
	undo_srs(&a);
	undo_batv(&a);
	steady = steady_part(a.local);
	add_words(o, str_head(a.local, steady));
	if (steady < a.local.n)
		out_char(o, '*');
	out_char(o, '@');
	out_lower(o, a.domain);
}
