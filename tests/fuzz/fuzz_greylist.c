/* A sender without what differs from mail to mail: it is never longer than promised, and the same for the same. */
#include "base/check.h"
#include "filters/greylist/sender.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_ADDRESS = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t n = size < SIZE_MAX_ADDRESS ? size : SIZE_MAX_ADDRESS;
	const struct str address = { .p = (const char *)data, .n = n };
	char first[SIZE_MAX_ADDRESS + 2], second[SIZE_MAX_ADDRESS + 2];
	struct out a = { .p = first, .cap = n + 2 }, b = { .p = second, .cap = n + 2 };

	greylist_sender(address, &a);
	greylist_sender(address, &b);
	CHECK(!a.full && a.n > 0 && str_eq(out_text(&a), out_text(&b)));
	for (size_t i = 0; i < a.n; i++)
		CHECK(a.p[i] < 'A' || a.p[i] > 'Z');
	return 0;
}
