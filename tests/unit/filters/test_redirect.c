/* filters/uri/redirect.h: whom an address leads to that leads on, as rule files say. */
#include "base/check.h"
#include "fake/work.h"
#include "filters/uri/gather.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool has_site(const struct uris *u, const char *host)
{
	for (uint32_t i = 0; i < u->site_count; i++)
		if (str_eq(uris_text(u, u->sites[i].text), str_z(host)))
			return true;
	return false;
}

static void addresses_within_addresses(void **state)
{
	static const struct {
		const char *uri, *host;
		bool is;
	} rows[] = {
		{ "http://go.com/url?q=evil.com&x=y", "evil.com", true },
		{ "http://go.com/url?q=evil.com&x=y", "go.com", true },
		{ "http://go.com/url?q=www.evil.com/a", "www.evil.com", true },
		{ "http://go.com/URL?Q=evil.com", "evil.com", true },
		{ "http://go.com/%75rl?q=evil.com", "evil.com", true }, /* a form of it */
		{ "http://go.com/url?q=https://evil.com/", "evil.com", true },
		{ "http://x.com/two=a.", "a.", false },
		{ "http://go.com/url?q=evil", "evil", false },
		{ "http://go.com/url?q=", "evil.com", false },
		{ "http://else.com/url?q=evil.com", "evil.com", false },
		{ "http://r.com/http://a.com/x", "a.com", true }, /* without any */
		/* One within the other. */
		{ "http://go.com/url?q=go.com/url?q=evil.com", "evil.com", true },
	};
	struct rule_setting lines[] = {
		{ .next = &lines[1],
		  .setting = setting_find(STR("redirector_pattern")),
		  .text = STR("/^http:\\/\\/go\\.com\\/url\\?q=(.*?)(?:&|$)/i") },
		/* Without a group, and with more than one. */
		{ .next = &lines[2],
		  .setting = setting_find(STR("redirector_pattern")),
		  .text = STR("/^http:/") },
		{ .setting = setting_find(STR("redirector_pattern")),
		  .text = STR("/two=(a|b)(.)/") },
	};
	struct suffixes *suffixes = suffixes_new();
	char bytes[64];
	struct out said = OUT(bytes);
	struct conf_report report = world_report(&said);
	struct redirects *redirects = redirects_new(lines, &report);

	(void)state;
	assert_non_null(redirects);
	assert_int_equal(said.n, 0);
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct uris u = { 0 };
		struct gather g = { .uris = &u, .suffixes = suffixes, .redirects = redirects };

		gather_line(&g, str_z(rows[i].uri), URI_IN_TEXT);
		if (has_site(&u, rows[i].host) != rows[i].is)
			fail_msg("%s: %s", rows[i].uri, rows[i].host);
		uris_free(&u);
	}
	redirects_free(redirects);
	suffixes_free(suffixes);
}

static void looked_for_while_there_is_time(void **state)
{
	struct rule_setting line = { .setting = setting_find(STR("redirector_pattern")),
				     .text = STR("/go\\.com\\/(.*)/") };
	struct suffixes *suffixes = suffixes_new();
	struct redirects *redirects = redirects_new(&line, NULL);
	struct uris u = { 0 };
	struct gather g = { .uris = &u, .suffixes = suffixes, .redirects = redirects };

	(void)state;
	fake_work_each_look(1000000);
	redirects_allow(redirects, 1);
	assert_false(redirects_is_over(redirects));
	gather_line(&g, STR("http://go.com/evil.com"), URI_IN_TEXT);
	assert_true(redirects_is_over(redirects));
	fake_work_each_look(0);
	gather_line(&g, STR("http://go.com/worse.com"), URI_IN_TEXT);
	assert_false(has_site(&u, "evil.com") || has_site(&u, "worse.com"));
	redirects_allow(redirects, 1000000);
	gather_line(&g, STR("http://go.com/late.com"), URI_IN_TEXT);
	assert_true(has_site(&u, "late.com") && !redirects_is_over(redirects));
	uris_free(&u);
	redirects_free(redirects);
	suffixes_free(suffixes);
}

static void what_is_no_expression_is_told(void **state)
{
	const struct rule_setting lines[] = {
		{ .setting = setting_find(STR("redirector_pattern")), .text = STR("/(/") },
	};
	char bytes[64];
	struct out said = OUT(bytes);
	struct conf_report report = world_report(&said);

	(void)state;
	redirects_free(redirects_new(lines, &report));
	assert_int_equal(report.errors, 1);
	assert_true(str_has(out_text(&said), STR("missing closing parenthesis")));
	assert_null(redirects_new(NULL, &report));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_within_addresses),
		cmocka_unit_test(looked_for_while_there_is_time),
		cmocka_unit_test(what_is_no_expression_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
