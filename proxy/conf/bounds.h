/* bounds.h - what several option tables share: bounds, words. */
#ifndef CONF_BOUNDS_H
#define CONF_BOUNDS_H

#include "base/units.h"

enum { TIME_MIN_MS = 10 };

/* enum tls_mode, enum backend_tls */
extern const char *const conf_tls_words[];

#endif
