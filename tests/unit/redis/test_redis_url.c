/* redis/redis_url.h: what a URL means, what is none, and that no message shows a password. */
#include "redis/redis_url.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena arena;
static struct redis_url url;

static void expect(const char *text, const char *printed)
{
	char bytes[1024];
	struct out o = OUT(bytes);
	const char *wrong = redis_url_parse(str_z(text), &arena, &url);

	if (wrong)
		fail_msg("%s: %s", text, wrong);
	redis_url_print(&o, &url);
	out_char(&o, '\0');
	assert_string_equal(bytes, printed);
}

static bool is(struct str s, const char *text)
{
	return str_eq(s, str_z(text));
}

static void hosts_and_ports_have_defaults(void **state)
{
	(void)state;
	expect("redis://10.0.0.5", "redis://10.0.0.5:6379");
	expect("redis://10.0.0.5:7000/3", "redis://10.0.0.5:7000/3");
	assert_int_equal(url.db, 3);
	expect("redis://a.example,[2001:db8::1],[::1]:7001,_b:1/",
	       "redis://a.example:6379,[2001:db8::1]:6379,[::1]:7001,_b:1");
	assert_int_equal(url.host_count, 4);
	assert_string_equal(url.hosts[1].name.p, "2001:db8::1");
	expect("rediss://r.example", "rediss://r.example:6379");
	assert_true(url.tls);
}

static void sockets_and_sentinels_have_their_own_form(void **state)
{
	(void)state;
	expect("redis+unix:///run/redis/redis.sock", "redis+unix:///run/redis/redis.sock");
	assert_string_equal(url.path.p, "/run/redis/redis.sock");
	expect("redis+unix://:secret@/run/r?db=12", "redis+unix:///run/r?db=12");
	assert_true(is(url.password, "secret") && url.db == 12);
	expect("redis+sentinel://s1,s2:5000/mymaster",
	       "redis+sentinel://s1:26379,s2:5000/mymaster");
	assert_true(url.via == REDIS_VIA_SENTINEL && is(url.master, "mymaster") && !url.tls);
	expect("rediss+sentinel://u:p@s1/mymaster/7", "rediss+sentinel://s1:26379/mymaster/7");
	assert_true(url.tls && url.db == 7 && is(url.user, "u"));
}

static void a_login_is_decoded_and_not_printed(void **state)
{
	(void)state;
	expect("redis://postern:s3cr%40t%2F@h", "redis://h:6379");
	assert_true(is(url.user, "postern") && is(url.password, "s3cr@t/"));
	expect("redis://:p@ss:w%25rd@h/1", "redis://h:6379/1");
	assert_true(url.user.n == 0 && is(url.password, "p@ss:w%rd"));
}

static void what_is_no_url_is_said_without_showing_it(void **state)
{
	static const char *const wrong[] = {
		"redis:",
		"redis:/h",
		"redisx://h",
		"redis://",
		"redis:///1",
		"redis://h:0",
		"redis://h:",
		"redis://h:65536",
		"redis://h,",
		"redis://h:1x",
		"redis://::1",
		"redis://[1.2.3.4]:1",
		"redis://[::1",
		"redis://[::1]7",
		"redis://[::zz]",
		"redis://h/x",
		"redis://h/-1",
		"redis://h/65536",
		"redis://h/1/2",
		"redis://h?db=1",
		"redis://hunter2@h",
		"redis://u:@h",
		"redis://:hunter2%@h",
		"redis://:hunter2%0a@h",
		"redis://:hunter2%4@h",
		"redis://:hunter2/@h",
		"redis://a b",
		"redis://a,b,c,d,e,f,g,h,i",
		"redis+unix://run/redis.sock",
		"redis+unix:///",
		"redis+unix:///r?x=1",
		"redis+unix:///r?db=",
		"redis+sentinel://h",
		"redis+sentinel://h/",
		"redis+sentinel://h/m/x",
		"redis+unix:///0123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(wrong); i++) {
		const char *why = redis_url_parse(str_z(wrong[i]), &arena, &url);

		if (!why)
			fail_msg("%s is taken", wrong[i]);
		assert_null(strstr(why, "hunter2"));
	}
}

static int begin(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_reset(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_ports_have_defaults),
		cmocka_unit_test(sockets_and_sentinels_have_their_own_form),
		cmocka_unit_test(a_login_is_decoded_and_not_printed),
		cmocka_unit_test(what_is_no_url_is_said_without_showing_it),
	};

	return cmocka_run_group_tests_name("store/redis_url", tests, begin, end);
}
