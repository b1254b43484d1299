/* filters/arc/seal.h: the set, and what happens when there can be none: the message goes on without. */
#include "filters/arc/seal.h"

#include "base/check.h"
#include "unit/rsa_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HEADER "From: a@example.org\r\nSubject: x\r\n\r\n"

static struct arc_chain chain;
static const struct body_hash body = { .length = UINT64_MAX };
static struct arc_sealer sealer = { .domain = STR_INIT("gate.example"),
				    .selector = STR_INIT("s1") };

static struct str seal(struct arena *arena, struct str results)
{
	struct arc_sealing s = { .sealer = &sealer, .chain = &chain, .body = &body };

	chain = (struct arc_chain){ .count = 0 };
	return arc_seal(&s, arena, STR(HEADER), results, 1800000000);
}

static EVP_PKEY *public_half(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	const int n = i2d_PUBKEY(key, &der);
	EVP_PKEY *half;

	at = der;
	half = d2i_PUBKEY(NULL, &at, n);
	OPENSSL_free(der);
	CHECK(half);
	return half;
}

/* A key that cannot sign, or no room: no set, no trace in the chain, nothing left in OpenSSL's queue of errors. */
static void no_set(EVP_PKEY *key, enum arc_algorithm algorithm)
{
	EVP_PKEY *half = public_half(key);
	struct arena arena;
	char bytes[LIMIT_AUTH_RESULTS + 100];

	sealer.algorithm = algorithm;
	arena_init(&arena, 1 << 20);
	sealer.key = half;
	assert_null(seal(&arena, STR("gate.example; none")).p);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(chain.count, 0);
	sealer.key = key;
	memset(bytes, 'a', sizeof(bytes));
	assert_null(seal(&arena, (struct str){ .p = bytes, .n = sizeof(bytes) }).p);
	assert_non_null(seal(&arena, STR("gate.example; none")).p);
	assert_int_equal(chain.count, 0);
	arena_reset(&arena);
	arena_init(&arena, 64);
	assert_null(seal(&arena, STR("gate.example; none")).p);
	arena_reset(&arena);
	EVP_PKEY_free(half);
	EVP_PKEY_free(key);
}

static void without_a_set(void **state)
{
	(void)state;
	no_set(rsa_key(2048), ARC_RSA_SHA256);
	no_set(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), ARC_ED25519_SHA256);
}

static void the_order_of_fields(void **state)
{
	static const struct str names[] = { STR_INIT("ARC-Seal"), STR_INIT("ARC-Message-Signature"),
					    STR_INIT("ARC-Authentication-Results") };
	struct header_field f;
	struct arena arena;
	struct str fields;

	(void)state;
	arena_init(&arena, 1 << 20);
	sealer.key = rsa_key(1024);
	sealer.algorithm = ARC_RSA_SHA256;
	fields = seal(&arena, STR("gate.example; none"));
	for (size_t i = 0; i < COUNTOF(names); i++) {
		assert_true(header_next(&fields, &f));
		assert_true(str_eq(f.name, names[i]));
		assert_true(str_starts(f.value, STR(" i=1; ")));
	}
	assert_int_equal(fields.n, 0);
	arena_reset(&arena);
	EVP_PKEY_free(sealer.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_set),
		cmocka_unit_test(the_order_of_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
