/* selector.h - for sheet.c: what a selector asks for (Selectors 3), compound by compound: "table.a > b:link" is two.  Pure. */
#ifndef FILTERS_CONTENT_SELECTOR_H
#define FILTERS_CONTENT_SELECTOR_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { COMPOUND_MORE = 3 };

/* How what a compound asks for lies to what the next one does. */
enum combinator { SELECTOR_AROUND, SELECTOR_RIGHT_AROUND, SELECTOR_BESIDE };

/* The worst of what it asks for. */
enum compound_doubt {
	COMPOUND_KNOWN,   /* what is here, and nothing else */
	COMPOUND_CLASSES, /* something about classes or the id, which are there: "[class*=a]" */
	COMPOUND_UNKNOWN, /* "[title]", ":first-child" */
	COMPOUND_PASSING, /* what is so now and then: ":hover" */
};

struct compound {
	uint32_t hash;                /* of what few elements have: an id, a class, or a name */
	uint32_t more[COMPOUND_MORE]; /* what the element must have besides */
	uint8_t more_n;
	uint8_t doubt;      /* enum compound_doubt: what it asks for besides */
	bool whole;         /* for what all of a mail is in, written or not: "html", "body" */
	uint16_t weight;    /* its part of the selector's specificity */
	enum combinator to; /* the next one */
};

/* What an element is called ('e'), a class of it ('.'), all of them ('='), its id ('#'), or that it has such ('['); never 0. */
uint32_t selector_hash(char sort, struct str name);
/* What all have. */
static const uint32_t SELECTOR_ANY = 1;

/* The next one, stepped over in *rest; false: there is none. */
bool selector_next(struct str *rest, struct compound *c);

#endif
