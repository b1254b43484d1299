/* filters/dmarc/record.h: the grammar of RFC 9989 4.8 and what stands in for what is wrong (4.10.1). */
#include "filters/dmarc/record.h"

#include "base/check.h"
#include "base/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void what_a_record_is(void **state)
{
	static const char *const good[] = {
		"v=DMARC1",         "v=DMARC1;p=none", "v = DMARC1 ; p=none",
		"V=DMARC1; p=none", "v=DMARC1\t;",     "v=DMARC1; ; =x; p; p=none;",
	};
	static const char *const bad[] = {
		"",
		"v=dmarc1; p=none",
		"v=DMARC1x; p=none",
		"v=DMARC1 p=none",
		"p=none; v=DMARC1",
		" v=DMARC1",
		"v=DMARC2",
		"v=spf1 -all",
		";v=DMARC1",
		"vv=DMARC1",
		"DMARC1",
	};
	struct dmarc_record r;

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++)
		if (!dmarc_record_parse(str_z(good[i]), &r))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		if (dmarc_record_parse(str_z(bad[i]), &r))
			fail_msg("taken: %s", bad[i]);
}

/* p sp np by their first letters, then what else is not the default; "-": does not apply. */
static const struct {
	const char *tags, *said;
} rows[] = {
	{ "p=none", "nnn" },
	{ "p=reject", "rrr" },
	{ "P=REJECT", "rrr" },
	{ "p = reject", "rrr" },
	{ "p=reject;sp=quarantine", "rqq" },
	{ "p=reject; sp=quarantine; np=none", "rqn" },
	{ "np=reject; p=none", "nnr" },
	{ "p=reject; adkim=s", "rrr adkim" },
	{ "p=reject; ASPF=S; adkim=r", "rrr aspf" },
	{ "p=reject; adkim=x; aspf=", "rrr" },
	{ "p=reject; t=y", "rrr t" },
	{ "p=reject; t=yes", "rrr" },
	{ "p=reject; psd=y", "rrr psd=y" },
	{ "p=reject; psd=n", "rrr psd=n" },
	{ "p=reject; psd=u", "rrr" },
	{ "p=reject; pct=0; rf=afrf; ri=1; x=y; fo=1", "rrr" },
	{ "p=none; bogus", "nnn" },
	{ "p=reject; p=none", "rrr" },
	{ "p=bogus; p=none", "-" },
	{ "", "-" },
	{ "adkim=s", "-" },
	{ "p=bogus", "-" },
	{ "p=reject; sp=bogus", "-" },
	{ "p=reject; np=", "-" },
	{ "rua=mailto:d@example.org", "nnn" },
	{ "p=bogus; rua=mailto:d@example.org!10m", "nnn" },
	{ "p=reject; sp=bogus; rua=https://x.test/a , mailto:x", "nnn" },
	{ "rua=mailto:nobody", "-" },
	{ "rua=nonsense, 1x:y, a b:c", "-" },
	{ "rua=junk, mailto:d@example.org", "nnn" },
	{ "rua=", "-" },
};

static void print(struct out *o, const struct dmarc_record *r)
{
	static const char letters[] = "nqr";

	if (!r->applies) {
		out_char(o, '-');
		return;
	}
	out_printf(o, "%c%c%c", letters[r->p], letters[r->sp], letters[r->np]);
	if (r->dkim_strict)
		out_str(o, STR(" adkim"));
	if (r->spf_strict)
		out_str(o, STR(" aspf"));
	if (r->test)
		out_str(o, STR(" t"));
	if (r->psd != DMARC_PSD_UNKNOWN)
		out_printf(o, " psd=%c", r->psd == DMARC_PSD_YES ? 'y' : 'n');
}

static void what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char txt[256], said[64];
		struct out o = OUT(txt), s = OUT(said);
		struct dmarc_record r;

		out_printf(&o, "v=DMARC1; %s", rows[i].tags);
		assert_true(dmarc_record_parse(out_text(&o), &r));
		print(&s, &r);
		if (!str_eq(out_text(&s), str_z(rows[i].said)))
			fail_msg("%s: %.*s, not %s", rows[i].tags, STR_ARG(out_text(&s)),
				 rows[i].said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_record_is),
		cmocka_unit_test(what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
