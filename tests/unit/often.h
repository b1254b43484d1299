/* often.h - how often a test repeats itself: where it is slow, a part of it shows what only that run can show. */
#ifndef UNIT_OFTEN_H
#define UNIT_OFTEN_H

#include <stdlib.h>

/* Under valgrind, fifty times slower, seldom: tests/run.py says so by POSTERN_SELDOM=1. */
static inline unsigned often(unsigned always, unsigned seldom)
{
	return getenv("POSTERN_SELDOM") ? seldom : always;
}

/* Of tests that play conversations by the ten thousand: the address sanitizer makes them four times slower. */
static inline unsigned often_unless_sanitized(unsigned always, unsigned seldom)
{
#ifdef __SANITIZE_ADDRESS__
	(void)always;
	return seldom;
#else
	(void)seldom;
	return always;
#endif
}

#endif
