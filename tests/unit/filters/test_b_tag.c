/* What a signature leaves out of its own field (RFC 6376 3.5, 3.7): the value of b= with the white space around it, and
 * nothing else, however the field is folded.  Asked of DKIM, where libopendkim takes it out, and of ARC, where we do. */
#include "dkim_sign.h"
#include "filters/arc/digest.h"
#include "filters/dkim/gather.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TAGS    "a=rsa-sha256; d=example.org; s=s1;"
#define EMPTY   "bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=;" /* a body of no bytes, simple */
#define FROM    "From:\r\n\tAnn <ann@example.org>\r\n"
#define RELAXED "from:Ann <ann@example.org>\r\n"

enum { NOW_S = 1800000000, MEMORY = 1 << 20 };

/* What stands before the value and behind it, as written and as signed. */
static const struct row {
	bool relaxed;
	const char *before, *behind;
	const char *signs; /* both, without what is left out */
	bool mistaken;     /* by libopendkim */
} rows[] = {
	{ false, " h=from; b=", "", " h=from; b=", false },
	{ false, " h=from; b=\r\n\t ", "\r\n ", " h=from; b=", false },
	{ false, " h=from; b\r\n\t =", "", " h=from; b\r\n\t =", true },
	{ false, " h=from;\r\n\tb \t= ", " ", " h=from;\r\n\tb \t=", true },
	{ false, " b=\r\n\t", "\r\n\t;\r\n\th=from;", " b=;\r\n\th=from;", false },
	{ false, " b=", "; h=from; x_b=b", " b=; h=from; x_b=b", true },
	{ false, " b=", "; h=from; x_b =b; B=b", " b=; h=from; x_b =b; B=b", false },
	{ true, " h=from; b=", "", " h=from; b=", false },
	{ true, " h=from; b=\r\n\t ", "\r\n ", " h=from; b=", false },
	{ true, " h=from; b\r\n\t =", "", " h=from; b =", true },
	{ true, " h=from;\r\n\tb \t= ", " ", " h=from; b =", true },
	{ true, " b=\r\n\t", "\r\n\t;\r\n\th=from;", " b=; h=from;", false },
	{ true, " b=", "; h=from; bb=b", " b=; h=from; bb=b", true },
};

static struct dkim_pair pair;

static void sign(struct out *o, struct str signs)
{
	BIO *bio = BIO_new_mem_buf(pair.pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char bytes[256], text[400];
	size_t n = sizeof(bytes);

	CHECK(key && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1);
	CHECK(EVP_DigestSign(ctx, bytes, &n, (const unsigned char *)signs.p, signs.n) == 1);
	EVP_EncodeBlock(text, bytes, (int)n);
	out_str(o, str_head(str_z((const char *)text), 100));
	out_str(o, STR("\r\n\t"));
	out_str(o, str_from(str_z((const char *)text), 100));
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(bio);
}

/* name: as signed. */
static void make(struct out *message, const struct row *row, const char *name, const char *tags)
{
	const char *canon = row->relaxed ? "c=relaxed/simple;" : "c=simple/simple;";
	char bytes[2048];
	struct out signs = OUT(bytes);

	out_printf(&signs, "%s%s:%s%s" TAGS EMPTY "%s%s", row->relaxed ? RELAXED : FROM, name,
		   row->relaxed ? "" : " ", tags, canon, row->signs);
	out_printf(message, "%s: %s" TAGS EMPTY "%s%s", name, tags, canon, row->before);
	sign(message, out_text(&signs));
	out_printf(message, "%s\r\n" FROM, row->behind);
	CHECK(!signs.full && !message->full);
}

static void dkim(void **state)
{
	struct dkim_library *library = dkim_library_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct auth_dkim *told = NULL;
		struct dkim_message m = { 0 };
		struct body_hashes hashes = { { NULL } };
		struct arena arena;
		char bytes[4096];
		struct out o = OUT(bytes);
		struct dkim_one *one;

		make(&o, &rows[i], rows[i].relaxed ? "dkim-signature" : "DKIM-Signature", "v=1;");
		out_str(&o, STR("\r\n"));
		arena_init(&arena, MEMORY);
		assert_true(dkim_gather(&m, library, &arena, NOW_S, out_text(&o), &told));
		assert_int_equal(m.case_count, !rows[i].mistaken);
		if (m.case_count)
			m.cases[0]->body = body_hashes_want(&hashes, &arena, false, UINT64_MAX);
		body_hashes_end(&hashes);
		one = m.ones[0];
		assert_null(pubkey_parse(str_z(pair.record), &one->key));
		one->at.key = &one->key;
		dkim_message_evaluate(&m);
		assert_int_equal(one->at.result, rows[i].mistaken ? AUTH_NEUTRAL : AUTH_PASS);
		arena_reset(&arena);
	}
	dkim_library_free(library);
}

static void arc(void **state)
{
	struct pubkey key;

	(void)state;
	assert_null(pubkey_parse(str_z(pair.record), &key));
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		static struct arc_chain chain;
		char bytes[4096];
		struct out o = OUT(bytes);
		struct sha256 digest;

		make(&o, &rows[i],
		     rows[i].relaxed ? "arc-message-signature" : "ARC-Message-Signature", "i=1;");
		out_str(&o, STR("ARC-Seal: i=1; cv=none; " TAGS "b=AAAA\r\n"
				"ARC-Authentication-Results: i=1; none\r\n\r\n"));
		assert_true(arc_chain_read(out_text(&o), &chain));
		arc_digest_message(out_text(&o), &chain.sets[0].message, &digest);
		assert_true(pubkey_verifies(&key, chain.sets[0].message.b, &digest));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dkim),
		cmocka_unit_test(arc),
	};

	dkim_pair_make(&pair, 2048);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
