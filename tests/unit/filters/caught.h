/* caught.h - what is logged, for tests that look. */
#ifndef UNIT_FILTERS_CAUGHT_H
#define UNIT_FILTERS_CAUGHT_H

void log_catch(void);         /* from here on: what was caught before is forgotten */
const char *log_caught(void); /* its lines, since then */

#endif
