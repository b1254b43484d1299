/* tls_tickets.c - keys of session tickets (RFC 5077 4), in memory that processes share.
 *
 * The master writes, workers read: a key is complete before `current` names it, and its slot is written again only two
 * rotations after it was used last.  It is neither swapped out nor dumped, as far as the system lets us. */
#include "base/check.h"
#include "io/tls_inside.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { SLOTS = 4, NAME = 16, KEY = 32, IV = 16 };

struct key {
	unsigned char name[NAME], seal[KEY], mac[KEY];
};

struct tls_tickets {
	atomic_uint current; /* counts rotations: slot current % SLOTS seals */
	struct key slots[SLOTS];
};

static void make_key(struct key *k)
{
	CHECK(RAND_bytes(k->name, sizeof(k->name)) == 1);
	CHECK(RAND_priv_bytes(k->seal, sizeof(k->seal)) == 1);
	CHECK(RAND_priv_bytes(k->mac, sizeof(k->mac)) == 1);
}

struct tls_tickets *tls_tickets_new(void)
{
	struct tls_tickets *t =
		mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(t != MAP_FAILED);
	(void)mlock(t, sizeof(*t));
	(void)madvise(t, sizeof(*t), MADV_DONTDUMP);
	/* The one before the first never sealed anything, and opens nothing. */
	make_key(&t->slots[SLOTS - 1]);
	make_key(&t->slots[0]);
	return t;
}

void tls_tickets_rotate(struct tls_tickets *t)
{
	const unsigned next = atomic_load_explicit(&t->current, memory_order_relaxed) + 1;

	make_key(&t->slots[next % SLOTS]);
	atomic_store_explicit(&t->current, next, memory_order_release);
	/* Who stole the memory now learns nothing of what was sealed by it. */
	OPENSSL_cleanse(&t->slots[(next + 1) % SLOTS], sizeof(struct key));
}

void tls_tickets_free(struct tls_tickets *t)
{
	OPENSSL_cleanse(t, sizeof(*t));
	munmap(t, sizeof(*t));
}

static bool use(const struct key *k, const unsigned char *iv, EVP_CIPHER_CTX *cipher,
		EVP_MAC_CTX *mac, int sealing)
{
	unsigned char secret[KEY];
	char digest[] = "SHA256";
	OSSL_PARAM params[3];
	bool ok;

	memcpy(secret, k->mac, sizeof(secret));
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof(secret));
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	params[2] = OSSL_PARAM_construct_end();
	ok = EVP_MAC_CTX_set_params(mac, params) == 1 &&
	     EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->seal, iv, sealing) == 1;
	OPENSSL_cleanse(secret, sizeof(secret));
	return ok;
}

/* Answers as OpenSSL wants them: below 0 the handshake fails, 0 the ticket is not ours, 1 go on, 2 go on and
 * give a new one. */
int tls_tickets_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
		    EVP_MAC_CTX *mac, int sealing)
{
	const struct tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const struct tls_tickets *t = tls->tickets;
	unsigned current;

	if (!t)
		return 0;
	current = atomic_load_explicit(&t->current, memory_order_acquire);
	if (sealing) {
		const struct key *k = &t->slots[current % SLOTS];

		memcpy(name, k->name, NAME);
		return RAND_bytes(iv, IV) == 1 && use(k, iv, cipher, mac, 1) ? 1 : -1;
	}
	for (unsigned age = 0; age < 2; age++) {
		const struct key *k = &t->slots[(current - age) % SLOTS];

		if (CRYPTO_memcmp(name, k->name, NAME) == 0)
			return !use(k, iv, cipher, mac, 0) ? -1 : age ? 2 : 1;
	}
	return 0;
}
