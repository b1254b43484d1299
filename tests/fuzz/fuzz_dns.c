/* DNS answers: the first byte chooses the asked type, the rest is the packet; the asked name is
 * the packet's own question, so that the records are reached. */
#include "base/check.h"
#include "base/limits.h"
#include "net/dnscache.h"
#include "net/dnsname.h"
#include "net/dnswire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ARENA_CEILING = 262144, HEADER_BYTES = 12 };

static void check_text(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		CHECK(text.p[i] >= ' ' && text.p[i] < 0x7f && text.p[i] == ascii_lower(text.p[i]));
}

static void check_answer(const struct dns_answer *answer, enum rr_type type)
{
	CHECK(answer->count <= LIMIT_DNS_RECORDS);
	CHECK(answer->ttl_s <= LIMIT_DNS_TTL_S);
	CHECK((answer->status == DNS_OK) == (answer->count > 0));
	for (unsigned i = 0; i < answer->count; i++) {
		const struct rr *rr = &answer->records[i];

		CHECK(rr->type == type);
		if (type == RR_TXT)
			CHECK(rr->text.n <= LIMIT_DNS_TXT);
		else
			check_text(rr->text);
	}
}

static void check_cached(struct dns_key key, const struct dns_known *known)
{
	struct dns_cache *cache = dns_cache_new(2, 65536);
	struct dns_known found;

	dns_cache_put(cache, key, known, 0);
	if (dns_cache_find(cache, key, 999, &found)) {
		CHECK(found.answer.ttl_s == known->answer.ttl_s);
		check_answer(&found.answer, key.type);
	}
	dns_cache_free(cache);
}

/* What we ask is what a reader of it sees. */
static void check_built(struct dns_key key)
{
	const struct dnswire_query q = dnswire_build(key.name, key.type, 1, key.name.n % 2);
	const struct str packet = { .p = (const char *)q.bytes, .n = q.n };
	struct dnsname name;
	size_t at = HEADER_BYTES;

	CHECK(dnsname_read(packet, &at, &name) && str_eq(dnsname_str(&name), key.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum rr_type types[] = {
		RR_A, RR_AAAA, RR_TXT, RR_MX, RR_PTR, RR_CNAME, RR_SOA
	};
	struct str packet = { .p = (const char *)data + 1, .n = n ? n - 1 : 0 };
	struct arena arena;
	struct dnsname name = { .n = 0 };
	struct dns_known known;
	struct dns_key key;
	size_t at = HEADER_BYTES;

	if (n == 0 || n > 65536)
		return 0;
	(void)dnswire_lacks_edns(packet);
	if (!dnsname_read(packet, &at, &name))
		name.n = 0;
	key = (struct dns_key){ .name = dnsname_str(&name),
				.type = types[data[0] % COUNTOF(types)] };
	arena_init(&arena, ARENA_CEILING);
	known.err = dnswire_parse(packet, key.name, key.type, &arena, &known.answer);
	CHECK((known.err == ERR_OK) == (known.answer.status != DNS_FAILED));
	if (known.err == ERR_OK) {
		check_answer(&known.answer, key.type);
		check_cached(key, &known);
	}
	if (dnswire_name_ok(key.name))
		check_built(key);
	arena_reset(&arena);
	return 0;
}
