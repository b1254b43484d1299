#include "filters/arc/seal.h"

#include "base/check.h"
#include "base/out.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/* FIELD_MAX: a field of ours; BEHIND_NAMES: of it, for what stands behind h=; RESULTS_MAX: the field that repeats
 * Authentication-Results. */
enum {
	BITS_MIN = 1024,
	SIGNATURE_MAX = LIMIT_KEY_BITS / 8,
	BASE64_MAX = (SIGNATURE_MAX + 2) / 3 * 4 + 1,
	FOLD_AT = 70,
	FIELD_MAX = 4096,
	BEHIND_NAMES = BASE64_MAX + 256,
	RESULTS_MAX = LIMIT_AUTH_RESULTS + 64,
};

bool arc_sealer_read(const char *path, struct arc_sealer *sealer, const char **why)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
	const int kind = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
	const int bits = key ? EVP_PKEY_get_bits(key) : 0;

	*why = !file ? "cannot be read" : !key ? "holds no private key" : NULL;
	if (file)
		fclose(file);
	if (kind == EVP_PKEY_RSA && (bits < BITS_MIN || bits > LIMIT_KEY_BITS))
		*why = "is a key of less than 1024 or more than 4096 bits (RFC 8301)";
	else if (key && kind != EVP_PKEY_RSA && kind != EVP_PKEY_ED25519)
		*why = "is no key for RSA or Ed25519";
	ERR_clear_error();
	if (*why) {
		EVP_PKEY_free(key);
		return false;
	}
	sealer->key = key;
	sealer->algorithm = kind == EVP_PKEY_RSA ? ARC_RSA_SHA256 : ARC_ED25519_SHA256;
	return true;
}

/* ---- signing ---- */

static bool sign_rsa(EVP_PKEY *key, const struct sha256 *d, unsigned char *to, size_t *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok;

	CHECK(ctx);
	ok = EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	     EVP_PKEY_sign(ctx, to, n, d->bytes, sizeof(d->bytes)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool sign_ed25519(EVP_PKEY *key, const struct sha256 *d, unsigned char *to, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	CHECK(ctx);
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	     EVP_DigestSign(ctx, to, n, d->bytes, sizeof(d->bytes)) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static void base64(struct out *o, const unsigned char *bytes, size_t n)
{
	unsigned char text[BASE64_MAX];
	struct str rest = { .p = (const char *)text };

	rest.n = (size_t)EVP_EncodeBlock(text, bytes, (int)n);
	for (; rest.n > FOLD_AT; rest = str_from(rest, FOLD_AT)) {
		out_str(o, str_head(rest, FOLD_AT));
		out_str(o, STR("\r\n\t"));
	}
	out_str(o, rest);
}

/* Appends the value of b= and the field's end. */
static bool sign(struct out *o, const struct arc_sealer *sealer, const struct sha256 *d)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t n = sizeof(signature);
	const bool ok = sealer->algorithm == ARC_RSA_SHA256
				? sign_rsa(sealer->key, d, signature, &n)
				: sign_ed25519(sealer->key, d, signature, &n);

	if (!ok) {
		ERR_clear_error();
		return false;
	}
	base64(o, signature, n);
	out_str(o, STR("\r\n"));
	return !o->full;
}

/* ---- fields ---- */

static const char *algorithm_name(const struct arc_sealer *sealer)
{
	return sealer->algorithm == ARC_RSA_SHA256 ? "rsa-sha256" : "ed25519-sha256";
}

/* The field written so far, up to its b=, as one to be signed. */
static void as_field(const struct out *o, struct arc_signature *s)
{
	const struct str text = out_text(o);

	s->field.whole = text;
	CHECK(str_cut(text, ':', &s->field.name, &s->field.value));
	s->hole = str_from(text, text.n);
}

/* As a whole. */
static struct header_field as_whole(const struct out *o)
{
	struct str text = out_text(o);
	struct header_field f;

	CHECK(header_next(&text, &f));
	return f;
}

/* What tells who wrote what to whom; never fields that those behind us take out (RFC 8617 4.1.2). */
static bool is_signed(struct str name)
{
	static const struct str names[] = {
		STR_INIT("From"),
		STR_INIT("Sender"),
		STR_INIT("Reply-To"),
		STR_INIT("To"),
		STR_INIT("Cc"),
		STR_INIT("Subject"),
		STR_INIT("Date"),
		STR_INIT("Message-ID"),
		STR_INIT("In-Reply-To"),
		STR_INIT("References"),
		STR_INIT("MIME-Version"),
		STR_INIT("Content-Type"),
		STR_INIT("List-Id"),
		STR_INIT("Content-Transfer-Encoding"),
		STR_INIT("List-Post"),
		STR_INIT("List-Unsubscribe"),
		STR_INIT("DKIM-Signature"),
	};

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (str_ieq(name, names[i]))
			return true;
	return false;
}

/* Every such field there is, as far as there is room, and From once more, so that nobody adds another. */
static struct str signed_names(struct out *o, struct str header)
{
	const size_t begin = o->n;
	struct header_field f;
	unsigned count = 1;

	out_str(o, STR("From"));
	while (count < LIMIT_ARC_FIELDS && o->cap - o->n > BEHIND_NAMES &&
	       header_next(&header, &f)) {
		if (!is_signed(f.name))
			continue;
		out_str(o, count % 4 ? STR(":") : STR(":\r\n\t"));
		out_str(o, f.name);
		count++;
	}
	return str_from(out_text(o), begin);
}

static bool message_signature(struct out *o, const struct arc_sealing *s, struct str header,
			      int64_t unix_s)
{
	struct arc_signature own = { .relaxed_header = true, .relaxed_body = true };
	struct sha256 digest;

	out_printf(o,
		   "ARC-Message-Signature: i=%u; a=%s; c=relaxed/relaxed;\r\n\td=" STR_FMT
		   "; s=" STR_FMT "; t=%lld;\r\n\tbh=",
		   s->chain->count + 1, algorithm_name(s->sealer), STR_ARG(s->sealer->domain),
		   STR_ARG(s->sealer->selector), (long long)unix_s);
	base64(o, s->body->digest.bytes, sizeof(s->body->digest.bytes));
	out_str(o, STR(";\r\n\th="));
	own.h = signed_names(o, header);
	out_str(o, STR(";\r\n\tb="));
	if (o->full)
		return false;
	as_field(o, &own);
	arc_digest_message(header, &own, &digest);
	return sign(o, s->sealer, &digest);
}

/* The set's other two fields are in the chain already. */
static bool seal(struct out *o, const struct arc_sealing *s, int64_t unix_s)
{
	struct sha256 digests[LIMIT_ARC_SETS];
	struct arc_signature *own = &s->chain->sets[s->chain->count - 1].seal;

	out_printf(o,
		   "ARC-Seal: i=%u; a=%s; t=%lld; cv=%s;\r\n\td=" STR_FMT "; s=" STR_FMT
		   ";\r\n\tb=",
		   s->chain->count, algorithm_name(s->sealer), (long long)unix_s,
		   s->chain->count > 1 ? "pass" : "none", STR_ARG(s->sealer->domain),
		   STR_ARG(s->sealer->selector));
	if (o->full)
		return false;
	as_field(o, own);
	arc_digest_seals(s->chain, digests);
	return sign(o, s->sealer, &digests[s->chain->count - 1]);
}

struct str arc_seal(struct arc_sealing *s, struct arena *arena, struct str header,
		    struct str results, int64_t unix_s)
{
	char results_bytes[RESULTS_MAX], message_bytes[FIELD_MAX], seal_bytes[FIELD_MAX];
	struct out aar = OUT(results_bytes), ams = OUT(message_bytes), as = OUT(seal_bytes);
	struct arc_set *set = &s->chain->sets[s->chain->count];
	bool ok;

	CHECK(s->chain->count < LIMIT_ARC_SETS);
	out_printf(&aar, "ARC-Authentication-Results: i=%u; ", s->chain->count + 1);
	out_str(&aar, results);
	out_str(&aar, STR("\r\n"));
	if (aar.full || !message_signature(&ams, s, header, unix_s))
		return (struct str){ 0 };
	set->results = as_whole(&aar);
	set->message.field = as_whole(&ams);
	s->chain->count++;
	ok = seal(&as, s, unix_s);
	s->chain->count--; /* its fields were here only */
	if (!ok)
		return (struct str){ 0 };
	return arena_printf(arena, STR_FMT STR_FMT STR_FMT, STR_ARG(out_text(&as)),
			    STR_ARG(out_text(&ams)), STR_ARG(out_text(&aar)));
}
