#include "filters/uri/forms.h"

#include "base/hex.h"
#include "filters/uri/find.h"
#include "filters/uri/host.h"
#include "filters/uri/parts.h"

enum { WORK = 3 * LIMIT_URI }; /* a byte may become "%ff" */
enum { ESCAPES = 2 };          /* an address within is escaped so many times more */

/* A web address taken apart. */
struct web {
	struct str scheme; /* with "://" */
	struct str user;   /* with "@" */
	struct str host, rest;
	struct str port; /* of the rest, without ":" */
	bool has_port;
};

static void put_joined(const struct uri_forms *f, struct str scheme, struct str host,
		       struct str rest)
{
	char bytes[LIMIT_URI];
	struct out o = OUT(bytes);

	out_str(&o, scheme);
	out_str(&o, host);
	out_str(&o, str_head(rest, o.cap - o.n));
	f->put(f->ctx, out_text(&o));
}

/* ---- mail ---- */

static bool is_mail(struct str uri)
{
	const size_t n = uri_until(uri, ":@");

	return str_istarts(uri, STR("mailto:")) || (n < uri.n && uri.p[n] == '@');
}

/* The address up to the first of these characters, when it is this one. */
static void put_cut(const struct uri_forms *f, struct str uri, size_t at, const char *set,
		    char want)
{
	const size_t n = uri_until(str_from(uri, at + 1), set);

	if (n && at + 1 + n < uri.n && uri.p[at + 1 + n] == want)
		f->put(f->ctx, str_head(uri, at + 1 + n));
}

static void put_bracketed(const struct uri_forms *f, struct str uri)
{
	struct str inside = str_head(uri, uri_until(uri, "?&"));
	size_t at = inside.n, n;

	while (at && inside.p[at - 1] != '<')
		at--;
	inside = str_from(uri, at);
	n = uri_until(inside, ">");
	if (at && n < inside.n && memchr(inside.p, '@', n))
		put_joined(f, STR("mailto:"), str_head(inside, n), STR(""));
}

/* Escaped spaces are left out. */
static void put_trimmed(const struct uri_forms *f, struct str uri, size_t at)
{
	struct str address = str_head(uri, at + uri_until(str_from(uri, at), "?&%"));
	bool spaces = false;

	for (struct str rest = uri; rest.n >= 3 && !spaces; rest = str_from(rest, 1))
		spaces = str_starts(rest, STR("%20"));
	if (str_istarts(address, STR("mailto:")))
		address = str_from(address, 7);
	while (str_starts(address, STR("%20")))
		address = str_from(address, 3);
	if (spaces && address.n && address.p[0] != '@')
		put_joined(f, STR("mailto:"), address, STR(""));
}

static void put_mail(const struct uri_forms *f, struct str uri)
{
	const size_t at = uri_until(uri, "@");

	if (at == 0 || at == uri.n)
		return;
	put_cut(f, uri, at, "?", '?');
	put_cut(f, uri, at, "?&", '&');
	put_bracketed(f, uri);
	put_trimmed(f, uri, at);
}

/* ---- web: one form with everything undone ---- */

static bool is_escape(struct str s)
{
	return s.n >= 3 && s.p[0] == '%' && hex_byte(str_from(s, 1)) >= 0;
}

static bool has_escape(struct str s)
{
	const char *mark;

	while (s.n && (mark = memchr(s.p, '%', s.n))) {
		s = str_from(s, (size_t)(mark - s.p));
		if (is_escape(s))
			return true;
		s = str_from(s, 1);
	}
	return false;
}

/* What is printable is no escape, and what is not is one. */
static void put_escapes(struct str s, struct out *o)
{
	static const char digits[] = "0123456789abcdef";

	while (s.n) {
		const unsigned char c = (unsigned char)s.p[0];

		if (is_escape(s)) {
			const int byte = hex_byte(str_from(s, 1));

			if (byte > 0x20 && byte < 0x7f)
				out_char(o, (char)byte);
			else
				out_str(o, str_head(s, 3));
			s = str_from(s, 3);
			continue;
		}
		if (c <= ' ' || c >= 0x7f || c == '"' || c == '%' || c == '<' || c == '>') {
			out_char(o, '%');
			out_char(o, digits[c >> 4]);
			out_char(o, digits[c & 15]);
		} else {
			out_char(o, s.p[0]);
		}
		s = str_from(s, 1);
	}
}

/* "http:", "http:/" and "http://" are the same; the length of it; 0: it begins otherwise. */
static size_t web_scheme(struct str s)
{
	size_t n = str_istarts(s, STR("http:")) ? 5 : str_istarts(s, STR("https:")) ? 6 : 0;

	for (int i = 0; n && i < 2 && n < s.n && s.p[n] == '/'; i++)
		n++;
	return n;
}

static bool has_scheme(struct str s)
{
	size_t n = 0;

	while (n < s.n && (ascii_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '_'))
		n++;
	return n && n < s.n && s.p[n] == ':';
}

/* "&#119;", where it is a printable character; the length of it; 0: it is none. */
static size_t entity(struct str s, char *c)
{
	const bool hex = s.n > 2 && s.p[2] == 'x';
	size_t n = hex ? 3 : 2;
	unsigned value = 0;

	if (!str_starts(s, STR("&#")))
		return 0;
	for (; n < s.n && s.p[n] != ';'; n++) {
		const int digit = hex_digit(s.p[n]);

		if (digit < 0 || (!hex && digit > 9) || value > 0xffff)
			return 0;
		value = value * (hex ? 16 : 10) + (unsigned)digit;
	}
	if (n == s.n)
		return 0;
	*c = value == 0x3002 || value == 0xff0e || value == 0xff61 ? '.' : (char)value;
	return *c == '.' || (value > 0x20 && value < 0x7f) ? n + 1 : 0;
}

static void put_entities(struct str s, struct out *o)
{
	while (s.n) {
		char c = s.p[0];
		const size_t n = entity(s, &c);

		out_char(o, c);
		s = str_from(s, n ? n : 1);
	}
}

/* With a scheme, its "//", and a path in front of a query. */
static void put_whole(struct str s, struct out *o)
{
	const size_t n = web_scheme(s);
	size_t host;

	if (n) {
		out_str(o, str_head(s, str_istarts(s, STR("https")) ? 6 : 5));
		out_str(o, STR("//"));
		s = str_from(s, n);
	} else if (!has_scheme(s)) {
		out_str(o, str_starts(s, STR("ftp.")) ? STR("ftp://") : STR("http://"));
	} else {
		out_str(o, s);
		return;
	}
	host = uri_until(s, "/?#");
	out_str(o, str_head(s, host));
	if (host && host < s.n && s.p[host] != '/')
		out_char(o, '/');
	out_str(o, str_from(s, host));
}

/* What is in one is in the other, which is empty then. */
static void swap(struct out *a, struct out *b)
{
	const struct out c = *a;

	*a = *b;
	*b = (struct out){ .p = c.p, .cap = c.cap };
}

/* `spare` is overwritten. */
static void put_undone(struct str uri, struct out *spare, struct out *o)
{
	for (size_t i = 0; i < uri.n; i++)
		out_char(spare, uri.p[i] == '\\' ? '/' : uri.p[i]);
	if (has_escape(uri)) {
		put_escapes(out_text(spare), o);
		swap(spare, o);
	}
	if (memchr(uri.p, '&', uri.n)) {
		put_entities(out_text(spare), o);
		swap(spare, o);
	}
	put_whole(out_text(spare), o);
	o->n = str_head(out_text(o), LIMIT_URI).n;
}

/* ---- web: by its host ---- */

static bool take_apart(struct str uri, struct web *w)
{
	const size_t n = web_scheme(uri);
	size_t end, digits = 0;

	*w = (struct web){ .scheme = str_head(uri, n) };
	if (n == 0 || !str_ends(w->scheme, STR("//")))
		return false;
	uri = str_from(uri, n);
	end = uri_until(uri, "@/?#");
	if (end < uri.n && uri.p[end] == '@')
		w->user = str_take(&uri, end + 1);
	end = uri_until(uri, "/?#:");
	w->host = str_head(uri, end);
	w->rest = str_from(uri, end);
	if (w->rest.n && w->rest.p[0] == ':') {
		while (digits + 1 < w->rest.n && ascii_digit(w->rest.p[digits + 1]))
			digits++;
		w->port = str_head(str_from(w->rest, 1), digits);
	}
	w->has_port = w->port.n != 0;
	return end != 0;
}

static bool is_plain_http(const struct web *w)
{
	return str_eq(w->scheme, STR("http://"));
}

/* The rest without the port that the scheme has anyway; all of it, when there is another one. */
static struct str portless(const struct web *w)
{
	const struct str usual = is_plain_http(w) ? STR("80") : STR("443");
	const struct str behind = str_from(w->rest, w->has_port ? w->port.n + 1 : 0);

	if (!w->has_port || !str_eq(w->port, usual) ||
	    (behind.n && (ascii_alnum(behind.p[0]) || behind.p[0] == '_')))
		return w->rest;
	return behind;
}

/* http://name is tried as http://www.name.com by browsers, when it is no top level. */
static void put_guessed(const struct uri_forms *f, const struct web *w, struct str host)
{
	char bytes[LIMIT_URI];
	struct out o = OUT(bytes);

	if (!is_plain_http(w) || w->user.n || (w->has_port && !str_eq(w->port, STR("80"))) ||
	    str_ieq(host, STR("localhost")) || uri_host_is_public(host, f->suffixes))
		return;
	if (str_starts(host, STR("www.")))
		host = str_from(host, 4);
	if (host.n == 0 || memchr(host.p, '.', host.n))
		return;
	out_str(&o, STR("www."));
	out_lower(&o, host);
	out_str(&o, STR(".com"));
	put_joined(f, w->scheme, out_text(&o), w->rest);
}

/* In four decimal numbers, whatever of them it is written in. */
static bool put_address(const struct uri_forms *f, const struct web *w, struct str host)
{
	char bytes[IP_TEXT_MAX];
	struct out o = OUT(bytes);
	struct ip ip;

	if (!uri_host_ipv4(host, &ip))
		return false;
	ip_print(&o, &ip);
	put_joined(f, w->scheme, out_text(&o), w->rest);
	return true;
}

static struct str trim_host(struct str host)
{
	while (host.n && !ascii_alnum(host.p[host.n - 1]))
		host.n--;
	return host;
}

/* Returns the host to go on with: as it is written where it is none like that. */
static struct str put_ascii(const struct uri_forms *f, const struct web *w, struct uri_host *ascii)
{
	const struct str rest = portless(w), trimmed = trim_host(w->host);
	bool plain = true;

	for (size_t i = 0; i < w->host.n; i++)
		plain = plain && !(w->host.p[i] & 0x80) && w->host.p[i] != '%';
	if (plain || !uri_host_read(w->host, f->suffixes, f->uris, ascii))
		return w->host;
	put_joined(f, w->scheme, ascii->name, w->rest);
	if (rest.n != w->rest.n)
		put_joined(f, w->scheme, ascii->name, rest);
	return uri_host_is_public(ascii->name, f->suffixes) || !memchr(trimmed.p, '.', trimmed.n)
		       ? ascii->name
		       : w->host;
}

static void put_hosts(const struct uri_forms *f, const struct web *w)
{
	const struct str rest = portless(w);
	struct uri_host ascii;
	struct str host;
	size_t at;

	if (rest.n != w->rest.n)
		put_joined(f, w->scheme, w->host, rest);
	host = put_ascii(f, w, &ascii);
	at = uri_until(host, "@");
	if (at && at < host.n) {
		host = str_from(host, at + 1);
		put_joined(f, w->scheme, host, w->rest);
	}
	if (trim_host(host).n != host.n) {
		host = trim_host(host);
		put_joined(f, w->scheme, host, w->rest);
	}
	if (!put_address(f, w, host) && !f->no_guesses)
		put_guessed(f, w, host);
}

/* ---- what is within ---- */

/* The first web address behind the host. */
static struct str find_inner(struct str rest)
{
	for (; rest.n; rest = str_from(rest, 1)) {
		struct str inner;

		if (ascii_lower(rest.p[0]) != 'h' || web_scheme(rest) == 0)
			continue;
		inner = str_head(rest, web_scheme(rest) +
					       uri_until(str_from(rest, web_scheme(rest)), "&#"));
		if (memchr(inner.p, '.', inner.n))
			return inner;
		rest = str_from(rest, inner.n - 1); /* nor has one within it */
	}
	return rest;
}

/* A value that begins with "www.". */
static struct str find_name(struct str rest)
{
	const char *equals;

	while (rest.n && (equals = memchr(rest.p, '=', rest.n))) {
		rest = str_from(rest, (size_t)(equals + 1 - rest.p));
		if (uri_www_length(rest))
			return str_head(rest, uri_until(rest, "&#"));
	}
	return (struct str){ 0 };
}

static bool has_escaped_scheme(struct str s)
{
	if (s.n == 0 || !memchr(s.p, '%', s.n))
		return false;
	for (; s.n; s = str_from(s, 1))
		if (ascii_lower(s.p[0]) == 'h' &&
		    (str_istarts(s, STR("http%")) || str_istarts(s, STR("https%"))))
			return true;
	return false;
}

/* `spare` and `o` are overwritten; `rest` may be in `o`. */
static void read_inner(struct uri_forms *f, struct str rest, struct out *spare, struct out *o)
{
	struct str inner = find_inner(rest);
	struct out whole = { .p = f->inner, .cap = LIMIT_URI };

	f->guessed = inner.n == 0;
	for (unsigned i = 0; i < ESCAPES && !inner.n && has_escaped_scheme(rest); i++) {
		*spare = (struct out){ .p = spare->p, .cap = spare->cap };
		put_escapes(rest, spare);
		swap(o, spare);
		rest = out_text(o);
		inner = find_inner(rest);
	}
	if (!inner.n) {
		inner = find_name(rest);
		out_str(&whole, inner.n ? STR("http://") : STR(""));
	}
	out_str(&whole, str_head(inner, whole.cap - whole.n));
	f->inner_n = inner.n ? whole.n : 0;
}

void uri_forms(struct uri_forms *f, struct str uri)
{
	char a[WORK], b[WORK];
	struct out spare = OUT(a), o = OUT(b);
	struct str undone;
	struct web w;

	f->inner_n = 0;
	f->guessed = false;
	if (uri.n <= 1 || strchr("#?&", uri.p[0]) || (uri.p[0] == '/' && uri.p[1] != '/'))
		return; /* "#top", "/image.gif" */
	uri = str_head(uri, LIMIT_URI);
	if (is_mail(uri)) {
		put_mail(f, uri);
		return;
	}
	put_undone(uri, &spare, &o);
	undone = out_text(&o);
	if (!str_eq(undone, uri))
		f->put(f->ctx, undone);
	if (!take_apart(undone, &w))
		return;
	put_hosts(f, &w);
	if (f->inner)
		read_inner(f, w.rest, &spare, &o);
}
