/* magic.h - libmagic, for what kind.h does not know.  A handle is a worker's.
 *
 * It takes 0.2 ms a file, so that it is asked about few; its checks of text, of what is compressed and of what is in
 * containers are off. */
#ifndef FILTERS_FILE_MAGIC_H
#define FILTERS_FILE_MAGIC_H

#include "base/str.h"

struct magic;

/* Opened when first asked: only a worker needs it.  Where there is no database it knows nothing. */
struct magic *magic_new(void);
void magic_free(void *magic);
/* A media type; empty: it does not know.  Valid until it is asked again. */
struct str magic_ask(struct magic *m, struct str head);

#endif
