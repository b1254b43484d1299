/* protocol/proxy_header.h: the PROXY protocol, byte by byte, and what is no header. */
#include "base/check.h"
#include "base/limits.h"
#include "protocol/proxy_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4_ADDRESSES                                                                               \
	"\xc0\x00\x02\x07"                                                                         \
	"\xc0\x00\x02\x19"                                                                         \
	"\x9c\x40\x00\x19"

static bool is_ip(const struct ip *ip, const char *text)
{
	struct ip other;

	return ip_parse(str_z(text), &other) && ip_eq(ip, &other);
}

/* Every prefix asks for more, and never for more than there is; behind the end nothing is looked at. */
static struct proxy_header whole(struct str header)
{
	char bytes[LIMIT_PROXY_V2 + 8];
	struct out o = OUT(bytes);
	struct proxy_header h;

	for (size_t n = 0; n < header.n; n++) {
		assert_int_equal(proxy_header_parse(str_head(header, n), &h), PROXY_MORE);
		assert_true(h.n > n && h.n <= header.n);
	}
	out_str(&o, header);
	out_str(&o, STR("EHLO x\r\n"));
	assert_int_equal(proxy_header_parse(out_text(&o), &h), PROXY_WHOLE);
	assert_int_equal(h.n, header.n);
	return h;
}

static void is_bad(struct str header)
{
	struct proxy_header h;

	assert_int_equal(proxy_header_parse(header, &h), PROXY_BAD);
	assert_non_null(h.fault);
}

static void version_1_says_both_ends(void **state)
{
	struct proxy_header h = whole(STR("PROXY TCP4 192.0.2.7 192.0.2.25 40000 25\r\n"));

	(void)state;
	assert_true(h.known && is_ip(&h.source, "192.0.2.7") &&
		    is_ip(&h.destination, "192.0.2.25"));
	assert_int_equal(h.source_port, 40000);
	assert_int_equal(h.destination_port, 25);
	h = whole(STR("PROXY TCP6 2001:db8::7 ::1 0 65535\r\n"));
	assert_true(h.known && is_ip(&h.source, "2001:db8::7") && is_ip(&h.destination, "::1"));
	h = whole(STR("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"));
	assert_int_equal(h.source.family, IP_V4);
	/* The longest one the protocol knows. */
	h = whole(STR("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"));
	assert_true(h.known);
}

static void unknown_keeps_the_connection_s_addresses(void **state)
{
	(void)state;
	assert_false(whole(STR("PROXY UNKNOWN\r\n")).known);
	assert_false(whole(STR("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n")).known);
}

static void version_1_is_exact(void **state)
{
	static const struct str lines[] = {
		STR_INIT("HELO x\r\n"),
		STR_INIT("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"),
		STR_INIT("PROXY\r\n"),
		STR_INIT("PROXY \r\n"),
		STR_INIT("PROXY \n"),
		STR_INIT("PROXY UNKNOWNS\r\n"),
		STR_INIT("PROXY TCP4\r\n"),
		STR_INIT("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"),
		STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"),
		STR_INIT("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"),
		STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"),
		STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"),
		STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"),
		STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"),
		STR_INIT("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"),
		STR_INIT("PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n"),
		STR_INIT("PROXY TCP4 ::1 ::1 1 2\r\n"),
		STR_INIT("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"),
		STR_INIT("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n"),
		STR_INIT("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(lines); i++)
		is_bad(lines[i]);
}

static void version_1_has_a_longest_line(void **state)
{
	char bytes[LIMIT_PROXY_V1];
	struct proxy_header h;
	struct out o = OUT(bytes);

	(void)state;
	out_str(&o, STR("PROXY UNKNOWN "));
	while (o.n < LIMIT_PROXY_V1)
		out_char(&o, 'x');
	assert_int_equal(proxy_header_parse(str_head(out_text(&o), LIMIT_PROXY_V1 - 1), &h),
			 PROXY_MORE);
	assert_int_equal(h.n, LIMIT_PROXY_V1);
	is_bad(out_text(&o));
}

static void version_2_says_both_ends(void **state)
{
	struct proxy_header h = whole(STR(SIGNATURE "\x21\x11\x00\x0c" V4_ADDRESSES));

	(void)state;
	assert_true(h.known && is_ip(&h.source, "192.0.2.7") &&
		    is_ip(&h.destination, "192.0.2.25"));
	assert_int_equal(h.source_port, 40000);
	assert_int_equal(h.destination_port, 25);
	/* With an extra field (NOOP). */
	h = whole(STR(SIGNATURE "\x21\x11\x00\x11" V4_ADDRESSES "\x04\x00\x02"
				"ab"));
	assert_true(h.known);
}

static void version_2_without_addresses(void **state)
{
	(void)state;
	assert_false(whole(STR(SIGNATURE "\x20\x00\x00\x00")).known);
	/* LOCAL: whatever follows. */
	assert_false(whole(STR(SIGNATURE "\x20\xff\x00\x03"
					 "abc"))
			     .known);
	assert_false(whole(STR(SIGNATURE "\x20\x11\x00\x0c" V4_ADDRESSES)).known);
	assert_false(whole(STR(SIGNATURE "\x21\x00\x00\x00")).known);
	assert_false(whole(STR(SIGNATURE "\x21\x12\x00\x0c" V4_ADDRESSES)).known);
}

static void version_2_is_exact(void **state)
{
	static const struct str headers[] = {
		STR_INIT("\r\n\r\n\0\r\nQUIT\r"),
		STR_INIT(SIGNATURE "\x11"),
		STR_INIT(SIGNATURE "\x31"),
		STR_INIT(SIGNATURE "\x22"),
		STR_INIT(SIGNATURE "\x21\x41\x00\x00"),
		STR_INIT(SIGNATURE "\x21\x13\x00\x0c" V4_ADDRESSES),
		STR_INIT(SIGNATURE "\x21\x11\x00\x00"),
		STR_INIT(SIGNATURE "\x21\x11\x00\x0b"
				   "01234567890"),
		STR_INIT(SIGNATURE "\x21\x21\x00\x0c" V4_ADDRESSES),
		STR_INIT(SIGNATURE "\x21\x11\xff\xff"), /* longer than we take */
		STR_INIT(SIGNATURE "\x21\x11\x00\x0d" V4_ADDRESSES "\x04"),
		STR_INIT(SIGNATURE "\x21\x11\x00\x11" V4_ADDRESSES "\x04\x00\x03"
				   "ab"),
		STR_INIT(SIGNATURE "\x21\x11\x00\x11" V4_ADDRESSES "\x04\x00\x01"
				   "ab"),
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(headers); i++)
		is_bad(headers[i]);
}

/* The sum was computed by another program, which knows that of "123456789" to be e3069283. */
static void a_checksum_must_be_right(void **state)
{
	char bytes[] = SIGNATURE "\x21\x11\x00\x13" V4_ADDRESSES "\x03\x00\x04"
				 "SUM!";
	struct str header = { .p = bytes, .n = sizeof(bytes) - 1 };

	(void)state;
	is_bad(header);
	memcpy(bytes + header.n - 4, "\x07\x6a\xe9\x30", 4);
	assert_true(whole(header).known);
	bytes[17] ^= 1;
	is_bad(header);
	bytes[17] ^= 1;
	bytes[15] = 0x12;
	header.n--;
	is_bad(header);
}

static void what_is_printed_is_read(void **state)
{
	char bytes[64];
	struct out o = OUT(bytes);
	struct proxy_header h = { .known = true, .source_port = 40000, .destination_port = 25 };
	struct proxy_header again;

	(void)state;
	assert_true(ip_parse(STR("192.0.2.7"), &h.source));
	assert_true(ip_parse(STR("192.0.2.25"), &h.destination));
	proxy_header_print(&o, &h);
	assert_true(str_eq(out_text(&o), STR(SIGNATURE "\x21\x11\x00\x0c" V4_ADDRESSES)));
	assert_true(ip_parse(STR("2001:db8::7"), &h.source));
	o.n = 0;
	proxy_header_print(&o, &h); /* not of one family */
	assert_true(str_eq(out_text(&o), STR(SIGNATURE "\x20\x00\x00\x00")));
	assert_true(ip_parse(STR("::1"), &h.destination));
	o.n = 0;
	proxy_header_print(&o, &h);
	again = whole(out_text(&o));
	assert_true(again.known && ip_eq(&again.source, &h.source) &&
		    ip_eq(&again.destination, &h.destination));
	assert_int_equal(again.source_port, 40000);
	assert_int_equal(again.destination_port, 25);
}

static void a_connection_may_have_a_name(void **state)
{
	char bytes[128];
	struct out o = OUT(bytes);
	struct proxy_header h = { .known = true,
				  .source_port = 40000,
				  .destination_port = 25,
				  .unique_id = STR("T40KJ97HG800") };
	struct proxy_header again;

	(void)state;
	assert_true(ip_parse(STR("192.0.2.7"), &h.source));
	assert_true(ip_parse(STR("192.0.2.25"), &h.destination));
	proxy_header_print(&o, &h);
	assert_true(str_eq(out_text(&o), STR(SIGNATURE "\x21\x11\x00\x1b" V4_ADDRESSES
						       "\x05\x00\x0cT40KJ97HG800")));
	again = whole(out_text(&o));
	assert_true(again.known && ip_eq(&again.source, &h.source));
	/* Of a longer one the head. */
	h.unique_id = STR("0123456789012345678901234567890123456789");
	o.n = 0;
	proxy_header_print(&o, &h);
	assert_int_equal(o.n, 16 + 12 + 3 + LIMIT_UNIQUE_ID);
	assert_true(whole(out_text(&o)).known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1_says_both_ends),
		cmocka_unit_test(unknown_keeps_the_connection_s_addresses),
		cmocka_unit_test(version_1_is_exact),
		cmocka_unit_test(version_1_has_a_longest_line),
		cmocka_unit_test(version_2_says_both_ends),
		cmocka_unit_test(version_2_without_addresses),
		cmocka_unit_test(version_2_is_exact),
		cmocka_unit_test(a_checksum_must_be_right),
		cmocka_unit_test(what_is_printed_is_read),
		cmocka_unit_test(a_connection_may_have_a_name),
	};

	return cmocka_run_group_tests_name("proxy_header", tests, NULL, NULL);
}
