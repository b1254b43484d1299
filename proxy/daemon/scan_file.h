/* scan_file.h - messages from files, as they would have arrived by SMTP. */
#ifndef DAEMON_SCAN_FILE_H
#define DAEMON_SCAN_FILE_H

#include "base/attr.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

/* Called for each file, in order; error: NULL, or why it could not be reached. */
typedef void scan_file_fn(void *arg, const char *path, const char *error);

/* A file, or the files in a folder and its folders, sorted by name; "-" is itself. */
void scan_walk(char *path, scan_file_fn *fn, void *arg);

/* The whole file with CRLF line ends (a bare LF becomes one), without an mbox "From " line in front.
 * Freed by scan_forget().  False with a reason. */
bool scan_read(const char *path, struct str *message, struct out *why) NODISCARD;
void scan_forget(struct str *message);

#endif
