/* A list of addresses: it comes to its end, no member is read twice, and what is a domain can be asked. */
#include "base/check.h"
#include "mail/address.h"
#include "mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1 << 20 };

static void check_domain(struct arena *arena, struct str domain)
{
	const struct str ascii = domain_ascii(arena, domain);
	const struct str again = domain_ascii(arena, ascii);

	if (ascii.n == 0)
		return;
	CHECK(ascii.n <= LIMIT_DNS_NAME - 2 && ascii.p[ascii.n] == '\0');
	CHECK(!domain_is_utf8(ascii) && domain_has(ascii, ascii));
	CHECK(str_eq(again, ascii));
	CHECK(domain_labels(ascii) == domain_labels(domain_parent(ascii)) + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { .p = (const char *)data, .n = size };
	struct address a;
	struct arena arena;
	enum address_next next;
	size_t before = rest.n;

	arena_init(&arena, MEMORY);
	while ((next = address_next(&rest, &a)) != ADDRESS_END) {
		CHECK(rest.n < before);
		before = rest.n;
		if (next != ADDRESS_FOUND)
			continue;
		CHECK(a.domain.n <= sizeof(a.bytes));
		check_domain(&arena, a.domain);
	}
	rest = (struct str){ .p = (const char *)data, .n = size };
	before = rest.n;
	while (address_guess(&rest, &a)) {
		CHECK(rest.n < before && a.domain.n && a.domain.n <= sizeof(a.bytes));
		before = rest.n;
	}
	check_domain(&arena, str_head((struct str){ .p = (const char *)data, .n = size }, 300));
	arena_reset(&arena);
	return 0;
}
