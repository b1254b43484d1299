#include "filters/content/tags.h"

#include "base/check.h"
#include "filters/content/tally.h"

const struct html_tag_row html_tags[TAG_COUNT] = {
#define TAG(NAME, FLAGS) { STR_INIT(#NAME), (FLAGS) },
#include "filters/content/tags.def"
#undef TAG
};

static_assert(TAG_COUNT <= TAG_OTHERS, "a tag is a byte");

/* Below 0, 0 or above: a in small letters stands before b, which is in such, or behind it. */
static int order(struct str a, struct str b)
{
	const size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		const int d = ascii_lower(a.p[i]) - b.p[i];

		if (d)
			return d;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

uint8_t html_tag_number(struct str name)
{
	size_t low = 0, high = COUNTOF(html_tags);
	unsigned hash = 0;

	while (low < high) {
		const size_t mid = (low + high) / 2;
		const int d = order(name, html_tags[mid].name);

		if (d == 0)
			return (uint8_t)mid;
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	for (size_t i = 0; i < name.n; i++)
		hash = hash * 31 + (uint8_t)ascii_lower(name.p[i]);
	return (uint8_t)(TAG_OTHERS + hash % TAG_OTHERS);
}

unsigned tally_tag_number(struct str name)
{
	const uint8_t tag = name.n ? html_tag_number(name) : TAG_OTHERS;

	return tag < TAG_COUNT ? tag : (unsigned)TALLY_TAGS;
}
