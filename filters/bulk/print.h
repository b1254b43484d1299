/* print.h - a mail's fingerprint: what it says, or how it is made, as a signature that its copies share.
 *
 * A mail with enough text is known by its words.  One with little text is known by its form: what its pictures and
 * links refer to, and what words there are.  One that has little of either is known by
 * nothing: many people write "ok, thanks". */
#ifndef FILTERS_BULK_PRINT_H
#define FILTERS_BULK_PRINT_H

#include "filters/bulk/signature.h"
#include "filters/bulk/wordlist.h"

struct text;
struct uris;

enum print_kind { PRINT_NONE, PRINT_TEXT, PRINT_FORM };

struct print {
	enum print_kind kind;
	uint32_t words; /* of what it was made; for PRINT_FORM parts of references too */
	uint32_t values[BULK_VALUES];
};

/* Words a text has at most, as far as they count. */
uint32_t print_words(const struct text *text, const struct uris *uris);

/* `space` is work space; `personal` are words that differ from one recipient to the other. */
void print_make(struct print *p, const struct text *text, const struct uris *uris,
		const struct wordlist *personal, struct wordlist *space);

#endif
