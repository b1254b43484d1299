/* base/ip.h: what kind of address it is. */
#include "base/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(str_z(text), &ip));
	return ip;
}

static void private_is_what_the_internet_does_not_route(void **state)
{
	static const char *const yes[] = {
		"10.0.0.0",   "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.7.7",
		"100.64.0.1", "100.127.0.1",    "127.0.0.1",  "127.9.9.9",      "169.254.1.1",
		"::1",        "fc00::1",        "fdff::1",    "fe80::1",        "::ffff:10.1.2.3"
	};
	static const char *const no[] = { "9.255.255.255",  "11.0.0.0",    "172.15.255.255",
					  "172.32.0.0",     "192.167.0.1", "192.169.0.1",
					  "100.63.255.255", "100.128.0.0", "126.0.0.1",
					  "128.0.0.1",      "169.253.0.1", "::2",
					  "fbff::1",        "fe00::1",     "fec0::1",
					  "2001:db8::1",    "192.0.2.1" };
	const struct ip none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		const struct ip ip = ip_of(yes[i]);

		assert_true(ip_is_private(&ip));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		const struct ip ip = ip_of(no[i]);

		assert_false(ip_is_private(&ip));
	}
	assert_false(ip_is_private(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_is_what_the_internet_does_not_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
