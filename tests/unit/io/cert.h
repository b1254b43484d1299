/* cert.h - a certificate made for the test: self-signed, for mx.test and 127.0.0.1. */
#ifndef UNIT_IO_CERT_H
#define UNIT_IO_CERT_H

#include "io/tls.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct cert {
	char folder[32];
	char pem[64], key[64], locked_key[64], other_key[64];
};

static inline void add_names(X509 *x, const char *names)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline X509 *self_signed(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	assert_int_equal(X509_set_version(x, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"mx.test", -1,
				   -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	add_names(x, "DNS:mx.test,IP:127.0.0.1");
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static inline void write_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, passphrase ? EVP_aes_128_cbc() : NULL,
						   NULL, 0, NULL, (char *)(uintptr_t)passphrase),
			 1);
	fclose(f);
}

static inline void cert_make(struct cert *c)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	X509 *x = self_signed(key);
	FILE *f;

	*c = (struct cert){ .folder = "/tmp/postern-unit-XXXXXX" };
	assert_non_null(mkdtemp(c->folder));
	(void)snprintf(c->pem, sizeof(c->pem), "%s/mx.pem", c->folder);
	(void)snprintf(c->key, sizeof(c->key), "%s/mx.key", c->folder);
	(void)snprintf(c->locked_key, sizeof(c->locked_key), "%s/locked.key", c->folder);
	(void)snprintf(c->other_key, sizeof(c->other_key), "%s/other.key", c->folder);
	f = fopen(c->pem, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	fclose(f);
	write_key(c->key, key, NULL);
	write_key(c->locked_key, key, "secret");
	write_key(c->other_key, other, NULL);
	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static inline void cert_remove(const struct cert *c)
{
	unlink(c->pem);
	unlink(c->key);
	unlink(c->locked_key);
	unlink(c->other_key);
	rmdir(c->folder);
}

/* A listener with one certificate; its ticket keys last as long as the test does.  NULL: why says it. */
static inline struct tls *cert_serve(const char *certificate, const char *key, struct out *why)
{
	static const struct tls_server_options plain;
	static struct tls_tickets *tickets;
	struct tls *tls = tls_server_new(&plain, why);
	size_t which;

	if (!tickets)
		tickets = tls_tickets_new();
	tls_use_tickets(tls, tickets);
	if (tls_server_add(tls, certificate, key, why) && tls_server_ready(tls, &which, why))
		return tls;
	tls_free(tls);
	return NULL;
}

#endif
