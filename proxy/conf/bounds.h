/* bounds.h - what several option tables share: bounds, words. */
#ifndef CONF_BOUNDS_H
#define CONF_BOUNDS_H

enum {
	TIME_MIN_MS = 10,
	HOUR_MS = 3600 * 1000,
};

/* enum tls_mode, enum backend_tls */
extern const char *const conf_tls_words[];

#endif
