/* list.h - a file of networks, pure: an address or a prefix a line.
 *
 *	# comment
 *	192.0.2.0/24        text that becomes the finding's detail
 *	2001:db8::/32
 *	!192.0.2.128/25     not these, whatever is around them
 *
 * The longest prefix that covers an address counts; of the same one twice, the later. */
#ifndef FILTERS_NETWORKS_LIST_H
#define FILTERS_NETWORKS_LIST_H

#include "base/nets.h"
#include "conf/conf.h"

/* Adds its networks, at most `room`, and returns how many.  Errors are reported with their place in `file`, so
 * many at most (LIMIT_NETWORKS_ERRORS). */
size_t networks_read(struct str text, const char *file, size_t room, struct nets_builder *to,
		     struct conf_report *report);

#endif
