/* sheet.h - for html.c: of a style sheet within HTML, what hides text, colours it, makes it too small to be read or turns it
 * about, and what takes that back.
 *
 * Selectors of one element by its name, class or id, perhaps within what nearly all of a mail is in (body, table ...).  Of
 * those that ask for more only what makes text seen is taken, and that its colours are not known; attributes, neighbours and
 * what a pointer is over are passed over, and so is what is for narrow screens, dark ones or print.  SHEET_ROWS are kept. */
#ifndef FILTERS_CONTENT_SHEET_H
#define FILTERS_CONTENT_SHEET_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct html;
struct html_element;

enum { SHEET_ROWS = 256, SHEET_SLOTS = 2 * SHEET_ROWS };
enum sheet_size { SHEET_ANY_SIZE, SHEET_TINY, SHEET_READABLE };

/* Zeroed: an empty slot. */
struct sheet_row {
	uint32_t hash;
	uint32_t color, background; /* as an element's; HTML_UNSAID: neither */
	uint16_t hidden, shown;     /* bits of enum html_hidden: what hides, what takes that back */
	uint8_t size;               /* enum sheet_size */
	uint8_t direction, order;   /* as an element's */
};

struct sheet {
	struct sheet_row rows[SHEET_SLOTS];
	unsigned count;
	bool cut; /* there was more: what has a class or an id may have any colour */
};

/* An element, as selectors ask for it. */
struct sheet_claims {
	struct str name, classes, id;
};

/* Whether a list of media ("screen, print") has one that mail is read on in any case. */
bool sheet_is_for_screens(struct str media);
/* Adds what the text of a style element says, without comments and escapes, and tells h of what it refers to; returns how many
 * steps that took. */
unsigned sheet_read(struct sheet *s, struct html *h, struct str text);
/* What is said of an element; changes e.  Returns how many steps that took. */
unsigned sheet_apply(const struct sheet *s, const struct sheet_claims *of, struct html_element *e);

#endif
