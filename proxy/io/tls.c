/* tls.c - OpenSSL contexts for listeners and backends.
 *
 * Resumption is by tickets only: no session is kept here.  TLS 1.2 is the least (RFC 8996); no
 * renegotiation (a client's way to make the server work) and no compression (CRIME). */
#define _GNU_SOURCE /* strerrordesc_np */
#include "io/tls.h"

#include "base/check.h"
#include "base/ip.h"
#include "base/mem.h"
#include "io/conn_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

enum { TIME_TO_RENEW_S = 7 * 24 * 3600 };

struct tls {
	SSL_CTX *ctx;
	bool server, verify;
};

static const char *reason(void)
{
	const unsigned long e = ERR_peek_error();
	const char *text = ERR_reason_error_string(e);

	return text ? text : "unknown error";
}

/* An encrypted key must not stop at a prompt on somebody's terminal. */
static int no_passphrase(char *to, int room, int writing, void *arg)
{
	(void)to;
	(void)room;
	(void)writing;
	(void)arg;
	return -1;
}

static void *allocate(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n ? mem_resize(NULL, n) : NULL;
}

static void release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	mem_free(p);
}

static void *reallocate(void *p, size_t n, const char *file, int line)
{
	if (n)
		return mem_resize(p, n);
	release(p, file, line);
	return NULL;
}

void tls_count_memory(void)
{
	CHECK(CRYPTO_set_mem_functions(allocate, reallocate, release) == 1);
}

static struct tls *new_tls(const SSL_METHOD *method, bool server)
{
	struct tls *tls = mem_new(sizeof(*tls));

	ERR_clear_error();
	*tls = (struct tls){ .ctx = SSL_CTX_new(method), .server = server };
	CHECK(tls->ctx != NULL);
	CHECK(SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION) == 1);
	SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(tls->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(tls->ctx, 1);
	SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(tls->ctx, no_passphrase);
	return tls;
}

/* NULL, with the reason said, when nothing can be read from it (a folder opens, too). */
static FILE *open_pem(const char *path, struct out *why)
{
	FILE *f = fopen(path, "re");

	if (f && (fgetc(f) != EOF || !ferror(f))) {
		rewind(f);
		return f;
	}
	out_printf(why, "%s: %s", path, strerrordesc_np(errno));
	if (f)
		fclose(f);
	return NULL;
}

static bool load_certificate(struct tls *tls, const char *path, struct out *why)
{
	FILE *f = open_pem(path, why);
	unsigned long e;

	if (!f)
		return false;
	fclose(f);
	if (SSL_CTX_use_certificate_chain_file(tls->ctx, path) == 1)
		return true;
	e = ERR_peek_error();
	if (ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE)
		out_printf(why, "%s: no certificate in this file", path);
	else
		out_printf(why, "%s: %s", path, reason());
	return false;
}

static bool load_key(struct tls *tls, const char *path, const char *certificate, struct out *why)
{
	const EVP_PKEY *proven = X509_get0_pubkey(SSL_CTX_get0_certificate(tls->ctx));
	FILE *f = open_pem(path, why);
	EVP_PKEY *key;
	bool ok = false;

	if (!f)
		return false;
	key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	if (!key)
		out_printf(why, "%s: no private key without passphrase in this file", path);
	else if (EVP_PKEY_eq(proven, key) != 1)
		out_printf(why, "%s: does not belong to the certificate in %s", path, certificate);
	else if (SSL_CTX_use_PrivateKey(tls->ctx, key) != 1)
		out_printf(why, "%s: %s", path, reason());
	else
		ok = true;
	EVP_PKEY_free(key);
	return ok;
}

struct tls *tls_server_new(const char *certificate, const char *key, struct out *why)
{
	struct tls *tls = new_tls(TLS_server_method(), true);

	SSL_CTX_set_dh_auto(tls->ctx, 1);
	if (load_certificate(tls, certificate, why) &&
	    load_key(tls, key ? key : certificate, certificate, why))
		return tls;
	ERR_clear_error();
	tls_free(tls);
	return NULL;
}

static void print_day(struct out *o, const char *what, const ASN1_TIME *time)
{
	struct tm day;

	if (ASN1_TIME_to_tm(time, &day) == 1)
		out_printf(o, "%s %04d-%02d-%02d", what, day.tm_year + 1900, day.tm_mon + 1,
			   day.tm_mday);
	else
		out_printf(o, "%s no readable date", what);
}

bool tls_in_time(const struct tls *tls, int64_t unix_s, struct out *why)
{
	const X509 *x = SSL_CTX_get0_certificate(tls->ctx);
	const ASN1_TIME *from = X509_get0_notBefore(x), *until = X509_get0_notAfter(x);
	time_t now = (time_t)unix_s, soon = now + TIME_TO_RENEW_S;

	if (X509_cmp_time(from, &now) >= 0)
		print_day(why, "is not valid before", from);
	else if (X509_cmp_time(until, &now) <= 0)
		print_day(why, "expired on", until);
	else if (X509_cmp_time(until, &soon) <= 0)
		print_day(why, "expires on", until);
	else
		return true;
	return false;
}

static bool trust(struct tls *tls, const char *ca_file, struct out *why)
{
	FILE *f;

	if (!ca_file) {
		(void)SSL_CTX_set_default_verify_paths(tls->ctx);
		return true;
	}
	f = open_pem(ca_file, why);
	if (!f)
		return false;
	fclose(f);
	if (SSL_CTX_load_verify_file(tls->ctx, ca_file) == 1)
		return true;
	out_printf(why, "%s: no certificate in this file", ca_file);
	return false;
}

struct tls *tls_client_new(bool verify, const char *ca_file, struct out *why)
{
	struct tls *tls = new_tls(TLS_client_method(), false);

	tls->verify = verify;
	SSL_CTX_set_verify(tls->ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (!verify || trust(tls, ca_file, why))
		return tls;
	ERR_clear_error();
	tls_free(tls);
	return NULL;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	mem_free(tls);
}

/* An address is proven by the certificate's addresses and is no SNI (RFC 6066 3). */
static void expect_name(SSL *ssl, bool verify, const char *name)
{
	struct ip ip;

	if (ip_parse(str_z(name), &ip)) {
		if (verify)
			CHECK(X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), ip.bytes,
							ip.family == IP_V4 ? 4 : 16) == 1);
		return;
	}
	(void)SSL_set_tlsext_host_name(ssl, (char *)(uintptr_t)name);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (verify)
		CHECK(SSL_set1_host(ssl, name) == 1);
}

SSL *tls_session(struct tls *tls, int fd, const char *name)
{
	SSL *ssl = SSL_new(tls->ctx);

	CHECK(ssl != NULL && SSL_set_fd(ssl, fd) == 1);
	if (tls->server) {
		SSL_set_accept_state(ssl);
		return ssl;
	}
	CHECK(name != NULL || !tls->verify);
	SSL_set_connect_state(ssl);
	if (name)
		expect_name(ssl, tls->verify, name);
	return ssl;
}
