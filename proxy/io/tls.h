/* tls.h - TLS configurations (OpenSSL contexts): what a listener presents, what a backend must prove. */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "base/attr.h"
#include "base/out.h"

#include <stdbool.h>

struct tls;

/* Certificate chain and key from PEM files, or NULL with a one-line reason in `why`
 * ("mx.pem: no certificate in this file"). */
struct tls *tls_server_new(const char *certificate, const char *key, struct out *why);

/* Verification needs the chain to end in `ca_file` (NULL: the system's store) and the name to match. */
struct tls *tls_client_new(bool verify, const char *ca_file, struct out *why);

void tls_free(struct tls *tls);

#endif
