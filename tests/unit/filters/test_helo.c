/* filters/helo.c: what a client may call itself, by table. */
#include "base/check.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *helo, *client, *symbol; /* NULL: none */
} rows[] = {
	{ "mx.example.org", "192.0.2.1", NULL },
	{ "mx.example.org.", "192.0.2.1", NULL },
	{ "MX_1.example.org", "192.0.2.1", NULL },
	{ "b\xc3\xbc.test", "192.0.2.1", NULL },
	{ "192.0.2.1", "192.0.2.1", "HELO_BARE_IP" },
	{ "2001:db8::1", "2001:db8::1", "HELO_BARE_IP" },
	{ "mx", "192.0.2.1", "HELO_NOT_FQDN" },
	{ "mx.", "192.0.2.1", "HELO_NOT_FQDN" },
	{ "192.0.2.1.5", "192.0.2.1", "HELO_NOT_FQDN" },
	{ "localhost", "192.0.2.1", "HELO_LOCALHOST" },
	{ "LOCALHOST.", "192.0.2.1", "HELO_LOCALHOST" },
	{ "localhost.localdomain", "192.0.2.1", "HELO_LOCALHOST" },
	{ "mx.localdomain", "192.0.2.1", "HELO_LOCALHOST" },
	{ "", "192.0.2.1", NULL }, /* not told: a scan without --helo */
	{ ".", "192.0.2.1", "HELO_INVALID" },
	{ "a b.test", "192.0.2.1", "HELO_INVALID" },
	{ "-a.test", "192.0.2.1", "HELO_INVALID" },
	{ "a..test", "192.0.2.1", "HELO_INVALID" },
	{ "<script>.test", "192.0.2.1", "HELO_INVALID" },
	{ "a.test\x01", "192.0.2.1", "HELO_INVALID" },
	{ "[192.0.2.1", "192.0.2.1", "HELO_INVALID" },
	{ "[2001:db8::1]", "2001:db8::1", "HELO_INVALID" },
	{ "[mx.test]", "192.0.2.1", "HELO_INVALID" },
	{ "[192.0.2.1]", "192.0.2.1", NULL },
	{ "[IPv6:2001:db8:0::1]", "2001:db8::1", NULL },
	{ "[IPv6:::ffff:192.0.2.1]", "192.0.2.1", NULL },
	{ "[192.0.2.2]", "192.0.2.1", "HELO_LITERAL_MISMATCH" },
	{ "[192.0.2.2]", "2001:db8::1", "HELO_LITERAL_MISMATCH" },
	{ "mx.our.test", "192.0.2.1", "HELO_OUR_NAME" },
	{ "MX.Our.Test.", "192.0.2.1", "HELO_OUR_NAME" },
	{ "[198.51.100.1]", "198.51.100.1", "HELO_OUR_NAME" },
};

static void forms(void **state)
{
	struct world *w = world_new("rdns { enabled = no }\n"
				    "helo { own_names = [\"mx.our.test\", \"[198.51.100.1]\"] }\n");

	(void)state;
	assert_non_null(w->set);
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		w->facts.helo = str_z(rows[i].helo);
		world_client(w, rows[i].client);
		world_run(w, PHASE_HELO);
		if (w->finding_count != (rows[i].symbol ? 1 : 0) ||
		    (rows[i].symbol && !world_found(w, rows[i].symbol)))
			fail_msg("%s: %u findings, first %s", rows[i].helo, w->finding_count,
				 w->finding_count ? w->symbols[w->findings[0].symbol] : "none");
		assert_int_equal(w->finished[0], 1);
	}
	world_free(w);
}

static void the_detail_is_clean(void **state)
{
	struct world *w = world_new("rdns { enabled = no }\n");

	(void)state;
	w->facts.helo = STR("a\r\nb\x7f\xff c");
	world_client(w, "192.0.2.1");
	world_run(w, PHASE_HELO);
	assert_string_equal(world_found(w, "HELO_INVALID"), "a??b?? c");
	world_free(w);
}

static void a_wrong_name_has_its_place(void **state)
{
	struct world *w = world_new("helo {\n  own_names = [\"mx.test\", \"m x\"]\n}\n");

	(void)state;
	assert_null(w->set);
	assert_string_equal(w->complaints,
			    "test.conf:2:27: \"m x\" is not a name or an address literal\n");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(the_detail_is_clean),
		cmocka_unit_test(a_wrong_name_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
