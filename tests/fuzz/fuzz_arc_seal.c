/* A message is sealed, whatever its header section: the fields we put in front of it are three, continue its chain by
 * their looks, and our own reading of them finds the signatures good. */
#include "base/check.h"
#include "filters/arc/seal.h"
#include "filters/auth_results.h"
#include "filters/pubkey.h"

#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 4 << 20, NOW_S = 1800000000 };

static struct arc_sealer sealer = { .domain = STR_INIT("gate.example"),
				    .selector = STR_INIT("s1"),
				    .algorithm = ARC_ED25519_SHA256 };
static struct pubkey public;

static void make_key(void)
{
	static const unsigned char seed[32] = { 4 };
	unsigned char text[64], point[32];
	char bytes[128];
	struct out record = OUT(bytes);
	size_t n = sizeof(point);

	sealer.key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	CHECK(sealer.key && EVP_PKEY_get_raw_public_key(sealer.key, point, &n) == 1);
	EVP_EncodeBlock(text, point, sizeof(point));
	out_printf(&record, "v=DKIM1; k=ed25519; p=%s", (const char *)text);
	CHECK(pubkey_parse(out_text(&record), &public) == NULL);
}

/* What a stranger has a hand in. */
static struct str results_of(struct str helo, struct out *o)
{
	struct auth_spf helo_spf = { .checked = true, .result = AUTH_SOFTFAIL };
	struct auth auth = { .dmarc = { .checked = true, .reason = helo } };
	const struct auth_report report = {
		.auth = &auth, .helo_spf = &helo_spf, .id = STR("gate.example"), .helo = helo
	};

	auth_results_write(o, &report, AUTH_RESULTS_FOLDED);
	return out_text(o);
}

static void check(struct str whole, unsigned count)
{
	static struct arc_chain chain;
	const struct arc_set *set;
	struct sha256 digests[LIMIT_ARC_SETS], message;

	CHECK(arc_chain_read(whole, &chain) && chain.count == count);
	set = &chain.sets[count - 1];
	CHECK(set->seal.field.whole.p == whole.p);
	if (whole.n % 8)
		return; /* verifying takes longer than all the rest */
	arc_digest_message(whole, &set->message, &message);
	arc_digest_seals(&chain, digests);
	CHECK(pubkey_verifies(&public, set->message.b, &message));
	CHECK(pubkey_verifies(&public, set->seal.b, &digests[count - 1]));
}

static void seal(struct arena *arena, struct str header, struct str helo)
{
	static struct arc_chain chain;
	char bytes[LIMIT_AUTH_RESULTS];
	struct out results = OUT(bytes);
	const struct body_hash body = { .length = UINT64_MAX };
	struct arc_sealing s = { .sealer = &sealer, .chain = &chain, .body = &body };
	struct str fields, whole;

	chain = (struct arc_chain){ .count = 0 };
	if ((arc_chain_present(header) && !arc_chain_read(header, &chain)) ||
	    chain.count == LIMIT_ARC_SETS)
		return;
	fields = arc_seal(&s, arena, header, results_of(helo, &results), NOW_S);
	CHECK(results.full || fields.p);
	if (!fields.p)
		return;
	whole = arena_printf(arena, STR_FMT STR_FMT, STR_ARG(fields), STR_ARG(header));
	if (whole.n == fields.n + header.n) /* not so with a NUL in it */
		check(whole, chain.count + 1);
}

/* The first line is a stranger's HELO, the rest a message; one that begins with a folded line is not sealed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str message = { .p = (const char *)data, .n = size }, helo;
	struct arena arena;

	if (!sealer.key)
		make_key();
	str_cut(message, '\n', &helo, &message);
	if (message.n && (message.p[0] == ' ' || message.p[0] == '\t'))
		return 0;
	arena_init(&arena, MEMORY);
	seal(&arena, str_head(message, header_length(message)), helo);
	arena_reset(&arena);
	return 0;
}
