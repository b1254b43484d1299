/* Any bytes as an mbox: messages follow each other without a gap, and a file that grows by pieces is cut where the whole
 * one is. */
#include "base/check.h"
#include "mail/mbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t cut(struct str s, size_t step)
{
	size_t n = 0, at = 0;
	enum mbox_end end;

	while ((end = mbox_end_by_length(str_head(s, n), n >= s.n, &at)) == MBOX_END_MORE) {
		CHECK(n < s.n);
		n += step;
	}
	if (end == MBOX_END_FOUND)
		return at;
	at = 0;
	while ((end = mbox_end_by_line(str_head(s, n), n >= s.n, &at)) == MBOX_END_MORE) {
		CHECK(n < s.n && at <= n);
		n += step;
	}
	return end == MBOX_END_FOUND ? at : s.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { .p = (const char *)data, .n = size };

	if (!mbox_is(rest))
		return 0;
	while (rest.n) {
		const size_t end = cut(rest, rest.n);
		const struct str message = mbox_message(str_head(rest, end));

		CHECK(end > 0 && end <= rest.n && message.n < end);
		CHECK(cut(rest, 1 + end % 7) == end);
		rest = str_from(rest, end);
	}
	return 0;
}
