/* path.c - see path.h.
 *
 * Strict where two readers could disagree (brackets, quoting, controls, UTF-8), tolerant where the
 * mail in circulation is: dots at odd places of a local part, "_" in a domain, "=" in a
 * parameter's value.  The backend judges those; we only carry them. */
#include "mail/path.h"

#include "base/ip.h"
#include "base/limits.h"
#include "base/out.h"
#include "mail/domain.h"

/* The bytes of the UTF-8 character at the start of s (RFC 3629 4); 0: none. */
static size_t utf8_length(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n;
	unsigned low = 0x80, high = 0xbf;

	if (s.n == 0 || p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (s.n < n)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (p[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (p[0] == 0xf4)
		high = 0x8f; /* past U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static bool is_high(char c)
{
	return (unsigned char)c >= 0x80;
}

static bool has_high(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_high(s.p[i]))
			return true;
	return false;
}

/* RFC 5321 4.1.2 Dot-string without its rule about dots: user..name@ and user.@ exist. */
static bool is_local_char(char c)
{
	return ascii_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_quotable(char c)
{
	return c >= 32 && c <= 126;
}

/* A Quoted-string at the start of s (RFC 5321 4.1.2, RFC 6531 3.3); its length, 0: none. */
static size_t quoted_length(struct str s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] != '"') {
		if (is_high(s.p[i])) {
			const size_t n = utf8_length(str_from(s, i));

			if (n == 0)
				return 0;
			i += n;
			continue;
		}
		if (s.p[i] == '\\')
			i++;
		if (i >= s.n || !is_quotable(s.p[i]))
			return 0;
		i++;
	}
	return i < s.n ? i + 1 : 0;
}

static size_t local_length(struct str s)
{
	size_t i = 0;

	if (s.n && s.p[0] == '"')
		return quoted_length(s);
	while (i < s.n) {
		const size_t n = is_local_char(s.p[i]) ? 1 : utf8_length(str_from(s, i));

		if (n == 0)
			break;
		i += n;
	}
	return i;
}

/* RFC 5321 4.1.3; of the tagged literals only IPv6 is registered. */
static bool literal_ok(struct str s)
{
	struct ip ip;
	bool v6;

	if (s.n < 2 || s.p[s.n - 1] != ']')
		return false;
	s = (struct str){ .p = s.p + 1, .n = s.n - 2 };
	v6 = str_istarts(s, STR("IPv6:"));
	if (v6)
		s = str_from(s, 5);
	return ip_parse(s, &ip) && (memchr(s.p, ':', s.n) != NULL) == v6;
}

static bool label_ok(struct str label)
{
	if (label.n == 0 || label.n > LIMIT_DNS_LABEL)
		return false;
	if (label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n;) {
		const char c = label.p[i];
		const size_t n = ascii_alnum(c) || c == '-' || c == '_'
					 ? 1
					 : utf8_length(str_from(label, i));

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

bool path_domain_ok(struct str domain)
{
	struct str label;

	if (domain.n == 0 || domain.n > LIMIT_DOMAIN)
		return false;
	if (domain.p[0] == '[')
		return literal_ok(domain);
	while (str_cut(domain, '.', &label, &domain))
		if (!label_ok(label))
			return false;
	return label_ok(label);
}

/* Skips "@a,@b:" (RFC 5321 4.1.2 A-d-l). */
static bool skip_route(struct str *s)
{
	struct str route, at;

	if (s->n == 0 || s->p[0] != '@')
		return true;
	if (!str_cut(*s, ':', &route, s))
		return false;
	while (route.n) {
		str_cut(route, ',', &at, &route);
		if (at.n == 0 || at.p[0] != '@' || !path_domain_ok(str_from(at, 1)))
			return false;
	}
	return true;
}

/* s begins with the address; its end is the bracket. */
static enum err parse_mailbox(struct str s, struct path *path)
{
	struct str domain;
	const size_t n = local_length(s);

	if (n == 0 || n >= s.n)
		return ERR_SYNTAX;
	path->local = str_head(s, n);
	path->address = path->local;
	if (s.p[n] == '@') {
		if (!str_cut(str_from(s, n + 1), '>', &domain, &s))
			return ERR_SYNTAX;
		if (domain.n > LIMIT_DOMAIN)
			return ERR_LIMIT;
		if (!path_domain_ok(domain))
			return ERR_SYNTAX;
		path->domain = domain;
		path->address.n = n + 1 + domain.n;
	} else if (s.p[n] != '>' || !str_ieq(path->local, STR("postmaster"))) {
		return ERR_SYNTAX; /* RFC 5321 4.1.1.3: only postmaster stands alone */
	}
	path->utf8 = has_high(path->address);
	if (path->local.n > LIMIT_LOCAL_PART || path->address.n + 2 > LIMIT_PATH)
		return ERR_LIMIT;
	return ERR_OK;
}

enum err path_parse(struct str text, struct path *path, struct str *rest)
{
	enum err err = ERR_OK;

	*path = (struct path){ 0 };
	*rest = (struct str){ 0 };
	if (text.n && text.p[0] == ' ')
		text = str_from(text, 1);
	if (text.n < 2 || text.p[0] != '<')
		return ERR_SYNTAX;
	text = str_from(text, 1);
	path->address = str_head(text, 0);
	if (text.p[0] != '>') {
		if (!skip_route(&text))
			return ERR_SYNTAX;
		err = parse_mailbox(text, path);
	}
	if (err != ERR_OK)
		return err;
	text = str_from(text, path->address.n + 1);
	if (text.n && text.p[0] != ' ')
		return ERR_SYNTAX;
	while (text.n && text.p[0] == ' ')
		text = str_from(text, 1);
	*rest = text;
	return ERR_OK;
}

/* RFC 5321 4.1.2 esmtp-keyword. */
static bool keyword_ok(struct str s)
{
	if (s.n == 0 || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

/* RFC 5321 4.1.2 esmtp-value, RFC 6531 3.3; "=" too, which senders forget to encode in ORCPT. */
static bool value_ok(struct str s)
{
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n;) {
		const size_t n = s.p[i] > 32 && s.p[i] < 127 ? 1 : utf8_length(str_from(s, i));

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

bool path_param(struct str *rest, struct str *key, struct str *value, enum err *err)
{
	struct str word, left = *rest;

	*err = ERR_OK;
	*key = *value = (struct str){ 0 };
	while (left.n && left.p[0] == ' ')
		left = str_from(left, 1);
	if (left.n == 0) {
		*rest = left;
		return false;
	}
	str_cut(left, ' ', &word, &left);
	if (str_cut(word, '=', key, value) ? !value_ok(*value) : false)
		*err = ERR_SYNTAX;
	if (!keyword_ok(*key))
		*err = ERR_SYNTAX;
	*rest = left;
	return *err == ERR_OK;
}

struct str path_domain(struct str address)
{
	size_t at = address.n;

	while (at > 0 && address.p[at - 1] != '@')
		at--;
	return at ? str_from(address, at) : (struct str){ 0 };
}

/* The byte behind the quote or byte at i, without its backslash; 0: the quotes are closed. */
static char quoted_byte(struct str local, size_t *i)
{
	*i += 1;
	if (*i + 2 < local.n && local.p[*i] == '\\')
		*i += 1;
	return *i + 1 < local.n ? local.p[*i] : 0;
}

static bool needs_quotes(struct str local)
{
	char c;

	for (size_t i = 0; (c = quoted_byte(local, &i));)
		if (!is_local_char(c) && !is_high(c))
			return true;
	return local.n <= 2;
}

/* A quoted local part with as little quoting as it needs. */
static void put_plain(struct out *o, struct str local)
{
	const bool quotes = needs_quotes(local);
	char c;

	if (quotes)
		out_char(o, '"');
	for (size_t i = 0; (c = quoted_byte(local, &i));) {
		if (c == '"' || c == '\\')
			out_char(o, '\\');
		out_char(o, c);
	}
	if (quotes)
		out_char(o, '"');
}

static struct str plain_domain(struct arena *arena, struct str domain)
{
	const struct str ascii =
		domain_is_utf8(domain) ? domain_ascii(arena, domain) : (struct str){ 0 };

	return ascii.n ? ascii : domain;
}

struct str path_plain(struct arena *arena, struct str address)
{
	const struct str domain = path_domain(address);
	const struct str local = str_head(address, address.n - domain.n - (domain.p ? 1 : 0));
	const bool quoted = local.n > 1 && local.p[0] == '"' && local.p[local.n - 1] == '"';
	const struct str ascii = plain_domain(arena, domain);
	struct out o = { .cap = local.n + 1 + ascii.n };

	if (!quoted && ascii.p == domain.p)
		return address;
	o.p = arena_alloc(arena, o.cap);
	if (!o.p)
		return address;
	if (quoted)
		put_plain(&o, local);
	else
		out_str(&o, local);
	if (domain.p)
		out_char(&o, '@');
	out_str(&o, ascii);
	return out_text(&o);
}
