/* sheet.h - for html.c: of a style sheet within HTML, what hides text, colours it, makes it too small to be read or turns it
 * about, and what takes that back; in the order of importance, specificity and place (CSS Cascade 6.4).
 *
 * Selectors of names, classes and ids, of what such elements are in or are right in.  Of what lies beside another element, and of
 * those within others where what was open before the sheet came might be these, only what makes text seen is taken, and that its colours are
 * not known; so it is under conditions ("@media (max-width: 600px)"), and where something is asked of classes that is not known here.  Of what
 * asks for other attributes only what is important and makes text seen is taken.  What a pointer is over, dark screens and print are passed over.
 * SHEET_ROWS are kept. */
#ifndef FILTERS_CONTENT_SHEET_H
#define FILTERS_CONTENT_SHEET_H

#include "filters/content/selector.h"

#include <stdbool.h>
#include <stdint.h>

struct html;
struct html_element;

enum { SHEET_ROWS = 512, SHEET_SLOTS = 256, SHEET_AROUND = 63, SHEET_MATCHES = 64 };
enum sheet_size { SHEET_ANY_SIZE, SHEET_TINY, SHEET_READABLE };

/* What a block of declarations says, as far as it matters. */
struct sheet_says {
	uint32_t color, background; /* as an element's; HTML_UNSAID: neither */
	uint32_t hidden, shown;     /* bits of enum html_hidden: what hides, what takes that back */
	uint8_t size;               /* enum sheet_size */
	uint8_t direction, order;   /* as an element's */
};

/* For elements that a compound fits, and that are in another one. */
struct sheet_row {
	struct compound of;
	uint8_t around;    /* they are in what has this number; 0: wherever */
	bool right_around; /* and that is the next one around them */
	uint8_t number;    /* of what is around others; 0: a rule */
	uint16_t next;     /* of those with its hash, and others; 0: the last */
	uint32_t weight;   /* a rule: what it counts against others */
	struct sheet_says says;
};

struct sheet {
	struct sheet_row rows[SHEET_ROWS + 1]; /* from 1 on */
	uint16_t slots[SHEET_SLOTS];           /* by hash: the last of them; 0: none */
	unsigned count, around;                /* rows; numbers of those that are around others */
	bool any;                              /* there are some for all elements */
	bool late;    /* the one at work: what is open may be what is around others */
	bool perhaps; /* what is at work: it may not be so, as a condition says */
	bool cut;     /* there was more: what has a class or an id may have any colour */
};

/* An element, as selectors ask for it. */
struct sheet_claims {
	struct str name, classes, id;
};

/* The rules for an element, what counts least first. */
struct sheet_matches {
	const struct sheet_row *rows[SHEET_MATCHES];
	unsigned count;
	unsigned important; /* the last ones, which count more than its own style */
	bool cut;           /* there were more, or may be: it may have any colour */
};

/* Whether a list of media ("screen, print") has one that mail is read on in any case. */
bool sheet_is_for_screens(struct str media);
/* "@media (max-width: 600px)", "@supports (...)": what is in its block may be so where mail is read in the light. */
bool sheet_is_perhaps(struct str at_rule);
/* Adds what the text of a style element says, without comments and escapes, and tells h of what it refers to; returns how many
 * steps that took. */
unsigned sheet_read(struct sheet *s, struct html *h, struct str text);
/* Finds what is said of an element, and what it is in for those within; e has that of the element around it.  Returns how many
 * steps that took. */
unsigned sheet_match(const struct sheet *s, const struct sheet_claims *of, struct html_element *e,
		     struct sheet_matches *m);
/* Changes e by those that are important, or by the others. */
void sheet_apply(const struct sheet_matches *m, bool important, struct html_element *e);

#endif
