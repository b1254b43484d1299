/* date.h - dates as mail has them (RFC 5322 3.3, 4.3), pure. */
#ifndef FILTERS_EVALS_DATE_H
#define FILTERS_EVALS_DATE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* "Tue, 1 Jan 2002 10:11:12 +0100 (CET)", in seconds since 1970.  Leniently: no day of the week, no seconds, two digits of a
 * year, a zone's name, words before it.  False: there is no date. */
bool date_parse(struct str text, int64_t *unix_s);
/* The first one in a text, with seconds and a year of four digits. */
bool date_find(struct str text, int64_t *unix_s);

#endif
