/* base/nets.c: small sets by table, large random ones against a search from end to end. */
#include "base/check.h"
#include "base/mem.h"
#include "base/nets.h"
#include "unit/often.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct entry {
	struct ip_net net;
	bool except;
	char text[16];
};

static struct ip_net net_of(const char *text)
{
	struct ip_net net;

	CHECK(ip_net_parse(str_z(text), &net));
	return net;
}

static const char *find(const struct nets *nets, const char *address)
{
	static char bytes[128];
	struct out o = OUT(bytes);
	struct nets_match m;
	struct ip ip;

	CHECK(ip_parse(str_z(address), &ip));
	if (!nets_find(nets, &ip, &m))
		return NULL;
	ip_net_print(&o, &m.net);
	out_char(&o, ' ');
	out_str(&o, str_z(m.text));
	out_char(&o, '\0');
	return bytes;
}

static struct nets *set_of(const char *const *list)
{
	struct nets_builder *b = nets_builder_new();

	for (; *list; list += 2) {
		const bool except = **list == '!';
		const struct ip_net net = net_of(*list + except);

		nets_add(b, &net, except, str_z(list[1]));
	}
	return nets_build(b);
}

static void the_longest_prefix_counts(void **state)
{
	static const char *const list[] = { "10.0.0.0/8",
					    "a",
					    "!10.1.0.0/16",
					    "",
					    "10.1.2.0/24",
					    "b",
					    "10.1.2.3",
					    "c",
					    "255.255.255.255",
					    "d",
					    "0.0.0.0",
					    "e",
					    "2001:db8::/32",
					    "f",
					    "!2001:db8:1::/48",
					    "",
					    "2001:db8:1::1",
					    "g",
					    NULL };
	struct nets *nets = set_of(list);

	(void)state;
	assert_string_equal(find(nets, "10.0.0.0"), "10.0.0.0/8 a");
	assert_string_equal(find(nets, "10.255.255.255"), "10.0.0.0/8 a");
	assert_null(find(nets, "11.0.0.0"));
	assert_null(find(nets, "9.255.255.255"));
	assert_null(find(nets, "10.1.0.0"));
	assert_null(find(nets, "10.1.255.255"));
	assert_string_equal(find(nets, "10.2.0.0"), "10.0.0.0/8 a");
	assert_string_equal(find(nets, "10.1.2.2"), "10.1.2.0/24 b");
	assert_string_equal(find(nets, "10.1.2.3"), "10.1.2.3 c");
	assert_string_equal(find(nets, "10.1.2.4"), "10.1.2.0/24 b");
	assert_string_equal(find(nets, "255.255.255.255"), "255.255.255.255 d");
	assert_null(find(nets, "255.255.255.254"));
	assert_string_equal(find(nets, "0.0.0.0"), "0.0.0.0 e");
	assert_null(find(nets, "0.0.0.1"));
	assert_string_equal(find(nets, "2001:db8::1"), "2001:db8::/32 f");
	assert_null(find(nets, "2001:db8:1::"));
	assert_string_equal(find(nets, "2001:db8:1::1"), "2001:db8:1::1 g");
	assert_string_equal(find(nets, "2001:db8:2::"), "2001:db8::/32 f");
	assert_null(find(nets, "2001:db9::"));
	assert_null(find(nets, "::"));
	nets_free(nets);
}

static void families_are_apart(void **state)
{
	static const char *const list[] = { "::/0", "six", NULL };
	static const char *const other[] = { "0.0.0.0/0", "four", NULL };
	struct nets *nets = set_of(list);
	const struct ip none = { .family = IP_NONE };
	struct nets_match m;

	(void)state;
	assert_null(find(nets, "192.0.2.1"));
	assert_null(find(nets, "::ffff:192.0.2.1"));
	assert_string_equal(find(nets, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::/0 six");
	assert_false(nets_find(nets, &none, &m));
	nets_free(nets);
	nets = set_of(other);
	assert_string_equal(find(nets, "255.255.255.255"), "0.0.0.0/0 four");
	assert_null(find(nets, "::"));
	nets_free(nets);
}

static void the_later_of_two_counts(void **state)
{
	static const char *const list[] = {
		"10.0.0.0/8",   "a", "10.0.0.0/8",  "b", "192.0.2.1", "x", "!192.0.2.1", "",
		"!10.9.0.0/16", "",  "10.9.0.0/16", "c", NULL
	};
	struct nets *nets = set_of(list);

	(void)state;
	assert_string_equal(find(nets, "10.0.0.1"), "10.0.0.0/8 b");
	assert_string_equal(find(nets, "10.9.0.1"), "10.9.0.0/16 c");
	assert_null(find(nets, "192.0.2.1"));
	nets_free(nets);
}

static void an_empty_set_has_nothing(void **state)
{
	struct nets *nets = nets_build(nets_builder_new());

	(void)state;
	assert_null(find(nets, "0.0.0.0"));
	assert_null(find(nets, "::"));
	nets_free(nets);
	nets_free(NULL);
	nets_builder_free(nets_builder_new());
	nets_builder_free(NULL);
}

/* ---- random ---- */

static uint32_t seed;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

struct space {
	enum ip_family family;
	unsigned fixed; /* bytes that are the same in all */
};

/* Few different bytes, so that networks nest and touch; the ends of the space among them. */
static struct ip random_ip(const struct space *space)
{
	static const uint8_t few[] = { 0, 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0xff };
	uint8_t bytes[16];

	for (unsigned i = 0; i < 16; i++)
		bytes[i] = i < space->fixed ? 0x20 : few[any(sizeof(few))];
	return ip_from_bytes(space->family, bytes);
}

static struct ip_net random_net(const struct space *space)
{
	struct ip_net net = { .base = random_ip(space) };

	net.bits = (uint8_t)any(net.base.family == IP_V4 ? 33 : 129);
	net.base = ip_net_first(&net);
	return net;
}

static const struct entry *slow_find(const struct entry *entries, size_t n, const struct ip *ip)
{
	const struct entry *best = NULL;

	for (const struct entry *e = entries; e < entries + n; e++)
		if (ip_net_has(&e->net, ip) && (!best || e->net.bits >= best->net.bits))
			best = e;
	return best && best->except ? NULL : best;
}

static void compare(const struct nets *nets, const struct entry *entries, size_t n, struct ip ip)
{
	const struct entry *expected = slow_find(entries, n, &ip);
	struct nets_match m;
	const bool found = nets_find(nets, &ip, &m);
	char bytes[64] = { 0 };
	struct out o = OUT(bytes);

	ip_print(&o, &ip);
	if (found != (expected != NULL))
		fail_msg("%s is%s found", bytes, found ? "" : " not");
	if (!found)
		return;
	if (strcmp(m.text, expected->text) != 0 || m.net.bits != expected->net.bits ||
	    !ip_eq(&m.net.base, &expected->net.base))
		fail_msg("%s is in another network", bytes);
}

/* The address behind the last one of a network, or the one before its first. */
static struct ip neighbour(const struct ip_net *net, bool after)
{
	struct ip ip = net->base;
	const unsigned size = ip.family == IP_V4 ? 4 : 16;

	for (unsigned bit = net->bits; after && bit < size * 8; bit++)
		ip.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	for (unsigned i = size; i-- > 0;) {
		ip.bytes[i] = (uint8_t)(after ? ip.bytes[i] + 1 : ip.bytes[i] - 1);
		if (ip.bytes[i] != (after ? 0 : 0xff))
			break;
	}
	return ip.family == IP_V4 ? ip : ip_from_bytes(IP_V6, ip.bytes);
}

static void one_random_set(const struct space *space, size_t n)
{
	struct entry *entries = mem_new((n + 1) * sizeof(*entries));
	struct nets_builder *b = nets_builder_new();
	struct nets *nets;

	for (struct entry *e = entries; e < entries + n; e++) {
		e->net = random_net(space);
		e->except = any(4) == 0;
		if (!e->except && any(3))
			snprintf(e->text, sizeof(e->text), "%u", any(9));
		nets_add(b, &e->net, e->except, str_z(e->text));
	}
	nets = nets_build(b);
	for (unsigned i = 0; i < 200; i++)
		compare(nets, entries, n, random_ip(space));
	for (const struct entry *e = entries; e < entries + n; e++) {
		compare(nets, entries, n, e->net.base);
		compare(nets, entries, n, neighbour(&e->net, true));
		compare(nets, entries, n, neighbour(&e->net, false));
	}
	nets_free(nets);
	mem_free(entries);
}

static void as_a_search_from_end_to_end(void **state)
{
	static const struct space spaces[] = { { IP_V4, 0 }, { IP_V6, 0 }, { IP_V6, 8 } };

	(void)state;
	for (unsigned i = 1; i <= often(600, 60); i++) {
		seed = i * 2654435761u;
		one_random_set(&spaces[i % COUNTOF(spaces)], any(i % 7 ? 40 : 400));
	}
}

/* ---- full leaves and levels ---- */

/* 2^24 shares of the space, each with a network at its end. */
struct row {
	const char *first; /* share */
	enum ip_family family;
	unsigned at; /* the first of three bytes that count the shares */
	unsigned bits;
};

static struct ip nth(const struct row *row, uint32_t n, bool inside)
{
	struct ip ip;

	CHECK(ip_parse(str_z(row->first), &ip));
	for (unsigned i = 0; i < 3; i++)
		ip.bytes[row->at + i] = (uint8_t)(n >> (16 - 8 * i));
	ip.bytes[row->at + 3] = inside ? 0xff : 0xfe;
	return ip;
}

static void look_up_nth(const struct nets *nets, const struct row *row, uint32_t n, bool text)
{
	const struct ip in = nth(row, n, true), out = nth(row, n, false);
	struct nets_match m;

	if (!nets_find(nets, &in, &m))
		fail_msg("%s: number %u is not found", row->first, n);
	assert_int_equal(m.net.bits, row->bits);
	assert_true(ip_net_has(&m.net, &in));
	assert_string_equal(m.text, text ? n % 2 ? "odd" : "even" : "");
	if (nets_find(nets, &out, &m))
		fail_msg("%s: what is before number %u is found", row->first, n);
}

static void one_row(const struct row *row, uint32_t first, uint32_t count, bool texts)
{
	struct nets_builder *b = nets_builder_new();
	struct nets *nets;
	struct nets_match m;
	struct ip ip;

	for (uint32_t i = first; i < first + count; i++) {
		struct ip_net net = { .base = nth(row, i, true), .bits = (uint8_t)row->bits };

		net.base = ip_net_first(&net);
		nets_add(b, &net, false, str_z(texts ? i % 2 ? "odd" : "even" : ""));
	}
	nets = nets_build(b);
	for (uint32_t i = first; i < first + count; i++)
		look_up_nth(nets, row, i, texts);
	ip = nth(row, first - 1, true);
	assert_false(nets_find(nets, &ip, &m));
	ip = nth(row, first + count, true);
	assert_false(nets_find(nets, &ip, &m));
	nets_free(nets);
}

/* A leaf has 48 or 28 ranges, a line of a level 16 or 8 keys; a set that does not reach the end of the space has
 * one range more than networks. */
static void full_to_the_last_range(void **state)
{
	static const struct row rows[] = {
		{ "0.0.0.0", IP_V4, 0, 32 },
		{ "2001:db8::", IP_V6, 4, 64 },
		{ "2001:db8::", IP_V6, 4, 128 },
		{ "2001:db8:1:2::", IP_V6, 12, 128 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff::", IP_V6, 12, 128 },
	};
	static const uint32_t full[] = { 1, 28, 48, 28 * 8, 48 * 16, 28 * 64, 48 * 256, 28 * 512 };

	const size_t sizes = often(COUNTOF(full), 6);

	(void)state;
	for (const struct row *row = rows; row < rows + COUNTOF(rows); row++)
		for (size_t i = 0; i < sizes; i++)
			for (uint32_t n = full[i] - (i > 0); n <= full[i] + 1; n++) {
				one_row(row, 0, n, n % 2);
				one_row(row, (1 << 24) - n, n, n % 2 == 0);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_counts),
		cmocka_unit_test(families_are_apart),
		cmocka_unit_test(the_later_of_two_counts),
		cmocka_unit_test(an_empty_set_has_nothing),
		cmocka_unit_test(as_a_search_from_end_to_end),
		cmocka_unit_test(full_to_the_last_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
