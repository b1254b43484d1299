/* signs.h - what a mail with little text is known by: the set of domains it refers to, how its HTML is built, and its
 * subject, where what differs from copy to copy is left out of each.
 *
 * Thousands of honest mails that have nothing to do with each other have one of these in common: a provider's template,
 * one popular site, the subject of a discussion.  So it takes two of them to be a sign, or several domains.  One domain in
 * one template is what mail programs put below everybody's mail: it is no sign by itself, and strengthens others. */
#ifndef FILTERS_BULK_SIGNS_H
#define FILTERS_BULK_SIGNS_H

#include "filters/bulk/wordlist.h"

#include "base/bulk.h"

#include <stdbool.h>

struct text;
struct uris;

enum { SIGNS_HALVES = 2, SIGNS_MOST = 2 + 2 * SIGNS_HALVES };

/* Hashes; 0: there is none, or too little of it to tell mails apart. */
struct signs {
	uint64_t links, subject;
	/* Where something was put in or left out, one half is mostly the same. */
	uint64_t skeleton[SIGNS_HALVES];
	unsigned domains; /* in `links` */
};

/* `personal` are words that differ from one recipient to the other; `space` is work space.  An answer has the subject of
 * what it answers. */
struct signs signs_of(const struct text *text, const struct uris *uris, bool is_answer,
		      const struct wordlist *personal, struct wordlist *space);

/* Those that lead to other mail come first.  How many. */
unsigned signs_put(const struct signs *s, struct bulk_sign to[SIGNS_MOST]);

#endif
