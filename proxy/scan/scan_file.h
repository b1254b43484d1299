/* scan_file.h - the messages in a file, as they would have arrived by SMTP. */
#ifndef SCAN_SCAN_FILE_H
#define SCAN_SCAN_FILE_H

#include "base/attr.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* One message as it lies in its file; valid during the call. */
struct scan_item {
	const char *path;
	uint64_t index; /* in an mbox, from 1; 0: the file is the message */
	bool quoted;    /* lines that begin like a message's first have a '>' in front */
	bool skipped;   /* with an error: it is no file, and nobody has named it */
	struct str raw;
};

/* Called for each message, in order; error: NULL, or why it was not read (raw is empty then).
 * False: no more of them. */
typedef bool scan_item_fn(void *arg, const struct scan_item *item, const char *error);

/* Of a file, an mbox (one that begins with "From "), or "-", standard input, which may be either.  A message larger
 * than LIMIT_MESSAGE is an error, those behind it in an mbox are not.  False when fn said so. */
bool scan_file(const char *path, scan_item_fn *fn, void *arg);

/* As it would have come: with CRLF line ends (a bare LF becomes one), without quotes.  Freed by scan_forget(). */
struct str scan_wire(const struct scan_item *item) NODISCARD;
void scan_forget(struct str *message);

#endif
