/* tls_inside.h - the inside of a TLS configuration, shared by tls*.c only. */
#ifndef IO_TLS_INSIDE_H
#define IO_TLS_INSIDE_H

#include "io/tls.h"

#include <openssl/ssl.h>
#include <stdio.h>

struct tls_names; /* tls_names.c */

struct tls {
	SSL_CTX *ctx; /* what a session begins with */
	bool server, verify;

	/* The server's alone. */
	struct tls_server_options options; /* client_ca is not kept */
	X509_STORE *authorities;           /* NULL: nobody vouches for clients */
	unsigned char policy[32];          /* sessions are resumed under the same rules only */
	struct tls_names *names;
	const struct tls_tickets *tickets;
};

/* ---- tls.c ---- */
SSL_CTX *tls_context(const SSL_METHOD *method);
/* The reason of OpenSSL's first error. */
const char *tls_reason(void);
/* NULL, with the reason said, when nothing can be read from it (a folder opens, too). */
FILE *tls_open_pem(const char *path, struct out *why);
/* An encrypted key must not stop at a prompt on somebody's terminal. */
int tls_no_passphrase(char *to, int room, int writing, void *arg);

/* ---- tls_server.c ---- */
/* One more context for the same listener: alike but for its certificates. */
SSL_CTX *tls_server_context(struct tls *tls);

/* ---- tls_names.c ---- */
struct tls_names *tls_names_new(void);
bool tls_names_add(struct tls_names *n, const char *certificate, const char *key,
		   struct out *why) NODISCARD;
/* Makes the contexts.  NULL: two certificates for one name and type; otherwise the first one's. */
SSL_CTX *tls_names_ready(struct tls *tls, size_t *which, struct out *why);
/* For the name a client asks for; NULL: nobody has it. */
SSL_CTX *tls_names_find(const struct tls_names *n, const char *name);
size_t tls_names_certificates(const struct tls_names *n);
const X509 *tls_names_certificate(const struct tls_names *n, size_t at);
void tls_names_free(struct tls_names *n);

/* ---- tls_tickets.c ---- */
/* For SSL_CTX_set_tlsext_ticket_key_evp_cb(); the context's app data is its struct tls. */
int tls_tickets_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
		    EVP_MAC_CTX *mac, int sealing);

#endif
