#include "filters/uri/parts.h"

#include "base/check.h"
#include "base/eight.h"

static bool is_of(const char *set, char c)
{
	while (*set && *set != c)
		set++;
	return *set;
}

size_t uri_until(struct str s, const char *set)
{
	size_t n = 0;

	for (; n + 8 <= s.n; n += 8) {
		const uint64_t x = eight_load(s.p + n);
		uint64_t ends = 0;

		for (const char *c = set; *c; c++)
			ends |= eight_zeroes(x ^ eight_of(*c));
		if (ends)
			return n + eight_first(ends);
	}
	while (n < s.n && !is_of(set, s.p[n]))
		n++;
	return n;
}

struct uri_parts uri_parts(struct str uri)
{
	struct uri_parts parts = { 0 };
	size_t n = uri_until(uri, ":/?#");

	if (n && n < uri.n && uri.p[n] == ':') {
		parts.scheme = str_take(&uri, n);
		uri = str_from(uri, 1);
	}
	if (str_starts(uri, STR("//"))) {
		uri = str_from(uri, 2);
		parts.authority = str_take(&uri, uri_until(uri, "/?#"));
	}
	parts.path = str_take(&uri, uri_until(uri, "?#"));
	if (uri.n && uri.p[0] == '?') {
		uri = str_from(uri, 1);
		parts.query = str_take(&uri, uri_until(uri, "#"));
	}
	if (uri.n)
		parts.fragment = str_from(uri, 1);
	return parts;
}

/* RFC 3986 5.2.4, of what stands in `o` from `begin` on.  A path that begins with "." or ".." begins at the root. */
static void remove_dots(struct out *o, size_t begin)
{
	const struct str path = str_from(out_text(o), begin);
	const bool dots = str_starts(path, STR("./")) || str_starts(path, STR("../"));
	const size_t root = begin + (dots || str_starts(path, STR("/")));
	struct str segment, rest = path;
	bool more;

	o->n = begin;
	do {
		more = str_cut(rest, '/', &segment, &rest);
		if (str_eq(segment, STR(".")) || str_eq(segment, STR(".."))) {
			if (o->n < root)
				o->p[o->n++] = '/';
			if (segment.n == 2 && o->n > root)
				o->n--;
			while (segment.n == 2 && o->n > root && o->p[o->n - 1] != '/')
				o->n--;
			continue;
		}
		if (segment.n)
			memmove(o->p + o->n, segment.p, segment.n);
		o->n += segment.n;
		if (more)
			o->p[o->n++] = '/';
	} while (more);
}

/* RFC 3986 5.2.3 */
static void put_path(const struct uri_parts *base, struct str path, struct out *o)
{
	const size_t begin = o->n;
	size_t n = base->path.n;

	if (o->full)
		return;
	while (n && base->path.p[n - 1] != '/')
		n--;
	if (!str_starts(path, STR("/"))) {
		out_str(o, str_head(base->path, n));
		if (n == 0 && base->authority.p)
			out_char(o, '/');
	}
	out_str(o, path);
	remove_dots(o, begin);
}

/* What is written without a scheme may say what it is by its first label. */
static void put_scheme(const struct uri_parts *t, struct out *o)
{
	const struct str authority = t->authority;

	if (t->scheme.n) {
		out_str(o, t->scheme);
		out_char(o, ':');
	} else if (str_istarts(authority, STR("www"))) {
		out_str(o, STR("http:"));
	} else if (str_istarts(authority, STR("ftp"))) {
		out_str(o, STR("ftp:"));
	}
}

void uri_resolve(struct str base, struct str reference, struct out *o)
{
	const struct uri_parts b = uri_parts(base);
	struct uri_parts t = uri_parts(reference);
	const bool own = t.scheme.p && !(b.scheme.p && str_eq(t.scheme, b.scheme));
	const bool placed = own || t.authority.p;

	if (!own)
		t.scheme = b.scheme;
	if (!placed)
		t.authority = b.authority;
	put_scheme(&t, o);
	if (t.authority.p) {
		out_str(o, STR("//"));
		out_str(o, t.authority);
	}
	if (!placed && t.path.n == 0) {
		out_str(o, b.path);
		if (!t.query.p)
			t.query = b.query;
	} else {
		put_path(placed ? &(struct uri_parts){ 0 } : &b, t.path, o);
	}
	if (t.query.p) {
		out_char(o, '?');
		out_str(o, t.query);
	}
	if (t.fragment.p) {
		out_char(o, '#');
		out_str(o, t.fragment);
	}
}

/* Takes the scheme and what parts it from the host.  False: this leads to no host. */
static bool skip_scheme(struct str *uri)
{
	static const struct str schemes[] = { STR_INIT("http"), STR_INIT("https"), STR_INIT("ftp"),
					      STR_INIT("ws"), STR_INIT("wss") };
	const size_t n = uri_until(*uri, ":/\\?#");
	bool known = false;

	if (n == 0)
		known = uri->n > 1 && uri_until(str_from(*uri, 1), "/\\") == 0;
	for (size_t i = 0; i < COUNTOF(schemes) && n < uri->n && uri->p[n] == ':'; i++)
		known = known || str_ieq(str_head(*uri, n), schemes[i]);
	*uri = str_from(*uri, n < uri->n && uri->p[n] == ':' ? n + 1 : n);
	while (known && uri->n && (uri->p[0] == '/' || uri->p[0] == '\\'))
		*uri = str_from(*uri, 1);
	return known;
}

bool uri_place(struct str uri, struct uri_place *place)
{
	struct str authority;
	size_t end;

	if (!skip_scheme(&uri))
		return false;
	authority = str_take(&uri, uri_until(uri, "/\\?#"));
	*place = (struct uri_place){ .host = authority, .rest = uri };
	for (end = authority.n; end && authority.p[end - 1] != '@'; end--)
		continue;
	if (end) {
		place->user = str_head(authority, end - 1);
		place->host = str_from(authority, end);
	}
	for (end = place->host.n; end && ascii_digit(place->host.p[end - 1]); end--)
		continue;
	if (end && place->host.p[end - 1] == ':')
		place->host.n = end - 1;
	return true;
}
