/* key.h - a sealer's public key (RFC 6376 3.6.1, RFC 8463) for OpenSSL, pure. */
#ifndef FILTERS_ARC_KEY_H
#define FILTERS_ARC_KEY_H

#include "filters/arc/chain.h"

#include <openssl/types.h>

/* Of a TXT record; the caller's to free.  NULL: it is none for this algorithm, *wrong (static) says why. */
EVP_PKEY *arc_key_read(struct str record, enum arc_algorithm algorithm, struct str *wrong);

#endif
