#include "base/limits.h"

#include <stddef.h>

const struct limit_row limit_rows[] = {
#define LIMIT(ID, VALUE, UNIT, SOURCE, ABOUT)                                                      \
	{ .name = #ID, .unit = (UNIT), .source = (SOURCE), .about = (ABOUT), .value = (VALUE) },
#include "base/limits.def"
#undef LIMIT
	{ .name = NULL },
};
