/* address.h - lists of addresses in header fields (RFC 5322 3.4, 4.4), mailbox by mailbox; pure.
 *
 * Tolerant where display names are sloppy, strict about the addresses themselves: what two readers could read as
 * different addresses is ADDRESS_WRONG. */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/limits.h"
#include "base/str.h"

#include <stdbool.h>

struct address {
	struct str local; /* as written, a view; empty: "<>" */
	struct str
		domain; /* in bytes, without comments and white space; empty: there is none; "[...]": a literal */
	char bytes[LIMIT_DOMAIN];
};

enum address_next {
	ADDRESS_END,
	ADDRESS_FOUND,
	ADDRESS_WORDS, /* no mailbox, and no "@" in it either: the rest of a name with a comma in it */
	ADDRESS_WRONG,
};

/* The next mailbox, of whatever group; empty members of the list are passed over.  *rest begins as the field's value,
 * and always goes on. */
enum address_next address_next(struct str *rest, struct address *address);

/* For a field that is wrong: the next domain that some reader could find in it, behind any "@", whatever is around it.
 * address->local is not set.  False: there is none left. */
bool address_guess(struct str *rest, struct address *address);

#endif
