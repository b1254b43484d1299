/* io/tls.h and connections over TLS: handshake, STARTTLS, verification, endings. */
#include "io/tls.h"
#include "unit/io/ends.h"
#include "unit/io/probe.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

/* Both ends of one connection in one loop. */
struct pair {
	struct probe server, client;
	int server_fd, client_fd;
};

static void pair_init(struct pair *t)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	*t = (struct pair){ .server_fd = fd[0], .client_fd = fd[1] };
	t->server.loop = t->client.loop = loop_new();
	t->server.c = conn_accept(t->server.loop, fd[0], probe_event, &t->server);
	t->client.c = conn_accept(t->client.loop, fd[1], probe_event, &t->client);
}

static void pair_secure(struct pair *t)
{
	pair_init(t);
	conn_start_tls(t->server.c, server_tls, NULL);
	conn_start_tls(t->client.c, client_tls, "mx.test");
	run_to(&t->server, 'S');
	run_turns(t->server.loop);
	assert_true(probe_saw(&t->server, "S") && probe_saw(&t->client, "S"));
}

static void pair_end(struct pair *t)
{
	if (t->server.c)
		conn_close(t->server.c);
	if (t->client.c)
		conn_close(t->client.c);
	loop_free(t->server.loop);
	mem_free(t->server.got);
	mem_free(t->client.got);
	conn_buffers_free();
}

static void a_handshake_secures_both_directions(void **state)
{
	struct pair t;

	(void)state;
	pair_secure(&t);
	assert_true(conn_is_secure(t.server.c) && conn_is_secure(t.client.c));
	assert_string_equal(conn_tls_facts(t.server.c)->version, "TLSv1.3");
	assert_string_equal(conn_tls_facts(t.server.c)->suite, "TLS_AES_256_GCM_SHA384");
	assert_true(str_eq(conn_tls_facts(t.server.c)->server_name, STR("mx.test")));
	assert_int_equal(conn_tls_facts(t.server.c)->fingerprint.n, 0);
	assert_false(conn_tls_facts(t.server.c)->resumed);
	conn_write(t.client.c, STR("EHLO\n"));
	run_to(&t.server, 'I');
	conn_write(t.server.c, STR("250\n"));
	run_to(&t.client, 'I');
	assert_true(probe_got(&t.server, "EHLO\n") && probe_got(&t.client, "250\n"));
	conn_close(t.client.c);
	t.client.c = NULL;
	run_to(&t.server, 'C');
	assert_int_equal(conn_error(t.server.c), ERR_CLOSED);
	assert_string_equal(conn_error_text(t.server.c), err_text(ERR_CLOSED));
	pair_end(&t);
}

static void on_starttls(struct probe *p, enum conn_event event)
{
	if (event != CONN_INPUT)
		return;
	if (conn_is_secure(p->c)) {
		probe_take(p);
		return;
	}
	assert_true(str_eq(str_head(conn_input(p->c), 9), STR("STARTTLS\n")));
	conn_consume(p->c, 9);
	conn_write(p->c, STR("220 go\n"));
	conn_start_tls(p->c, server_tls, NULL);
	assert_int_equal(conn_input(p->c).n, 0);
}

static void on_go(struct probe *p, enum conn_event event)
{
	if (event == CONN_INPUT && !conn_is_secure(p->c)) {
		assert_true(str_eq(conn_input(p->c), STR("220 go\n")));
		conn_start_tls(p->c, client_tls, "mx.test");
	} else if (event == CONN_INPUT) {
		probe_take(p);
	} else if (event == CONN_SECURED) {
		conn_write(p->c, STR("EHLO\n"));
	}
}

/* "STARTTLS\nRCPT..." in one segment: what follows in the clear must never be seen. */
static void starttls_drops_what_was_said_in_the_clear(void **state)
{
	struct pair t;

	(void)state;
	pair_init(&t);
	t.server.on = on_starttls;
	t.client.on = on_go;
	conn_write(t.client.c, STR("STARTTLS\nRCPT TO:<injected@mx.test>\n"));
	while (t.server.got_n == 0)
		run_to(&t.server, 'I');
	assert_true(probe_got(&t.server, "EHLO\n"));
	assert_true(probe_saw(&t.server, "ISI") && probe_saw(&t.client, "IS"));
	pair_end(&t);
}

static void on_hoard(struct probe *p, enum conn_event event)
{
	(void)p;
	(void)event;
}

static void much_passes_while_little_is_taken(void **state)
{
	const size_t total = 700001;
	char *bytes = mem_new(total);
	struct pair t;

	(void)state;
	for (size_t i = 0; i < total; i++)
		bytes[i] = (char)(i % 251);
	pair_secure(&t);
	conn_write(t.client.c, STR("first "));
	conn_write_borrowed(t.client.c, (struct str){ .p = bytes, .n = total });
	t.server.on = on_hoard;
	while (t.server.got_n < total + 6) {
		run_to(&t.server, 'I');
		run_turns(t.server.loop);
		probe_take(&t.server);
	}
	run_turns(t.server.loop);
	assert_true(probe_saw(&t.client, "SD"));
	assert_memory_equal(t.server.got, "first ", 6);
	assert_memory_equal(t.server.got + 6, bytes, total);
	mem_free(bytes);
	pair_end(&t);
}

/* At the limit of unconsumed input the rest stays inside OpenSSL and the kernel: it must come. */
static void input_held_by_tls_is_not_forgotten(void **state)
{
	const size_t total = 3 * CONN_INPUT_MAX + 17;
	char *bytes = mem_new(total);
	struct pair t;

	(void)state;
	memset(bytes, 'b', total);
	pair_secure(&t);
	t.server.on = on_hoard;
	conn_write(t.client.c, (struct str){ .p = bytes, .n = total });
	while (conn_input(t.server.c).n < CONN_INPUT_MAX)
		run_to(&t.server, 'I');
	t.server.on = NULL;
	probe_take(&t.server);
	while (t.server.got_n < total)
		run_to(&t.server, 'I');
	assert_memory_equal(t.server.got, bytes, total);
	mem_free(bytes);
	pair_end(&t);
}

static void verify_as(const char *name, const char *ca_file, enum err err, const char *text)
{
	char why[256];
	struct out o = OUT(why);
	struct tls *tls = tls_client_new(true, ca_file, &o);
	struct pair t;

	assert_non_null(tls);
	pair_init(&t);
	conn_start_tls(t.server.c, server_tls, NULL);
	conn_start_tls(t.client.c, tls, name);
	if (err == ERR_OK) {
		run_to(&t.client, 'S');
	} else {
		run_to(&t.client, 'C');
		assert_int_equal(conn_error(t.client.c), err);
		assert_string_equal(conn_error_text(t.client.c), text);
		run_to(&t.server, 'C');
	}
	pair_end(&t);
	tls_free(tls);
}

static void the_name_and_the_chain_are_verified(void **state)
{
	(void)state;
	verify_as("mx.test", cert.pem, ERR_OK, "");
	verify_as("127.0.0.1", cert.pem, ERR_OK, "");
	verify_as("other.test", cert.pem, ERR_TLS, "hostname mismatch");
	verify_as("127.0.0.2", cert.pem, ERR_TLS, "IP address mismatch");
	verify_as("mx.test", NULL, ERR_TLS, "self-signed certificate");
}

static void without_verification_any_certificate_will_do(void **state)
{
	char why[256];
	struct out o = OUT(why);
	struct tls *tls = tls_client_new(false, NULL, &o);
	struct pair t;

	(void)state;
	pair_init(&t);
	conn_start_tls(t.server.c, server_tls, NULL);
	conn_start_tls(t.client.c, tls, NULL);
	run_to(&t.client, 'S');
	pair_end(&t);
	tls_free(tls);
}

static void plain_talk_at_the_handshake_is_an_error_with_a_reason(void **state)
{
	struct probe p = probe_new(NULL);
	const int peer = probe_accept(&p);

	(void)state;
	conn_start_tls(p.c, server_tls, NULL);
	say(peer, STR("EHLO plain.example.org\r\nMAIL FROM:<>\r\n"));
	run_to(&p, 'C');
	assert_true(probe_saw(&p, "C"));
	assert_int_equal(conn_error(p.c), ERR_TLS);
	assert_string_equal(conn_error_text(p.c), "wrong version number");
	assert_int_equal(ERR_peek_error(), 0);
	assert_false(conn_is_secure(p.c));
	close(peer);
	probe_end(&p);
}

static void a_peer_gone_in_the_handshake_is_said_so(void **state)
{
	struct probe p = probe_new(NULL);
	const int peer = probe_accept(&p);

	(void)state;
	conn_start_tls(p.c, server_tls, NULL);
	run_turns(p.loop);
	close(peer);
	run_to(&p, 'C');
	assert_int_equal(conn_error(p.c), ERR_CLOSED);
	assert_string_equal(conn_error_text(p.c), "closed during the TLS handshake");
	probe_end(&p);
}

static void an_end_without_close_notify_is_said_so(void **state)
{
	struct pair t;

	(void)state;
	pair_secure(&t);
	conn_write(t.client.c, STR("half a mess"));
	run_to(&t.server, 'I');
	shutdown(t.client_fd, SHUT_WR);
	run_to(&t.server, 'C');
	assert_true(probe_saw(&t.server, "SIC") && probe_got(&t.server, "half a mess"));
	assert_int_equal(conn_error(t.server.c), ERR_CLOSED);
	assert_string_equal(conn_error_text(t.server.c), "closed without TLS close_notify");
	pair_end(&t);
}

static void on_secured_close(struct probe *p, enum conn_event event)
{
	assert_int_equal(event, CONN_SECURED);
	conn_write(p->c, STR("220 "));
	conn_close(p->c);
	p->c = NULL;
}

static void closing_when_secured_sends_what_was_written(void **state)
{
	struct pair t;

	(void)state;
	pair_init(&t);
	t.server.on = on_secured_close;
	conn_start_tls(t.server.c, server_tls, NULL);
	conn_start_tls(t.client.c, client_tls, "mx.test");
	run_to(&t.client, 'C');
	assert_true(probe_got(&t.client, "220 "));
	assert_string_equal(conn_error_text(t.client.c), err_text(ERR_CLOSED));
	pair_end(&t);
}

/* An idle timeout may strike there: what it writes must not go out in the clear. */
static void what_is_written_during_the_handshake_is_kept_secret(void **state)
{
	struct probe p = probe_new(NULL);
	const int peer = probe_accept(&p);

	(void)state;
	conn_write(p.c, STR("220\n"));
	conn_start_tls(p.c, server_tls, NULL);
	conn_write(p.c, STR("421 timeout\n"));
	run_turns(p.loop);
	assert_true(hears(peer, "220\n"));
	conn_close(p.c);
	p.c = NULL;
	assert_true(hears(peer, ""));
	close(peer);
	probe_end(&p);
}

/* A client of our own making, for what conn.h does not do. */
struct raw {
	SSL_CTX *ctx;
	SSL_SESSION *session;
};

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct raw *raw = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	SSL_SESSION_free(raw->session);
	raw->session = session;
	return 1;
}

static SSL *raw_connect(struct raw *raw, struct probe *p)
{
	SSL *ssl = SSL_new(raw->ctx);
	char c;

	SSL_set_fd(ssl, probe_accept(p));
	if (raw->session)
		SSL_set_session(ssl, raw->session);
	conn_start_tls(p->c, server_tls, NULL);
	SSL_set_connect_state(ssl);
	while (SSL_do_handshake(ssl) != 1 && ERR_peek_error() == 0)
		run_turns(p->loop);
	run_turns(p->loop);
	(void)SSL_read(ssl, &c, 1); /* takes the tickets in */
	return ssl;
}

static void raw_close(SSL *ssl, struct probe *p)
{
	close(SSL_get_fd(ssl));
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN); /* else its session is forgotten */
	SSL_free(ssl);
	conn_close(p->c);
	p->c = NULL;
}

static void a_client_comes_back_with_its_ticket(void **state)
{
	struct probe p = probe_new(NULL);
	struct raw raw = { .ctx = SSL_CTX_new(TLS_client_method()) };
	SSL *ssl;

	(void)state;
	SSL_CTX_set_app_data(raw.ctx, &raw);
	SSL_CTX_set_session_cache_mode(raw.ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(raw.ctx, keep_session);
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_CTX_set_max_proto_version(raw.ctx, version);
		ssl = raw_connect(&raw, &p);
		assert_false(SSL_session_reused(ssl));
		assert_non_null(raw.session);
		raw_close(ssl, &p);
		ssl = raw_connect(&raw, &p);
		assert_true(SSL_session_reused(ssl));
		raw_close(ssl, &p);
		SSL_SESSION_free(raw.session);
		raw.session = NULL;
	}
	SSL_CTX_free(raw.ctx);
	probe_end(&p);
}

static void tls_before_1_2_is_refused(void **state)
{
	struct probe p = probe_new(NULL);
	struct raw raw = { .ctx = SSL_CTX_new(TLS_client_method()) };
	SSL *ssl;

	(void)state;
	SSL_CTX_set_security_level(raw.ctx, 0);
	SSL_CTX_set_min_proto_version(raw.ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(raw.ctx, TLS1_1_VERSION);
	ssl = raw_connect(&raw, &p);
	assert_true(probe_saw(&p, "C"));
	assert_int_equal(conn_error(p.c), ERR_TLS);
	assert_string_equal(conn_error_text(p.c), "unsupported protocol");
	ERR_clear_error();
	raw_close(ssl, &p);
	SSL_CTX_free(raw.ctx);
	probe_end(&p);
}

static void refuses(const char *certificate, const char *key, const char *reason)
{
	char why[256];
	struct out o = OUT(why);

	assert_null(cert_serve(certificate, key, &o));
	if (!str_ends(out_text(&o), str_z(reason)))
		fail_msg("%.*s is not ...%s", STR_ARG(out_text(&o)), reason);
	assert_int_equal(ERR_peek_error(), 0);
}

static void what_does_not_load_is_said_in_one_line(void **state)
{
	char why[256];
	struct out o = OUT(why);

	(void)state;
	refuses("/nonexistent/mx.pem", cert.key, "/nonexistent/mx.pem: No such file or directory");
	refuses(cert.folder, cert.key, "Is a directory");
	refuses(cert.key, cert.key, "mx.key: no certificate in this file");
	refuses("/dev/null", cert.key, "/dev/null: no certificate in this file");
	refuses(cert.pem, cert.pem, "mx.pem: no private key without passphrase in this file");
	refuses(cert.pem, cert.locked_key,
		"locked.key: no private key without passphrase in this file");
	refuses(cert.pem, "/nonexistent/mx.key", "/nonexistent/mx.key: No such file or directory");
	refuses(cert.pem, cert.other_key, "/mx.pem");
	assert_null(tls_client_new(true, cert.key, &o));
	assert_true(str_ends(out_text(&o), STR("mx.key: no certificate in this file")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_secures_both_directions),
		cmocka_unit_test(starttls_drops_what_was_said_in_the_clear),
		cmocka_unit_test(much_passes_while_little_is_taken),
		cmocka_unit_test(input_held_by_tls_is_not_forgotten),
		cmocka_unit_test(the_name_and_the_chain_are_verified),
		cmocka_unit_test(without_verification_any_certificate_will_do),
		cmocka_unit_test(plain_talk_at_the_handshake_is_an_error_with_a_reason),
		cmocka_unit_test(a_peer_gone_in_the_handshake_is_said_so),
		cmocka_unit_test(an_end_without_close_notify_is_said_so),
		cmocka_unit_test(closing_when_secured_sends_what_was_written),
		cmocka_unit_test(what_is_written_during_the_handshake_is_kept_secret),
		cmocka_unit_test(a_client_comes_back_with_its_ticket),
		cmocka_unit_test(tls_before_1_2_is_refused),
		cmocka_unit_test(what_does_not_load_is_said_in_one_line),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
