/* The bytes behind DATA: the first byte says where the input is split; the result must not depend
 * on it, and nothing handed out may hold a CR or LF that is not CRLF. */
#include "base/check.h"
#include "base/out.h"
#include "protocol/text.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 4096 };

static size_t scan(struct str input, size_t cut, struct out *o, struct text_scan *t)
{
	size_t at = 0;

	text_begin(t, TEXT_DATA, BARE_NORMALIZE);
	while (at < input.n && t->at != TEXT_END) {
		struct str keep;
		const struct str piece = at < cut ? str_head(input, cut) : input;

		at += text_scan(t, str_from(piece, at), &keep);
		out_str(o, keep);
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char one[2 * MOST], two[2 * MOST];
	struct out a = OUT(one), b = OUT(two);
	struct text_scan ta, tb;
	struct str input;

	if (size < 2 || size > MOST)
		return 0;
	input = (struct str){ .p = (const char *)data + 1, .n = size - 1 };
	CHECK(scan(input, input.n, &a, &ta) == scan(input, data[0] % size, &b, &tb));
	CHECK(str_eq(out_text(&a), out_text(&b)) && ta.at == tb.at && ta.bare_seen == tb.bare_seen);
	for (size_t i = 0; i < a.n; i++) {
		CHECK(one[i] != '\n' || (i > 0 && one[i - 1] == '\r'));
		CHECK(one[i] != '\r' || (i + 1 < a.n && one[i + 1] == '\n'));
	}
	return 0;
}
