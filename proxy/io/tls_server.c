/* tls_server.c - what a listener's TLS allows, and what it asks of clients.
 *
 * The profiles follow Mozilla's Server Side TLS guidelines, version 5.8: TLS 1.3 alone, or with it
 * TLS 1.2 with forward secrecy and AEAD (no finite-field DHE); the client's order of ciphers counts, for it knows what its
 * hardware is good at.  There is no early data: SMTP is not safe to replay. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/tls_inside.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

static const char suites[] =
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char ciphers_1_2[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				  "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
/* The hybrid with ML-KEM, where OpenSSL has it (3.5). */
static const char groups_pq[] = "X25519MLKEM768:X25519:P-256:P-384";
static const char groups[] = "X25519:P-256:P-384";

static int choose_certificate(SSL *ssl, int *alert, void *arg)
{
	const struct tls *tls = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	SSL_CTX *ctx = name ? tls_names_find(tls->names, name) : NULL;

	(void)alert;
	if (ctx)
		(void)SSL_set_SSL_CTX(ssl, ctx);
	return SSL_TLSEXT_ERR_OK;
}

/* Who wants another protocol has been led here by somebody in between (RFC 9325 3.8, ALPACA).  The
 * registry knows no name for SMTP; these are what clients of Exim use. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n,
			   const unsigned char *in, unsigned in_n, void *arg)
{
	static const struct str ours[] = { STR_INIT("smtp"), STR_INIT("esmtp") };
	struct str rest = { .p = (const char *)in, .n = in_n };

	(void)ssl;
	(void)arg;
	while (rest.n) {
		const size_t n = (unsigned char)rest.p[0];
		const struct str one = str_head(str_from(rest, 1), n);

		for (size_t i = 0; i < COUNTOF(ours); i++)
			if (str_eq(one, ours[i])) {
				*out = (const unsigned char *)one.p;
				*out_n = (unsigned char)one.n;
				return SSL_TLSEXT_ERR_OK;
			}
		rest = str_from(rest, one.n + 1);
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Never the end of a handshake: it is a fact, and policy judges it. */
static int look_at_client(X509_STORE_CTX *x, void *arg)
{
	const struct tls *tls = arg;

	if (!tls->authorities)
		X509_STORE_CTX_set_error(x, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	else
		(void)X509_verify_cert(x); /* the error stays in x */
	ERR_clear_error();
	return 1;
}

SSL_CTX *tls_server_context(struct tls *tls)
{
	SSL_CTX *ctx = tls_context(TLS_server_method());

	CHECK(SSL_CTX_set_ciphersuites(ctx, suites) == 1);
	CHECK(SSL_CTX_set_cipher_list(ctx, ciphers_1_2) == 1);
	if (tls->options.modern)
		CHECK(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1);
	if (SSL_CTX_set1_groups_list(ctx, (uintptr_t)groups_pq) != 1)
		CHECK(SSL_CTX_set1_groups_list(ctx, (uintptr_t)groups) == 1);
	ERR_clear_error();
	SSL_CTX_set_app_data(ctx, tls);
	(void)SSL_CTX_set_tlsext_servername_callback(ctx, choose_certificate);
	(void)SSL_CTX_set_tlsext_servername_arg(ctx, tls);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	CHECK(SSL_CTX_set_session_id_context(ctx, tls->policy, sizeof(tls->policy)) == 1);
	CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, tls_tickets_key) == 1);
	CHECK(SSL_CTX_set_num_tickets(ctx, 1) == 1); /* each brings the next one */
	if (!tls->options.ask)
		return ctx;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, look_at_client, tls);
	SSL_CTX_set_max_cert_list(ctx, LIMIT_CLIENT_CHAIN);
	if (tls->authorities)
		SSL_CTX_set1_cert_store(ctx, tls->authorities);
	return ctx;
}

/* The file may also hold clients' own certificates: then these are what is trusted. */
static bool load_authorities(struct tls *tls, const char *path, struct out *why)
{
	FILE *f = tls_open_pem(path, why);

	if (!f)
		return false;
	fclose(f);
	tls->authorities = X509_STORE_new();
	CHECK(tls->authorities != NULL);
	CHECK(X509_STORE_set_flags(tls->authorities, X509_V_FLAG_PARTIAL_CHAIN) == 1);
	if (X509_STORE_load_file(tls->authorities, path) == 1)
		return true;
	out_printf(why, "%s: no certificate in this file", path);
	return false;
}

/* What was settled about a client in one session holds in the next one only while the same would be settled
 * now: the rules, and who vouches, are part of it. */
static void name_policy(struct tls *tls)
{
	STACK_OF(X509_OBJECT) *all = NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const unsigned char rules[] = { tls->options.modern, tls->options.ask };

	CHECK(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
	CHECK(EVP_DigestUpdate(md, rules, sizeof(rules)) == 1);
	if (tls->authorities)
		all = X509_STORE_get0_objects(tls->authorities);
	for (int i = 0; all && i < sk_X509_OBJECT_num(all); i++) {
		const X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
		unsigned char one[EVP_MAX_MD_SIZE];
		unsigned n;

		if (x && X509_digest(x, EVP_sha256(), one, &n) == 1)
			CHECK(EVP_DigestUpdate(md, one, n) == 1);
	}
	CHECK(EVP_DigestFinal_ex(md, tls->policy, NULL) == 1);
	EVP_MD_CTX_free(md);
}

struct tls *tls_server_new(const struct tls_server_options *o, struct out *why)
{
	struct tls *tls = mem_new(sizeof(*tls));

	*tls = (struct tls){ .server = true, .options = *o, .names = tls_names_new() };
	tls->options.client_ca = NULL;
	if (o->ask && o->client_ca && !load_authorities(tls, o->client_ca, why)) {
		ERR_clear_error();
		tls_free(tls);
		return NULL;
	}
	name_policy(tls);
	return tls;
}

bool tls_server_add(struct tls *tls, const char *certificate, const char *key, struct out *why)
{
	CHECK(tls->server && !tls->ctx);
	return tls_names_add(tls->names, certificate, key, why);
}

bool tls_server_ready(struct tls *tls, size_t *which, struct out *why)
{
	tls->ctx = tls_names_ready(tls, which, why);
	return tls->ctx != NULL;
}

void tls_use_tickets(struct tls *tls, const struct tls_tickets *t)
{
	tls->tickets = t;
}

/* ---- time ---- */

size_t tls_certificates(const struct tls *tls)
{
	return tls_names_certificates(tls->names);
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

enum tls_time tls_time(const struct tls *tls, size_t n, int64_t unix_s, struct out *why)
{
	const X509 *x = tls_names_certificate(tls->names, n);
	const ASN1_TIME *from = X509_get0_notBefore(x), *until = X509_get0_notAfter(x);
	time_t now = (time_t)unix_s, soon = now + LIMIT_RENEWAL_S;

	if (X509_cmp_time(from, &now) >= 0) {
		print_day(why, "is not valid before", from);
		return TLS_OUT_OF_TIME;
	}
	if (X509_cmp_time(until, &now) <= 0) {
		print_day(why, "expired on", until);
		return TLS_OUT_OF_TIME;
	}
	if (X509_cmp_time(until, &soon) > 0)
		return TLS_IN_TIME;
	print_day(why, "expires on", until);
	return TLS_EXPIRES_SOON;
}
