#include "filters/content/element.h"

#include "base/check.h"

struct row {
	struct str name;
	uint32_t color;
};

static const struct row rows[] = {
#define COLOR(NAME, RGB) { STR_INIT(#NAME), (RGB) },
#include "filters/content/colors.def"
#undef COLOR
};

uint32_t html_color_named(struct str name)
{
	size_t low = 0, high = COUNTOF(rows);

	while (low < high) {
		const size_t mid = (low + high) / 2;
		const int d = html_order(name, rows[mid].name);

		if (d == 0)
			return rows[mid].color;
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return HTML_NO_COLOR;
}
