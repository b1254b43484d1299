#include "dkim_sign.h"

#include "base/check.h"
#include "mail/header.h"
#include "unit/rsa_key.h"

#include <opendkim/dkim.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static unsigned char *bytes_of(const char *p)
{
	return (unsigned char *)(uintptr_t)p;
}

void dkim_pair_make(struct dkim_pair *pair, unsigned bits)
{
	EVP_PKEY *key = rsa_key(bits);
	BIO *bio = BIO_new(BIO_s_mem());
	struct out record = OUT(pair->record);
	unsigned char *der = NULL;
	char text[2048];
	int n;

	CHECK(key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_read(bio, pair->pem, sizeof(pair->pem) - 1);
	CHECK(n > 0);
	pair->pem[n] = '\0';
	n = i2d_PUBKEY(key, &der);
	CHECK(n > 0 && (size_t)n * 4 / 3 + 4 < sizeof(text));
	EVP_EncodeBlock((unsigned char *)text, der, n);
	out_printf(&record, "v=DKIM1; k=rsa; p=%s", text);
	out_char(&record, '\0');
	CHECK(!record.full);
	OPENSSL_free(der);
	BIO_free(bio);
	EVP_PKEY_free(key);
}

void dkim_sign_mail(const struct dkim_pair *pair, struct str message, struct out *o)
{
	const size_t n = header_length(message);
	struct str header = str_head(message, n), body = str_from(message, n);
	DKIM_LIB *lib = dkim_init(NULL, NULL);
	struct header_field field;
	unsigned char *value;
	size_t value_n;
	DKIM_STAT stat;
	DKIM *dkim = dkim_sign(lib, bytes_of("-"), NULL, bytes_of(pair->pem), bytes_of("s1"),
			       bytes_of("example.org"), DKIM_CANON_RELAXED, DKIM_CANON_RELAXED,
			       DKIM_SIGN_RSASHA256, -1, &stat);

	CHECK(dkim && stat == DKIM_STAT_OK);
	while (header_next(&header, &field))
		CHECK(dkim_header(dkim, bytes_of(field.whole.p), field.whole.n - 2) ==
		      DKIM_STAT_OK);
	CHECK(dkim_eoh(dkim) == DKIM_STAT_OK);
	CHECK(!body.n || dkim_body(dkim, bytes_of(body.p), body.n) == DKIM_STAT_OK);
	CHECK(dkim_eom(dkim, NULL) == DKIM_STAT_OK);
	CHECK(dkim_getsighdr_d(dkim, 16, &value, &value_n) == DKIM_STAT_OK);
	out_str(o, STR("DKIM-Signature: "));
	out_str(o, (struct str){ .p = (char *)value, .n = value_n });
	out_str(o, STR("\r\n"));
	out_str(o, message);
	dkim_free(dkim);
	dkim_close(lib);
}
