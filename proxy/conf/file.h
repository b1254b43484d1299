/* file.h - whole files that the configuration names besides itself: lists, databases. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "base/attr.h"

#include <stddef.h>
#include <stdint.h>

/* The bytes, to be given to mem_free(), with *n of them.  NULL: *why says why, valid until the next call into
 * libc.  A copy and not a mapping: who writes over the file later changes nothing here. */
char *conf_file_read(const char *path, size_t max, size_t *n, const char **why) NODISCARD;

#endif
