/* URIs: hosts as browsers read them, and whom what is written leads to. */
#include "base/check.h"
#include "filters/uri/gather.h"
#include "filters/uri/host.h"
#include "filters/uri/parts.h"
#include "uri_text.h"

static struct suffixes *suffixes;

static const struct host_row {
	const char *text, *name, *domain; /* name NULL: it is no host */
	unsigned traits;
} host_rows[] = {
	{ "WWW.Example.COM", "www.example.com", "example.com", 0 },
	{ "example.com..", "example.com", "example.com", 0 },
	{ "a.b.co.uk", "a.b.co.uk", "b.co.uk", 0 },
	{ "co.uk", "co.uk", "", 0 },
	{ "localhost", "localhost", "", 0 },
	{ "a.nosuchtop", "a.nosuchtop", "", 0 },
	{ "%77ww.ex%61mple.com", "www.example.com", "example.com", URI_HOST_ESCAPED },
	{ "b\xc3\xbc"
	  "cher.example.com",
	  "xn--bcher-kva.example.com", "example.com", 0 },
	{ "example\xe3\x80\x82"
	  "com",
	  "example.com", "example.com", 0 },
	{ "\xef\xbd\x85xample.com", "example.com", "example.com", 0 },
	{ "192.0.2.1", "192.0.2.1", "", 0 },
	{ "0xc0.0.2.1", "192.0.2.1", "", URI_HOST_ODD },
	{ "0300.0.0x2.01", "192.0.2.1", "", URI_HOST_ODD },
	{ "3221225985", "192.0.2.1", "", URI_HOST_ODD },
	{ "192.513", "192.0.2.1", "", URI_HOST_ODD },
	{ "0XC0000201", "192.0.2.1", "", URI_HOST_ODD },
	{ "192.0.2.1.", "192.0.2.1", "", 0 },
	{ "[2001:db8::1]", "2001:db8::1", "", 0 },
	{ "192.0.2.256", "192.0.2.256", "", 0 }, /* a name without a top level */
	{ "4294967296", "4294967296", "", 0 },
	{ "1.2.3.4.5", "1.2.3.4.5", "", 0 },
	{ "a_b.example.com", "a_b.example.com", "example.com", 0 },
	{ "-a.example.com", "-a.example.com", "example.com", 0 },
	{ "a!b.example.com", "a!b.example.com", "example.com", 0 },
	{ "-.co.uk", "-.co.uk", "", 0 },
	{ "a!b.nosuchtop", NULL, NULL, 0 },
	{ "a!b.com", NULL, NULL, 0 },
	{ "\xe2\x98\x83.example.com", "xn--n3h.example.com", "example.com", 0 },
	{ "www.\xe2\x98\x83.com", "www.xn--n3h.com", "xn--n3h.com", 0 },
	{ "a b.com", NULL, NULL, 0 },
	{ "a b.example.com", NULL, NULL, 0 },
	{ "a%2Fb.com", NULL, NULL, 0 },
	{ "a%00.com", NULL, NULL, 0 },
	{ "", NULL, NULL, 0 },
	{ "...", NULL, NULL, 0 },
	{ "[::1", NULL, NULL, 0 },
};

static void hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(host_rows); i++) {
		struct uri_host host;
		const bool is = uri_host_read(str_z(host_rows[i].text), suffixes, NULL, &host);

		assert_int_equal(is, host_rows[i].name != NULL);
		if (!is)
			continue;
		assert_text(host.name, host_rows[i].name);
		assert_text(host.domain, host_rows[i].domain);
		assert_int_equal(host.traits, host_rows[i].traits);
	}
}

static void places(void **state)
{
	static const struct {
		const char *uri, *user, *host; /* host NULL: it is no place */
	} cases[] = {
		{ "http://a.com/b", NULL, "a.com" },
		{ "HTTPS:a.com:8080?x@y", NULL, "a.com" },
		{ "http:\\\\a.com\\b", NULL, "a.com" },
		{ "http:///a.com", NULL, "a.com" },
		{ "//a.com/", NULL, "a.com" },
		{ "ftp://u:p@a.com", "u:p", "a.com" },
		{ "http://bank.com@evil.com:80@a.com/@b", "bank.com@evil.com:80", "a.com" },
		{ "http://[::1]:25/", NULL, "[::1]" },
		{ "wss://a.com/", NULL, "a.com" },
		{ "mailto:a@b.com", NULL, NULL },
		{ "/a/b", NULL, NULL },
		{ "a.com", NULL, NULL },
		{ "javascript:http://a.com", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct uri_place place;
		const bool is = uri_place(str_z(cases[i].uri), &place);

		assert_int_equal(is, cases[i].host != NULL);
		if (!is)
			continue;
		assert_text(place.host, cases[i].host);
		assert_int_equal(place.user.p != NULL, cases[i].user != NULL);
		assert_text(place.user, cases[i].user ? cases[i].user : "");
	}
}

/* Those past ASCII are converted once each, and not without end. */
static void hosts_past_ascii(void **state)
{
	enum { HOST = 41, MOST = LIMIT_URI_IDN / HOST };
	struct uris u = { 0 };
	struct gather g = { .uris = &u, .suffixes = suffixes };
	char bytes[64];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i <= MOST; i++) {
			struct out o = OUT(bytes);

			out_printf(&o, "http://b\xc3\xbc%026u.example.com/", i);
			gather_line(&g, out_text(&o), URI_IN_TEXT);
			assert_int_equal(u.unread, round || i == MOST);
			assert_int_equal(u.items[i].site != 0, i < MOST);
		}
	}
	assert_int_equal(u.idn_n, MOST * HOST);
	gather_line(&g, STR("http://a.com/ http://b%C3%BCcher-and-more-than-these.nosuchtop/"),
		    URI_IN_TEXT);
	assert_int_equal(u.site_count, MOST + 1);
	assert_int_equal(u.count, MOST + 3); /* none knows where the last one leads */
	assert_false(u.cut);
	uris_free(&u);
}

/* What is written, as text or in a link, and whom it leads to; "": nobody. */
static const struct lead_row {
	const char *text, *reference; /* one of them */
	const char *site;
} lead_rows[] = {
	{ "\xe2\x80\x9chttp://a.com\xe2\x80\x9d x", NULL, "a.com" },
	{ "http://a.com\xe2\x80\xa6 x", NULL, "a.com" },
	{ "www.a.com\xe2\x80\x9d x", NULL, "www.a.com" },
	{ "http://a.com\xef\xbc\x8cx", NULL, "a.com" },
	{ "http://a.com\xef\xbc\x89", NULL, "a.com" },
	{ "http://a.com\xe3\x80\x82", NULL, "a.com" },
	{ "http://a\xe3\x80\x82"
	  "com/",
	  NULL, "a.com" },
	{ "http://a.com\xe3\x80\x82\xe8\xaf\xb7", NULL, "a.com" },
	{ "http://a.com\xe8\xaf\xb7\xe8\xaf\xb7", NULL, "a.com" },
	{ "http://a.com\xe2\x80\x9dx.com", NULL, "a.com" },
	{ "http://b\xc3\xbc"
	  "cher.de\xe2\x80\x9d",
	  NULL, "xn--bcher-kva.de" },
	{ "http://\xe2\x98\x83.a.com/", NULL, "xn--n3h.a.com" },
	{ "http://x.nosuchtop\xe2\x80\x9d", NULL, "" },
	{ NULL, "http://a!b.a.com/", "a!b.a.com" },
	{ NULL, "\x01http://a.com/\x02 ", "a.com" },
	{ NULL, "www.a.com", "www.a.com" },
	{ NULL, "x.html", "" },
	{ NULL, "http://name/", "name" },
	{ NULL, "http://a.com\xe2\x80\x9d/", "a.com" },
};

static void leads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(lead_rows); i++) {
		const struct lead_row *row = &lead_rows[i];
		struct uris u = { 0 };
		struct gather g = { .uris = &u, .suffixes = suffixes };

		if (row->text)
			gather_line(&g, str_z(row->text), URI_IN_TEXT);
		else
			(void)gather_reference(&g, STR(""), str_z(row->reference), URI_IN_LINK);
		assert_int_equal(u.site_count, row->site[0] != 0);
		if (u.site_count)
			assert_text(uris_text(&u, u.sites[0].text), row->site);
		uris_free(&u);
	}
}

/* Whoever stands in front of "@" does not hide the host. */
static void long_ones(void **state)
{
	enum { SIZE = 3 * LIMIT_URI };
	static char bytes[SIZE];
	static const char *const heads[] = { "http://", "ht\ttps://", "http:\\\\" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i++) {
		struct uris u = { 0 };
		struct gather g = { .uris = &u, .suffixes = suffixes };
		struct out o = OUT(bytes);

		out_str(&o, str_z(heads[i]));
		while (o.n < SIZE - 100)
			out_str(&o, STR("u:"));
		out_str(&o, STR("@a.com/x"));
		(void)gather_reference(&g, STR(""), out_text(&o), URI_IN_LINK);
		assert_int_equal(u.site_count, 1);
		assert_text(uris_text(&u, u.sites[0].text), "a.com");
		assert_true(u.shortened && u.items[0].traits & URI_USER);
		if (i == 0)
			gather_line(&g, out_text(&o), URI_IN_TEXT);
		assert_int_equal(u.count, 1);
		assert_int_equal(u.site_count, 1);
		uris_free(&u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(places),
		cmocka_unit_test(hosts_past_ascii),
		cmocka_unit_test(leads),
		cmocka_unit_test(long_ones),
	};
	int failed;

	suffixes = suffixes_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	suffixes_free(suffixes);
	return failed;
}
