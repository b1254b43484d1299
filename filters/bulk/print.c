#include "filters/bulk/print.h"

#include "base/limits.h"
#include "filters/bulk/references.h"
#include "filters/content/text.h"
#include "filters/uri/parts.h"

enum {
	TEXT_LEAST = 16,     /* words; a signature of less is too much like others */
	TEXT_DIFFERENT = 10, /* of them, as has_different() counts */
	FORM_DIFFERENT = 7,  /* words and parts of references */
};

/* It begins with a line drawn: what follows is somebody's signature, or what a list adds to all its mail. */
static bool is_footer(struct str paragraph)
{
	return paragraph.n > 2 &&
	       (paragraph.p[0] == '-' || paragraph.p[0] == '_' || paragraph.p[0] == '=' ||
		paragraph.p[0] == '*') &&
	       paragraph.p[1] == paragraph.p[0];
}

static void read_text(struct wordlist *w, const struct text *text, bool footers)
{
	for (uint32_t i = 0; i < text->count; i++) {
		const struct text_paragraph *p = &text->paragraphs[i];

		if (p->source != TEXT_SUBJECT && p->sight == TEXT_SHOWN &&
		    is_footer(text_paragraph(text, i)) == footers)
			wordlist_read(w, text_paragraph(text, i));
	}
}

/* Once each: whom it leads to, whether it is a picture, and the words behind the
 * host. */
static void read_references(struct wordlist *w, const struct uris *uris)
{
	for (uint32_t i = 0; i < uris->count; i++) {
		const struct uri *uri = &uris->items[i];
		const struct uri_parts parts = uri_parts(uris_text(uris, uri->text));

		if (!is_reference(uri))
			continue;
		wordlist_put(w, (uint32_t)bulk_hash(reference_domain(uris, uri)) +
					(uri->origins & URI_IN_IMAGE));
		wordlist_read_parts(w, parts.path);
		wordlist_read_parts(w, parts.query);
	}
}

/* At least so many of the words are different ones, or a little more: by 6 bits of their hashes. */
static bool has_different(const struct wordlist *w, int count)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < w->n; i++)
		seen |= UINT64_C(1) << (w->hashes[i] >> 26);
	return __builtin_popcountll(seen) >= count;
}

uint32_t print_words(const struct text *text, const struct uris *uris)
{
	const uint64_t most = (uint64_t)text->n + uris->n + 1;

	return most < LIMIT_BULK_WORDS ? (uint32_t)most : LIMIT_BULK_WORDS;
}

static enum print_kind read_words(struct wordlist *w, const struct text *text,
				  const struct uris *uris, const struct wordlist *personal)
{
	uint32_t shown;

	w->n = 0;
	read_text(w, text, false);
	shown = w->n;
	read_text(w, text, true);
	if (shown >= TEXT_LEAST && shown >= w->n / 2)
		w->n = shown;
	wordlist_drop(w, 0, personal);
	if (w->n >= TEXT_LEAST && has_different(w, TEXT_DIFFERENT))
		return PRINT_TEXT;
	shown = w->n;
	read_references(w, uris);
	return w->n > shown && has_different(w, FORM_DIFFERENT) ? PRINT_FORM : PRINT_NONE;
}

void print_make(struct print *p, const struct text *text, const struct uris *uris,
		const struct wordlist *personal, struct wordlist *space)
{
	p->kind = read_words(space, text, uris, personal);
	p->words = space->n;
	signature_make(p->values, p->kind, space->hashes, space->n);
}
