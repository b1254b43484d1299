/* delivery/identity.h: XCLIENT and XFORWARD commands, whatever the client calls itself. */
#include "delivery/delivery.h"
#include "delivery/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint32_t everything = (1u << XATTR_COUNT) - 1;

static struct str print(uint32_t set, const struct delivery_sender *sender, unsigned commands)
{
	static char bytes[IDENTITY_MAX];
	struct out o = OUT(bytes);

	assert_int_equal(identity_print(&o, "XFORWARD", set, sender), commands);
	assert_false(o.full);
	return out_text(&o);
}

static void a_known_client_is_named(void **state)
{
	struct delivery_sender s = {
		.client_port = 4711,
		.client_name = STR("mx.example.org"),
		.helo = STR("mx"),
		.login = STR("a user"),
		.local_port = 25,
		.esmtp = true,
		.id = STR("ID-1"),
	};

	(void)state;
	assert_true(ip_parse(STR("2001:db8::1"), &s.client_ip));
	assert_true(ip_parse(STR("192.0.2.25"), &s.local_ip));
	assert_true(str_eq(print(everything, &s, 1),
			   STR("XFORWARD NAME=mx.example.org ADDR=IPV6:2001:db8::1 PORT=4711 "
			       "PROTO=ESMTP HELO=mx LOGIN=a+20user DESTADDR=192.0.2.25 "
			       "DESTPORT=25 IDENT=ID-1 SOURCE=REMOTE\r\n")));
	assert_true(identity_has_ipv6(&s));
	assert_true(str_eq(print(1u << XATTR_ADDR | 1u << XATTR_DESTADDR | IDENTITY_NO_IPV6, &s, 1),
			   STR("XFORWARD ADDR=[UNAVAILABLE] DESTADDR=192.0.2.25\r\n")));
	assert_true(ip_parse(STR("192.0.2.1"), &s.client_ip));
	assert_false(identity_has_ipv6(&s));
	assert_true(str_eq(print(1u << XATTR_ADDR, &s, 1), STR("XFORWARD ADDR=192.0.2.1\r\n")));
}

static void what_is_unknown_is_said_so(void **state)
{
	const struct delivery_sender s = { 0 };

	(void)state;
	assert_true(str_eq(print(everything, &s, 1),
			   STR("XFORWARD NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] "
			       "PROTO=SMTP HELO=[UNAVAILABLE] LOGIN=[UNAVAILABLE] "
			       "DESTADDR=[UNAVAILABLE] DESTPORT=[UNAVAILABLE] IDENT=[UNAVAILABLE] "
			       "SOURCE=REMOTE\r\n")));
	assert_int_equal(print(0, &s, 0).n, 0);
}

static void nothing_injects_a_command(void **state)
{
	const struct delivery_sender s = { .helo = STR("a b\r\nMAIL+x=\xff\x7f\"[") };

	(void)state;
	assert_true(str_eq(print(1u << XATTR_HELO, &s, 1),
			   STR("XFORWARD HELO=a+20b+0D+0AMAIL+2Bx+3D+FF+7F+22+5B\r\n")));
}

static void long_values_are_split_and_cut(void **state)
{
	static char odd[4096];
	struct str line, rest;
	struct delivery_sender s = { .helo = { .p = odd, .n = sizeof(odd) },
				     .client_name = { .p = odd, .n = sizeof(odd) },
				     .id = { .p = odd, .n = sizeof(odd) } };

	(void)state;
	memset(odd, '=', sizeof(odd));
	rest = print(everything, &s, 3);
	while (str_cut(rest, '\n', &line, &rest)) {
		assert_true(line.n + 1 <= IDENTITY_LINE_MAX);
		assert_true(str_starts(line, STR("XFORWARD ")) && str_ends(line, STR("\r")));
	}
}

/* A part of a name is another name, and at a backend that trusts us perhaps another user. */
static void who_it_is_is_never_cut(void **state)
{
	static char odd[200];
	const struct str long_one = { .p = odd, .n = sizeof(odd) };
	const struct delivery_sender s = { .client_name = long_one, .login = long_one };

	(void)state;
	memset(odd, ' ', sizeof(odd));
	assert_true(str_eq(print(1u << XATTR_NAME | 1u << XATTR_LOGIN, &s, 1),
			   STR("XFORWARD NAME=[UNAVAILABLE] LOGIN=[UNAVAILABLE]\r\n")));
}

static void attributes_are_known_by_name(void **state)
{
	(void)state;
	assert_int_equal(xattr_bit(STR("helo")), 1u << XATTR_HELO);
	assert_int_equal(xattr_bit(STR("REVERSE_NAME")), 0);
	assert_int_equal(xattr_bit(STR("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_client_is_named),
		cmocka_unit_test(what_is_unknown_is_said_so),
		cmocka_unit_test(nothing_injects_a_command),
		cmocka_unit_test(long_values_are_split_and_cut),
		cmocka_unit_test(who_it_is_is_never_cut),
		cmocka_unit_test(attributes_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
