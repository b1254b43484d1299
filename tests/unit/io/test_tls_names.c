/* io/tls.h: which of a listener's certificates a client is shown, and which tickets open its sessions. */
#include "io/tls.h"
#include "base/check.h"
#include "base/mem.h"
#include "io/conn_io.h"
#include "unit/folder.h"
#include "unit/io/cert.h"
#include "unit/rsa_key.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

/* NAME.pem in the folder, key included; subjectAltName as OpenSSL writes it, NULL: none. */
static const char *make_pem(const char *name, const char *names, bool rsa)
{
	static char path[96];
	EVP_PKEY *key = rsa ? rsa_key(2048) : EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s.pem", folder, name);
	assert_int_equal(X509_set_version(x, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
				   0);
	X509_set_issuer_name(x, subject);
	X509_set_pubkey(x, key);
	if (names)
		add_names(x, names);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
	return path;
}

static struct tls *new_server(void)
{
	static const struct tls_server_options plain;
	static struct tls_tickets *tickets;
	struct tls *tls = tls_server_new(&plain, NULL);

	if (!tickets)
		tickets = tls_tickets_new();
	tls_use_tickets(tls, tickets);
	return tls;
}

static void add(struct tls *tls, const char *name, const char *names, bool rsa)
{
	char text[256];
	struct out why = OUT(text);
	const char *path = make_pem(name, names, rsa);

	assert_true(tls_server_add(tls, path, path, &why));
}

static void ready(struct tls *tls)
{
	char text[256];
	struct out why = OUT(text);
	size_t which;

	assert_true(tls_server_ready(tls, &which, &why));
}

/* ---- a client ---- */

static SSL_SESSION *session; /* what it got last */

/* A copy that lasts: OpenSSL spoils the original once a newer ticket comes. */
static void keep_session(SSL *ssl)
{
	unsigned char *der = NULL;
	const unsigned char *p;
	const int n = i2d_SSL_SESSION(SSL_get0_session(ssl), &der);

	assert_true(n > 0);
	p = der;
	SSL_SESSION_free(session);
	session = d2i_SSL_SESSION(NULL, &p, n);
	assert_non_null(session);
	OPENSSL_free(der);
}

struct hands {
	SSL *client, *server;
};

static void shake(struct hands *h, SSL_CTX *ctx, struct tls *tls, const char *name)
{
	int fd[2];
	char c;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	*h = (struct hands){ .client = SSL_new(ctx), .server = tls_session(tls, fd[0], NULL) };
	SSL_set_fd(h->client, fd[1]);
	SSL_set_connect_state(h->client);
	if (name)
		SSL_set_tlsext_host_name(h->client, (char *)(uintptr_t)name);
	if (session)
		SSL_set_session(h->client, session);
	for (int turn = 0; turn < 10; turn++) {
		(void)SSL_do_handshake(h->client);
		(void)SSL_do_handshake(h->server);
	}
	(void)SSL_read(h->client, &c, 1);
}

static void part(struct hands *h)
{
	close(SSL_get_fd(h->client));
	close(SSL_get_fd(h->server));
	SSL_free(h->client);
	SSL_free(h->server);
}

static void forget_session(void)
{
	SSL_SESSION_free(session);
	session = NULL;
}

/* The organization of the certificate that a client is shown; "": the handshake fails. */
static void is_shown(struct tls *tls, const char *name, const char *signatures, const char *want)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct hands h;
	char got[64] = "";
	X509 *x;

	SSL_CTX_set1_sigalgs_list(ctx, (uintptr_t)signatures);
	shake(&h, ctx, tls, name);
	x = SSL_get0_peer_certificate(h.client);
	if (x && SSL_is_init_finished(h.client))
		X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_organizationName, got,
					  sizeof(got));
	if (strcmp(got, want) != 0)
		fail_msg("%s (%s): %s, not %s", name ? name : "(none)", signatures, got, want);
	part(&h);
	SSL_CTX_free(ctx);
}

#define ECDSA    "ECDSA+SHA256:RSA-PSS+SHA256"
#define RSA_ONLY "RSA-PSS+SHA256"

static void names_are_found(void **state)
{
	struct tls *tls = new_server();

	(void)state;
	add(tls, "first", "DNS:MX.test,DNS:mail.test,DNS:mx.test", false);
	add(tls, "first-rsa", "DNS:mx.test", true);
	add(tls, "wild", "DNS:*.wild.test", false);
	add(tls, "wild-rsa", "DNS:*.wild.test", true);
	add(tls, "exact", "DNS:a.wild.test", false);
	ready(tls);
	assert_int_equal(tls_certificates(tls), 5);
	is_shown(tls, "mx.test", ECDSA, "first");
	is_shown(tls, "mX.TEST", RSA_ONLY, "first-rsa");
	is_shown(tls, "mail.test", ECDSA, "first");
	is_shown(tls, "mail.test", RSA_ONLY, ""); /* it has no RSA certificate */
	is_shown(tls, "b.wild.test", ECDSA, "wild");
	is_shown(tls, "b.wild.test", RSA_ONLY, "wild-rsa");
	is_shown(tls, "a.wild.test", ECDSA, "exact");
	is_shown(tls, "a.wild.test", RSA_ONLY, "wild-rsa");
	is_shown(tls, "wild.test", ECDSA, "first");
	is_shown(tls, "a.b.wild.test", RSA_ONLY, "first-rsa");
	is_shown(tls, "*.wild.test", ECDSA, "wild");
	is_shown(tls, ".wild.test", ECDSA, "first");
	is_shown(tls, NULL, RSA_ONLY, "first-rsa");
	tls_free(tls);
}

static void a_first_one_without_a_dns_name_serves_the_rest(void **state)
{
	struct tls *tls = new_server();

	(void)state;
	add(tls, "address", "IP:127.0.0.1", false);
	add(tls, "named", "DNS:mx.test", false);
	ready(tls);
	is_shown(tls, "mx.test", ECDSA, "named");
	is_shown(tls, "other.test", ECDSA, "address");
	is_shown(tls, NULL, ECDSA, "address");
	tls_free(tls);
}

static void one_of_a_type_and_name_is_enough(void **state)
{
	struct tls *tls = new_server();
	char text[256];
	struct out why = OUT(text);
	const char *path;
	size_t which = 0;

	(void)state;
	add(tls, "one", "DNS:a.test,DNS:b.test", false);
	add(tls, "rsa", "DNS:b.test", true);
	add(tls, "two", "DNS:c.test,DNS:b.test", false);
	assert_false(tls_server_ready(tls, &which, &why));
	assert_int_equal(which, 2);
	assert_true(str_ends(out_text(&why),
			     STR("two.pem: there is another ECDSA certificate for b.test")));
	tls_free(tls);
	tls = new_server();
	path = make_pem("none", NULL, false);
	why.n = 0;
	assert_false(tls_server_add(tls, path, path, &why));
	assert_true(str_ends(out_text(&why), STR("none.pem: this certificate has no name")));
	path = make_pem("odd", "DNS:mx_1.test/..,DNS:b*.test", false);
	assert_false(tls_server_add(tls, path, path, &why));
	tls_free(tls);
}

static bool resumes(struct tls *tls, int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct hands h;
	bool reused;

	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	shake(&h, ctx, tls, "mx.test");
	assert_true(SSL_is_init_finished(h.client));
	reused = SSL_session_reused(h.client) == 1;
	keep_session(h.client);
	part(&h);
	SSL_CTX_free(ctx);
	return reused;
}

/* Two workers, and the master that changes their keys. */
static void tickets_open_elsewhere_and_for_two_rotations(void **state)
{
	struct tls *one = new_server(), *two = new_server();
	struct tls_tickets *keys = tls_tickets_new(), *others = tls_tickets_new();

	(void)state;
	add(one, "mx", "DNS:mx.test", false);
	add(two, "mx", "DNS:mx.test", false);
	ready(one);
	ready(two);
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *old;

		tls_use_tickets(one, keys);
		tls_use_tickets(two, keys);
		assert_false(resumes(one, version));
		assert_true(resumes(two, version));
		old = SSL_SESSION_dup(session);
		tls_tickets_rotate(keys);
		assert_true(resumes(one, version)); /* and was given one sealed anew */
		tls_tickets_rotate(keys);
		assert_true(resumes(two, version));
		forget_session();
		session = old;
		assert_false(resumes(one, version));
		assert_true(resumes(one, version));
		tls_use_tickets(two, others);
		assert_false(resumes(two, version));
		forget_session();
	}
	tls_free(one);
	tls_free(two);
	tls_tickets_free(keys);
	tls_tickets_free(others);
}

/* What was settled under other rules is not taken over. */
static void other_rules_begin_anew(void **state)
{
	static const struct tls_server_options asking = { .ask = true };
	struct tls *one = new_server(), *two = tls_server_new(&asking, NULL);
	struct tls_tickets *keys = tls_tickets_new();

	(void)state;
	add(one, "mx", "DNS:mx.test", false);
	add(two, "mx", "DNS:mx.test", false);
	ready(one);
	ready(two);
	tls_use_tickets(one, keys);
	tls_use_tickets(two, keys);
	assert_false(resumes(one, TLS1_3_VERSION));
	assert_true(resumes(one, TLS1_3_VERSION));
	assert_false(resumes(two, TLS1_3_VERSION));
	assert_true(resumes(two, TLS1_3_VERSION));
	forget_session();
	tls_free(one);
	tls_free(two);
	tls_tickets_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(a_first_one_without_a_dns_name_serves_the_rest),
		cmocka_unit_test(one_of_a_type_and_name_is_enough),
		cmocka_unit_test(tickets_open_elsewhere_and_for_two_rotations),
		cmocka_unit_test(other_rules_begin_anew),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
