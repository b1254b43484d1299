/* tls.h - TLS configurations (OpenSSL contexts): what a listener presents, what a backend must prove. */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "base/attr.h"
#include "base/out.h"

#include <stdbool.h>
#include <stdint.h>

struct tls;

/* What OpenSSL has counts as memory in use (base/mem.h).  Before anything else is done with it. */
void tls_count_memory(void);

/* Certificate chain and key from PEM files, or NULL with a one-line reason in `why`
 * ("mx.pem: no certificate in this file"). */
struct tls *tls_server_new(const char *certificate, const char *key, struct out *why);

/* Whether a listener's certificate is in its time, and will be for a week; if not, why
 * ("expired on 2026-11-22"). */
bool tls_in_time(const struct tls *tls, int64_t unix_s, struct out *why) NODISCARD;

/* Verification needs the chain to end in `ca_file` (NULL: the system's store) and the name to match. */
struct tls *tls_client_new(bool verify, const char *ca_file, struct out *why);

void tls_free(struct tls *tls);

#endif
