/* often.h - how often a test repeats itself.  Under valgrind, fifty times slower, a part of it shows what there is to
 * show: tests/run.py says so by POSTERN_SELDOM=1.  Every other run does all. */
#ifndef UNIT_OFTEN_H
#define UNIT_OFTEN_H

#include <stdlib.h>

static inline unsigned often(unsigned always, unsigned seldom)
{
	return getenv("POSTERN_SELDOM") ? seldom : always;
}

#endif
