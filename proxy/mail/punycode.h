/* punycode.h - a label past ASCII in letters, digits and "-" (RFC 3492), pure. */
#ifndef MAIL_PUNYCODE_H
#define MAIL_PUNYCODE_H

#include "base/attr.h"
#include "base/out.h"

#include <stdbool.h>

/* Appends "xn--" and the label, which is in UTF-8.  Nothing is mapped, and nothing refused but what is no UTF-8 or too
 * long. */
bool punycode_put(struct str label, struct out *o) NODISCARD;

#endif
