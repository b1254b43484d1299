/* filters/arc/chain.h: structure (RFC 8617 4, 5.2) and what a sealer has seen. */
#include "filters/arc/chain.h"

#include "base/check.h"
#include "base/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define AAR(I) "ARC-Authentication-Results: i=" I "; mx.example; dmarc=pass\r\n"
#define AMS(I, H)                                                                                  \
	"ARC-Message-Signature: i=" I "; a=rsa-sha256; d=a.example; s=s; bh=b; b=c; " H "\r\n"
#define AS(I, CV)  "ARC-Seal: i=" I "; a=rsa-sha256; d=a.example; s=s; cv=" CV "; b=c\r\n"
#define FROM       "h=from"
#define SET(I, CV) AS(I, CV) AMS(I, FROM) AAR(I)

static struct arc_chain chain;

static void chains_by_their_looks(void **state)
{
	static const struct {
		const char *header, *wrong;
	} cases[] = {
		{ SET("1", "none"), "" },
		{ SET("2", "pass") SET("1", "none"), "" },
		{ SET("1", "none") "X: y\r\n" SET("2", "pass"), "" },
		{ SET("2", "pass"), "a set is not complete" },
		{ AS("1", "none") AMS("1", FROM), "a set is not complete" },
		{ SET("1", "pass"), "cv= is not what its place asks for" },
		{ SET("2", "none") SET("1", "none"), "cv= is not what its place asks for" },
		{ SET("2", "fail") SET("1", "none"),
		  "the newest sealer says that the chain had failed" },
		{ SET("1", "none") AAR("1"), "ARC-Authentication-Results stands twice" },
		{ SET("1", "none") AMS("1", FROM), "ARC-Message-Signature stands twice" },
		{ SET("1", "none") AS("1", "none"), "ARC-Seal stands twice" },
		{ AAR("0"), "ARC-Authentication-Results without an instance" },
		{ AAR("51"), "ARC-Authentication-Results without an instance" },
		{ AAR("100"), "ARC-Authentication-Results without an instance" },
		{ AMS("1x", FROM), "a signature without an instance" },
		{ AMS("1", "h=to:subject"), "h= without From, with ARC-Seal, or too long" },
		{ AMS("1", "h=from:ARC-Seal"), "h= without From, with ARC-Seal, or too long" },
		{ AMS("1", "h=from; c=loose"), "c= is no canonicalization" },
		{ AMS("1", "h=from; l=-1"), "l= is no number" },
		{ AS("1", "none; h=from"), "h= in ARC-Seal" },
		{ AS("1", "None"), "cv= is none of none, fail, pass" },
		{ "ARC-Seal: i=1; a=rsa-sha1; d=a; s=s; cv=none; b=c\r\n",
		  "a= is no algorithm known here" },
		{ "ARC-Seal: i=1; i=1\r\n", "a tag stands twice" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char wrong[128];

		assert_true(arc_chain_present(str_z(cases[i].header)));
		assert_int_equal(arc_chain_read(str_z(cases[i].header), &chain),
				 !cases[i].wrong[0]);
		snprintf(wrong, sizeof(wrong), STR_FMT, STR_ARG(chain.wrong));
		assert_string_equal(wrong, cases[i].wrong);
	}
	assert_false(arc_chain_present(STR("ARC-Sealing: a\r\nSubject: ARC-Seal: b\r\n\r\n")));
}

static void many_sets_are_not_read(void **state)
{
	static char bytes[300000];
	struct out o = OUT(bytes);

	(void)state;
	for (unsigned i = 0; i < 51; i++)
		out_printf(&o, SET("%u", "pass"), i % 50 + 1, i % 50 + 1, i % 50 + 1);
	assert_false(o.full);
	assert_false(arc_chain_read(out_text(&o), &chain));
}

static void what_was_seen_of_dmarc(void **state)
{
	static const struct {
		const char *value;
		enum auth_result result;
	} cases[] = {
		{ " i=1; mx.example; spf=pass; dmarc=pass header.from=a", AUTH_PASS },
		{ " i=1; mx.example;\r\n\tDMARC = Fail (p=reject)", AUTH_FAIL },
		{ " i=1; mx.example; dmarc(a; dmarc=pass)=none", AUTH_NONE },
		{ " i=1; mx.example; spf=pass reason=\"; dmarc=pass\"", AUTH_NONE },
		{ " i=1; mx.example; x=y (\\); dmarc=pass); dmarc=temperror", AUTH_TEMPERROR },
		{ " i=1; mx.example; dmarc=excellent", AUTH_FAIL },
		{ " i=1; mx.example; xdmarc=pass", AUTH_NONE },
		{ " i=1; mx.example; dmarc=fail; dmarc=pass", AUTH_FAIL },
		{ "", AUTH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		assert_int_equal(arc_results_dmarc(str_z(cases[i].value)), cases[i].result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_by_their_looks),
		cmocka_unit_test(many_sets_are_not_read),
		cmocka_unit_test(what_was_seen_of_dmarc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
