/* limits.h - the limits table (limits.def) as constants: LIMIT_COMMAND_LINE and so on. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum limit {
#define LIMIT(ID, VALUE, UNIT, SOURCE, ABOUT) LIMIT_##ID = (VALUE),
#include "base/limits.def"
#undef LIMIT
};

struct limit_row {
	const char *name, *unit, *source, *about;
	long value;
};

/* All rows in file order, ended by one with name NULL: for the man page. */
extern const struct limit_row limit_rows[];

#endif
