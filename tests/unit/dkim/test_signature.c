/* filters/dkim/signature.h, filters/pubkey.h: what is taken, what is refused and how it is called. */
#include "unit/filters/dkim_mails.h"
#include "filters/dkim/signature.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define GOOD "v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=AAAA; b=AAAA"

static const char *parse(struct str text, struct dkim_signature *s, enum auth_result *result)
{
	return dkim_signature_parse(text, s, result);
}

static void what_is_taken(void **state)
{
	static const struct str rows[] = {
		STR_INIT(GOOD),
		STR_INIT(GOOD ";"),
		STR_INIT(GOOD " ;\r\n\t"),
		STR_INIT(GOOD "; x_y=z=z; zz="),
		STR_INIT(GOOD "; q=foo/bar : dns/txt"),
		STR_INIT(GOOD "; c=relaxed; l=00000000000000000000000000000000001"),
		STR_INIT(GOOD "; i=@example.org"),
		STR_INIT(GOOD "; i=a=2Eb.=\r\n 3D@mail.Example.ORG"),
		STR_INIT(GOOD "; t=1700000000; x=1700000001"),
		STR_INIT(
			"v = 1; a =\r\n rsa-sha256; d=a_b.example-.org; s=x.y; h= a\r\n : From ; bh=A A\r\n\tAA; b=A\tAAA"),
	};
	struct dkim_signature s;
	enum auth_result result;

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_null(parse(rows[i], &s, &result));
	assert_int_equal(s.name_count, 2);
	assert_true(str_eq(s.names[0], STR("a")));
	assert_string_equal(s.b, "AAAA");
	assert_false(s.relaxed_body);
	assert_true(s.length == UINT64_MAX);
}

static void what_is_refused(void **state)
{
	static const struct {
		struct str text;
		enum auth_result result;
		const char *problem;
	} rows[] = {
		{ STR_INIT(""), AUTH_PERMERROR, "a required tag is missing" },
		{ STR_INIT("v=1; a"), AUTH_NEUTRAL, "a tag without a value" },
		{ STR_INIT(GOOD "; d=example.org"), AUTH_NEUTRAL, "a tag stands twice" },
		{ STR_INIT(GOOD "; z=\xc3\xa4"), AUTH_NEUTRAL, "it is not ASCII" },
		{ STR_INIT(GOOD "; z=\0"), AUTH_NEUTRAL, "a control character in a tag" },
		{ STR_INIT(GOOD "; z=a\rb"), AUTH_NEUTRAL, "a line end inside the list" },
		{ STR_INIT("v=2; a=rsa-sha256; d=e.org; s=s; h=from; bh=AAAA; b=AAAA"),
		  AUTH_PERMERROR, "v= is not 1" },
		{ STR_INIT("v=1; a=rsa-sha1; d=e.org; s=s; h=from; bh=AAAA; b=AAAA"),
		  AUTH_PERMERROR, "rsa-sha1 is historic (RFC 8301)" },
		{ STR_INIT("v=1; a=rsa-sha512; d=e.org; s=s; h=from; bh=AAAA; b=AAAA"),
		  AUTH_PERMERROR, "unknown algorithm" },
		{ STR_INIT("v=1; a=rsa-sha256; d=e..org; s=s; h=from; bh=AAAA; b=AAAA"),
		  AUTH_PERMERROR, "d= is no domain" },
		{ STR_INIT("v=1; a=rsa-sha256; d=e.org; s=s s; h=from; bh=AAAA; b=AAAA"),
		  AUTH_PERMERROR, "s= is no selector" },
		{ STR_INIT("v=1; a=rsa-sha256; d=e.org; s=s; h=to; bh=AAAA; b=AAAA"),
		  AUTH_PERMERROR, "From is not signed" },
		{ STR_INIT("v=1; a=rsa-sha256; d=e.org; s=s; h=from::to; bh=AAAA; b=AAAA"),
		  AUTH_PERMERROR, "h= is no list of field names" },
		{ STR_INIT("v=1; a=rsa-sha256; d=e.org; s=s; h=from; bh=AAA; b=AAAA"),
		  AUTH_PERMERROR, "bh= is not base64" },
		{ STR_INIT("v=1; a=rsa-sha256; d=e.org; s=s; h=from; bh=AAAA; b=A=AA"),
		  AUTH_PERMERROR, "b= is not base64" },
		{ STR_INIT(GOOD "; c=simple/odd"), AUTH_PERMERROR, "unknown canonicalization" },
		{ STR_INIT(GOOD "; c="), AUTH_PERMERROR, "unknown canonicalization" },
		{ STR_INIT(GOOD "; q=http"), AUTH_PERMERROR, "unknown query method" },
		{ STR_INIT(GOOD "; l=-1"), AUTH_PERMERROR, "l= is no length" },
		{ STR_INIT(GOOD "; l=99999999999"), AUTH_PERMERROR, "l= is no length" },
		{ STR_INIT(GOOD "; t="), AUTH_PERMERROR, "t= is no time" },
		{ STR_INIT(GOOD "; x=1234567890123"), AUTH_PERMERROR, "x= is no time" },
		{ STR_INIT(GOOD "; t=2; x=2"), AUTH_PERMERROR, "x= is not behind t=" },
		{ STR_INIT(GOOD "; i=a"), AUTH_PERMERROR, "i= is no identity" },
		{ STR_INIT(GOOD "; i=a@b@example.org"), AUTH_PERMERROR, "i= is no identity" },
		{ STR_INIT(GOOD "; i=a=00@example.org"), AUTH_PERMERROR, "i= is no identity" },
		{ STR_INIT(GOOD "; i=a@example.org="), AUTH_PERMERROR, "i= is no identity" },
		{ STR_INIT(GOOD "; i=a@badexample.org"), AUTH_PERMERROR, "i= is not within d=" },
		{ STR_INIT(GOOD "; i=a@org"), AUTH_PERMERROR, "i= is not within d=" },
	};
	struct dkim_signature s;
	enum auth_result result;

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const char *problem = parse(rows[i].text, &s, &result);

		assert_non_null(problem);
		assert_string_equal(problem, rows[i].problem);
		assert_int_equal(result, rows[i].result);
	}
}

static const char *parse_repeated(struct str before, struct str again, unsigned times)
{
	static char bytes[16384];
	struct out o = OUT(bytes);
	struct dkim_signature s;
	enum auth_result result;

	out_str(&o, before);
	for (unsigned i = 0; i < times; i++)
		out_str(&o, again);
	CHECK(!o.full);
	return parse(out_text(&o), &s, &result);
}

static void limits(void **state)
{
	static const struct str head =
		STR_INIT("v=1; a=rsa-sha256; d=e.org; s=s; bh=AAAA; b=AAAA; h=from");

	(void)state;
	assert_null(parse_repeated(head, STR(":x"), LIMIT_DKIM_NAMES - 1));
	assert_string_equal(parse_repeated(head, STR(":x"), LIMIT_DKIM_NAMES),
			    "h= names too many fields");
	assert_string_equal(
		parse_repeated(head, STR(":x-0123456789012345678901234567890123456789"), 99),
		"h= is too long");
	assert_string_equal(parse_repeated(head, STR("                "), 512), "it is too long");
}

static void times(void **state)
{
	struct dkim_signature s;
	enum auth_result result;

	(void)state;
	assert_null(parse(STR(GOOD "; t=1700000000; x=1700000100"), &s, &result));
	assert_null(dkim_signature_time(&s, 1700000100, &result));
	assert_string_equal(dkim_signature_time(&s, 1700000101, &result), "expired");
	assert_int_equal(result, AUTH_PERMERROR);
	assert_null(dkim_signature_time(&s, 1700000000 - 86400, &result));
	assert_string_equal(dkim_signature_time(&s, 1700000000 - 86401, &result),
			    "signed in the future");
	assert_int_equal(result, AUTH_POLICY);
	assert_null(parse(STR(GOOD "; t=0"), &s, &result));
	assert_string_equal(dkim_signature_time(&s, 1700000000, &result),
			    "t= is before there was DKIM");
}

static void keys_and_subdomains(void **state)
{
	struct dkim_signature s;
	enum auth_result result;
	struct pubkey key;

	(void)state;
	assert_null(pubkey_parse(STR(RSA_KEY "; t=y:s"), &key));
	assert_int_equal(key.bits, 1024);
	assert_true(key.testing && key.no_subdomains && !key.ed25519);
	assert_null(parse(STR(GOOD "; i=@EXAMPLE.org"), &s, &result));
	assert_null(dkim_signature_fits(&s, &key, &result));
	assert_null(parse(STR(GOOD "; i=@mail.example.org"), &s, &result));
	assert_string_equal(dkim_signature_fits(&s, &key, &result),
			    "the key is not for subdomains");
	assert_int_equal(result, AUTH_PERMERROR);
}

static void keys_of_odd_der(void **state)
{
	static const struct {
		struct str record;
		const char *problem;
	} rows[] = {
		/* SEQUENCE { 3, 3 } is RSA in form, with a modulus of two bits */
		{ STR_INIT("p=MAYCAQMCAQM="), NULL },
		{ STR_INIT("p=MAYCAQMCAQMA"), "p= is no RSA key" }, /* a byte behind it */
		{ STR_INIT("p=MAYCAQMCAQA="), "p= is no RSA key" }, /* exponent 0 */
		{ STR_INIT("p=MAYCAYMCAQM="), "p= is no RSA key" }, /* modulus below 0 */
		{ STR_INIT("p=MIAC"), "p= is no RSA key" },         /* indefinite length */
		{ STR_INIT("p=MIT/////"), "p= is no RSA key" },     /* four bytes of length */
		{ STR_INIT("p=MA=="), "p= is no RSA key" },
		/* exponent of nine bytes */
		{ STR_INIT("p=MA4CAQMCCQD//////////w=="), NULL },
		{ STR_INIT("p=MA4CAQMCCQF//////////w=="), "the key is too long" },
		{ STR_INIT("k=ed25519; p=AAAA"), "p= is no Ed25519 key" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct pubkey key;
		const char *problem = pubkey_parse(rows[i].record, &key);

		assert_int_equal(problem == NULL, rows[i].problem == NULL);
		if (problem)
			assert_string_equal(problem, rows[i].problem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(times),
		cmocka_unit_test(keys_and_subdomains),
		cmocka_unit_test(keys_of_odd_der),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
