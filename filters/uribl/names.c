#include "filters/uribl/names.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/uri/host.h"
#include "mail/domain.h"

#include <stdlib.h>

/* A site, and how much it matters that it is asked about. */
struct candidate {
	const struct uri_site *site;
	unsigned rank; /* 0: most */
	uint64_t order;
};

static int by_text(const void *a, const void *b)
{
	return str_order(*(const struct str *)a, *(const struct str *)b);
}

void names_sort_skips(struct name_skips *skips)
{
	if (skips->count)
		qsort(skips->items, skips->count, sizeof(*skips->items), by_text);
}

static bool is_skipped(const struct name_skips *skips, struct str domain)
{
	for (; domain.n && skips->count; domain = domain_parent(domain))
		if (bsearch(&domain, skips->items, skips->count, sizeof(*skips->items), by_text))
			return true;
	return false;
}

void names_put(struct names *names, unsigned most, struct str name, unsigned sources)
{
	struct name_one *one;

	CHECK(name.n <= LIMIT_DNS_NAME && most <= COUNTOF(names->items));
	for (unsigned i = 0; i < names->count; i++) {
		if (str_eq(name_text(&names->items[i]), name)) {
			names->items[i].sources |= (uint8_t)sources;
			return;
		}
	}
	if (names->count == most) {
		names->cut = true;
		return;
	}
	one = &names->items[names->count++];
	memcpy(one->bytes, name.p, name.n);
	one->n = (uint8_t)name.n;
	one->sources = (uint8_t)sources;
}

static void add_host(struct names *names, const struct name_style *style, const struct ip *ip,
		     struct str host, struct str domain, enum name_source source)
{
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	if (ip->family != IP_NONE) {
		ip_print_reversed(&o, ip);
		if (style->ips)
			names_put(names, style->most, out_text(&o), 1u << source);
	} else if (domain.n && !is_skipped(style->skip, host)) {
		names_put(names, style->most, style->whole ? host : domain, 1u << source);
	}
}

void names_add(struct names *names, const struct name_style *style, struct str host,
	       enum name_source source)
{
	struct uri_host read;

	if (uri_host_read(host, style->suffixes, NULL, &read) && read.ip.family == IP_NONE)
		add_host(names, style, &read.ip, read.name, read.domain, source);
}

void names_add_ip(struct names *names, const struct name_style *style, const struct ip *ip,
		  enum name_source source)
{
	if (ip->family != IP_NONE)
		add_host(names, style, ip, (struct str){ 0 }, (struct str){ 0 }, source);
}

/* Where it is to be followed, what is fetched, what is only mentioned. */
static unsigned rank_of(const struct uri_site *site)
{
	if (site->origins & (URI_IN_LINK | URI_IN_FORM))
		return 0;
	if (site->traits & (URI_BARE | URI_GUESS))
		return 3;
	return site->origins & (URI_IN_TEXT | URI_IN_SUBJECT) ? 1 : 2;
}

static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void names_add_uris(struct names *names, const struct name_style *style, const struct uris *uris)
{
	struct candidate *all = mem_array(NULL, uris->site_count + 1, sizeof(*all));
	size_t count = 0;

	for (uint32_t i = 0; i < uris->site_count; i++) {
		const struct uri_site *site = &uris->sites[i];

		if ((site->traits & URI_MAIL) && !style->mail)
			continue;
		all[count++] = (struct candidate){
			.site = site,
			.rank = rank_of(site),
			.order = str_ihash(uris_text(uris, site->text)),
		};
	}
	qsort(all, count, sizeof(*all), compare);
	for (size_t i = 0; i < count && !names->cut; i++)
		add_host(names, style, &all[i].site->ip, uris_text(uris, all[i].site->text),
			 uri_site_domain(uris, all[i].site), NAME_URI);
	mem_free(all);
}
