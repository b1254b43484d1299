#include "filters/uri/gather.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/uri/find.h"
#include "filters/uri/forms.h"
#include "filters/uri/host.h"
#include "filters/uri/parts.h"

/* ---- whom it leads to ---- */

/* "mailto:a@b?subject=c"; two "@" are no address. */
static bool mail_host(struct str uri, struct str *host)
{
	struct str address, rest;
	size_t n = 0;

	str_cut(uri, '?', &address, &rest);
	if (!str_cut(address, '@', &rest, host) || memchr(host->p, '@', host->n))
		return false;
	while (n < host->n && host->p[n] != '&' && host->p[n] != '>' && host->p[n] != ',')
		n++;
	host->n = n;
	while (str_ends(*host, STR("%20")))
		host->n -= 3;
	return true;
}

static bool is_mail(struct str uri)
{
	return str_istarts(uri, STR("mailto:"));
}

static bool read_host(const struct gather *g, struct str uri, struct uri_host *host,
		      uint16_t *traits)
{
	struct uri_place place = { .user = { 0 } };

	*traits = 0;
	host->traits = 0;
	if (is_mail(uri)) {
		*traits = URI_MAIL;
		if (!mail_host(uri, &place.host))
			return false;
	} else if (!uri_place(uri, &place)) {
		return false;
	}
	if (!uri_host_read(place.host, g->suffixes, g->uris, host))
		return false;
	if (place.user.p)
		*traits |= URI_USER;
	if (host->traits & URI_HOST_ESCAPED)
		*traits |= URI_ESCAPED;
	if (host->traits & URI_HOST_ODD)
		*traits |= URI_ODD_IP;
	if (host->ip.family != IP_NONE)
		*traits |= URI_IP;
	return true;
}

static bool is_public(const struct uri_host *host)
{
	return host->ip.family != IP_NONE || host->domain.n;
}

struct check {
	const struct gather *gather;
	bool leads;
};

static void check_form(void *ctx, struct str form)
{
	struct check *c = ctx;
	struct uri_host host;
	uint16_t traits;

	if (c->leads)
		return;
	if (read_host(c->gather, form, &host, &traits))
		c->leads = host.ip.family != IP_NONE ||
			   uri_host_is_public(host.name, c->gather->suffixes);
	else
		c->leads = host.traits & URI_HOST_UNREAD;
}

/* In one form or the other; or nobody knows. */
static bool leads_anywhere(const struct gather *g, struct str uri)
{
	struct check check = { .gather = g };
	struct uri_forms forms = {
		.suffixes = g->suffixes, .uris = g->uris, .put = check_form, .ctx = &check
	};

	check_form(&check, uri);
	if (!check.leads)
		uri_forms(&forms, uri);
	return check.leads;
}

/* ---- adding ---- */

static uint16_t add_site(struct gather *g, const struct uri_host *host, const struct uri *uri)
{
	const uint16_t text = uris_keep(g->uris, host->name);
	struct uri_site *site = text ? uris_site(g->uris, text) : NULL;

	if (!site)
		return 0;
	if (site->origins == 0) {
		site->ip = host->ip;
		site->domain_n = (uint8_t)host->domain.n;
		site->traits = uri->traits;
	}
	return g->uris->texts[text - 1].site;
}

static void add_form(void *ctx, struct str form)
{
	struct gather *g = ctx;
	const uint16_t text = uris_keep(g->uris, form);

	if (text)
		g->uris->texts[text - 1].form = true;
	if (g->redirects)
		redirects_try(g->redirects, form);
}

/* What the address within it is; empty: there is none. */
static size_t find_inner(struct gather *g, struct uri_forms *forms, struct str text)
{
	if (g->redirects) {
		redirects_begin(g->redirects);
		redirects_try(g->redirects, text);
	}
	uri_forms(forms, text);
	if (g->redirects && redirects_target(g->redirects).n) {
		const struct str target = redirects_target(g->redirects);

		forms->inner_n = target.n < LIMIT_URI ? target.n : LIMIT_URI;
		memcpy(forms->inner, target.p, forms->inner_n);
	}
	return forms->inner_n;
}

/* Seen once more, there and like this. */
static void note(struct gather *g, struct uri *uri, uint16_t origins, uint16_t traits)
{
	const uint16_t weak = URI_BARE | URI_GUESS;

	uri->origins |= origins;
	uri->traits &= (uint16_t) ~(weak & ~traits);
	if (uri->site) {
		struct uri_site *site = &g->uris->sites[uri->site - 1];

		site->origins |= origins;
		site->traits &= uri->traits;
	}
}

/* One more of it; NULL: it is not kept. */
static struct uri *add_one(struct gather *g, struct str text, uint16_t origins, uint16_t traits)
{
	const uint16_t kept = uris_keep(g->uris, text);
	const uint32_t count = g->uris->count;
	struct uri *uri = kept ? uris_item(g->uris, kept) : NULL;
	struct uri_host host;
	uint16_t read;

	if (!uri)
		return NULL;
	if (g->uris->count > count) {
		uri->traits = traits;
		if (read_host(g, text, &host, &read)) {
			uri->traits |= read;
			uri->site = add_site(g, &host, uri);
		}
	}
	note(g, uri, origins, traits);
	return uri;
}

/* The domain a site belongs to, or what it has instead. */
static struct str domain_of(const struct uris *u, uint16_t site)
{
	const struct uri_site *s = &u->sites[site - 1];

	return s->domain_n ? uri_site_domain(u, s) : uris_text(u, s->text);
}

static bool leads_elsewhere(const struct uris *u, uint16_t from, uint16_t to)
{
	return from && to && !str_eq(domain_of(u, from), domain_of(u, to));
}

/* Rules see it, as SpamAssassin's do. */
static bool is_for_rules(uint16_t origins, uint16_t traits)
{
	return !(traits & URI_GUESS) && !(origins & (URI_IN_NAME | URI_IN_FILE | URI_IN_ASIDE));
}

/* With all its forms, and what is within.  NULL: there is no room. */
static struct uri *add(struct gather *g, struct str text, uint16_t origins, uint16_t traits)
{
	struct uri_forms forms = {
		.suffixes = g->suffixes, .uris = g->uris, .put = add_form, .ctx = g
	};
	char inner[LIMIT_URI];
	uint16_t nested = 0, around = 0;
	uint32_t first = 0;

	for (unsigned level = 0; text.n && level <= LIMIT_URI_NESTED; level++) {
		struct uri *uri = add_one(g, text, origins, traits);

		if (!uri)
			break;
		first = first ? first : g->uris->texts[uri->text - 1].uri;
		nested += leads_elsewhere(g->uris, around, uri->site);
		around = uri->site;
		uri->nested = nested > uri->nested ? nested : uri->nested;
		if (g->uris->texts[uri->text - 1].form || !is_for_rules(origins, traits))
			break;
		g->uris->texts[uri->text - 1].form = true;
		text = (struct str){ .p = inner, .n = find_inner(g, &forms, text) };
		memcpy(inner, forms.inner, text.n);
		origins |= URI_IN_URI;
	}
	return first ? &g->uris->items[first - 1] : NULL;
}

/* ---- text ---- */

static size_t scheme_length(struct str uri)
{
	static const struct str schemes[] = { STR_INIT("http:"), STR_INIT("https:"),
					      STR_INIT("ftp:"), STR_INIT("mailto:") };

	for (size_t i = 0; i < COUNTOF(schemes); i++)
		if (str_istarts(uri, schemes[i]))
			return schemes[i].n;
	return 0;
}

/* "/" in front of "@", and something between them. */
static bool is_place_with_user(struct str uri)
{
	struct str head, rest;

	return str_cut(uri, '/', &head, &rest) && rest.n > 1 && memchr(rest.p + 1, '@', rest.n - 1);
}

/* What stands in front of an address by mistake: "mail:", "skype:". */
static struct str without_label(struct str uri)
{
	static const struct str labels[] = { STR_INIT("skype:"), STR_INIT("email:"),
					     STR_INIT("e-mail:"), STR_INIT("mail:") };

	for (size_t i = 0; i < COUNTOF(labels); i++)
		if (str_istarts(uri, labels[i]))
			uri = str_from(uri, labels[i].n);
	while (str_starts(uri, STR(":")))
		uri = str_from(uri, 1);
	return uri;
}

/* A dot behind "@", with something between them. */
static bool has_dotted_host(struct str uri)
{
	struct str head, host;

	return str_cut(uri, '@', &head, &host) && host.n > 1 && memchr(host.p + 1, '.', host.n - 1);
}

/* With the scheme that is meant.  False: it is no URI. */
static bool put_meant(struct str uri, uint16_t *traits, struct out *o)
{
	const size_t scheme = scheme_length(uri);

	if (str_istarts(uri, STR("cid:")) || str_istarts(uri, STR("mid:")))
		return false;
	if (scheme) {
		const struct str rest = str_from(uri, scheme);

		out_str(o, uri);
		return rest.n && !str_eq(rest, STR("/")) && !str_eq(rest, STR("//"));
	}
	if (str_istarts(uri, STR("ftp."))) {
		out_str(o, STR("ftp://"));
	} else if (uri_www_length(uri) || is_place_with_user(uri)) {
		out_str(o, STR("http://"));
	} else if (memchr(uri.p, '@', uri.n)) {
		uri = without_label(uri);
		out_str(o, STR("mailto:"));
		out_str(o, uri);
		return has_dotted_host(uri);
	} else {
		*traits |= URI_BARE;
		out_str(o, STR("http://"));
	}
	out_str(o, uri);
	return memchr(uri.p, '.', uri.n);
}

/* "hxxps://a[.]b" as it was, and names. */
static void put_guess(struct str uri, uint16_t *traits, struct out *o)
{
	const bool spoilt = str_istarts(uri, STR("hxxp"));

	*traits |= URI_GUESS | (spoilt ? 0 : URI_BARE);
	out_str(o, spoilt ? STR("http") : STR("http://"));
	for (uri = str_from(uri, spoilt ? 4 : 0); uri.n;) {
		const bool dot = str_starts(uri, STR("[.]"));

		out_char(o, dot ? '.' : uri.p[0]);
		uri = str_from(uri, dot ? 3 : 1);
	}
}

static void found_in_text(void *ctx, struct str found, enum uri_found how)
{
	struct gather *g = ctx;
	char bytes[LIMIT_URI + 8];
	struct out o = OUT(bytes);
	uint16_t traits = 0, kept;
	struct str uri;

	if (how == URI_FOUND_MAIL && !memchr(found.p, '@', found.n))
		return;
	if (how == URI_FOUND_GUESS)
		put_guess(found, &traits, &o);
	else if (!put_meant(found, &traits, &o))
		return;
	uri = str_head(out_text(&o), LIMIT_URI);
	kept = uris_keep(g->uris, uri);
	if (!kept || g->uris->texts[kept - 1].refused)
		return;
	if (!g->uris->texts[kept - 1].uri && !leads_anywhere(g, uri)) {
		g->uris->texts[kept - 1].refused = true;
		return;
	}
	(void)add(g, uri, (uint16_t)g->origin, traits);
}

void gather_line(struct gather *g, struct str line, enum uri_origin origin)
{
	g->origin = origin;
	if (!g->uris->cut)
		uri_find(line, g->suffixes, found_in_text, g);
}

/* ---- what a link says of itself ---- */

struct promise {
	const struct gather *gather;
	struct str text;
	struct uri_host *host;
	bool found;
};

static void found_promise(void *ctx, struct str uri, enum uri_found how)
{
	struct promise *p = ctx;
	char bytes[LIMIT_URI + 8];
	struct out o = OUT(bytes);
	uint16_t traits = 0;

	if (p->found || how == URI_FOUND_MAIL || (how != URI_FOUND_SCHEME && uri.n != p->text.n))
		return;
	if (!put_meant(uri, &traits, &o) || is_mail(out_text(&o)))
		return;
	p->found = read_host(p->gather, out_text(&o), p->host, &traits) && is_public(p->host);
}

bool gather_promise(const struct gather *g, struct str text, struct uri_host *host)
{
	struct promise promise = { .gather = g, .text = text, .host = host };

	if (text.n <= LIMIT_LINK_TEXT)
		uri_find(text, g->suffixes, found_promise, &promise);
	return promise.found;
}

/* ---- references ---- */

/* Browsers leave line ends and tabs out. */
static struct str plain(struct str s, char bytes[LIMIT_URI])
{
	struct out o = { .p = bytes, .cap = LIMIT_URI };

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\t')
			out_char(&o, s.p[i]);
	while (o.n && bytes[o.n - 1] == ' ')
		o.n--;
	return out_text(&o);
}

/* It is a name for something, not a place. */
static bool is_placeless(struct str uri)
{
	static const struct str schemes[] = { STR_INIT("data:"), STR_INIT("mailto:"),
					      STR_INIT("file:"), STR_INIT("cid:"),
					      STR_INIT("tel:"),  STR_INIT("javascript:") };

	for (size_t i = 0; i < COUNTOF(schemes); i++)
		if (str_istarts(uri, schemes[i]))
			return true;
	return false;
}

struct uri *gather_reference(struct gather *g, struct str base, struct str reference,
			     enum uri_origin origin)
{
	char bytes[LIMIT_URI], target[2 * LIMIT_URI + 8];
	struct out o = OUT(target);
	struct str uri = plain(reference, bytes);

	if (!is_placeless(uri)) {
		uri_resolve(base, uri, &o);
		uri = str_head(out_text(&o), LIMIT_URI);
	}
	return add(g, uri, (uint16_t)origin, 0);
}

/* Remembers what the link says of itself, when that is something else. */
static void compare(struct gather *g, const struct text *text, uint32_t i, struct uri *uri)
{
	const struct text_link *link = &text->links[i];
	const size_t n = link->to - link->from;
	const struct str says = { .p = n ? text->bytes + link->from : "", .n = n };
	struct uri_host host;
	struct str domain;

	if (!uri->site || uri->promised || (uri->traits & URI_MAIL) ||
	    !gather_promise(g, says, &host))
		return;
	domain = host.domain.n ? host.domain : host.name;
	if (!str_eq(domain, domain_of(g->uris, uri->site)))
		uri->promised = uris_keep(g->uris, domain);
}

static void note_link(struct uris *u, struct uri *uri, uint32_t i)
{
	const uint16_t link = (uint16_t)(i + 1);

	if (uri->link)
		u->next_links[uri->last_link - 1] = link;
	else
		uri->link = link;
	uri->last_link = link;
}

static void gather_references(struct gather *g, const struct text *text)
{
	static const enum uri_origin origins[] = { [TEXT_LINK] = URI_IN_LINK,
						   [TEXT_IMAGE] = URI_IN_IMAGE,
						   [TEXT_FORM] = URI_IN_FORM,
						   [TEXT_BASE] = URI_IN_BASE };
	struct str base = { 0 };

	if (text->link_count)
		g->uris->next_links = mem_new(text->link_count * sizeof(*g->uris->next_links));
	for (uint32_t i = 0; i < text->link_count && !g->uris->cut; i++) {
		const enum text_link_kind kind = text->links[i].kind;
		const struct str reference = text_reference(text, i);

		struct uri *uri = gather_reference(g, base, reference, origins[kind]);

		if (uri)
			note_link(g->uris, uri, i);
		if (uri && kind == TEXT_LINK)
			compare(g, text, i, uri);
		if (kind == TEXT_BASE && scheme_length(reference) && !is_mail(reference))
			base = reference;
	}
}

void gather_text(struct gather *g, const struct text *text)
{
	static const enum uri_origin origins[] = { [TEXT_SUBJECT] = URI_IN_SUBJECT,
						   [TEXT_PLAIN] = URI_IN_TEXT,
						   [TEXT_HTML] = URI_IN_TEXT,
						   [TEXT_ASIDE] = URI_IN_ASIDE };

	gather_references(g, text);
	for (uint32_t i = 0; i < text->count && !g->uris->cut; i++)
		gather_line(g, text_paragraph(text, i), origins[text->paragraphs[i].source]);
}
