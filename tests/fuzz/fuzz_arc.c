/* A header section with whatever sets: what is read of it lies in it, and it is hashed. */
#include "base/check.h"
#include "filters/arc/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_signature(struct str header, const struct arc_signature *s)
{
	CHECK(lies_in(s->field.whole, header) && lies_in(s->hole, s->field.value));
	CHECK(lies_in(s->b, s->hole) && lies_in(s->h, header) && lies_in(s->bh, header));
	CHECK(s->domain.n && s->selector.n);
}

static void read_chain(struct str header)
{
	static struct arc_chain chain;
	struct sha256 digests[LIMIT_ARC_SETS], message;
	if (!arc_chain_read(header, &chain)) {
		CHECK(chain.wrong.n || !arc_chain_present(header));
		return;
	}
	CHECK(chain.count > 0 && chain.count <= LIMIT_ARC_SETS && arc_chain_present(header));
	for (unsigned i = 0; i < chain.count; i++) {
		check_signature(header, &chain.sets[i].message);
		check_signature(header, &chain.sets[i].seal);
		arc_results_dmarc(chain.sets[i].results.value);
		arc_digest_message(header, &chain.sets[i].message, &message);
	}
	arc_digest_seals(&chain, digests);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str message = { .p = (const char *)data, .n = size };
	const size_t n = header_length(message);
	read_chain(n ? str_head(message, n) : message);
	arc_results_dmarc(message);
	return 0;
}
