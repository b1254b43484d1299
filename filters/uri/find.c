/* find.c - see find.h.
 *
 * Most of a text is words, and is passed over: an address has one of three signs in it, and no space.  In a run that
 * has a sign one place after the other is looked at where an address may begin.  What is found is taken whole; what
 * would have to be looked at again from the next place on, the end of the run and the "@" in it, is kept. */
#include "filters/uri/find.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/sixteen.h"
#include "base/utf8.h"
#include "filters/uri/host.h"

enum { MAIL_PART = 251, PORT_DIGITS = 5 };

enum {
	END = 1 << 0,      /* of any address */
	MAIL_END = 1 << 1, /* of one with "@" */
	START = 1 << 2,    /* one begins behind it */
	BEFORE = 1 << 3,   /* and a bare name does */
	NAME = 1 << 4,     /* is part of a bare name */
	WORD = 1 << 5,     /* of a word: where one begins or ends, an address may begin */
};

struct scan {
	const struct suffixes *suffixes;
	uri_found_fn *found;
	void *ctx;
	struct str text;
	size_t mail_end; /* of the run that may be a mail address; text up to here is looked at */
	size_t at;       /* its next "@", or mail_end */
};

#define E (END | MAIL_END | START | BEFORE) /* space, "<", quotes, open brackets */
#define C (END | MAIL_END | BEFORE)         /* closed brackets */
#define Q (MAIL_END | START | BEFORE)       /* "'", ",", "(" */
#define D NAME                              /* ".", "-" */
#define W (NAME | WORD)                     /* letters, digits, "_" */
#define B BEFORE                            /* other marks but "%" */
#define M MAIL_END                          /* beyond ASCII */

/* clang-format off */
static const uint8_t classes[256] = {
	E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, /* 0x00 */
	E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, E, /* 0x10 */
	E, B, E, B, B, 0, B, Q, Q, B, B, B, Q, D, D, B, /* 0x20 */
	W, W, W, W, W, W, W, W, W, W, B, B, E, B, E, B, /* 0x30 */
	B, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* 0x40 */
	W, W, W, W, W, W, W, W, W, W, W, E, B, C, B, W, /* 0x50 */
	E, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* 0x60 */
	W, W, W, W, W, W, W, W, W, W, W, E, E, C, B, B, /* 0x70 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0x80 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0x90 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0xa0 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0xb0 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0xc0 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0xd0 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0xe0 */
	M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 0xf0 */
};
/* clang-format on */

#undef E
#undef C
#undef Q
#undef D
#undef W
#undef B
#undef M

static inline unsigned class_of(char c)
{
	return classes[(unsigned char)c];
}

static size_t run_to(struct str text, size_t from, unsigned class)
{
	while (from < text.n && !(class_of(text.p[from]) & class))
		from++;
	return from;
}

static size_t run_of(struct str text, size_t from, unsigned class)
{
	while (from < text.n && class_of(text.p[from]) & class)
		from++;
	return from;
}

/* text.n: nowhere. */
static size_t find_char(struct str text, size_t from, char c)
{
	const char *found = from < text.n ? memchr(text.p + from, c, text.n - from) : NULL;

	return found ? (size_t)(found - text.p) : text.n;
}

static bool may_begin(const struct scan *s, size_t i)
{
	const unsigned here = class_of(s->text.p[i]);
	const unsigned before = i ? class_of(s->text.p[i - 1]) : 0;

	return ((here ^ before) & WORD) || (before & START);
}

/* A ")" belongs to the text around, when its "(" is not in it; so does what ends a sentence. */
static struct str trim(struct str uri)
{
	const char *close = memchr(uri.p, ')', uri.n);

	if (close && !memchr(uri.p, '(', (size_t)(close - uri.p)))
		uri.n = (size_t)(close - uri.p);
	while (uri.n && strchr("-~!@#^&*()_+=:;'?,.", uri.p[uri.n - 1]))
		uri.n--;
	return uri;
}

static void report(const struct scan *s, size_t from, size_t to, enum uri_found how)
{
	const struct str uri = trim(str_head(str_from(s->text, from), to - from));

	if (uri.n)
		s->found(s->ctx, uri, how);
}

size_t uri_www_length(struct str s)
{
	size_t n = 3;

	if (!str_istarts(s, STR("www")))
		return 0;
	while (n < 5 && n < s.n && ascii_digit(s.p[n]))
		n++;
	return n < s.n && s.p[n] == '.' ? n + 1 : 0;
}

/* "http://", "www2."; its length; 0: it is none. */
static size_t prefix_length(struct str s)
{
	static const struct str prefixes[] = { STR_INIT("http://"), STR_INIT("https://"),
					       STR_INIT("ftp://"), STR_INIT("ftp.") };

	for (size_t i = 0; i < COUNTOF(prefixes); i++)
		if (str_istarts(s, prefixes[i]))
			return prefixes[i].n;
	return uri_www_length(s);
}

/* Each returns where what it has found ends, or 0. */

static size_t find_scheme(const struct scan *s, size_t i)
{
	const char c = ascii_lower(s->text.p[i]);
	size_t begin, end;

	if (c != 'h' && c != 'f' && c != 'w')
		return 0;
	begin = prefix_length(str_from(s->text, i));
	if (begin == 0)
		return 0;
	end = run_to(s->text, i + begin, END);
	if (end == i + begin)
		return 0;
	report(s, i, end, URI_FOUND_SCHEME);
	return end;
}

static size_t find_mail(struct scan *s, size_t i)
{
	const struct str scheme = STR("mailto:");
	bool named;

	if (i >= s->mail_end) {
		s->mail_end = run_to(s->text, i, MAIL_END);
		s->at = find_char(str_head(s->text, s->mail_end), i, '@');
	} else if (i > s->at) {
		s->at = find_char(str_head(s->text, s->mail_end), i, '@');
	}
	named = s->mail_end - i > scheme.n && str_istarts(str_from(s->text, i), scheme);
	if (!named && (s->at == i || s->at == s->mail_end || s->at - i > MAIL_PART ||
		       s->mail_end == s->at + 1 || s->mail_end - s->at - 1 > MAIL_PART))
		return 0;
	report(s, i, s->mail_end, URI_FOUND_MAIL);
	return s->mail_end;
}

/* Behind a name: a port and a path, as far as they go. */
static size_t skip_place(struct str text, size_t i)
{
	size_t digits = 0;

	if (i < text.n && text.p[i] == ':') {
		while (digits <= PORT_DIGITS && i + 1 + digits < text.n &&
		       ascii_digit(text.p[i + 1 + digits]))
			digits++;
		if (digits && digits <= PORT_DIGITS)
			i += digits + 1;
	}
	if (i + 1 < text.n && text.p[i] == '/' && !(class_of(text.p[i + 1]) & END))
		i = run_to(text, i + 1, END);
	return i;
}

/* A name at i, and where it ends; 0: there is none.  *end: of what follows it; *whole: nothing follows that. */
static size_t skip_bare(const struct scan *s, size_t i, size_t *end, bool *whole)
{
	size_t name_end;
	struct str name;

	if (i == s->text.n || !ascii_alnum(s->text.p[i]))
		return 0;
	name_end = run_of(s->text, i, NAME);
	name = str_head(str_from(s->text, i), name_end - i);
	if (str_ends(name, STR(".")))
		name.n--;
	if (name.n > LIMIT_DNS_NAME || !memchr(name.p, '.', name.n) ||
	    !uri_host_is_public(name, s->suffixes))
		return 0;
	*end = skip_place(s->text, name_end);
	*whole = *end == s->text.n || class_of(s->text.p[*end]) & END;
	return name_end;
}

/* The character in front of i is past ASCII, and of no alphabet: a sign, punctuation, or written without spaces. */
static bool is_behind_sign(struct str text, size_t i)
{
	size_t n = 1;
	struct str last;

	while (n < i && n < 4 && ((unsigned char)text.p[i - n] & 0xc0) == 0x80)
		n++;
	last = str_from(str_head(text, i), i - n);
	if (utf8_length(last) != n)
		return false;
	return utf8_point(last) >= 0x2000 || utf8_point(last) == 0xab || utf8_point(last) == 0xbb;
}

static size_t find_bare(const struct scan *s, size_t i)
{
	const unsigned char before = i ? (unsigned char)s->text.p[i - 1] : ' ';
	const bool sign = before >= 0x80;
	size_t name_end, end;
	bool whole;

	if (!sign && !(class_of((char)before) & BEFORE))
		return 0;
	name_end = skip_bare(s, i, &end, &whole);
	if (name_end == 0 || (sign && !is_behind_sign(s->text, i)))
		return 0;
	report(s, i, end, whole && !sign ? URI_FOUND_BARE : URI_FOUND_GUESS);
	return whole ? end : name_end; /* there may be more in a guess */
}

/* Of one without brackets SpamAssassin sees the name. */
static size_t find_spoilt(const struct scan *s, size_t i)
{
	const struct str rest = str_from(s->text, i);
	const size_t n = str_istarts(rest, STR("hxxp://"))    ? 7
			 : str_istarts(rest, STR("hxxps://")) ? 8
							      : 0;
	size_t end = i, bare_end;
	bool whole, seen;

	if (n == 0)
		return 0;
	for (;;) {
		end = run_to(s->text, end, END);
		if (!str_starts(str_from(s->text, end), STR("[.]")))
			break;
		end += 3;
	}
	seen = skip_bare(s, i + n, &bare_end, &whole) && whole && bare_end == end;
	report(s, i, end, seen ? URI_FOUND_SPOILT : URI_FOUND_GUESS);
	return end;
}

static size_t find_any(struct scan *s, size_t i)
{
	size_t end;

	if (!may_begin(s, i)) /* "_http://a.b_" is one that is underlined */
		return i && s->text.p[i - 1] == '_' ? find_scheme(s, i) : 0;
	end = find_scheme(s, i);
	end = end ? end : find_spoilt(s, i);
	end = end ? end : find_mail(s, i);
	return end ? end : find_bare(s, i);
}

static bool is_sign(char c)
{
	return c == '.' || c == '@' || c == ':';
}

/* Where the next sign stands that no space is behind, nor the end of the text; text.n: nowhere. */
static size_t next_sign(struct str text, size_t i)
{
	for (; i + 16 < text.n; i += 16) {
		const sixteen x = sixteen_load(text.p + i), next = sixteen_load(text.p + i + 1);
		const sixteen signs =
			(sixteen)(((x == '.') | (x == '@') | (x == ':')) & (next > ' '));

		if (sixteen_any(signs))
			return i + sixteen_first(signs);
	}
	for (; i + 1 < text.n; i++)
		if (is_sign(text.p[i]) && (uint8_t)text.p[i + 1] > ' ')
			return i;
	return text.n;
}

/* From *i on, where a run may begin: puts it where the next one begins that has a sign in it, and something behind that, and
 * returns where it ends.  Both text.n: there is none. */
static size_t find_run(const struct scan *s, size_t *i)
{
	size_t sign, end, begin;

	for (;; *i = end) {
		sign = next_sign(s->text, *i);
		end = run_to(s->text, sign, END);
		if (sign == end || end > sign + 1)
			break;
	}
	for (begin = sign; begin > *i && !(class_of(s->text.p[begin - 1]) & END); begin--)
		continue;
	*i = sign < s->text.n ? begin : sign;
	return end;
}

void uri_find(struct str text, const struct suffixes *suffixes, uri_found_fn *found, void *ctx)
{
	struct scan s = { .suffixes = suffixes, .found = found, .ctx = ctx, .text = text };
	size_t i = 0, run_end;

	while ((run_end = find_run(&s, &i)) > i)
		while (i < run_end) {
			const size_t end = find_any(&s, i);

			i = end ? end : i + 1;
		}
}
