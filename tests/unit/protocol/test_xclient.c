/* protocol/xclient.h: what a mail proxy says of the client. */
#include "base/check.h"
#include "base/limits.h"
#include "delivery/delivery.h"
#include "delivery/identity.h"
#include "protocol/xclient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char stored[LIMIT_COMMAND_LINE];

static struct xclient parsed(struct str argument)
{
	struct out store = OUT(stored);
	struct xclient x;

	assert_null(xclient_parse(argument, &store, &x));
	return x;
}

static void every_attribute_is_read(void **state)
{
	const struct xclient x = parsed(STR(
		"NAME=mx.example.org addr=192.0.2.7 Port=4711 PROTO=esmtp  HELO=[192.0.2.7] LOGIN=a+20b@c "
		"DESTADDR=IPV6:2001:db8::1 DESTPORT=587"));
	struct ip ip;

	(void)state;
	assert_true(str_eq(x.name, STR("mx.example.org")) && str_eq(x.helo, STR("[192.0.2.7]")));
	assert_true(str_eq(x.login, STR("a b@c")) && x.esmtp);
	assert_true(ip_parse(STR("192.0.2.7"), &ip) && ip_eq(&ip, &x.addr));
	assert_true(ip_parse(STR("2001:db8::1"), &ip) && ip_eq(&ip, &x.dest_addr));
	assert_int_equal(x.port, 4711);
	assert_int_equal(x.dest_port, 587);
	assert_int_equal(x.set, (1u << XATTR_IDENT) - 1);
}

static void what_is_not_known_is_empty(void **state)
{
	const struct xclient x =
		parsed(STR("NAME=[TEMPUNAVAIL] ADDR=[UNAVAILABLE] PORT=[unavailable] "
			   "PROTO=[UNAVAILABLE] HELO=[UNAVAILABLE] LOGIN=+5BUNAVAILABLE+5D"));

	(void)state;
	assert_int_equal(x.set, (1u << XATTR_DESTADDR) - 1);
	assert_int_equal(x.addr.family, IP_NONE);
	assert_int_equal(x.port + x.name.n + x.helo.n + x.login.n + x.esmtp, 0);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct TABLE_ROW {
		struct str argument;
		const char *fault;
	} rows[] = {
		{ .argument = STR_INIT(""), .fault = "5.5.4 syntax: XCLIENT attribute=value ..." },
		{ .argument = STR_INIT("NAME"),
		  .fault = "5.5.4 syntax: XCLIENT attribute=value ..." },
		{ .argument = STR_INIT("NAME="),
		  .fault = "5.5.4 syntax: XCLIENT attribute=value ..." },
		{ .argument = STR_INIT("FOO=bar"), .fault = "5.5.4 unknown attribute" },
		{ .argument = STR_INIT("IDENT=bar"), .fault = "5.5.4 unknown attribute" },
		{ .argument = STR_INIT("HELO=a HELO=b"),
		  .fault = "5.5.4 an attribute is given twice" },
		{ .argument = STR_INIT("HELO=a+2"),
		  .fault = "5.5.4 a value is not xtext (RFC 3461 4)" },
		{ .argument = STR_INIT("HELO=a+2x"),
		  .fault = "5.5.4 a value is not xtext (RFC 3461 4)" },
		{ .argument = STR_INIT("HELO=a+0D+0AMAIL"), .fault = "5.5.4 bad HELO" },
		{ .argument = STR_INIT("LOGIN=a+00"), .fault = "5.5.4 bad LOGIN" },
		{ .argument = STR_INIT("NAME=a+20b"), .fault = "5.5.4 bad NAME" },
		{ .argument = STR_INIT("NAME=[192.0.2.1]"), .fault = "5.5.4 bad NAME" },
		{ .argument = STR_INIT("ADDR=mx"), .fault = "5.5.4 bad ADDR" },
		{ .argument = STR_INIT("DESTADDR=192.0.2.256"), .fault = "5.5.4 bad DESTADDR" },
		{ .argument = STR_INIT("PORT=65536"), .fault = "5.5.4 bad PORT" },
		{ .argument = STR_INIT("DESTPORT=-1"), .fault = "5.5.4 bad DESTPORT" },
		{ .argument = STR_INIT("PROTO=LMTP"), .fault = "5.5.4 bad PROTO" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct out store = OUT(stored);
		struct xclient x;

		assert_string_equal(xclient_parse(rows[i].argument, &store, &x), rows[i].fault);
	}
}

static void what_we_say_ourselves_is_understood(void **state)
{
	struct delivery_sender s = {
		.client_port = 4711,
		.client_name = STR("mx.example.org"),
		.helo = STR("a b+c=\"\xff"),
		.esmtp = true,
		.login = STR("+"),
		.local_port = 25,
	};
	char bytes[IDENTITY_MAX];
	struct out o = OUT(bytes);
	struct xclient x;

	(void)state;
	assert_true(ip_parse(STR("2001:db8::7"), &s.client_ip));
	assert_int_equal(identity_print(&o, "", (1u << XATTR_IDENT) - 1, &s), 1);
	x = parsed(str_head(out_text(&o), o.n - 2));
	assert_true(str_eq(x.helo, s.helo) && str_eq(x.login, s.login));
	assert_true(str_eq(x.name, s.client_name) && ip_eq(&x.addr, &s.client_ip));
	assert_int_equal(x.dest_addr.family, IP_NONE);
	assert_int_equal(x.dest_port, 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attribute_is_read),
		cmocka_unit_test(what_is_not_known_is_empty),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_we_say_ourselves_is_understood),
	};

	return cmocka_run_group_tests_name("xclient", tests, NULL, NULL);
}
