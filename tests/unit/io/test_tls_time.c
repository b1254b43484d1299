/* io/tls.h: whether a certificate is in its time. */
#include "base/check.h"
#include "io/tls.h"
#include "unit/io/cert.h"

#include <string.h>
#include <time.h>

/* Ours began an hour ago and ends tomorrow. */
static void a_certificate_has_its_time(void **state)
{
	static const struct {
		int64_t after_s;
		enum tls_time when;
		const char *why;
	} cases[] = {
		{ -2 * 3600, TLS_OUT_OF_TIME, "is not valid before 20" },
		{ 0, TLS_EXPIRES_SOON, "expires on 20" },
		{ 2 * 86400, TLS_OUT_OF_TIME, "expired on 20" },
		{ 5000 * INT64_C(86400), TLS_OUT_OF_TIME, "expired on 20" },
	};
	const int64_t now = time(NULL);
	struct cert cert;
	struct tls *tls;
	char text[64];
	struct out o = OUT(text);

	(void)state;
	cert_make(&cert);
	tls = cert_serve(cert.pem, cert.key, &o);
	assert_non_null(tls);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct out why = OUT(text);

		assert_int_equal(tls_time(tls, 0, now + cases[i].after_s, &why), cases[i].when);
		assert_true(str_starts(out_text(&why), str_z(cases[i].why)));
		assert_int_equal(out_text(&why).n, strlen(cases[i].why) + strlen("26-11-22"));
	}
	tls_free(tls);
	cert_remove(&cert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_has_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
