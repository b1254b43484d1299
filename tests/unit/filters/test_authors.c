/* filters/from, filters/dmarc: who is not to be told, and what DNS leaves open, is no way around a policy. */
#include "filters/auth.h"
#include "world.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct auth auth;

static struct world *world(const char *from)
{
	static char header[LIMIT_FROM_ADDRESSES * 20];
	struct world *w = world_new("arc { enabled = no }\nfrom { }\ndmarc { }\n");

	assert_non_null(w->set);
	world_client(w, "192.0.2.1");
	auth = (struct auth){ .spf = { .checked = true } };
	w->facts.auth = &auth;
	CHECK(snprintf(header, sizeof(header), "From: %s\r\n\r\n", from) < (int)sizeof(header));
	w->facts.header = str_z(header);
	return w;
}

static void spf(const char *domain, enum auth_result result)
{
	auth.spf.domain = str_z(domain);
	auth.spf.result = result;
}

/* RFC 9989 11.5: who is not to be told is no better off than who forges plainly. */
static void authors_that_are_unclear(void **state)
{
	static const struct {
		const char *from, *spf, *symbol;
		enum auth_policy disposition;
	} cases[] = {
		{ "a@strict.test, b@lax.test", NULL, "FROM_DOMAINS", AUTH_POLICY_REJECT },
		{ "a@lax.test, b@strict.test", "lax.test", "FROM_DOMAINS", AUTH_POLICY_REJECT },
		{ "a@lax.test, b@strict.test", "strict.test", "FROM_DOMAINS", AUTH_POLICY_NONE },
		{ "a@lax.test, b@soft.test", NULL, "FROM_DOMAINS", AUTH_POLICY_QUARANTINE },
		{ "a@soft.test, b@c.d.strict.test", NULL, "FROM_DOMAINS", AUTH_POLICY_REJECT },
		{ "a@strict.test\r\nFrom: a@strict.test", NULL, "FROM_SEVERAL",
		  AUTH_POLICY_REJECT },
		{ "\r\nFrom: a@strict.test", NULL, "FROM_SEVERAL", AUTH_POLICY_REJECT },
		{ "A <a@strict.test> .", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "A <a@strict.test> (", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "A <<a@strict.test>>", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "A <@strict.test>", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "A <a b@strict.test>", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "A <a@*.strict.test>", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "A <a@strict.test..>", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "\"a@strict.test\"", NULL, "FROM_INVALID", AUTH_POLICY_REJECT },
		{ "A <a@strict.test> .", "strict.test", "FROM_INVALID", AUTH_POLICY_NONE },
		{ "a@a.test, a@b.test, a@c.test, a@d.test, a@strict.test", NULL, "FROM_CROWD",
		  AUTH_POLICY_NONE },
		{ "A <a@!>", NULL, "FROM_INVALID", AUTH_POLICY_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct world *w = world(cases[i].from);

		world_dns(w, "_dmarc.strict.test", RR_TXT, "v=DMARC1; p=reject");
		world_dns(w, "_dmarc.soft.test", RR_TXT, "v=DMARC1; p=quarantine");
		world_dns(w, "_dmarc.lax.test", RR_TXT, "v=DMARC1; p=none");
		if (cases[i].spf)
			spf(cases[i].spf, AUTH_PASS);
		world_message(w, STR(""));
		if (auth.dmarc.result != AUTH_PERMERROR ||
		    auth.dmarc.disposition != cases[i].disposition ||
		    !world_found(w, cases[i].symbol) || !world_found(w, "DMARC_PERMERROR") ||
		    (world_found(w, "DMARC_REJECT") != NULL) !=
			    (cases[i].disposition == AUTH_POLICY_REJECT))
			fail_msg("%s: %s, %s", cases[i].from, auth_result_name(auth.dmarc.result),
				 auth_policy_name(auth.dmarc.disposition));
		assert_int_equal(auth.from_domain.n, 0);
		assert_true(w->asked <= 4 * 8);
		world_free(w);
	}
}

static void many_addresses(void **state)
{
	char from[LIMIT_FROM_ADDRESSES * 20 - 16];
	struct out o = OUT(from);
	struct world *w;

	(void)state;
	out_str(&o, STR("a@strict.test"));
	for (unsigned i = 0; i < LIMIT_FROM_ADDRESSES; i++)
		out_printf(&o, ", a%u@strict.test", i);
	out_char(&o, '\0');
	assert_false(o.full);
	w = world(from);
	world_dns(w, "_dmarc.strict.test", RR_TXT, "v=DMARC1; p=reject");
	world_message(w, STR(""));
	assert_non_null(world_found(w, "FROM_CROWD"));
	assert_non_null(world_found(w, "DMARC_REJECT"));
	world_free(w);
}

/* What DNS leaves open is told with what it would mean. */
static void undecided(void **state)
{
	static const struct {
		const char *author, *failing, *record;
		bool told;
	} cases[] = {
		{ "example.com", "x.example.com", "v=DMARC1; p=reject", true },
		{ "example.com", "x.example.com", "v=DMARC1; p=quarantine", false },
		{ "example.com", "x.example.com", "v=DMARC1; p=reject; t=y", false },
		{ "example.com", "x.example.org", "v=DMARC1; p=reject", false },
		{ "lame.example.com", NULL, "v=DMARC1; p=reject", true },
		{ "lame.example.com", NULL, "v=DMARC1; p=reject; sp=none", false },
		{ "lame.example.org", NULL, "v=DMARC1; p=reject", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char name[64], from[64];
		struct world *w;

		snprintf(from, sizeof(from), "a@%s", cases[i].author);
		w = world(from);
		snprintf(name, sizeof(name), "_dmarc.%s", cases[i].author);
		world_dns(w, "_dmarc.example.com", RR_TXT, cases[i].record);
		if (cases[i].failing) {
			spf(cases[i].failing, AUTH_TEMPERROR);
		} else {
			world_dns_status(w, name, RR_TXT, DNS_FAILED);
		}
		world_message(w, STR(""));
		if ((world_found(w, "DMARC_UNDECIDED") != NULL) != cases[i].told)
			fail_msg("%s, %s", cases[i].author, cases[i].record);
		assert_false(cases[i].told && world_found(w, "DMARC_REJECT"));
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authors_that_are_unclear),
		cmocka_unit_test(many_addresses),
		cmocka_unit_test(undecided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
