/* units.h - spans of time in milliseconds. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdint.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

#endif
