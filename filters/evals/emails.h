/* emails.h - the mail addresses that a text has for its reader to write to; pure but for the list of top levels. */
#ifndef FILTERS_EVALS_EMAILS_H
#define FILTERS_EVALS_EMAILS_H

#include "filters/people.h"
#include "filters/suffixes.h"

enum { EMAILS = 40, EMAILS_LOOKED_AT = 1000 };

struct emails {
	struct people people; /* no address twice, at most EMAILS */
	unsigned looked_at;   /* marks ('@') */
};

/* Adds those of a paragraph: not in the address of a page, not in brackets or before "wrote:", which quote somebody. */
void emails_read(struct emails *e, const struct suffixes *suffixes, struct str paragraph);
/* Adds the one that "mailto:" has. */
void emails_read_link(struct emails *e, const struct suffixes *suffixes, struct str uri);

#endif
