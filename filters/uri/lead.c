#include "filters/uri/lead.h"

#include "base/check.h"
#include "base/utf8.h"
#include "filters/uri/forms.h"
#include "filters/uri/parts.h"
#include "mail/domain.h"

bool lead_is_mail(struct str uri)
{
	return str_istarts(uri, STR("mailto:"));
}

bool lead_is_placeless(struct str uri)
{
	static const struct str schemes[] = { STR_INIT("data:"), STR_INIT("mailto:"),
					      STR_INIT("file:"), STR_INIT("cid:"),
					      STR_INIT("tel:"),  STR_INIT("javascript:") };

	for (size_t i = 0; i < COUNTOF(schemes); i++)
		if (str_istarts(uri, schemes[i]))
			return true;
	return false;
}

/* ---- as it is written ---- */

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

static bool read_host(const struct lead *lead, struct str uri, struct uri_host *host,
		      uint16_t *traits)
{
	struct uri_place place = { .user = { 0 } };

	*traits = 0;
	host->traits = 0;
	if (lead_is_mail(uri)) {
		*traits = URI_MAIL;
		if (!mail_host(uri, &place.host))
			return false;
	} else if (!uri_place(uri, &place)) {
		return false;
	}
	if (place.user.p)
		*traits |= URI_USER;
	if (!uri_host_read(place.host, lead->suffixes, lead->uris, host))
		return false;
	if (host->traits & URI_HOST_ESCAPED)
		*traits |= URI_ESCAPED;
	if (host->traits & URI_HOST_ODD)
		*traits |= URI_ODD_IP;
	if (host->ip.family != IP_NONE)
		*traits |= URI_IP;
	return true;
}

/* ---- in one of its forms ---- */

struct search {
	const struct lead *lead;
	struct uri_host *host;
	uint16_t traits;
	bool found, unread;
};

static void try_form(void *ctx, struct str form)
{
	struct search *s = ctx;

	if (s->found || s->unread)
		return;
	if (read_host(s->lead, form, s->host, &s->traits))
		s->found = s->host->ip.family != IP_NONE ||
			   uri_host_is_public(s->host->name, s->lead->suffixes);
	else
		s->unread = s->host->traits & URI_HOST_UNREAD;
}

static void search_forms(struct search *s, struct str uri, bool guesses)
{
	struct uri_forms forms = { .suffixes = s->lead->suffixes,
				   .uris = s->lead->uris,
				   .put = try_form,
				   .ctx = s,
				   .no_guesses = !guesses };

	uri_forms(&forms, uri);
}

bool lead_is_public(const struct lead *lead, struct str uri)
{
	struct uri_host host;
	struct search s = { .lead = lead, .host = &host };

	try_form(&s, uri);
	if (!s.found && !s.unread)
		search_forms(&s, uri, true);
	return s.found || s.unread;
}

static bool is_public(const struct uri_host *host)
{
	return host->ip.family != IP_NONE || host->domain.n;
}

bool lead_read(const struct lead *lead, struct str uri, struct uri_host *host, uint16_t *traits)
{
	const bool is = read_host(lead, uri, host, traits);
	struct search s = { .lead = lead, .host = host };

	if ((is && is_public(host)) || lead_is_placeless(uri))
		return is;
	search_forms(&s, uri, false);
	if (s.found && host->domain.n) { /* "304704" is a file, and not 0.4.166.64 */
		*traits = (*traits & URI_USER) | s.traits;
		return true;
	}
	return is && read_host(lead, uri, host, traits);
}

/* ---- in text ---- */

/* Punctuation that stands around addresses; not what IDNA makes dots, "-" and "_" of, and no letters. */
static bool is_punctuation(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0xab, 0xab },     { 0xbb, 0xbb },     { 0x2010, 0x2023 }, { 0x2025, 0x205e },
		{ 0x3000, 0x3001 }, { 0x3003, 0x3004 }, { 0x3008, 0x3020 }, { 0x3030, 0x3030 },
		{ 0x303d, 0x303f }, { 0xfe10, 0xfe19 }, { 0xfe30, 0xfe4f }, { 0xfe50, 0xfe51 },
		{ 0xfe54, 0xfe62 }, { 0xfe64, 0xfe6b }, { 0xff01, 0xff0c }, { 0xff0f, 0xff0f },
		{ 0xff1a, 0xff20 }, { 0xff3b, 0xff3e }, { 0xff40, 0xff40 }, { 0xff5b, 0xff60 },
		{ 0xff62, 0xff65 },
	};

	for (size_t i = 0; i < COUNTOF(ranges); i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

/* Bytes in front of the first of these characters; all: there is none. */
static size_t until_past_ascii(struct str s, bool punctuation_only)
{
	for (size_t i = 0; i < s.n; i++) {
		const struct str rest = str_from(s, i);
		size_t n;

		if ((unsigned char)s.p[i] < 0x80)
			continue;
		n = utf8_length(rest);
		if (!punctuation_only || (n && is_punctuation(utf8_point(str_head(rest, n)))))
			return i;
	}
	return s.n;
}

struct str lead_in_text(const struct lead *lead, struct str uri)
{
	struct uri_place place;
	struct uri_host host;
	uint16_t traits;
	size_t n;

	if (!domain_is_utf8(uri) || !uri_place(uri, &place))
		return uri;
	n = until_past_ascii(place.host, true);
	if (n == place.host.n && until_past_ascii(place.host, false) < n &&
	    (!read_host(lead, uri, &host, &traits) || !is_public(&host)) &&
	    !(host.traits & URI_HOST_UNREAD))
		n = until_past_ascii(place.host, false);
	return n == place.host.n ? uri : str_head(uri, (size_t)(place.host.p + n - uri.p));
}
