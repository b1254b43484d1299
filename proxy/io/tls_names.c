/* tls_names.c - a listener's certificates, found by the name a client asks for (SNI, RFC 6066 3).
 *
 * Of one name there may be a certificate for each type of key: they share a context, and OpenSSL takes the one
 * whose signatures the client knows.  A name that lacks a type is filled up by its wildcard.  The index is sorted once. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/tls_inside.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int id;
	const char *name;
} types[] = {
	{ .id = EVP_PKEY_RSA, .name = "RSA" },
	{ .id = EVP_PKEY_EC, .name = "ECDSA" },
	{ .id = EVP_PKEY_RSA_PSS, .name = "RSA-PSS" },
	{ .id = EVP_PKEY_ED25519, .name = "Ed25519" },
	{ .id = EVP_PKEY_ED448, .name = "Ed448" },
};
enum { TYPES = COUNTOF(types) };

struct certificate {
	SSL_CTX *holder; /* holds certificate, chain and key; serves nobody */
	char *path;
	unsigned type;
};

/* A name as one certificate has it. */
struct entry {
	char name[LIMIT_DOMAIN + 1];
	unsigned type;
	size_t certificate;
};

/* Which certificate serves, by type of key; NONE: none of this type. */
enum { NONE = -1 };
struct set {
	int of[TYPES];
};

struct context {
	struct set set;
	SSL_CTX *ctx;
};

struct row {
	const char *name;
	struct set set;
	SSL_CTX *ctx;
};

struct tls_names {
	struct certificate *certificates;
	size_t count;
	struct entry *entries; /* by name once it is ready */
	size_t entry_count;
	struct row *rows; /* by name */
	size_t row_count;
	struct context *contexts;
	size_t context_count;
};

struct tls_names *tls_names_new(void)
{
	struct tls_names *n = mem_new(sizeof(*n));

	*n = (struct tls_names){ .count = 0 };
	return n;
}

void tls_names_free(struct tls_names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		SSL_CTX_free(n->certificates[i].holder);
		mem_free(n->certificates[i].path);
	}
	for (size_t i = 0; i < n->context_count; i++)
		SSL_CTX_free(n->contexts[i].ctx);
	mem_free(n->certificates);
	mem_free(n->entries);
	mem_free(n->rows);
	mem_free(n->contexts);
	mem_free(n);
}

/* ---- files ---- */

static bool load_certificate(SSL_CTX *ctx, const char *path, struct out *why)
{
	FILE *f = tls_open_pem(path, why);
	unsigned long e;

	if (!f)
		return false;
	fclose(f);
	if (SSL_CTX_use_certificate_chain_file(ctx, path) == 1)
		return true;
	e = ERR_peek_error();
	if (ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE)
		out_printf(why, "%s: no certificate in this file", path);
	else
		out_printf(why, "%s: %s", path, tls_reason());
	return false;
}

static bool load_key(SSL_CTX *ctx, const char *path, const char *certificate, struct out *why)
{
	const EVP_PKEY *proven = X509_get0_pubkey(SSL_CTX_get0_certificate(ctx));
	FILE *f = tls_open_pem(path, why);
	EVP_PKEY *key;
	bool ok = false;

	if (!f)
		return false;
	key = PEM_read_PrivateKey(f, NULL, tls_no_passphrase, NULL);
	fclose(f);
	if (!key)
		out_printf(why, "%s: no private key without passphrase in this file", path);
	else if (EVP_PKEY_eq(proven, key) != 1)
		out_printf(why, "%s: does not belong to the certificate in %s", path, certificate);
	else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
		out_printf(why, "%s: %s", path, tls_reason());
	else
		ok = true;
	EVP_PKEY_free(key);
	return ok;
}

static bool find_type(struct certificate *c, struct out *why)
{
	const int id = EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(c->holder));

	for (c->type = 0; c->type < TYPES; c->type++)
		if (types[c->type].id == id)
			return true;
	out_printf(why, "%s: TLS has no use for this type of key", c->path);
	return false;
}

/* ---- names of a certificate ---- */

static bool name_byte(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* Only what can be asked for: a wildcard is a whole first label (RFC 9525 6.3). */
static bool take_name(struct tls_names *n, const ASN1_STRING *s, const struct certificate *c)
{
	const struct str name = { .p = (const char *)ASN1_STRING_get0_data(s),
				  .n = (size_t)ASN1_STRING_length(s) };
	struct entry *e;

	if (name.n == 0 || name.n > LIMIT_DOMAIN)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!name_byte(name.p[i]) && !(i == 0 && str_starts(name, STR("*."))))
			return false;
	n->entries = mem_array(n->entries, n->entry_count + 1, sizeof(*n->entries));
	e = &n->entries[n->entry_count++];
	*e = (struct entry){ .type = c->type, .certificate = n->count };
	for (size_t i = 0; i < name.n; i++)
		e->name[i] = ascii_lower(name.p[i]);
	return true;
}

static bool take_alternatives(struct tls_names *n, const GENERAL_NAMES *names,
			      const struct certificate *c)
{
	bool any = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		/* Nobody asks for an address by SNI, yet it is proven by one. */
		if (g->type == GEN_IPADD || (g->type == GEN_DNS && take_name(n, g->d.dNSName, c)))
			any = true;
	}
	return any;
}

/* The common name stands in where there are no alternative names (RFC 6125 6.4.4). */
static bool take_names(struct tls_names *n, const struct certificate *c, struct out *why)
{
	const X509 *x = SSL_CTX_get0_certificate(c->holder);
	const X509_NAME *subject = X509_get_subject_name(x);
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const size_t before = n->entry_count;
	bool any;

	if (names)
		any = take_alternatives(n, names, c);
	else
		any = at >= 0 &&
		      take_name(n, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), c);
	GENERAL_NAMES_free(names);
	if (any)
		return true;
	n->entry_count = before;
	out_printf(why, "%s: this certificate has no name", c->path);
	return false;
}

bool tls_names_add(struct tls_names *n, const char *certificate, const char *key, struct out *why)
{
	struct certificate c = { .holder = tls_context(TLS_server_method()),
				 .path = mem_strdup(str_z(certificate)) };

	if (load_certificate(c.holder, certificate, why) &&
	    load_key(c.holder, key, certificate, why) && find_type(&c, why) &&
	    take_names(n, &c, why)) {
		n->certificates =
			mem_array(n->certificates, n->count + 1, sizeof(*n->certificates));
		n->certificates[n->count++] = c;
		return true;
	}
	SSL_CTX_free(c.holder);
	mem_free(c.path);
	ERR_clear_error();
	return false;
}

/* ---- the index ---- */

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const int names = strcmp(x->name, y->name);

	if (names)
		return names;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return (x->certificate > y->certificate) - (x->certificate < y->certificate);
}

static bool same_name(const struct entry *a, const struct entry *b)
{
	return strcmp(a->name, b->name) == 0;
}

/* A certificate may repeat a name of its own. */
static const struct entry *find_twice(const struct tls_names *n)
{
	for (size_t i = 1; i < n->entry_count; i++) {
		const struct entry *a = &n->entries[i - 1], *b = &n->entries[i];

		if (same_name(a, b) && a->type == b->type && a->certificate != b->certificate)
			return b;
	}
	return NULL;
}

static struct set empty_set(void)
{
	struct set s;

	for (unsigned t = 0; t < TYPES; t++)
		s.of[t] = NONE;
	return s;
}

static void make_rows(struct tls_names *n)
{
	n->rows = mem_array(NULL, n->entry_count + 1, sizeof(*n->rows));
	for (size_t i = 0; i < n->entry_count; i++) {
		const struct entry *e = &n->entries[i];

		if (i == 0 || !same_name(e, e - 1))
			n->rows[n->row_count++] =
				(struct row){ .name = e->name, .set = empty_set() };
		n->rows[n->row_count - 1].set.of[e->type] = (int)e->certificate;
	}
}

static int row_order(const void *key, const void *row)
{
	return strcmp(key, ((const struct row *)row)->name);
}

static struct row *find_row(const struct tls_names *n, const char *name)
{
	return n->row_count ? bsearch(name, n->rows, n->row_count, sizeof(*n->rows), row_order)
			    : NULL;
}

static struct row *find_wildcard(const struct tls_names *n, const char *name)
{
	char wildcard[LIMIT_DOMAIN + 2] = "*";
	const char *dot = strchr(name, '.');

	if (!dot || dot == name)
		return NULL;
	memcpy(wildcard + 1, dot, strlen(dot) + 1);
	return find_row(n, wildcard);
}

static void fill_up(const struct tls_names *n, struct row *r)
{
	const struct row *wildcard = find_wildcard(n, r->name);

	for (unsigned t = 0; wildcard && t < TYPES; t++)
		if (r->set.of[t] == NONE)
			r->set.of[t] = wildcard->set.of[t];
}

static void put(SSL_CTX *ctx, const struct certificate *c)
{
	STACK_OF(X509) *chain = NULL;

	SSL_CTX_get0_chain_certs(c->holder, &chain);
	CHECK(SSL_CTX_use_cert_and_key(ctx, SSL_CTX_get0_certificate(c->holder),
				       SSL_CTX_get0_privatekey(c->holder), chain, 1) == 1);
}

static SSL_CTX *context_for(struct tls *tls, const struct set *set)
{
	struct tls_names *n = tls->names;
	SSL_CTX *ctx;

	for (size_t i = 0; i < n->context_count; i++)
		if (memcmp(&n->contexts[i].set, set, sizeof(*set)) == 0)
			return n->contexts[i].ctx;
	ctx = tls_server_context(tls);
	for (unsigned t = 0; t < TYPES; t++)
		if (set->of[t] != NONE)
			put(ctx, &n->certificates[set->of[t]]);
	n->contexts = mem_array(n->contexts, n->context_count + 1, sizeof(*n->contexts));
	n->contexts[n->context_count++] = (struct context){ .set = *set, .ctx = ctx };
	return ctx;
}

/* That of its first name, so that another type of key beside it serves as well. */
static SSL_CTX *first_context(struct tls *tls, const char *first_name)
{
	struct set alone = empty_set();

	if (*first_name)
		return find_row(tls->names, first_name)->ctx;
	alone.of[tls->names->certificates[0].type] = 0;
	return context_for(tls, &alone);
}

SSL_CTX *tls_names_ready(struct tls *tls, size_t *which, struct out *why)
{
	struct tls_names *n = tls->names;
	char first_name[LIMIT_DOMAIN + 1] = "";
	const struct entry *twice;

	CHECK(n->count > 0 && !n->rows);
	if (n->entry_count && n->entries[0].certificate == 0)
		memcpy(first_name, n->entries[0].name, sizeof(first_name));
	if (n->entry_count)
		qsort(n->entries, n->entry_count, sizeof(*n->entries), by_name);
	twice = find_twice(n);
	if (twice) {
		*which = twice->certificate;
		out_printf(why, "%s: there is another %s certificate for %s",
			   n->certificates[*which].path, types[twice->type].name, twice->name);
		return NULL;
	}
	make_rows(n);
	for (size_t i = 0; i < n->row_count; i++)
		fill_up(n, &n->rows[i]);
	for (size_t i = 0; i < n->row_count; i++)
		n->rows[i].ctx = context_for(tls, &n->rows[i].set);
	return first_context(tls, first_name);
}

/* ---- what is asked for ---- */

SSL_CTX *tls_names_find(const struct tls_names *n, const char *name)
{
	char lower[LIMIT_DOMAIN + 1];
	const size_t length = strlen(name);
	const struct row *r;

	if (length > LIMIT_DOMAIN)
		return NULL;
	for (size_t i = 0; i <= length; i++)
		lower[i] = ascii_lower(name[i]);
	r = find_row(n, lower);
	if (!r)
		r = find_wildcard(n, lower);
	return r ? r->ctx : NULL;
}

size_t tls_names_certificates(const struct tls_names *n)
{
	return n->count;
}

const X509 *tls_names_certificate(const struct tls_names *n, size_t at)
{
	CHECK(at < n->count);
	return SSL_CTX_get0_certificate(n->certificates[at].holder);
}
