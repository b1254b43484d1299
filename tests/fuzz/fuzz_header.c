/* Any bytes as a message: the fields and the lines between them are the header section, whole. */
#include "base/check.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { .p = (const char *)data, .n = size };
	struct header_field f;
	size_t seen = 0;
	const size_t length = header_length(rest);

	CHECK(length <= size);
	for (size_t n = 0; n < length && n < 64; n++)
		CHECK(header_length(str_head(rest, length - 1 - n)) == 0);
	rest.n = length;
	for (;;) {
		const struct str before = rest;

		if (header_next(&rest, &f)) {
			CHECK(f.whole.p == before.p && f.name.n > 0);
			CHECK(f.value.p + f.value.n + 2 == f.whole.p + f.whole.n);
		} else if (!header_skip_line(&rest)) {
			break;
		}
		seen += before.n - rest.n;
	}
	CHECK(seen + rest.n == length && (length == 0 || rest.n == 2));
	return 0;
}
