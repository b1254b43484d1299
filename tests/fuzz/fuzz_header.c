/* Any bytes as a message: the fields of the header section lie in it, in their order, and reading comes to its end. */
#include "base/check.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { .p = (const char *)data, .n = size };
	struct header_field f;
	const size_t length = header_length(rest);
	const char *at; /* what lies before it was looked at */

	CHECK(length <= size);
	for (size_t n = 0; n < length && n < 64; n++)
		CHECK(header_length(str_head(rest, length - 1 - n)) == 0);
	rest.n = length;
	at = rest.p;
	while (header_next(&rest, &f)) {
		CHECK(f.whole.p >= at && f.whole.p + f.whole.n == rest.p && f.name.n > 0);
		CHECK(f.value.p + f.value.n + 2 == f.whole.p + f.whole.n);
		CHECK(at == f.whole.p || (f.whole.p[-1] == '\n' && f.whole.p[-2] == '\r'));
		at = rest.p;
	}
	CHECK(length == 0 || rest.n == 2);
	return 0;
}
