/* name.h - domain names as SPF sees them (RFC 7208 4.3, 4.8, 7.3); pure. */
#ifndef FILTERS_SPF_NAME_H
#define FILTERS_SPF_NAME_H

#include "base/str.h"

#include <stdbool.h>

/* Can be asked: labels of 1 to 63 printable characters. */
bool spf_name_ok(struct str name);
/* May have a policy: more than one label, no address literal. */
bool spf_name_has_policy(struct str name);
/* Is it the domain or below it? */
bool spf_name_below(struct str name, struct str domain);
/* What macros made of it: without a final dot; over 253 characters labels are cut off on the left. */
struct str spf_name_shorten(struct str name);

#endif
