/* daemon/sockaddr.h: there and back, and IPv4 in IPv6 as what it is. */
#include "daemon/sockaddr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <netinet/in.h>

static void there_and_back(void **state)
{
	static const char *const addresses[] = { "127.0.0.1", "0.0.0.0", "::1",
						 "::", "2001:db8::5" };

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct sockaddr_storage a;
		struct ip ip, back;
		uint16_t port;

		assert_true(ip_parse(str_z(addresses[i]), &ip));
		assert_int_equal(sockaddr_from(&a, &ip, 2525),
				 ip.family == IP_V4 ? sizeof(struct sockaddr_in)
						    : sizeof(struct sockaddr_in6));
		sockaddr_read(&a, &back, &port);
		assert_true(ip_eq(&ip, &back));
		assert_int_equal(port, 2525);
	}
}

static void mapped_is_ipv4(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(25) };
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
	struct ip ip, want;
	uint16_t port;

	(void)state;
	assert_true(ip_parse(STR("192.0.2.7"), &want));
	in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(in6.sin6_addr.s6_addr + 12, want.bytes, 4);
	memcpy(&a, &in6, sizeof(in6));
	sockaddr_read(&a, &ip, &port);
	assert_true(ip_eq(&ip, &want));
	assert_int_equal(port, 25);
}

static void a_unix_socket_has_no_address(void **state)
{
	struct sockaddr_storage a = { .ss_family = AF_UNIX };
	struct ip ip;
	uint16_t port;

	(void)state;
	sockaddr_read(&a, &ip, &port);
	assert_int_equal(ip.family, IP_NONE);
	assert_int_equal(port, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(mapped_is_ipv4),
		cmocka_unit_test(a_unix_socket_has_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
