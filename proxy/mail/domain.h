/* domain.h - domain names as they are compared and asked: A-labels (RFC 5890 2.3.2.1), lower case; pure. */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>

/* The name in lower case, U-labels as A-labels, without a final dot, in the arena with a NUL behind it.  Empty: it is
 * no name (labels of 1 to 63 letters, digits, "-" and "_", RFC 1035 2.3.4), or the arena is full. */
struct str domain_ascii(struct arena *arena, struct str name);
/* Has it bytes past ASCII? */
bool domain_is_utf8(struct str name);

/* Both lower case: is it the domain, or below it? */
bool domain_has(struct str domain, struct str name);
/* Without its first label; empty: there was one. */
struct str domain_parent(struct str name);
unsigned domain_labels(struct str name);

#endif
