/* Any bytes as a PROXY header: its beginnings ask for more and never for what is behind its end, and
 * what was understood can be said again. */
#include "base/check.h"
#include "base/limits.h"
#include "protocol/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say_again(const struct proxy_header *h)
{
	char bytes[64];
	struct out o = OUT(bytes);
	struct proxy_header again;

	proxy_header_print(&o, h);
	CHECK(!o.full);
	CHECK(proxy_header_parse(out_text(&o), &again) == PROXY_WHOLE && again.n == o.n);
	if (h->source.family != h->destination.family)
		return;
	CHECK(again.known && ip_eq(&again.source, &h->source) &&
	      ip_eq(&again.destination, &h->destination));
	CHECK(again.source_port == h->source_port);
	CHECK(again.destination_port == h->destination_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str input = { .p = (const char *)data, .n = size };
	struct proxy_header h, part;
	const enum proxy_state state = proxy_header_parse(input, &h);

	switch (state) {
	case PROXY_MORE:
		CHECK(h.n > size && h.n <= LIMIT_PROXY_V2 && size < LIMIT_PROXY_V2);
		return 0;
	case PROXY_BAD:
		CHECK(h.fault != NULL);
		return 0;
	case PROXY_WHOLE:
		break;
	}
	CHECK(h.n >= PROXY_SHORTEST && h.n <= size);
	for (size_t n = 0; n < h.n && n < 256; n++) {
		CHECK(proxy_header_parse(str_head(input, n), &part) == PROXY_MORE);
		CHECK(part.n > n && part.n <= h.n);
	}
	if (h.known)
		say_again(&h);
	return 0;
}
