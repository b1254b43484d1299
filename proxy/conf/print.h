/* print.h - what the sample config and the man page say of an option, in common. */
#ifndef CONF_PRINT_H
#define CONF_PRINT_H

#include "conf/reader.h"

/* The default or, without one, an example, as it would be written. */
void print_value(struct out *o, const struct conf_option *option);
/* "none | optional", "1 to 64", "such as [...]"; nothing when there is nothing to say. */
void print_accepted(struct out *o, const struct conf_option *option);

#endif
