/* net/dnscache.h: expiry, replacement and both ceilings, on a clock of our own. */
#include "base/check.h"
#include "base/out.h"
#include "net/dnscache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct dns_cache *cache;
static struct dns_known found;

static int setup(void **state)
{
	(void)state;
	cache = dns_cache_new(4, 4096);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dns_cache_free(cache);
	return 0;
}

static struct dns_key key_of(const char *name)
{
	return (struct dns_key){ .name = str_z(name), .type = RR_TXT };
}

static void put(const char *name, struct str text, uint32_t ttl_s, int64_t now_ms)
{
	struct rr rr = { .type = RR_TXT, .text = text };
	struct dns_known known = {
		.answer = { .status = DNS_OK, .ttl_s = ttl_s, .count = 1, .records = &rr },
	};

	dns_cache_put(cache, key_of(name), &known, now_ms);
}

static bool has(const char *name, int64_t now_ms)
{
	return dns_cache_find(cache, key_of(name), now_ms, &found);
}

static void keeps_its_own_copy(void **state)
{
	char name[] = "a.test", text[] = "hello";

	(void)state;
	put(name, str_z(text), 10, 0);
	memset(name, 'x', 1);
	memset(text, 'x', 5);
	assert_true(has("a.test", 0));
	assert_true(str_eq(found.answer.records[0].text, STR("hello")));
}

static void the_type_is_part_of_the_key(void **state)
{
	struct dns_key other = { .name = STR("a.test"), .type = RR_A };

	(void)state;
	put("a.test", STR("x"), 10, 0);
	assert_false(dns_cache_find(cache, other, 0, &found));
}

static void an_answer_ends_with_its_ttl(void **state)
{
	(void)state;
	put("a.test", STR("x"), 10, 5000);
	assert_true(has("a.test", 5000) && found.answer.ttl_s == 10);
	assert_true(has("a.test", 14001) && found.answer.ttl_s == 1);
	assert_true(has("a.test", 14999));
	assert_false(has("a.test", 15000));
}

static void a_ttl_of_zero_is_not_kept_and_forgets_the_older(void **state)
{
	(void)state;
	put("a.test", STR("x"), 10, 0);
	put("a.test", STR("y"), 0, 1);
	assert_false(has("a.test", 1));
	assert_int_equal(dns_cache_size(cache).entries, 0);
	assert_int_equal(dns_cache_size(cache).bytes, 0);
}

static void a_failure_keeps_its_reason(void **state)
{
	const struct dns_known known = {
		.answer = { .status = DNS_FAILED, .ttl_s = 5 },
		.err = ERR_SERVFAIL,
	};

	(void)state;
	dns_cache_put(cache, key_of("a.test"), &known, 0);
	assert_true(has("a.test", 4999));
	assert_int_equal(found.err, ERR_SERVFAIL);
	assert_int_equal(found.answer.status, DNS_FAILED);
}

static void the_least_recently_used_goes_first(void **state)
{
	(void)state;
	put("a.test", STR("x"), 10, 0);
	put("b.test", STR("x"), 10, 0);
	put("c.test", STR("x"), 10, 0);
	put("d.test", STR("x"), 10, 0);
	assert_true(has("a.test", 1));
	put("e.test", STR("x"), 10, 1);
	assert_int_equal(dns_cache_size(cache).entries, 4);
	assert_false(has("b.test", 1));
	assert_true(has("a.test", 1) && has("c.test", 1) && has("d.test", 1) && has("e.test", 1));
}

static void bytes_are_bounded_too(void **state)
{
	static char big[1800], huge[5000];

	(void)state;
	put("a.test", (struct str){ .p = big, .n = sizeof(big) }, 10, 0);
	put("b.test", (struct str){ .p = big, .n = sizeof(big) }, 10, 0);
	put("c.test", (struct str){ .p = big, .n = sizeof(big) }, 10, 0);
	assert_true(dns_cache_size(cache).bytes <= 4096);
	assert_false(has("a.test", 0));
	assert_true(has("b.test", 0) && has("c.test", 0));
	put("d.test", (struct str){ .p = huge, .n = sizeof(huge) }, 10, 0);
	assert_false(has("d.test", 0));
	assert_true(has("b.test", 0) && has("c.test", 0));
}

static void many_come_and_go(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char name[16];
		struct out o = OUT(name);

		out_printf(&o, "n%u", i % 7);
		name[o.n] = '\0';
		put(name, STR("x"), i % 3, i);
		assert_true(dns_cache_size(cache).entries <= 4);
		assert_int_equal(has(name, i), i % 3 != 0);
	}
}

#define T(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(keeps_its_own_copy),          T(the_type_is_part_of_the_key),
		T(an_answer_ends_with_its_ttl), T(a_ttl_of_zero_is_not_kept_and_forgets_the_older),
		T(a_failure_keeps_its_reason),  T(the_least_recently_used_goes_first),
		T(bytes_are_bounded_too),       T(many_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
