/* filters/location: databases written here, sound and broken; what the filter makes of them. */
#include "base/check.h"
#include "base/mem.h"
#include "filters/location/code.h"
#include "filters/location/mmdb.h"
#include "mmdb_file.h"
#include "unit/folder.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const iso_path[] = { "country", "iso_code", NULL };

static struct ip ip_of(const char *text)
{
	struct ip ip;

	CHECK(ip_parse(str_z(text), &ip));
	return ip;
}

/* "DE", "-" for nothing, "!" for damage. */
static struct str country_of(const struct mmdb *db, const char *address)
{
	const struct ip ip = ip_of(address);
	struct str text = STR("-");
	size_t record;
	enum mmdb_found found = mmdb_find(db, &ip, &record);

	if (found == MMDB_FOUND)
		found = mmdb_text(db, record, iso_path, &text);
	return found == MMDB_DAMAGED ? STR("!") : text;
}

static struct mmdb open_file(struct mmdb_file *f)
{
	struct mmdb db;
	const char *why;

	if (!mmdb_open(&db, mmdb_file_write(f), &why))
		fail_msg("%s", why);
	return db;
}

static const char *refusal(struct str bytes)
{
	struct mmdb db;
	const char *why;

	return mmdb_open(&db, bytes, &why) ? NULL : why;
}

static void assert_country(const struct mmdb *db, const char *address, const char *expected)
{
	if (!str_eq(country_of(db, address), str_z(expected)))
		fail_msg("%s: " STR_FMT ", not %s", address, STR_ARG(country_of(db, address)),
			 expected);
}

static struct mmdb_file *countries(unsigned bits, bool v6)
{
	struct mmdb_file *f = mmdb_file_new(bits, v6);

	mmdb_file_net(f, "192.0.2.0/24", mmdb_file_country(f, "DE"));
	mmdb_file_net(f, "198.51.100.7", mmdb_file_country(f, "FR"));
	mmdb_file_net(f, "128.0.0.0/2", mmdb_file_country(f, "SE"));
	if (v6)
		mmdb_file_net(f, "2001:db8::/32", mmdb_file_country(f, "NL"));
	return f;
}

static void addresses_lead_to_records(void **state)
{
	static const unsigned sizes[] = { 24, 28, 32 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		const bool v6 = i % 2;
		struct mmdb_file *f = countries(sizes[i / 2], v6);
		const struct mmdb db = open_file(f);

		assert_country(&db, "192.0.2.0", "DE");
		assert_country(&db, "192.0.2.255", "DE");
		assert_country(&db, "192.0.3.0", "-");
		assert_country(&db, "198.51.100.7", "FR");
		assert_country(&db, "198.51.100.6", "-");
		assert_country(&db, "191.255.255.255", "SE");
		assert_country(&db, "2001:db8:ffff::", v6 ? "NL" : "-");
		assert_country(&db, "2001:db9::", "-");
		mmdb_file_free(f);
	}
}

static void what_is_cut_off_or_lies_is_refused(void **state)
{
	struct mmdb_file *f = countries(28, true);
	const struct str whole = mmdb_file_write(f);
	char *copy = mem_new(whole.n);

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		memcpy(copy, whole.p, n); /* from the heap, so that a sanitizer sees its end */
		assert_non_null(refusal((struct str){ .p = copy, .n = n }));
	}
	mem_free(copy);
	f->say_nodes = 0x2aaaaaab; /* times 7 is small in 32 bits */
	assert_non_null(strstr(refusal(mmdb_file_write(f)), "does not fit its size"));
	f->say_nodes = UINT32_MAX;
	assert_non_null(strstr(refusal(mmdb_file_write(f)), "does not fit its size"));
	f->say_nodes = f->nodes - 1; /* its records mean something else now, most of them nothing */
	assert_non_null(strstr(refusal(mmdb_file_write(f)), "leads to where nothing is"));
	f->say_nodes = 0;
	f->say_bits = 29;
	assert_non_null(strstr(refusal(mmdb_file_write(f)), "does not fit its size"));
	f->say_bits = 0;
	f->say_version = 3;
	assert_non_null(strstr(refusal(mmdb_file_write(f)), "version 2"));
	assert_non_null(strstr(refusal(STR("hello")), "not a MaxMind database"));
	mmdb_file_free(f);
}

static void a_tree_that_leads_back_ends(void **state)
{
	struct mmdb_file *f = mmdb_file_new(24, true);
	struct mmdb db;

	(void)state;
	f->tree[0][0] = f->tree[0][1] = 0;
	mmdb_put_map(&f->data, 0);
	db = open_file(f);
	assert_country(&db, "192.0.2.1", "!");
	assert_country(&db, "2001:db8::1", "!");
	mmdb_file_free(f);
}

/* ---- records that nobody should write ---- */

static void pointer_to_itself(struct out *o)
{
	mmdb_put_pointer(o, 0);
}

static void pointers_in_a_circle(struct out *o)
{
	mmdb_put_pointer(o, 2);
	mmdb_put_pointer(o, 0);
}

static void pointer_behind_the_end(struct out *o)
{
	mmdb_put_pointer(o, 0xfffffff0);
}

/* {"a": <the same map>, ...}: pointers are passed, never followed, by who looks for a member. */
static void a_map_in_itself(struct out *o)
{
	mmdb_put_map(o, 2);
	mmdb_put_text(o, "country");
	mmdb_put_pointer(o, 0);
	mmdb_put_text(o, "x");
	mmdb_put_pointer(o, 0);
}

static void depth(struct out *o)
{
	mmdb_put_map(o, 2);
	mmdb_put_text(o, "deep");
	for (unsigned i = 0; i < 300000; i++) {
		mmdb_put_map(o, 1);
		mmdb_put_text(o, "");
	}
	mmdb_put_text(o, "end");
	mmdb_put_text(o, "country");
	mmdb_put_text(o, "DE");
}

static void a_map_too_large(struct out *o)
{
	mmdb_put_map(o, 16000000);
	for (unsigned i = 0; i < 500000; i++)
		mmdb_put_text(o, "");
}

static void a_key_that_is_a_number(struct out *o)
{
	mmdb_put_map(o, 1);
	mmdb_put_number(o, 1);
	mmdb_put_number(o, 1);
}

static void a_text_too_long(struct out *o)
{
	mmdb_put_map(o, 1);
	mmdb_put_text(o, "country");
	mmdb_put(o, 2, 65000);
}

static void a_container(struct out *o)
{
	mmdb_put(o, 12, 1);
}

static void a_number(struct out *o)
{
	mmdb_put_number(o, 1);
}

static void a_country_that_is_a_text(struct out *o)
{
	mmdb_put_map(o, 1);
	mmdb_put_text(o, "country");
	mmdb_put_text(o, "DE");
}

static void nothing(struct out *o)
{
	mmdb_put_map(o, 0);
}

static const struct {
	void (*put)(struct out *o);
	const char *country;
} records[] = {
	{ pointer_to_itself, "!" },
	{ pointers_in_a_circle, "!" },
	{ pointer_behind_the_end, "!" },
	{ a_map_in_itself, "-" },
	{ depth, "!" },
	{ a_map_too_large, "!" },
	{ a_key_that_is_a_number, "!" },
	{ a_text_too_long, "!" },
	{ a_container, "!" },
	{ a_number, "!" },
	{ a_country_that_is_a_text, "!" },
	{ nothing, "-" },
};

static void broken_records_are_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(records); i++) {
		struct mmdb_file *f = mmdb_file_new(32, false);
		struct mmdb db;

		mmdb_file_net(f, "0.0.0.0/1", 0);
		records[i].put(&f->data);
		db = open_file(f);
		if (!str_eq(country_of(&db, "10.0.0.1"), str_z(records[i].country)))
			fail_msg("record %zu: " STR_FMT, i, STR_ARG(country_of(&db, "10.0.0.1")));
		mmdb_file_free(f);
	}
}

/* ---- codes ---- */

static void codes(void **state)
{
	static const struct {
		const char *text, *country;
		uint32_t as;
		int has; /* -1: refused */
	} rows[] = {
		{ "DE X", "DE", 0, 1 },
		{ "DE,FR X", "FR", 0, 1 },
		{ "DE,FR X", "", 0, 0 },
		{ "DE,FR X", "SE", 3320, 0 },
		{ "AS3320 X", "", 3320, 1 },
		{ "AS3320 X", "DE", 0, 0 },
		{ "DE,AS1 X", "FR", 1, 1 },
		{ "AS4294967295 X", "", UINT32_MAX, 1 },
		{ "DE", "", 0, -1 },
		{ "de X", "", 0, -1 },
		{ "DEU X", "", 0, -1 },
		{ "AS0 X", "", 0, -1 },
		{ "AS4294967296 X", "", 0, -1 },
		{ "AS X", "AS", 0, 1 },
		{ "DE, FR X", "", 0, -1 },
		{ "DE,,FR X", "", 0, -1 },
		{ "DE 1X", "", 0, -1 },
		{ "", "", 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct location place = { .country = str_z(rows[i].country),
						.as = rows[i].as };
		struct arena arena;
		struct location_code code;
		const char *why;
		int has = -1;

		arena_init(&arena, 4096);
		if (location_code_parse(str_z(rows[i].text), &arena, &code, &why))
			has = location_code_has(&code, &place);
		if (has != rows[i].has)
			fail_msg("\"%s\": %d", rows[i].text, has);
		arena_reset(&arena);
	}
}

/* ---- the filter ---- */

static void save_databases(void)
{
	struct mmdb_file *country = countries(28, true), *as = mmdb_file_new(24, true);

	mmdb_file_net(country, "10.0.0.0/8", mmdb_file_country(country, "\r\n"));
	mmdb_file_net(as, "192.0.2.0/25", mmdb_file_as(as, 3320, "Deutsche\r\nTelekom \xc3\xa4"));
	mmdb_file_net(as, "2001:db8::/48", mmdb_file_as(as, 64500, ""));
	write_file("country", mmdb_file_write(country));
	write_file("as", mmdb_file_write(as));
	mmdb_file_free(country);
	mmdb_file_free(as);
}

static void findings(void **state)
{
	struct world *w;

	(void)state;
	save_databases();
	w = world_new("rdns { enabled = no }\n"
		      "location { country = \"country\"  as = \"as\"\n"
		      "  codes = [\"DE,NL LOCATION_NEAR\", \"AS64500,AS64501 PARTNER\"] }\n");
	assert_non_null(w->set);
	world_client(w, "192.0.2.1");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "LOCATION_COUNTRY"), "DE");
	assert_string_equal(world_found(w, "LOCATION_AS"), "AS3320 Deutsche??Telekom ??");
	assert_string_equal(world_found(w, "LOCATION_NEAR"), "DE AS3320 Deutsche??Telekom ??");
	assert_int_equal(w->finding_count, 3);
	world_client(w, "2001:db8::1");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "LOCATION_AS"), "AS64500");
	assert_string_equal(world_found(w, "PARTNER"), "NL AS64500");
	assert_string_equal(world_found(w, "LOCATION_NEAR"), "NL AS64500");
	world_client(w, "203.0.113.1");
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 0);
	w->facts.client_ip = (struct ip){ .family = IP_NONE };
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 0);
	world_client(w, "10.0.0.1");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "LOCATION_UNAVAILABLE"),
			    "the country database is damaged");
	assert_int_equal(w->finding_count, 1);
	world_free(w);
}

static void what_is_wrong_with_a_config(void **state)
{
	static const struct {
		const char *conf, *said;
	} rows[] = {
		{ "location { }\n", "test.conf:1:1: location needs a database: country or as\n" },
		{ "location { country = \"absent\" }\n",
		  "test.conf:1:22: cannot use absent: No such file or directory\n" },
		{ "location { as = \"cut\" }\n",
		  "test.conf:1:17: cannot use cut: it is not a MaxMind database, or not all of it is "
		  "there\n" },
		{ "location { as = \"as\"  codes = \"DE X\" }\n",
		  "test.conf:1:31: countries need the option country\n" },
		{ "location { country = \"country\"  codes = \"AS1 X\" }\n",
		  "test.conf:1:41: AS numbers need the option as\n" },
		{ "location { as = \"as\"  codes = \"Germany X\" }\n",
		  "test.conf:1:31: \"Germany X\": not a country of two capital letters, like DE, or an "
		  "AS number, like AS64500\n" },
	};

	(void)state;
	save_databases();
	write_file("cut", STR("\x00\x01"));
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct world *w = world_new(rows[i].conf);

		assert_null(w->set);
		assert_string_equal(w->complaints, rows[i].said);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_lead_to_records),
		cmocka_unit_test(what_is_cut_off_or_lies_is_refused),
		cmocka_unit_test(a_tree_that_leads_back_ends),
		cmocka_unit_test(broken_records_are_damage),
		cmocka_unit_test(codes),
		cmocka_unit_test(findings),
		cmocka_unit_test(what_is_wrong_with_a_config),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
