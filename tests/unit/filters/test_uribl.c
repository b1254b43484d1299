/* filters/uribl: which names a list is asked about, what it says of them, and lists that cannot be believed. */
#include "base/check.h"
#include "base/mem.h"
#include "caught.h"
#include "filters/auth.h"
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "filters/uri/gather.h"
#include "filters/uribl/names.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct suffixes *suffixes;

/* ---- names ---- */

static const char *join(const struct names *names)
{
	static char bytes[4096];
	struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };

	for (unsigned i = 0; i < names->count; i++) {
		if (i)
			out_char(&o, ' ');
		out_str(&o, name_text(&names->items[i]));
	}
	bytes[o.n] = '\0';
	return bytes;
}

static void names_of_text(void **state)
{
	static struct str skipped[] = { STR_INIT("z.test"), STR_INIT("example.net"),
					STR_INIT("a.test"), STR_INIT("example.ne"),
					STR_INIT("net.test") };
	static struct name_skips none, skip = { .items = skipped, .count = COUNTOF(skipped) };
	static const struct {
		struct name_style style;
		const char *text, *names;
	} rows[] = {
		{ { .most = 9 },
		  "http://a.b.example.com/ www.example.com c.example.com",
		  "example.com" },
		{ { .most = 9, .whole = true },
		  "http://a.b.example.com/ http://a.b.example.com/x",
		  "a.b.example.com" },
		{ { .most = 9, .skip = &skip },
		  "http://a.example.net/ http://notexample.net/",
		  "notexample.net" },
		{ { .most = 9, .skip = &skip, .whole = true }, "http://a.example.net/", "" },
		{ { .most = 9 }, "http://192.0.2.1/ http://[2001:db8::1]/", "" },
		{ { .most = 9, .ips = true }, "http://0300.0.2.1/", "1.2.0.192" },
		{ { .most = 9 }, "x@example.com", "" },
		{ { .most = 9, .mail = true }, "x@example.com", "example.com" },
		{ { .most = 9 }, "x@example.com http://example.com/", "example.com" },
		{ { .most = 9 }, "http://github.io/ http://a.b.github.io/", "b.github.io" },
		{ { .most = 9 }, "http://localhost/ http://a.nosuchtop/", "" },
		{ { .most = 1 },
		  "b.com, http://a.com/",
		  "a.com" }, /* what is followed goes first */
	};

	(void)state;
	names_sort_skips(&skip);
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct name_style style = rows[i].style;
		struct names *names = mem_new(sizeof(*names));
		struct uris uris = { 0 };
		struct gather g = { .uris = &uris, .suffixes = suffixes };

		style.suffixes = suffixes;
		style.skip = style.skip ? style.skip : &none;
		gather_line(&g, str_z(rows[i].text), URI_IN_TEXT);
		names_add_uris(names, &style, &uris);
		assert_string_equal(join(names), rows[i].names);
		assert_int_equal(names->cut, style.most == 1);
		uris_free(&uris);
		mem_free(names);
	}
}

/* ---- the filter ---- */

#define ALONE "rdns { enabled = no }\nhelo { enabled = no }\ncontent { }\nuri { }\n"

struct stage {
	struct world *w;
	struct text text;
	struct attachments attachments;
	struct uris uris;
	struct auth auth;
};

static void begin(struct stage *s, const char *conf)
{
	*s = (struct stage){ .w = world_new(conf) };
	if (!s->w->set)
		fail_msg("%s", s->w->complaints);
	world_client(s->w, "192.0.2.2");
	s->w->facts.text = &s->text;
	s->w->facts.attachments = &s->attachments;
	s->w->facts.uris = &s->uris;
	s->w->facts.auth = &s->auth;
	s->w->facts.header = STR("Subject: x\r\n\r\n");
	s->w->facts.helo = STR("mx.example.org");
	s->w->facts.mail_from = STR("a@sub.example.net");
}

static void end(struct stage *s)
{
	world_close(s->w);
	world_free(s->w);
}

#define LIST(OPTIONS) ALONE "uribl \"dbl.test\" { symbol = DBL " OPTIONS " }\n"

static void addresses_of_the_message(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, LIST("codes = [\"127.0.1.2 SPAM\", \"&64 ABUSE\"]"));
	world_dns(s.w, "example.com.dbl.test", RR_A, "127.0.1.2");
	world_dns(s.w, "example.org.dbl.test", RR_A, "127.0.0.66");
	world_message(
		s.w,
		STR("http://a.example.com/ http://b.example.com/ http://example.org/ http://example.net/"));
	assert_int_equal(s.w->asked, 3);
	assert_non_null(strstr(world_found(s.w, "DBL"), "dbl.test 127.0.1.2 example.com"));
	assert_string_equal(world_found(s.w, "SPAM"), "dbl.test 127.0.1.2 example.com");
	assert_string_equal(world_found(s.w, "ABUSE"), "dbl.test 127.0.0.66 example.org");
	assert_null(world_found(s.w, "URIBL_LIMIT"));
	end(&s);
}

static void no_more_than_it_may(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, LIST("most = 2"));
	world_message(s.w, STR("http://a.com/ http://b.com/ http://c.com/"));
	assert_int_equal(s.w->asked, 2);
	assert_string_equal(world_found(s.w, "URIBL_LIMIT"), "dbl.test");
	end(&s);
}

static void who_has_sent_it(void **state)
{
	struct auth_dkim bad = { .result = AUTH_FAIL, .domain = STR("failed.com") };
	struct auth_dkim good = { .next = &bad, .result = AUTH_PASS, .domain = STR("signed.com") };
	struct stage s;

	(void)state;
	begin(&s, LIST("uris = no sender = yes from = yes helo = yes rdns = yes dkim = yes "
		       "codes = \"127.0.1.2 SPAM\""));
	s.auth.from_domain = STR("from.com");
	s.auth.dkim = &good;
	world_dns(s.w, "2.2.0.192.in-addr.arpa", RR_PTR, "h.dyn.com");
	world_dns(s.w, "example.net.dbl.test", RR_A, "127.0.1.2");
	world_dns(s.w, "from.com.dbl.test", RR_A, "127.0.1.3");
	world_dns(s.w, "example.org.dbl.test", RR_A, "127.0.1.2");
	world_dns(s.w, "dyn.com.dbl.test", RR_A, "127.0.1.2");
	world_dns(s.w, "signed.com.dbl.test", RR_A, "127.0.1.2");
	world_dns(s.w, "failed.com.dbl.test", RR_A, "127.0.1.2");
	world_message(s.w, STR("http://example.com/"));
	assert_string_equal(world_found(s.w, "DBL_SENDER"), "dbl.test 127.0.1.2 example.net");
	assert_string_equal(world_found(s.w, "SPAM_SENDER"), "dbl.test 127.0.1.2 example.net");
	assert_string_equal(world_found(s.w, "DBL_FROM"), "dbl.test 127.0.1.3 from.com");
	assert_null(world_found(s.w, "SPAM_FROM"));
	assert_string_equal(world_found(s.w, "DBL_HELO"), "dbl.test 127.0.1.2 example.org");
	assert_string_equal(world_found(s.w, "DBL_RDNS"), "dbl.test 127.0.1.2 dyn.com");
	assert_string_equal(world_found(s.w, "DBL_DKIM"), "dbl.test 127.0.1.2 signed.com");
	assert_int_equal(s.w->asked, 6);
	end(&s);
}

static void texts(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, LIST("txt = yes"));
	world_dns(s.w, "example.com.dbl.test", RR_A, "127.0.1.2");
	world_dns(s.w, "example.com.dbl.test", RR_TXT, "why");
	world_message(s.w, STR("http://example.com/ http://example.org/"));
	assert_string_equal(world_found(s.w, "DBL"), "dbl.test 127.0.1.2 example.com why");
	assert_int_equal(s.w->asked, 3);
	end(&s);
}

static void a_failure_is_unavailable(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, LIST(""));
	world_dns_status(s.w, "example.com.dbl.test", RR_A, DNS_FAILED);
	world_message(s.w, STR("http://example.com/"));
	assert_string_equal(world_found(s.w, "URIBL_UNAVAILABLE"), "example.com.dbl.test");
	end(&s);
}

static void an_error_code_is_no_listing(void **state)
{
	struct stage s;

	(void)state;
	log_catch();
	begin(&s, LIST(""));
	world_dns(s.w, "example.com.dbl.test", RR_A, "127.0.0.1");
	world_message(s.w, STR("http://example.com/"));
	assert_null(world_found(s.w, "DBL"));
	assert_string_equal(world_found(s.w, "URIBL_UNAVAILABLE"), "dbl.test is switched off");
	assert_non_null(strstr(log_caught(), "it answers 127.0.0.1 for example.com"));
	end(&s);
}

static void probes(void **state)
{
	static const struct {
		const char *conf, *invalid, *test; /* answers; NULL: not listed */
		const char *says;                  /* NULL: it is fine */
	} rows[] = {
		{ LIST(""), NULL, NULL, NULL },
		{ LIST(""), "127.0.1.2", NULL, "it lists invalid, so perhaps everything" },
		{ LIST("test = test"), NULL, "127.0.1.2", NULL },
		{ LIST("test = test"), NULL, NULL, "it does not list test, so perhaps nothing" },
		{ LIST("test = test"), NULL, "127.255.255.254", "it answers 127.255.255.254" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct filter_worker *worker;
		struct stage s;

		log_catch();
		begin(&s, rows[i].conf);
		if (rows[i].invalid)
			world_dns(s.w, "invalid.dbl.test", RR_A, rows[i].invalid);
		if (rows[i].test)
			world_dns(s.w, "test.dbl.test", RR_A, rows[i].test);
		worker = filter_worker_new(s.w->set, &s.w->worker_services);
		world_settle(s.w);
		if (rows[i].says)
			assert_non_null(strstr(log_caught(), rows[i].says));
		else
			assert_string_equal(log_caught(), "");
		filter_worker_free(worker);
		world_free(s.w);
	}
}

static void what_is_wrong_in_the_config(void **state)
{
	static const struct {
		const char *conf, *says;
	} rows[] = {
		{ "uribl \"dbl.test\" { uris = no }", "this list is never asked" },
		{ "uribl \"no zone\" { }", "is not a DNS zone of at most 126 bytes" },
		{ "uribl \"dbl.test\" { codes = \"&0 X\" }", "or bits (&4)" },
		{ "uribl \"dbl.test\" { skip = [\"Example.com\"] }",
		  "is not a domain in lower case" },
		{ "uribl \"dbl.test\" { most = 1000 }", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct world *w = world_new(rows[i].conf);

		assert_null(w->set);
		assert_non_null(strstr(w->complaints, rows[i].says));
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_text),
		cmocka_unit_test(addresses_of_the_message),
		cmocka_unit_test(no_more_than_it_may),
		cmocka_unit_test(who_has_sent_it),
		cmocka_unit_test(texts),
		cmocka_unit_test(a_failure_is_unavailable),
		cmocka_unit_test(an_error_code_is_no_listing),
		cmocka_unit_test(probes),
		cmocka_unit_test(what_is_wrong_in_the_config),
	};
	int failed;

	suffixes = suffixes_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	suffixes_free(suffixes);
	return failed;
}
