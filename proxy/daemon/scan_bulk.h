/* scan_bulk.h - "bulk" of scan --json: the cluster of mails that a message belongs to. */
#ifndef DAEMON_SCAN_BULK_H
#define DAEMON_SCAN_BULK_H

#include "base/json.h"

struct bulk_facts;

/* Empty when there is none. */
void scan_print_bulk(struct json *j, const struct bulk_facts *facts);

#endif
