/* limits.h - the limits table (limits.def) as constants: LIMIT_COMMAND_LINE and so on. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum limit {
#define LIMIT(ID, VALUE, UNIT, SOURCE, ABOUT) LIMIT_##ID = (VALUE),
#include "base/limits.def"
#undef LIMIT
};

#endif
