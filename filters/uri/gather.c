#include "filters/uri/gather.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/uri/find.h"
#include "filters/uri/forms.h"
#include "filters/uri/lead.h"
#include "filters/uri/parts.h"

static struct lead lead_of(const struct gather *g)
{
	return (struct lead){ .suffixes = g->suffixes, .uris = g->uris };
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

		forms->guessed = false;
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
	uri->traits |= traits & URI_SPOILT;
	uri->traits &= (uint16_t) ~(weak & ~traits);
	if (!(uri->traits & weak))
		uri->traits &= (uint16_t)~URI_SPOILT;
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
	const struct lead lead = lead_of(g);
	struct uri_host host;
	uint16_t read;

	if (!uri)
		return NULL;
	if (g->uris->count > count) {
		uri->traits = traits;
		if (lead_read(&lead, text, &host, &read)) {
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
	char inner[2][LIMIT_URI]; /* what is within one is read while it is there */
	uint16_t nested = 0, around = 0;
	uint32_t first = 0;

	for (unsigned level = 0; text.n && level <= LIMIT_URI_NESTED; level++) {
		struct uri *uri = add_one(g, text, origins, traits);

		if (!uri)
			break;
		first = first ? first : g->uris->texts[uri->text - 1].uri;
		if (!(traits & URI_GUESS))
			nested += leads_elsewhere(g->uris, around, uri->site);
		around = uri->site;
		uri->nested = nested > uri->nested ? nested : uri->nested;
		if (g->uris->texts[uri->text - 1].form || !is_for_rules(origins, traits))
			break;
		g->uris->texts[uri->text - 1].form = true;
		forms.inner = inner[level % 2];
		text = (struct str){ .p = forms.inner, .n = find_inner(g, &forms, text) };
		origins |= URI_IN_URI;
		traits |= forms.guessed ? URI_GUESS : 0;
	}
	return first ? &g->uris->items[first - 1] : NULL;
}

/* ---- how much of it ---- */

/* An authority that is all there is room for is no host: it stands in front of "@". */
static void drop_user(struct out *o)
{
	struct uri_place place;

	if (uri_place(out_text(o), &place) && place.rest.n == 0)
		o->n = (size_t)((place.user.p ? place.user.p : place.host.p) - o->p);
}

/* What there is room for, and the host in any case.  Browsers leave out line ends and tabs, and controls and spaces at
 * both ends. */
static struct str plain(struct gather *g, struct str s, char bytes[LIMIT_URI])
{
	struct out o = { .p = bytes, .cap = LIMIT_URI };
	bool fits = true;

	while (s.n && (unsigned char)s.p[0] <= ' ')
		s = str_from(s, 1);
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	if (s.n <= LIMIT_URI && !str_has_controls(s))
		return s;
	for (size_t i = 0; i < s.n && !o.full; i++) {
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\t')
			continue;
		if (o.n == o.cap) {
			fits = false;
			drop_user(&o);
		}
		out_char(&o, s.p[i]);
	}
	g->uris->shortened |= !fits && !lead_is_placeless(out_text(&o));
	return out_text(&o);
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
static void put_guess(struct str uri, enum uri_found how, uint16_t *traits, struct out *o)
{
	const bool spoilt = str_istarts(uri, STR("hxxp"));

	*traits |= spoilt ? URI_SPOILT : URI_BARE;
	*traits |= how == URI_FOUND_SPOILT ? URI_BARE : URI_GUESS;
	out_str(o, spoilt ? STR("http") : STR("http://"));
	for (uri = str_from(uri, spoilt ? 4 : 0); uri.n;) {
		const bool dot = str_starts(uri, STR("[.]"));

		out_char(o, dot ? '.' : uri.p[0]);
		uri = str_from(uri, dot ? 3 : 1);
	}
}

/* The forms of what SpamAssassin takes for one, more than readers do. */
static void add_forms(struct gather *g, struct str uri)
{
	struct uri_forms forms = {
		.suffixes = g->suffixes, .uris = g->uris, .put = add_form, .ctx = g
	};

	if (g->redirects)
		redirects_begin(g->redirects);
	add_form(g, uri);
	uri_forms(&forms, uri);
}

/* A web address that nobody has met yet: what is one of it.  Empty: nothing is. */
static struct str settle(struct gather *g, struct str uri, uint16_t kept)
{
	const struct lead lead = lead_of(g);
	const struct str seen = lead_in_text(&lead, uri);
	const bool leads = lead_is_public(&lead, uri);

	if (seen.n == uri.n && leads)
		return uri;
	g->uris->texts[kept - 1].refused = true;
	if (leads && is_for_rules((uint16_t)g->origin, 0))
		add_forms(g, uri);
	return seen.n < uri.n && lead_is_public(&lead, seen) ? seen : (struct str){ 0 };
}

static void found_in_text(void *ctx, struct str found, enum uri_found how)
{
	struct gather *g = ctx;
	char bytes[LIMIT_URI + 8], fitting[LIMIT_URI];
	struct out o = OUT(bytes);
	uint16_t traits = 0, kept;
	struct str uri;

	if (how == URI_FOUND_MAIL && !memchr(found.p, '@', found.n))
		return;
	if (found.n > LIMIT_URI)
		found = plain(g, found, fitting);
	if (how == URI_FOUND_GUESS || how == URI_FOUND_SPOILT)
		put_guess(found, how, &traits, &o);
	else if (!put_meant(found, &traits, &o))
		return;
	uri = str_head(out_text(&o), LIMIT_URI);
	kept = uris_keep(g->uris, uri);
	if (!kept || g->uris->texts[kept - 1].refused)
		return;
	if (!g->uris->texts[kept - 1].uri)
		uri = settle(g, uri, kept);
	if (uri.n)
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
	const struct lead lead = lead_of(p->gather);
	char bytes[LIMIT_URI + 8];
	struct out o = OUT(bytes);
	uint16_t traits = 0;

	if (p->found || how == URI_FOUND_MAIL || (how != URI_FOUND_SCHEME && uri.n != p->text.n))
		return;
	if (!put_meant(uri, &traits, &o) || lead_is_mail(out_text(&o)))
		return;
	p->found = lead_read(&lead, lead_in_text(&lead, out_text(&o)), p->host, &traits) &&
		   (p->host->ip.family != IP_NONE || p->host->domain.n);
}

bool gather_promise(const struct gather *g, struct str text, struct uri_host *host)
{
	struct promise promise = { .gather = g, .text = text, .host = host };

	if (text.n <= LIMIT_LINK_TEXT)
		uri_find(text, g->suffixes, found_promise, &promise);
	return promise.found;
}

/* ---- references ---- */

struct uri *gather_reference(struct gather *g, struct str base, struct str reference,
			     enum uri_origin origin)
{
	char bytes[LIMIT_URI], target[2 * LIMIT_URI + 8];
	struct out o = OUT(target);
	struct str uri = plain(g, reference, bytes);

	if (!lead_is_placeless(uri)) {
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
		if (kind == TEXT_BASE && scheme_length(reference) && !lead_is_mail(reference))
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
