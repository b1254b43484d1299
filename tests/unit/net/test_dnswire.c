/* net/dnswire.h: what is read of answers, and what is refused. */
#include "base/limits.h"
#include "net/dnswire.h"
#include "packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ARENA_CEILING = 262144 };

static struct arena arena;
static struct dns_answer answer;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, ARENA_CEILING);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_reset(&arena);
	return 0;
}

static enum err parse(const struct packet *p, const char *name, enum rr_type type)
{
	return dnswire_parse(packet_str(p), str_z(name), type, &arena, &answer);
}

static void text_is(unsigned i, const char *text)
{
	assert_true(i < answer.count);
	assert_true(str_eq(answer.records[i].text, str_z(text)));
}

static void reads_addresses_with_the_least_ttl(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "MX.Example.org", RR_A);
	add_a(&p, NULL, 300, 0x7f000002);
	add_a(&p, "mx.example.ORG", 200, 0x7f000004);
	assert_int_equal(parse(&p, "mx.example.org", RR_A), ERR_OK);
	assert_int_equal(answer.status, DNS_OK);
	assert_int_equal(answer.count, 2);
	assert_int_equal(answer.ttl_s, 200);
	assert_int_equal(answer.records[1].ip.family, IP_V4);
	assert_int_equal(answer.records[1].ip.bytes[3], 4);
}

static void reads_ipv6(void **state)
{
	static const unsigned char address[16] = { 0x20, 0x01, [15] = 9 };
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_AAAA);
	add_bytes(&p, RR_AAAA, address, sizeof(address));
	assert_int_equal(parse(&p, "a.test", RR_AAAA), ERR_OK);
	assert_int_equal(answer.records[0].ip.family, IP_V6);
	assert_memory_equal(answer.records[0].ip.bytes, address, 16);
}

static void joins_the_strings_of_txt(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_TXT);
	add_bytes(&p, RR_TXT, "\6v=spf1\5 -all", 13);
	add_bytes(&p, RR_TXT, "", 1);
	assert_int_equal(parse(&p, "a.test", RR_TXT), ERR_OK);
	text_is(0, "v=spf1 -all");
	text_is(1, "");
}

static void leaves_out_a_txt_over_the_limit(void **state)
{
	static char big[17 * 256];
	struct packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i % 256 ? 'x' : '\xff';
	packet_begin(&p, 1, NOERROR, "a.test", RR_TXT);
	add_bytes(&p, RR_TXT, big, sizeof(big));
	add_bytes(&p, RR_TXT, "\1y", 2);
	assert_int_equal(parse(&p, "a.test", RR_TXT), ERR_OK);
	assert_int_equal(answer.count, 1);
	text_is(0, "y");
}

static void reads_mx_and_the_null_mx(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_MX);
	add_bytes(&p, RR_MX, "\0\x0a\2MX\xc0\x0c", 7);
	add_bytes(&p, RR_MX, "\0\0\0", 3);
	assert_int_equal(parse(&p, "a.test", RR_MX), ERR_OK);
	text_is(0, "mx.a.test");
	assert_int_equal(answer.records[0].preference, 10);
	text_is(1, "");
}

static void writes_odd_octets_of_names_so_that_they_mean_one_thing(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "1.in-addr.arpa", RR_PTR);
	add_bytes(&p, RR_PTR, "\5a.\\\0\xff\3UPP\0", 11);
	assert_int_equal(parse(&p, "1.in-addr.arpa", RR_PTR), ERR_OK);
	text_is(0, "a\\046\\092\\000\\255.upp");
}

static void follows_cnames_in_any_order(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	add_a(&p, "c.test", 300, 0x7f000001);
	add_name(&p, "b.test", RR_CNAME, 50, "c.test");
	add_name(&p, NULL, RR_CNAME, 100, "b.test");
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_OK);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.ttl_s, 50);
}

/* 8 steps are followed, the 9th is not. */
static void chains_are_bounded(void **state)
{
	(void)state;
	for (unsigned steps = 8; steps <= 9; steps++) {
		struct packet p;
		char owner[16] = "n0.test", target[16] = "n0.test";

		packet_begin(&p, 1, NOERROR, "n0.test", RR_A);
		for (unsigned i = 0; i < steps; i++) {
			owner[1] = (char)('0' + i);
			target[1] = (char)('1' + i);
			add_name(&p, owner, RR_CNAME, 60, target);
		}
		add_a(&p, target, 60, 0x7f000001);
		assert_int_equal(parse(&p, "n0.test", RR_A), steps == 8 ? ERR_OK : ERR_SYNTAX);
		assert_int_equal(answer.count, steps == 8 ? 1 : 0);
	}
}

static void a_cname_loop_is_malformed(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	add_name(&p, NULL, RR_CNAME, 100, "b.test");
	add_name(&p, "b.test", RR_CNAME, 100, "a.test");
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_SYNTAX);
}

static void ignores_records_of_other_names(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	add_a(&p, "bank.test", 300, 0x06060606);
	add_name(&p, "bank.test", RR_CNAME, 1, "evil.test");
	add_a(&p, NULL, 100, 0x7f000001);
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_OK);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.ttl_s, 100);
	assert_int_equal(answer.records[0].ip.bytes[0], 127);
}

static void negative_ttl_is_the_soa_minimum(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NXDOMAIN, "no.zone.test", RR_A);
	add_soa(&p, "zone.test", 900, 60);
	assert_int_equal(parse(&p, "no.zone.test", RR_A), ERR_OK);
	assert_int_equal(answer.status, DNS_NXDOMAIN);
	assert_int_equal(answer.ttl_s, 60);

	packet_begin(&p, 1, NOERROR, "zone.test", RR_AAAA);
	add_soa(&p, NULL, 86400, 86400);
	assert_int_equal(parse(&p, "zone.test", RR_AAAA), ERR_OK);
	assert_int_equal(answer.status, DNS_NODATA);
	assert_int_equal(answer.ttl_s, LIMIT_DNS_NEGATIVE_TTL_S);
}

static void a_soa_of_another_zone_says_nothing(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NXDOMAIN, "no.zone.test", RR_A);
	add_soa(&p, "one.test", 900, 600);
	assert_int_equal(parse(&p, "no.zone.test", RR_A), ERR_OK);
	assert_int_equal(answer.ttl_s, 0);
}

static void refusals_of_the_server_are_told_apart(void **state)
{
	static const unsigned codes[] = { FORMERR, SERVFAIL, REFUSED };
	struct packet p;

	(void)state;
	for (size_t i = 0; i < COUNTOF(codes); i++) {
		packet_begin(&p, 1, codes[i], "a.test", RR_A);
		assert_int_equal(parse(&p, "a.test", RR_A), ERR_SERVFAIL);
		assert_int_equal(answer.status, DNS_FAILED);
		assert_int_equal(answer.rcode, codes[i] & 15);
		assert_int_equal(dnswire_lacks_edns(packet_str(&p)), codes[i] == FORMERR);
	}
}

static void refuses_what_does_not_answer_the_question(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	add_a(&p, NULL, 300, 0x7f000001);
	assert_int_equal(parse(&p, "b.test", RR_A), ERR_SYNTAX);
	assert_int_equal(parse(&p, "a.test", RR_AAAA), ERR_SYNTAX);
	p.b[2] &= 0x7f; /* a query */
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_SYNTAX);
	packet_begin(&p, 1, TRUNCATED, "a.test", RR_A);
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_SYNTAX);
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	p.b[5] = 2; /* two questions */
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_SYNTAX);
}

static void every_cut_is_malformed(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NXDOMAIN, "a.test", RR_A);
	add_name(&p, NULL, RR_CNAME, 100, "b.test");
	add_soa(&p, "test", 900, 60);
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_OK);
	while (p.n-- > 0)
		assert_int_equal(parse(&p, "a.test", RR_A), ERR_SYNTAX);
}

static void pointers_only_point_back(void **state)
{
	static const unsigned to[] = { 0, 2, 36, 37, 100, 0x3fff }; /* the data begins at 36 */

	(void)state;
	for (size_t i = 0; i < COUNTOF(to); i++) {
		struct packet p;
		size_t at;

		packet_begin(&p, 1, NOERROR, "a.test", RR_PTR);
		at = data_begin(&p, 1, NULL, RR_PTR, 60);
		assert_int_equal(at, 36);
		put16(&p, 0xc000 | to[i]);
		data_end(&p, at);
		assert_int_equal(parse(&p, "a.test", RR_PTR), ERR_SYNTAX);
	}
}

static void data_of_a_wrong_size_is_malformed(void **state)
{
	static const struct {
		enum rr_type type;
		size_t n;
	} row[] = { { RR_A, 3 },  { RR_A, 5 },   { RR_AAAA, 4 }, { RR_MX, 1 },
		    { RR_MX, 2 }, { RR_PTR, 0 }, { RR_PTR, 2 } };

	(void)state;
	for (size_t i = 0; i < COUNTOF(row); i++) {
		struct packet p;

		packet_begin(&p, 1, NOERROR, "a.test", row[i].type);
		add_bytes(&p, row[i].type, "\0\0\0\0\0", row[i].n);
		assert_int_equal(parse(&p, "a.test", row[i].type), ERR_SYNTAX);
	}
}

static void a_ttl_with_the_top_bit_is_none(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	add_a(&p, NULL, 0x80000001, 0x7f000001);
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_OK);
	assert_int_equal(answer.ttl_s, 0);
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	add_a(&p, NULL, 0x7fffffff, 0x7f000001);
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_OK);
	assert_int_equal(answer.ttl_s, LIMIT_DNS_TTL_S);
}

static void reads_a_bounded_number_of_records(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	for (unsigned i = 0; i < LIMIT_DNS_RECORDS + 6; i++)
		add_a(&p, NULL, 60, 0x7f000000 + i);
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_OK);
	assert_int_equal(answer.count, LIMIT_DNS_RECORDS);
}

static void a_small_arena_is_an_error(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, 1, NOERROR, "a.test", RR_A);
	add_a(&p, NULL, 60, 0x7f000000);
	arena_init(&arena, 16);
	assert_int_equal(parse(&p, "a.test", RR_A), ERR_NOMEM);
	assert_int_equal(answer.count, 0);
}

static void names_that_can_be_asked(void **state)
{
	char label[64 + 1], name[300];

	(void)state;
	memset(label, 'x', 64);
	label[64] = '\0';
	assert_true(dnswire_name_ok(STR("a")));
	assert_true(dnswire_name_ok(STR("_dmarc.Ex-ample.org")));
	assert_true(dnswire_name_ok(str_head(str_z(label), 63)));
	assert_false(dnswire_name_ok(str_z(label)));
	assert_false(dnswire_name_ok(STR("")));
	assert_false(dnswire_name_ok(STR(".")));
	assert_false(dnswire_name_ok(STR("a.")));
	assert_false(dnswire_name_ok(STR(".a")));
	assert_false(dnswire_name_ok(STR("a..b")));
	assert_true(dnswire_name_ok(STR("a b%20@c:d")));
	assert_false(dnswire_name_ok(STR("a\\032b")));
	assert_false(dnswire_name_ok(STR("a\x1f"
					 "b")));
	assert_false(dnswire_name_ok(STR("a\x7f")));
	assert_false(dnswire_name_ok(STR("a\0b")));
	assert_false(dnswire_name_ok(STR("\xc3\xa4.test")));
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	assert_true(dnswire_name_ok((struct str){ .p = name, .n = 253 }));
	assert_false(dnswire_name_ok((struct str){ .p = name, .n = 255 }));
}

static void builds_a_query(void **state)
{
	static const unsigned char expected[] = "\x12\x34\1\0\0\1\0\0\0\0\0\1\1a\4test\0\0\x1c\0\1"
						"\0\0\x29\4\xd0\0\0\0\0\0\0";
	struct dnswire_query q = dnswire_build(STR("a.test"), RR_AAAA, 0x1234, true);

	(void)state;
	assert_int_equal(q.n, sizeof(expected) - 1);
	assert_memory_equal(q.bytes, expected, q.n);
	q = dnswire_build(STR("a.test"), RR_AAAA, 0x1234, false);
	assert_int_equal(q.n, sizeof(expected) - 1 - 11);
	assert_int_equal(q.bytes[11], 0);
}

#define T(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_addresses_with_the_least_ttl),
		T(reads_ipv6),
		T(joins_the_strings_of_txt),
		T(leaves_out_a_txt_over_the_limit),
		T(reads_mx_and_the_null_mx),
		T(writes_odd_octets_of_names_so_that_they_mean_one_thing),
		T(follows_cnames_in_any_order),
		T(chains_are_bounded),
		T(a_cname_loop_is_malformed),
		T(ignores_records_of_other_names),
		T(negative_ttl_is_the_soa_minimum),
		T(a_soa_of_another_zone_says_nothing),
		T(refusals_of_the_server_are_told_apart),
		T(refuses_what_does_not_answer_the_question),
		T(every_cut_is_malformed),
		T(pointers_only_point_back),
		T(data_of_a_wrong_size_is_malformed),
		T(a_ttl_with_the_top_bit_is_none),
		T(reads_a_bounded_number_of_records),
		T(a_small_arena_is_an_error),
		T(names_that_can_be_asked),
		T(builds_a_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
