/* Any bytes as text, and as references of HTML: whatever URIs there are, they are within their limits, each is there once,
 * hosts are names or addresses, and what is one stays the same when it is read again. */
#include "base/check.h"
#include "filters/uri/gather.h"
#include "filters/uri/script.h"
#include "filters/uribl/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_host(const struct uris *u, const struct uri_site *site,
		       const struct suffixes *suffixes)
{
	const struct str name = uris_text(u, site->text);
	struct uri_host again;
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	CHECK(name.n && name.n <= LIMIT_DNS_NAME && site->domain_n <= name.n);
	CHECK(!memchr(name.p, '%', name.n) && !memchr(name.p, '/', name.n));
	if (site->ip.family != IP_V6) {
		CHECK(uri_host_read(name, suffixes, NULL, &again) && str_eq(again.name, name));
		CHECK(again.domain.n == site->domain_n && ip_eq(&again.ip, &site->ip));
	}
	(void)script_look(name, &o);
}

static void check(const struct uris *u, const struct suffixes *suffixes)
{
	CHECK(u->count <= LIMIT_URIS && u->text_count <= LIMIT_URI_TEXTS &&
	      u->n <= LIMIT_URI_BYTES);
	for (uint16_t i = 1; i <= u->text_count; i++)
		CHECK(uris_find(u, uris_text(u, i)) == i);
	for (uint32_t i = 0; i < u->count; i++) {
		const struct uri *uri = &u->items[i];

		CHECK(uri->origins && uri->nested <= LIMIT_URI_NESTED);
		CHECK(uris_text(u, uri->text).n <= LIMIT_URI && uri->site <= u->site_count);
	}
	for (uint32_t i = 0; i < u->site_count; i++)
		check_host(u, &u->sites[i], suffixes);
}

/* What a list would be asked about is no more than it may, and none of it twice. */
static void check_names(const struct uris *u, const struct suffixes *suffixes)
{
	static const struct name_skips skip;
	const struct name_style style = {
		.suffixes = suffixes, .ips = true, .mail = true, .skip = &skip, .most = 5
	};
	struct names names = { .count = 0 };

	names_add_uris(&names, &style, u);
	CHECK(names.count <= style.most);
	for (unsigned i = 0; i < names.count; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK(!str_eq(name_text(&names.items[i]), name_text(&names.items[j])));
}

/* Lines are paragraphs; a tab makes one a reference, two the base as well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct suffixes *suffixes;
	struct str line, base = { 0 }, rest = { .p = (const char *)data, .n = size };
	struct uris uris = { 0 };
	struct gather g = { .uris = &uris };
	struct uri_host host;
	bool more;

	if (!suffixes)
		suffixes = suffixes_new();
	g.suffixes = suffixes;
	do {
		more = str_cut(rest, '\n', &line, &rest);
		if (!str_starts(line, STR("\t"))) {
			gather_line(&g, line, URI_IN_TEXT);
			(void)!gather_promise(&g, line, &host);
			continue;
		}
		line = str_head(str_from(line, 1), LIMIT_URI);
		if (str_starts(line, STR("\t")))
			base = line = str_from(line, 1);
		(void)gather_reference(&g, base, line, URI_IN_LINK);
	} while (more);
	check(&uris, suffixes);
	check_names(&uris, suffixes);
	uris_free(&uris);
	return 0;
}
