/* net/dnsresolv.h: nameserver lines. */
#include "net/dnsresolv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MAX = 3 };

static struct dns_server servers[MAX];

static size_t parse(const char *text)
{
	return dnsresolv_parse(str_z(text), servers, MAX);
}

static void reads_servers_in_order(void **state)
{
	(void)state;
	assert_int_equal(
		parse("# comment\nsearch x\nnameserver 192.0.2.1\nnameserver\t::1 # here\n"), 2);
	assert_int_equal(servers[0].ip.bytes[0], 192);
	assert_int_equal(servers[0].port, 53);
	assert_int_equal(servers[1].ip.family, IP_V6);
}

static void passes_over_what_it_cannot_read(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(
		parse("nameserver\nnameserver \nnameserver x\nnameservers 1.2.3.4\n"
		      ";nameserver 1.2.3.4\nnameserver fe80::1%eth0\nnameserver 127.0.0.53"),
		1);
	assert_int_equal(servers[0].ip.bytes[3], 53);
}

static void takes_no_more_than_there_is_room_for(void **state)
{
	(void)state;
	assert_int_equal(parse("nameserver 127.0.0.1\nnameserver 127.0.0.2\nnameserver 127.0.0.3\n"
			       "nameserver 127.0.0.4\n"),
			 MAX);
}

static void the_system_has_at_least_one(void **state)
{
	(void)state;
	assert_in_range(dnsresolv_system(servers, MAX), 1, MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_servers_in_order),
		cmocka_unit_test(passes_over_what_it_cannot_read),
		cmocka_unit_test(takes_no_more_than_there_is_room_for),
		cmocka_unit_test(the_system_has_at_least_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
