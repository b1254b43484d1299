/* name.h - what a file's name tells of it, and what it hides from whoever reads it; pure. */
#ifndef FILTERS_FILE_NAME_H
#define FILTERS_FILE_NAME_H

#include "base/str.h"

#include <stdbool.h>

/* What stands behind the last dot of the last part of a path, as Windows sees it: without the dots, spaces, quotes and
 * the name of a stream behind it.  Empty: there is none. */
struct str name_extension(struct str name);
/* The name without that: "a.pdf" of "a.pdf .exe". */
struct str name_stem(struct str name);
/* What programs take a file for, whatever is in it. */
enum name_kind { NAME_PAGE, NAME_CALENDAR, NAME_MESSAGE, NAME_ZIP, NAME_PDF };
bool name_is(struct str name, enum name_kind kind);
/* It is shown as another than it is: a character that turns the direction around, controls, or so many spaces that
 * its end is not to be seen. */
bool name_deceives(struct str name);

#endif
