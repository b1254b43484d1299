/* mbox.h - where messages begin and end in a file of many (RFC 4155 and its relatives).
 *
 * A message begins with a line "From sender Mon Nov  2 10:00:00 2026" that a header field or the end of the file follows:
 * looser readers cut mail that talks about mail.  Where it ends its Content-Length says, if what follows there
 * agrees; otherwise the next such line, and lines of the message that look like one have a '>' in front.
 * Pure; works on a piece of the file, and says when it needs more of it. */
#ifndef MAIL_MBOX_H
#define MAIL_MBOX_H

#include "base/attr.h"
#include "base/str.h"

#include <stdbool.h>

/* The first line of a file decides that it is an mbox; it need not have a date. */
bool mbox_is(struct str file) NODISCARD;

enum mbox_end {
	MBOX_END_FOUND,
	MBOX_END_OPEN, /* not within s */
	MBOX_END_MORE, /* nobody can know before more of the file is there */
};

/* Does Content-Length tell where the message ends that begins (with its line) where s does?  whole: the file ends with s. */
enum mbox_end mbox_end_by_length(struct str s, bool whole, size_t *end) NODISCARD;
/* The next line that begins a message, looked for from *at on.  MBOX_END_MORE: *at is where to go on then. */
enum mbox_end mbox_end_by_line(struct str s, bool whole, size_t *at) NODISCARD;

/* Without the line in front, and the empty line behind. */
struct str mbox_message(struct str s);
/* ">From ", ">>From ": at the beginning of a line, a '>' of it is not the sender's. */
bool mbox_is_quoted(struct str line) NODISCARD;

#endif
