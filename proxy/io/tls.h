/* tls.h - TLS configurations (OpenSSL contexts): what a listener presents, what a backend must prove. */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "base/attr.h"
#include "base/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls;

/* What OpenSSL has counts as memory in use (base/mem.h).  Before anything else is done with it. */
void tls_count_memory(void);

/* ---- the server's side ---- */

struct tls_server_options {
	bool modern;           /* TLS 1.3 alone; else 1.2 as well */
	bool ask;              /* clients are asked for a certificate, and may have none */
	const char *client_ca; /* PEM file with who vouches for it; NULL: nobody */
};

/* Has no certificate yet.  NULL with a one-line reason in `why`. */
struct tls *tls_server_new(const struct tls_server_options *o, struct out *why) NODISCARD;

/* One more certificate, with its chain and its key, from PEM files.  False with a one-line reason ("mx.pem: no
 * certificate in this file"). */
bool tls_server_add(struct tls *tls, const char *certificate, const char *key,
		    struct out *why) NODISCARD;

/* All certificates are there: from now on it serves.  A client that asks for a name (SNI) is shown the
 * certificates that have it, or a wildcard for it; any other those of the first one's name.  Of one name there may be one
 * certificate for each type of key: a second one is refused, *which says which (from 0). */
bool tls_server_ready(struct tls *tls, size_t *which, struct out *why) NODISCARD;

size_t tls_certificates(const struct tls *tls);

/* Whether certificate n (from 0) is in its time, and will be for a week; if not, why ("expired on
 * 2026-11-22"). */
enum tls_time { TLS_IN_TIME, TLS_EXPIRES_SOON, TLS_OUT_OF_TIME };
enum tls_time tls_time(const struct tls *tls, size_t n, int64_t unix_s, struct out *why) NODISCARD;

/* ---- session tickets ---- */

/* The keys that seal what a client brings back to resume its session: in memory shared with every process forked
 * later, so that any worker opens what another one sealed.  One key seals, it and the one before open. */
struct tls_tickets;

struct tls_tickets *tls_tickets_new(void);
/* A new key seals from now on.  By one process alone. */
void tls_tickets_rotate(struct tls_tickets *t);
void tls_tickets_free(struct tls_tickets *t);
/* `t` must outlive `tls`. */
void tls_use_tickets(struct tls *tls, const struct tls_tickets *t);

/* ---- the client's side ---- */

/* Verification needs the chain to end in `ca_file` (NULL: the system's store) and the name to match. */
struct tls *tls_client_new(bool verify, const char *ca_file, struct out *why);

void tls_free(struct tls *tls);

#endif
