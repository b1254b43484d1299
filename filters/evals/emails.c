#include "filters/evals/emails.h"

#include "base/check.h"

enum { LOCAL = 64, LABEL = 61, LABELS = 5, TOKEN = 255, WORD = 11, SPACES = 10 };

static bool is_atom(char c)
{
	return ascii_alnum(c) || (c && strchr("!#$%&'*+/=?^_`{|}~-", c));
}

/* Where the words in front of s.p[at] begin that stand between single dots; at: there are none. */
static size_t local_begin(struct str s, size_t at)
{
	const size_t least = at > LOCAL ? at - LOCAL : 0;
	size_t begin = at, i = at;

	while (i > least) {
		const size_t end = i;

		while (i > least && is_atom(s.p[i - 1]))
			i--;
		if (i == end || (i > 0 && is_atom(s.p[i - 1])))
			break; /* an empty word, or one that is too long */
		begin = i;
		if (i == 0 || s.p[i - 1] != '.')
			break;
		i--;
	}
	return begin;
}

static size_t label_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && n < LABEL && (ascii_alnum(s.p[n]) || s.p[n] == '-'))
		n++;
	while (n && s.p[n - 1] == '-')
		n--;
	return n && ascii_alnum(s.p[0]) ? n : 0;
}

/* The longest one at the beginning whose last label is a top level; 0: none. */
static size_t domain_length(struct str s, const struct suffixes *suffixes)
{
	size_t n = 0, found = 0;

	for (unsigned labels = 1; labels <= LABELS; labels++) {
		const size_t label = label_length(str_from(s, n));

		if (label == 0)
			break;
		if (labels > 1 && suffixes_is_top(suffixes, str_head(str_from(s, n), label)))
			found = n + label;
		n += label;
		if (n == s.n || s.p[n] != '.')
			break;
		n++;
	}
	return found;
}

static bool is_in_page_address(struct str s, size_t at)
{
	size_t begin = at;

	while (begin > 0 && at - begin < TOKEN && !ascii_white(s.p[begin - 1]))
		begin--;
	s = str_from(str_head(s, at), begin);
	for (; s.n > 6; s = str_from(s, 1))
		if (str_istarts(s, STR("http://")) || str_istarts(s, STR("https://")))
			return true;
	return false;
}

/* "wrote:" and its like in any language; not what tells how somebody is reached. */
static bool introduces(struct str behind)
{
	static const struct str reach[] = { STR_INIT("fax"),   STR_INIT("facsi"),
					    STR_INIT("tel"),   STR_INIT("phone"),
					    STR_INIT("email"), STR_INIT("e-mail"),
					    STR_INIT("mail"),  STR_INIT("-mail") };
	size_t spaces = 0, n = 0;

	while (spaces < behind.n && spaces <= SPACES && ascii_white(behind.p[spaces]))
		spaces++;
	behind = str_from(behind, spaces);
	while (n < behind.n && n <= WORD && ascii_alpha(behind.p[n]))
		n++;
	for (size_t i = 0; i < COUNTOF(reach); i++)
		if (str_istarts(behind, reach[i]))
			return false;
	return spaces >= 1 && spaces <= SPACES && n >= 2 && n <= WORD && n < behind.n &&
	       behind.p[n] == ':';
}

static bool is_quoted(struct str s, size_t begin, size_t end)
{
	const struct str behind = str_from(s, end);
	struct str before;

	if (begin > 0 && s.p[begin - 1] == '<')
		begin--;
	before = str_head(s, begin);
	return !str_ends(before, STR("mailto:")) &&
	       (str_starts(behind, STR(">")) || introduces(behind));
}

static void add(struct emails *e, struct str address)
{
	for (unsigned i = 0; i < e->people.count; i++)
		if (str_ieq(e->people.items[i].address, address))
			return;
	if (e->people.count < EMAILS)
		people_add(&e->people, address, 0);
}

/* The address around the mark at s.p[at]; n == 0: there is none. */
static struct str address_at(struct str s, size_t at, const struct suffixes *suffixes)
{
	const size_t begin = local_begin(s, at);
	const size_t domain = begin < at ? domain_length(str_from(s, at + 1), suffixes) : 0;

	return domain ? str_head(str_from(s, begin), at + 1 + domain - begin) : (struct str){ 0 };
}

void emails_read(struct emails *e, const struct suffixes *suffixes, struct str s)
{
	size_t at = 0;

	for (const char *mark; (mark = at < s.n ? memchr(s.p + at, '@', s.n - at) : NULL);) {
		struct str address;

		if (e->looked_at++ >= EMAILS_LOOKED_AT)
			return;
		at = (size_t)(mark - s.p);
		address = address_at(s, at++, suffixes);
		if (address.n == 0)
			continue;
		at = (size_t)(address.p - s.p) + address.n;
		if (!is_in_page_address(s, (size_t)(mark - s.p)) &&
		    !is_quoted(s, (size_t)(address.p - s.p), at))
			add(e, address);
	}
}

void emails_read_link(struct emails *e, const struct suffixes *suffixes, struct str uri)
{
	const struct str scheme = STR("mailto:");
	const char *mark;
	struct str address;

	if (!str_istarts(uri, scheme))
		return;
	uri = str_from(uri, scheme.n);
	mark = uri.n ? memchr(uri.p, '@', uri.n) : NULL;
	if (!mark)
		return;
	address = address_at(uri, (size_t)(mark - uri.p), suffixes);
	if (address.n && address.p == uri.p)
		add(e, address);
}
