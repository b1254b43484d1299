/* URIs: references, the forms that rules see, what is found in text, and the filter's findings. */
#include "base/check.h"
#include "base/mem.h"
#include "filters/content/attachments.h"
#include "filters/uri/find.h"
#include "filters/uri/forms.h"
#include "filters/uri/parts.h"
#include "filters/uri/script.h"
#include "filters/uri/uris.h"
#include "filters/content/text.h"
#include "uri_text.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct suffixes *suffixes;

/* RFC 3986 5.4.1, 5.4.2, and what is not in it. */
static void references(void **state)
{
	static const char base[] = "http://a/b/c/d;p?q";
	static const struct {
		const char *base, *reference, *target;
	} cases[] = {
		{ base, "g:h", "g:h" },
		{ base, "g", "http://a/b/c/g" },
		{ base, "./g", "http://a/b/c/g" },
		{ base, "g/", "http://a/b/c/g/" },
		{ base, "/g", "http://a/g" },
		{ base, "//g", "http://g" },
		{ base, "?y", "http://a/b/c/d;p?y" },
		{ base, "g?y", "http://a/b/c/g?y" },
		{ base, "#s", "http://a/b/c/d;p?q#s" },
		{ base, "g?y#s", "http://a/b/c/g?y#s" },
		{ base, ";x", "http://a/b/c/;x" },
		{ base, "", "http://a/b/c/d;p?q" },
		{ base, ".", "http://a/b/c/" },
		{ base, "./", "http://a/b/c/" },
		{ base, "..", "http://a/b/" },
		{ base, "../g", "http://a/b/g" },
		{ base, "../..", "http://a/" },
		{ base, "../../g", "http://a/g" },
		{ base, "../../../../g", "http://a/g" },
		{ base, "/./g", "http://a/g" },
		{ base, "/../g", "http://a/g" },
		{ base, "g..", "http://a/b/c/g.." },
		{ base, "./g/.", "http://a/b/c/g/" },
		{ base, "g/../h", "http://a/b/c/h" },
		{ base, "g;x=1/../y", "http://a/b/c/y" },
		{ base, "g?y/../x", "http://a/b/c/g?y/../x" },
		{ base, "http:g", "http://a/b/c/g" },
		{ "http://a", "g", "http://a/g" },
		{ "", "http://x/a/../b", "http://x/b" },
		{ "", "//www.a.com/b", "http://www.a.com/b" },
		{ "", "//ftp.a.com/b", "ftp://ftp.a.com/b" },
		{ "", "../g", "/g" },
		{ "", "a/b", "a/b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[256];
		struct out o = OUT(bytes);

		uri_resolve(str_z(cases[i].base), str_z(cases[i].reference), &o);
		assert_text(out_text(&o), cases[i].target);
	}
}

static void put_form(void *ctx, struct str form)
{
	struct out *o = ctx;

	if (o->n)
		out_char(o, ' ');
	out_str(o, form);
}

static void forms(void **state)
{
	static const struct {
		const char *uri, *forms, *inner;
	} cases[] = {
		{ "http://www.example.com/", "", "" },
		{ "http:www.example.com", "http://www.example.com", "" },
		{ "http:\\\\a.example.com\\b", "http://a.example.com/b", "" },
		{ "http://a.example.com?b", "http://a.example.com/?b", "" },
		{ "http://%61.example.com/%41%20%ff", "http://a.example.com/A%20%ff", "" },
		{ "http://&#97;.example.com/", "http://a.example.com/", "" },
		{ "http://a&#x3002;example.com/", "http://a.example.com/", "" },
		{ "http://a.example.com:80/b", "http://a.example.com/b", "" },
		{ "https://a.example.com:443", "https://a.example.com", "" },
		{ "http://a.example.com:443/", "", "" },
		{ "http://u:p@a.example.com:80/", "http://a.example.com/", "" },
		{ "http://b\xc3\xbc"
		  "cher.example.com/",
		  "http://xn--bcher-kva.example.com/", "" },
		{ "http://a.example.com./", "http://a.example.com/", "" },
		{ "http://0x7f.1/x", "http://127.0.0.1/x", "" },
		{ "http://2130706433/", "http://127.0.0.1/", "" },
		{ "http://name/", "http://www.name.com/", "" },
		{ "a.example.com/b", "http://a.example.com/b", "" },
		{ "ftp.example.com", "ftp://ftp.example.com", "" },
		{ "mailto:a@example.com?subject=b", "mailto:a@example.com", "" },
		{ "mailto:a@example.com&b", "mailto:a@example.com", "" },
		{ "mailto:%20a@example.com", "mailto:a@example.com", "" },
		{ "mailto:x%20<a@example.com>", "mailto:a@example.com mailto:x%20<a@example.com>",
		  "" },
		{ "#top", "", "" },
		{ "/a.gif", "", "" },
		{ "http://r.example.com/?u=http://b.example.com/c&d", "",
		  "http://b.example.com/c" },
		{ "http://r.example.com/?u=http%3A%2F%2Fb.example.com%2Fc&d",
		  "http://r.example.com/?u=http://b.example.com/c&d", "http://b.example.com/c" },
		{ "http://r.example.com/?u=https%253A%252F%252Fb.example.com%252F&d",
		  "http://r.example.com/?u=https%3A%2F%2Fb.example.com%2F&d",
		  "https://b.example.com/" },
		{ "http://r.example.com/?u=www.b.example.com/c&d", "",
		  "http://www.b.example.com/c" },
		{ "http://r.example.com/?u=ww.x&www.y", "", "" },
		{ "http://r.example.com/http:http:x", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[1024], inner[LIMIT_URI];
		struct out o = OUT(bytes);
		struct uri_forms f = {
			.suffixes = suffixes, .put = put_form, .ctx = &o, .inner = inner
		};

		uri_forms(&f, str_z(cases[i].uri));
		assert_text(out_text(&o), cases[i].forms);
		assert_text((struct str){ .p = f.inner, .n = f.inner_n }, cases[i].inner);
	}
}

static void put_found(void *ctx, struct str uri, enum uri_found how)
{
	struct out *o = ctx;

	if (o->n)
		out_char(o, ' ');
	out_char(o, "smbh?"[how]);
	out_str(o, uri);
}

static void found_in_text(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{ "see http://a.com/b, and (www.c.de).", "shttp://a.com/b swww.c.de" },
		{ "http://a.com/(b)c) x", "shttp://a.com/(b)c" },
		{ "a@b.com,c@d.com", "ma@b.com mc@d.com" },
		{ "mailto:a@b.com?subject=x y", "mmailto:a@b.com?subject=x" },
		{ "write to:a.b.de/c or d.fr.", "ba.b.de/c bd.fr" },
		{ "a.de, b.fr; c.com", "?a.de ?b.fr bc.com" },
		{ "hxxp://a[.]b.com/c d", "?hxxp://a[.]b.com/c" },
		{ "hxxp://a.com hxxps://b.com/c d hxxp://c.com?d hxxp://x.y",
		  "hhxxp://a.com hhxxps://b.com/c ?hxxp://c.com?d ?hxxp://x.y" },
		{ "_http://a.com_ __www.b.com__ c_http://d.com",
		  "shttp://a.com swww.b.com shttp://d.com" },
		{ "\xe2\x80\xa2"
		  "a.com \xe8\xaf\xb7"
		  "b.com/c x\xc3\xa9"
		  "d.com",
		  "?a.com ?b.com/c" },
		{ "a.b c.nosuchtop 1.2.3.4 e.g. x.y", "" },
		{ "www.", "" },
		{ "http://", "" },
		{ "wwww.a.com", "bwwww.a.com" },
		{ "@ a@ @b", "" },
		{ "So: me@ end. http://a.com x. ftp. mailto: b.de.", "shttp://a.com bb.de" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[1024];
		struct out o = OUT(bytes);

		uri_find(str_z(cases[i].text), suffixes, put_found, &o);
		assert_text(out_text(&o), cases[i].found);
	}
}

static void scripts(void **state)
{
	static const struct {
		const char *name;
		enum script_look look;
		const char *reads;
	} cases[] = {
		{ "www.example.com", SCRIPT_ASCII, "" },
		{ "xn--bcher-kva.example.com", SCRIPT_ONE, "" },
		{ "xn--80ak6aa92e.com", SCRIPT_LOOKALIKE, "apple.com" }, /* Cyrillic */
		{ "xn--pypal-4ve.com", SCRIPT_MIXED, "" },               /* p, U+0430, ypal */
		{ "xn--n8jaaaaai5bhf7as8fsfk3jnknefdde3fg11amb5gzdb4wi9bya3kc6lra.jp", SCRIPT_ONE,
		  "" },
		{ "xn--e1afmkfd.xn--p1ai", SCRIPT_ONE, "" }, /* as Russians write it */
		{ "xn--.com", SCRIPT_ASCII, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char bytes[256];
		struct out o = OUT(bytes);

		assert_int_equal(script_look(str_z(cases[i].name), &o), cases[i].look);
		assert_text(out_text(&o), cases[i].reads);
	}
}

/* ---- the set ---- */

static void each_text_once(void **state)
{
	struct uris u = { 0 };
	char bytes[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1000; i++) {
			struct out o = OUT(bytes);

			out_printf(&o, "uri%d", i);
			assert_int_equal(uris_keep(&u, out_text(&o)), i + 1);
			assert_int_equal(uris_find(&u, out_text(&o)), i + 1);
		}
	}
	assert_int_equal(uris_find(&u, STR("uri")), 0);
	assert_int_equal(u.text_count, 1000);
	for (int i = 1000; i < LIMIT_URI_TEXTS + 5; i++) {
		struct out o = OUT(bytes);

		assert_false(u.cut && i < LIMIT_URI_TEXTS);
		out_printf(&o, "uri%d", i);
		assert_int_equal(uris_keep(&u, out_text(&o)) != 0, i < LIMIT_URI_TEXTS);
	}
	assert_true(u.cut);
	uris_free(&u);
}

/* ---- the filter ---- */

#define MAIL  "From: a@b.example\r\nSubject: s\r\n"
#define PLAIN MAIL "\r\n"
#define HTML  MAIL "Content-Type: text/html\r\n\r\n"

static const struct row {
	const char *header, *body;
	const char *symbol, *detail; /* NULL: it is not found */
} rows[] = {
	{ PLAIN, "http://a.com/", "URI_IP", NULL },
	{ PLAIN, "http://192.0.2.1/", "URI_IP", "http://192.0.2.1/" },
	{ PLAIN, "http://192.0.2.1/", "URI_ODD_IP", NULL },
	{ PLAIN, "http://172.31.0.1/ http://[::1]/ http://100.64.0.1/", "URI_IP", NULL },
	{ HTML, "<img src='http://[2001:db8::1]/'>", "URI_IP", "http://[2001:db8::1]/" },
	{ PLAIN, "http://0xc0000201/x", "URI_ODD_IP", "http://0xc0000201/x" },
	{ PLAIN, "http://bank.com@a.com/", "URI_USER", "http://bank.com@a.com/" },
	{ PLAIN, "x@a.com", "URI_USER", NULL },
	{ HTML, "<a href='http://%61.com/'>x</a>", "URI_ESCAPED_HOST", "http://%61.com/" },
	{ PLAIN,
	  "http://b\xc3\xbc"
	  "cher.de/",
	  "URI_IDN", "xn--bcher-kva.de" },
	{ PLAIN,
	  "http://b\xc3\xbc"
	  "cher.de/",
	  "URI_MIXED_SCRIPTS", NULL },
	{ PLAIN, "http://xn--80ak6aa92e.com/", "URI_LOOKALIKE", "xn--80ak6aa92e.com apple.com" },
	{ PLAIN, "hxxps://a[.]com/x", "URI_SPOILT", "https://a.com/x" },
	{ PLAIN, "hxxp://a.com/x", "URI_SPOILT", "http://a.com/x" },
	{ PLAIN, "hxxp://a.com/x\r\n\r\na.com/x", "URI_SPOILT", "http://a.com/x" },
	{ PLAIN, "hxxp://a.com/x\r\n\r\nhttp://a.com/x", "URI_SPOILT", NULL },
	{ PLAIN, "http://a.com/?u=http://b.com/", "URI_WITHIN", "http://b.com/" },
	{ PLAIN, "http://a.com/?u=www.b.com", "URI_WITHIN", NULL },
	{ HTML, "<a href='http://a.com/'>\xe2\x80\x9chttps://bank.de\xe2\x80\x9d</a>",
	  "URI_LINK_DIFFERS", "bank.de http://a.com/" },
	{ PLAIN, "http://a.com/?u=http://b.com/", "URI_WITHIN_TWICE", NULL },
	{ PLAIN, "http://a.com/?u=http://b.com/http://c.com/", "URI_WITHIN_TWICE",
	  "http://c.com/" },
	{ PLAIN, "http://a.com/?u=http://www.a.com/", "URI_WITHIN", NULL },
	{ HTML, "<a href='http://a.com/'>www.bank.de</a>", "URI_LINK_DIFFERS",
	  "bank.de http://a.com/" },
	{ HTML, "<a href='http://a.com/'>bank.de</a>", "URI_LINK_DIFFERS",
	  "bank.de http://a.com/" },
	{ HTML, "<a href='http://a.com/'>go to bank.de now</a>", "URI_LINK_DIFFERS", NULL },
	{ HTML, "<a href='http://a.com/'>go to https://bank.de/ now</a>", "URI_LINK_DIFFERS",
	  "bank.de http://a.com/" },
	{ HTML, "<a href='http://www.bank.de/x'>https://bank.de/</a>", "URI_LINK_DIFFERS", NULL },
	{ HTML, "<a href='mailto:x@a.com'>www.bank.de</a>", "URI_LINK_DIFFERS", NULL },
	{ MAIL "Content-Type: image/png; name=\"hxxp://a[.]com\"\r\n\r\n", "", "URI_SPOILT",
	  "http://a.com" },
	{ "From: \"hxxp://a[.]com\" <a@b.example>\r\n\r\n", "", "URI_SPOILT", "http://a.com" },
	{ "Subject: hxxp://a[.]com\r\n\r\n", "", "URI_SPOILT", "http://a.com" },
	{ HTML, "<form action='http://a.com/'>", "URI_FORM", "http://a.com/" },
	{ HTML, "<img alt='see hxxp://a[.]com'>", "URI_SPOILT", "http://a.com" },
	{ HTML, "<iframe srcdoc='&lt;a href=http://192.0.2.1/>'></iframe>", "URI_IP",
	  "http://192.0.2.1/" },
};

static const char *run(const struct row *row, struct uris *uris)
{
	static char detail[LIMIT_FINDING_DETAIL + 1];
	struct world *w = world_new("content { }\nuri { }\n");
	struct text text = { 0 };
	struct attachments attachments = { 0 };
	const char *found;

	assert_non_null(w->set);
	*uris = (struct uris){ 0 };
	w->facts.text = &text;
	w->facts.attachments = &attachments;
	w->facts.uris = uris;
	w->facts.header = str_z(row->header);
	world_open(w, SCOPE_TRANSACTION);
	filter_runner_reach(w->runner, PHASE_HEADER);
	world_drain(w);
	filter_runner_body(w->runner, str_z(row->body));
	filter_runner_reach(w->runner, PHASE_END);
	world_drain(w);
	found = world_found(w, row->symbol);
	if (found)
		memcpy(detail, found, strlen(found) + 1);
	world_close(w);
	world_free(w);
	return found ? detail : NULL;
}

static void findings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct uris uris;
		const char *found = run(&rows[i], &uris);

		if (!rows[i].detail)
			assert_null(found);
		else
			assert_string_equal(found, rows[i].detail);
		assert_null(uris.bytes); /* given back */
	}
}

/* So many forms of so many that there is no room for the hosts of the last ones. */
static void more_than_there_is_room_for(void **state)
{
	enum { SIZE = 200000 };
	char *body = mem_new(SIZE);
	struct out o = { .p = body, .cap = SIZE - 1 };
	const struct row row = { .header = PLAIN, .body = body, .symbol = "URI_LIMIT" };
	struct uris uris;

	(void)state;
	for (int i = 0; i < 3000; i++)
		out_printf(&o, "http://u:p@0x7f.%d:80/%%41 ", i);
	assert_non_null(run(&row, &uris));
	mem_free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references),
		cmocka_unit_test(forms),
		cmocka_unit_test(found_in_text),
		cmocka_unit_test(scripts),
		cmocka_unit_test(each_text_once),
		cmocka_unit_test(findings),
		cmocka_unit_test(more_than_there_is_room_for),
	};
	int failed;

	suffixes = suffixes_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	suffixes_free(suffixes);
	return failed;
}
