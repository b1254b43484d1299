/* field.h - for received.c: a Received field taken apart. */
#ifndef FILTERS_RECEIVED_FIELD_H
#define FILTERS_RECEIVED_FIELD_H

#include "filters/received/item.h"
#include "filters/received/received.h"

enum { FIELD_ITEMS = 12 };

struct field {
	struct str line;                /* behind "from", white space as one space */
	struct item items[FIELD_ITEMS]; /* up to "by" */
	unsigned count;
	struct str rest; /* behind the name that follows "by" */
	bool capitals;   /* FROM, BY, ID */
	bool bare;       /* nothing behind that name but a date */
};

/* login.c: fills in r->auth; what has to be put together is in o. */
void field_login(const struct field *f, struct out *o, struct received *r);

#endif
