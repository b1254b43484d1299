/* recipients.h - whom a transaction's mail is for, as the client named them; the first few, for they are counted only. */
#ifndef FILTERS_RECIPIENTS_H
#define FILTERS_RECIPIENTS_H

#include "base/str.h"

enum { FILTER_RECIPIENTS = 8 };

struct filter_recipients {
	unsigned count;
	struct str addresses[FILTER_RECIPIENTS]; /* without brackets; as long as the transaction */
};

#endif
