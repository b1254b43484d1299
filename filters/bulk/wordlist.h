/* wordlist.h - the words of a text, as hashes, so that copies of a mail have the same ones however they were varied.
 *
 * A word is what stands between spaces, without punctuation, in small letters, accents taken off.  What looks like a
 * Latin letter in a word with Latin letters is one.  No words are: numbers and what has a digit in it, addresses,
 * links, and what is longer than words are: they differ from copy to copy.  In scripts that write no spaces each
 * character is a word. */
#ifndef FILTERS_BULK_WORDLIST_H
#define FILTERS_BULK_WORDLIST_H

#include "base/str.h"

#include <stdint.h>

struct wordlist {
	uint32_t *hashes;
	uint32_t n, room; /* what does not fit is left out */
};

void wordlist_put(struct wordlist *w, uint32_t hash);
/* Appends the words of a text in UTF-8. */
void wordlist_read(struct wordlist *w, struct str text);
/* The same of a name or path: words are what stands between the punctuation. */
void wordlist_read_parts(struct wordlist *w, struct str name);
/* Takes out the words, from `from` on, that are among these. */
void wordlist_drop(struct wordlist *w, uint32_t from, const struct wordlist *these);

#endif
