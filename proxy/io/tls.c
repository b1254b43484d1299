/* tls.c - OpenSSL contexts: what both sides have in common, and the client's.
 *
 * Resumption is by tickets only: no session is kept here.  TLS 1.2 is the least (RFC 8996); no
 * renegotiation (a client's way to make the server work) and no compression (CRIME). */
#define _GNU_SOURCE /* strerrordesc_np */
#include "io/tls_inside.h"

#include "base/check.h"
#include "base/ip.h"
#include "base/mem.h"
#include "io/conn_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

const char *tls_reason(void)
{
	const unsigned long e = ERR_peek_error();
	const char *text = ERR_reason_error_string(e);

	return text ? text : "unknown error";
}

int tls_no_passphrase(char *to, int room, int writing, void *arg)
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

SSL_CTX *tls_context(const SSL_METHOD *method)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(method);
	CHECK(ctx != NULL);
	CHECK(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(ctx, tls_no_passphrase);
	return ctx;
}

FILE *tls_open_pem(const char *path, struct out *why)
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

static bool trust(struct tls *tls, const char *ca_file, struct out *why)
{
	FILE *f;

	if (!ca_file) {
		(void)SSL_CTX_set_default_verify_paths(tls->ctx);
		return true;
	}
	f = tls_open_pem(ca_file, why);
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
	struct tls *tls = mem_new(sizeof(*tls));

	*tls = (struct tls){ .ctx = tls_context(TLS_client_method()), .verify = verify };
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
	if (tls->names)
		tls_names_free(tls->names);
	X509_STORE_free(tls->authorities);
	if (!tls->server)
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
	SSL *ssl;

	CHECK(tls->ctx && (!tls->server || tls->tickets)); /* it was made ready */
	ssl = SSL_new(tls->ctx);
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
