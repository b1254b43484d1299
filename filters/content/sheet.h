/* sheet.h - for html.c: of a style sheet within HTML, what hides text or makes it too small to be read, and what makes it
 * readable again.
 *
 * Selectors of one element by its name, class or id, perhaps within elements by name; those that ask for anything else are
 * passed over, and so is what is for narrow screens, dark ones or print.  SHEET_ROWS of them are kept. */
#ifndef FILTERS_CONTENT_SHEET_H
#define FILTERS_CONTENT_SHEET_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct html;
struct html_element;

enum { SHEET_ROWS = 128, SHEET_SLOTS = 2 * SHEET_ROWS };
enum sheet_size { SHEET_ANY_SIZE, SHEET_TINY, SHEET_READABLE };

/* Zeroed: an empty slot. */
struct sheet_row {
	uint32_t hash;
	bool hidden;
	uint8_t size; /* enum sheet_size */
};

struct sheet {
	struct sheet_row rows[SHEET_SLOTS];
	unsigned count;
	bool hides; /* one of them hides, or makes tiny: else they need not be asked */
};

/* Adds what the text of a style element says, and tells h of what it refers to; returns how many steps that took. */
unsigned sheet_read(struct sheet *s, struct html *h, struct str text);
/* What is said of elements with this name, of this class or id: sort is 0, '.' or '#'.  Changes e. */
void sheet_apply(const struct sheet *s, char sort, struct str name, struct html_element *e);

#endif
