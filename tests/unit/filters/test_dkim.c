/* filters/dkim: signatures that are good and those that are not, keys, DNS that fails, and mails that libopendkim
 * does not survive on its own. */
#include "dkim_mails.h"
#include "dkim_sign.h"
#include "filters/auth.h"
#include "world.h"

#include "base/check.h"
#include "base/mem.h"
#include "mail/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#define KEY_NAME "s1._domainkey.example.org"
#define CRAFTED(TAGS)                                                                              \
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; bh=AAAA; b=AAAA; " TAGS           \
	"\r\n" MAIL_HEADER MAIL_BODY

static struct auth auth;

static int64_t in_2027(void *ctx)
{
	(void)ctx;
	return (int64_t)1800000000 * 1000;
}

static struct world *world(void)
{
	struct world *w = world_new("dkim { }");

	assert_non_null(w->set);
	auth = (struct auth){ 0 };
	w->facts.auth = &auth;
	w->services.unix_ms = in_2027;
	return w;
}

static void begin(struct world *w, struct str message)
{
	const size_t n = header_length(message);

	world_open(w, SCOPE_TRANSACTION);
	filter_runner_reach(w->runner, PHASE_MAIL);
	w->facts.header = str_head(message, n ? n : message.n);
	filter_runner_reach(w->runner, PHASE_HEADER);
}

/* The whole of a message, its body in pieces of this size. */
static void receive(struct world *w, struct str message, size_t piece)
{
	struct str body;

	begin(w, message);
	body = str_from(message, w->facts.header.n);
	while (body.n)
		filter_runner_body(w->runner, str_take(&body, piece));
	filter_runner_reach(w->runner, PHASE_END);
	filter_runner_reach(w->runner, PHASE_ALIGN);
	world_drain(w);
	assert_true(auth.dkim_checked);
}

static void expect(struct world *w, struct str message, enum auth_result result, const char *reason)
{
	auth = (struct auth){ 0 };
	receive(w, message, message.n);
	assert_non_null(auth.dkim);
	assert_string_equal(auth_result_name(auth.dkim->result), auth_result_name(result));
	assert_true(str_eq(auth.dkim->reason, str_z(reason)));
	assert_int_equal(auth.dkim->trusted, result == AUTH_PASS);
}

static void signed_by_dkimpy(void **state)
{
	static const struct str mails[] = {
		STR_INIT(SIGNED_BY_RSA MAIL_HEADER MAIL_BODY),
		STR_INIT(SIGNED_BY_ED25519 MAIL_HEADER MAIL_BODY),
		STR_INIT(SIGNED_WITH_LENGTH MAIL_HEADER MAIL_BODY),
	};
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	world_dns(w, KEY_NAME, RR_TXT, ED25519_KEY);
	for (size_t i = 0; i < COUNTOF(mails); i++)
		expect(w, mails[i], AUTH_PASS, "");
	assert_string_equal(world_found(w, "DKIM_PASS"), "d=example.org s=s1 a=rsa-sha256");
	assert_true(str_eq(auth.dkim->b, STR("Z6XYYrjF")));
	assert_null(world_found(w, "DKIM_NONE"));
	world_free(w);
}

static int64_t now(void *ctx)
{
	(void)ctx;
	return (int64_t)time(NULL) * 1000;
}

static void signed_by_libopendkim(void **state)
{
	static const unsigned bits[] = { 1024, 2048, 4096 };
	char bytes[8192];

	(void)state;
	for (size_t i = 0; i < COUNTOF(bits); i++) {
		struct out o = OUT(bytes);
		struct world *w = world();
		struct dkim_pair pair;

		w->services.unix_ms = now;
		dkim_pair_make(&pair, bits[i]);
		dkim_sign_mail(&pair, STR(MAIL_HEADER MAIL_BODY), &o);
		world_dns(w, KEY_NAME, RR_TXT, pair.record);
		expect(w, out_text(&o), AUTH_PASS, "");
		world_free(w);
	}
}

static void the_body_in_any_pieces(void **state)
{
	static const struct str mail = STR_INIT(SIGNED_BY_RSA MAIL_HEADER MAIL_BODY);
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	for (size_t piece = 1; piece < 50; piece++) {
		auth = (struct auth){ 0 };
		receive(w, mail, piece);
		assert_int_equal(auth.dkim->result, AUTH_PASS);
	}
	world_free(w);
}

/* With BINARYMIME, a message need not end with a line end. */
static void a_body_without_its_last_line_end(void **state)
{
	static const struct str mail =
		STR_INIT(SIGNED_BY_RSA MAIL_HEADER "Hello \t Bob, \r\n\r\nthis is  signed.");
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	expect(w, mail, AUTH_PASS, "");
	world_free(w);
}

static void what_was_changed(void **state)
{
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	expect(w, STR(SIGNED_BY_RSA MAIL_HEADER MAIL_BODY "more\r\n"), AUTH_FAIL,
	       "the body hash does not match");
	expect(w, STR(SIGNED_BY_RSA "Subject: another\r\n" MAIL_HEADER MAIL_BODY), AUTH_PASS, "");
	expect(w, STR(SIGNED_BY_RSA "X-Other: x\r\nSubject: x\r\nTo: x\r\n" MAIL_HEADER MAIL_BODY),
	       AUTH_PASS, "");
	/* h= names From once more than it is there: one more breaks it. */
	expect(w, STR(SIGNED_BY_RSA "From: x@example.com\r\n" MAIL_HEADER MAIL_BODY), AUTH_FAIL,
	       "the signature does not match");
	assert_non_null(world_found(w, "DKIM_FAIL"));
	world_free(w);
}

static void what_a_pass_does_not_say(void **state)
{
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	expect(w, STR(SIGNED_WITH_LENGTH MAIL_HEADER MAIL_BODY "\r\n \r\n"), AUTH_PASS, "");
	expect(w, STR(SIGNED_WITH_LENGTH MAIL_HEADER "Hello\r\n"), AUTH_PERMERROR,
	       "l= is longer than the body");
	expect(w, STR(SIGNED_WITH_LENGTH MAIL_HEADER MAIL_BODY "x\r\n"), AUTH_POLICY,
	       "l= leaves the end of the body unsigned");
	assert_string_equal(
		world_found(w, "DKIM_PARTIAL_BODY"),
		"d=example.org s=s1 a=rsa-sha256: l= leaves the end of the body unsigned");
	world_free(w);
}

static void keys(void **state)
{
	static const struct {
		const char *record;
		enum auth_result result;
		const char *reason;
	} rows[] = {
		{ RSA_KEY "; t=y", AUTH_PASS, "" },
		{ RSA_KEY "; t=s; s=email; h=sha1:sha256", AUTH_PASS, "" },
		{ RSA_KEY_SHORT, AUTH_POLICY, "the key has less than 1024 bits (RFC 8301)" },
		{ ED25519_KEY, AUTH_PERMERROR, "the key is of another kind" },
		{ "v=DKIM1; p=", AUTH_PERMERROR, "the key was revoked" },
		{ "v=DKIM1; t=y; p=", AUTH_PERMERROR, "the key was revoked (a key under test)" },
		{ RSA_KEY "; s=tlsrpt", AUTH_PERMERROR, "the key is not for mail" },
		{ RSA_KEY "; h=sha1", AUTH_PERMERROR, "the key is not for SHA-256" },
		{ "k=rsa; v=DKIM1; p=AAAA", AUTH_PERMERROR, "it does not begin with v=DKIM1" },
		{ "v=DKIM1; p=AAAA", AUTH_PERMERROR, "p= is no RSA key" },
		{ "v=DKIM1; p=AA", AUTH_PERMERROR, "p= is not base64" },
		{ "v=DKIM1; k=rsa", AUTH_PERMERROR, "p= is missing" },
		{ "v=DKIM1; k=x; p=AAAA", AUTH_PERMERROR, "unknown kind of key" },
		{ "v=spf1 -all", AUTH_PERMERROR, "it does not begin with v=DKIM1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct world *w = world();

		world_dns(w, KEY_NAME, RR_TXT, rows[i].record);
		expect(w, STR(SIGNED_BY_RSA MAIL_HEADER MAIL_BODY), rows[i].result, rows[i].reason);
		assert_int_equal(world_found(w, "DKIM_WEAK_KEY") != NULL,
				 rows[i].result == AUTH_POLICY);
		world_free(w);
	}
}

static void dns_that_does_not_answer(void **state)
{
	static const struct str mail = STR_INIT(SIGNED_BY_RSA MAIL_HEADER MAIL_BODY);
	struct world *w = world();

	(void)state;
	expect(w, mail, AUTH_PERMERROR, "there is no key");
	world_dns_status(w, KEY_NAME, RR_TXT, DNS_FAILED);
	expect(w, mail, AUTH_TEMPERROR, "DNS did not answer for the key");
	assert_non_null(world_found(w, "DKIM_TEMPERROR"));
	assert_non_null(world_found(w, "DKIM_UNAVAILABLE"));
	world_dns_clear(w);
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	world_dns_delay(w, KEY_NAME, RR_TXT, 60 * 1000);
	w->now_ms = 1000;
	expect(w, mail, AUTH_TEMPERROR, "DNS did not answer for the key");
	assert_true(w->now_ms <= 1000 + 5000);
	world_free(w);
}

static void the_same_key_is_asked_for_once(void **state)
{
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	expect(w, STR(SIGNED_BY_RSA SIGNED_BY_RSA SIGNED_WITH_LENGTH MAIL_HEADER MAIL_BODY),
	       AUTH_PASS, "");
	assert_int_equal(w->asked, 1);
	assert_non_null(auth.dkim->next->next);
	assert_int_equal(auth.dkim->next->next->result, AUTH_PASS);
	world_free(w);
}

/* The length that one signature gives is not another's: what is behind it is in the other's hash. */
static void a_length_is_its_own_signatures(void **state)
{
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	expect(w, STR(SIGNED_WITH_LENGTH SIGNED_BY_RSA MAIL_HEADER MAIL_BODY "more\r\n"),
	       AUTH_POLICY, "l= leaves the end of the body unsigned");
	assert_int_equal(auth.dkim->next->result, AUTH_FAIL);
	world_free(w);
}

/* On its own libopendkim writes or reads past its memory here (wrapper.h). */
static void mails_that_crash_libopendkim(void **state)
{
	static const struct {
		struct str mail;
		enum auth_result result;
		const char *reason;
	} rows[] = {
		{ STR_INIT(CRAFTED("h=from:to:subject:date:dkim-signature:x")), AUTH_FAIL,
		  "the body hash does not match" },
		{ STR_INIT(CRAFTED("h=from:to:subject:date:from:to:subject:date:x:x:x:x:x:x:x:x")),
		  AUTH_FAIL, "the body hash does not match" },
		{ STR_INIT(CRAFTED("h=from; i=a@example.org=")), AUTH_PERMERROR,
		  "i= is no identity" },
		{ STR_INIT(CRAFTED("h=from; i=a=4@example.org")), AUTH_PERMERROR,
		  "i= is no identity" },
	};
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	for (size_t i = 0; i < COUNTOF(rows); i++)
		expect(w, rows[i].mail, rows[i].result, rows[i].reason);
	world_free(w);
}

/* i= of this many bytes. */
static void expect_identity(struct world *w, size_t n, enum auth_result result, const char *reason)
{
	static const struct str before = STR_INIT(
		"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; bh=AAAA; b=AAAA; h=from; i=");
	static const struct str after = STR_INIT("@example.org\r\n" MAIL_HEADER MAIL_BODY);
	char bytes[4096];
	struct out o = OUT(bytes);

	out_str(&o, before);
	for (size_t i = STR("@example.org").n; i < n; i++)
		out_char(&o, 'a');
	out_str(&o, after);
	expect(w, out_text(&o), result, reason);
}

static void long_identities(void **state)
{
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	expect_identity(w, LIMIT_DKIM_IDENTITY, AUTH_FAIL, "the body hash does not match");
	expect_identity(w, LIMIT_DKIM_IDENTITY + 1, AUTH_PERMERROR, "i= is too long");
	expect_identity(w, 300, AUTH_PERMERROR, "i= is too long");
	world_free(w);
}

static void a_thousand_signatures(void **state)
{
	static const struct str mail = STR_INIT(MAIL_HEADER MAIL_BODY);
	struct world *w = world();
	struct out o = { .cap = 400000 };
	unsigned told = 0;

	(void)state;
	o.p = mem_new(o.cap);
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	for (unsigned i = 0; i < 1000; i++)
		out_str(&o, STR(SIGNED_BY_RSA));
	out_str(&o, mail);
	assert_false(o.full);
	expect(w, out_text(&o), AUTH_PASS, "");
	for (const struct auth_dkim *d = auth.dkim; d; d = d->next)
		told++;
	assert_int_equal(told, LIMIT_DKIM_SIGNATURES);
	assert_string_equal(world_found(w, "DKIM_TOO_MANY"), "1000 signatures, 8 evaluated");
	world_free(w);
	mem_free(o.p);
}

static void too_many_body_hashes(void **state)
{
	struct world *w = world();
	const struct auth_dkim *last;

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
#define WITH(L)                                                                                    \
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; bh=AAAA; b=AAAA; h=from; l=" L    \
	"\r\n"
	expect(w, STR(WITH("1") WITH("2") WITH("3") WITH("1") WITH("4") MAIL_HEADER MAIL_BODY),
	       AUTH_FAIL, "the body hash does not match");
#undef WITH
	last = auth.dkim->next->next->next->next;
	assert_true(str_eq(last->reason, STR("too many different body hashes")));
	assert_int_equal(last->result, AUTH_POLICY);
	world_free(w);
}

static void unsigned_and_historic(void **state)
{
	struct world *w = world();

	(void)state;
	receive(w,
		STR("DomainKey-Signature: a=rsa-sha1; d=old.example; s=k; b=AAAA\r\n" MAIL_HEADER
			    MAIL_BODY),
		100);
	assert_true(auth.dkim->domainkeys);
	assert_int_equal(auth.dkim->result, AUTH_NEUTRAL);
	assert_true(str_eq(auth.dkim->domain, STR("old.example")));
	assert_null(auth.dkim->next);
	assert_non_null(world_found(w, "DKIM_NONE"));
	assert_non_null(world_found(w, "DKIM_DOMAINKEYS"));
	assert_int_equal(w->asked, 0);
	world_free(w);
}

static void over_in_mid_message(void **state)
{
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	begin(w, STR(SIGNED_BY_RSA MAIL_HEADER MAIL_BODY));
	filter_runner_body(w->runner, STR("Hello"));
	filter_runner_cancel(w->runner);
	assert_false(auth.dkim_checked);
	world_free(w);
}

static void with_little_memory(void **state)
{
	static const struct str mail = STR_INIT(SIGNED_BY_RSA MAIL_HEADER MAIL_BODY);
	struct world *w = world();

	(void)state;
	world_dns(w, KEY_NAME, RR_TXT, RSA_KEY);
	for (w->taken = WORLD_ARENA; w->taken > WORLD_ARENA - 16384; w->taken -= 256) {
		auth = (struct auth){ 0 };
		world_open(w, SCOPE_TRANSACTION);
		if (!w->runner)
			continue;
		receive(w, mail, 100);
		for (const struct auth_dkim *d = auth.dkim; d; d = d->next)
			assert_true(d->result == AUTH_PASS || d->result == AUTH_TEMPERROR);
	}
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_by_dkimpy),
		cmocka_unit_test(signed_by_libopendkim),
		cmocka_unit_test(the_body_in_any_pieces),
		cmocka_unit_test(a_body_without_its_last_line_end),
		cmocka_unit_test(what_was_changed),
		cmocka_unit_test(what_a_pass_does_not_say),
		cmocka_unit_test(keys),
		cmocka_unit_test(dns_that_does_not_answer),
		cmocka_unit_test(the_same_key_is_asked_for_once),
		cmocka_unit_test(a_length_is_its_own_signatures),
		cmocka_unit_test(mails_that_crash_libopendkim),
		cmocka_unit_test(long_identities),
		cmocka_unit_test(a_thousand_signatures),
		cmocka_unit_test(too_many_body_hashes),
		cmocka_unit_test(unsigned_and_historic),
		cmocka_unit_test(over_in_mid_message),
		cmocka_unit_test(with_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
