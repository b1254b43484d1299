/* conn_tls.c - bytes through OpenSSL, on the socket itself.
 *
 * OpenSSL reads ahead (one read() for a record's header and body), so it can hold input that no
 * readiness announces: holds_input() says so.  Its error queue is per thread and sticky, so it
 * is cleared before each call and after each failure. */
#define _GNU_SOURCE /* strerrordesc_np */
#include "io/conn_io.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

static void begin(void)
{
	ERR_clear_error();
	errno = 0;
}

static enum io_step broken_off(struct conn *c)
{
	const enum io_step step =
		conn_failed(c, ERR_CLOSED,
			    c->state == STATE_HANDSHAKING ? "closed during the TLS handshake"
							  : "closed without TLS close_notify");

	c->finished = true;
	return step;
}

static enum io_step failed(struct conn *c)
{
	const unsigned long e = ERR_peek_error();
	const long verified = SSL_get_verify_result(c->ssl);
	const char *text = ERR_reason_error_string(e);

	ERR_clear_error();
	if (ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return broken_off(c);
	if (ERR_GET_REASON(e) == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
		text = X509_verify_cert_error_string(verified);
	return conn_failed(c, ERR_TLS, text);
}

static enum io_step step_of(struct conn *c, int ret)
{
	const int error = errno;

	switch (SSL_get_error(c->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->blocked = true;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return conn_ended(c);
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return error ? conn_failed_errno(c, error) : broken_off(c);
	default:
		return failed(c);
	}
}

static enum io_step read_tls(struct conn *c, char *to, size_t room, size_t *n)
{
	enum io_step step;
	int ret;

	begin();
	ret = SSL_read_ex(c->ssl, to, room, n);
	if (ret == 1)
		return IO_DONE;
	step = step_of(c, ret);
	c->read_blocked = c->blocked;
	return step;
}

static enum io_step write_tls(struct conn *c, const struct str *runs, unsigned count, size_t *sent)
{
	*sent = 0;
	for (unsigned i = 0; i < count; i++) {
		struct str rest = runs[i];

		while (rest.n) {
			size_t n = 0;
			int ret;

			begin();
			ret = SSL_write_ex(c->ssl, rest.p, rest.n, &n);
			if (ret != 1)
				return step_of(c, ret);
			*sent += n;
			rest = str_from(rest, n);
		}
	}
	return IO_DONE;
}

static bool holds_input(const struct conn *c)
{
	return SSL_has_pending(c->ssl) == 1;
}

/* Best effort: who has already gone does not mind. */
static void say_goodbye(struct conn *c)
{
	begin();
	(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
}

const struct conn_ops conn_tls = {
	.read = read_tls,
	.write = write_tls,
	.holds_input = holds_input,
	.say_goodbye = say_goodbye,
};

static void print_fingerprint(struct out *o, const X509 *x)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	CHECK(X509_digest(x, EVP_sha256(), bytes, &n) == 1);
	for (unsigned i = 0; i < n; i++) {
		out_char(o, digits[bytes[i] >> 4]);
		out_char(o, digits[bytes[i] & 15]);
	}
}

static struct str bytes_behind(struct conn_tls_facts *f, size_t at, struct str text)
{
	char *to = (char *)(f + 1) + at;

	if (text.n)
		memcpy(to, text.p, text.n);
	return (struct str){ .p = to, .n = text.n };
}

/* One block of memory, the texts behind the struct: a connection keeps it to its end. */
static struct conn_tls_facts *settled(SSL *ssl)
{
	const bool server = SSL_is_server(ssl) == 1;
	const char *name = server ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : NULL;
	X509 *shown = server ? SSL_get0_peer_certificate(ssl) : NULL;
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	char text[2 * EVP_MAX_MD_SIZE];
	struct out fingerprint = OUT(text);
	struct conn_tls_facts *f;

	if (shown)
		print_fingerprint(&fingerprint, shown);
	f = mem_new(sizeof(*f) + str_z(name).n + fingerprint.n);
	*f = (struct conn_tls_facts){ .version = SSL_get_version(ssl),
				      .cipher = SSL_CIPHER_get_name(cipher),
				      .suite = SSL_CIPHER_standard_name(cipher),
				      .resumed = SSL_session_reused(ssl) == 1,
				      .vouched = shown && SSL_get_verify_result(ssl) == X509_V_OK };
	f->server_name = bytes_behind(f, 0, str_z(name));
	f->fingerprint = bytes_behind(f, f->server_name.n, out_text(&fingerprint));
	return f;
}

enum io_step conn_tls_handshake(struct conn *c)
{
	int ret;

	begin();
	ret = SSL_do_handshake(c->ssl);
	if (ret != 1)
		return step_of(c, ret);
	c->facts = settled(c->ssl);
	c->dry = false;
	return IO_DONE;
}

void conn_tls_free(struct conn *c)
{
	SSL_free(c->ssl);
	mem_free(c->facts);
	c->ssl = NULL;
	c->facts = NULL;
}
