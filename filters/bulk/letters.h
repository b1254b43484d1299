/* letters.h - characters beyond ASCII, as a reader takes them. */
#ifndef FILTERS_BULK_LETTERS_H
#define FILTERS_BULK_LETTERS_H

#include <stdint.h>

enum script { SCRIPT_LATIN, SCRIPT_GREEK, SCRIPT_CYRILLIC, SCRIPT_OTHER };

struct letter {
	enum {
		LETTER_NONE, /* punctuation, a symbol, or not to be seen */
		LETTER,      /* of a word */
		LETTER_WORD, /* of a script without spaces */
	} kind;
	enum script script;
	uint32_t point; /* the small letter, without accents */
};

struct letter letter_of(uint32_t point);

/* The Latin letter that a small letter of another script looks like, or itself. */
uint32_t letter_as_latin(uint32_t point);

#endif
