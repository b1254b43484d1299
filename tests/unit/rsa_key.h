/* rsa_key.h - an RSA key made for the test, by openssl's command: valgrind does not follow it there, where it would spend
 * ten seconds on the primes. */
#ifndef UNIT_RSA_KEY_H
#define UNIT_RSA_KEY_H

#include "base/check.h"

#include <openssl/pem.h>
#include <stdio.h>

/* The caller frees it. */
static inline EVP_PKEY *rsa_key(unsigned bits)
{
	char command[64];
	EVP_PKEY *key;
	FILE *f;

	(void)snprintf(command, sizeof(command), "openssl genrsa %u 2>/dev/null", bits);
	f = popen(command, "r");
	CHECK(f);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	CHECK(key && pclose(f) == 0);
	return key;
}

#endif
