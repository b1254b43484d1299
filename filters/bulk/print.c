#include "filters/bulk/print.h"

#include "filters/content/text.h"

enum {
	TEXT_LEAST = 16, /* words; a signature of less is too much like others */
	FORM_LEAST = 8,  /* words and parts of references */
};

static void read_text(struct wordlist *w, const struct text *text, enum text_sight sight)
{
	for (uint32_t i = 0; i < text->count; i++)
		if (text->paragraphs[i].source != TEXT_SUBJECT &&
		    text->paragraphs[i].sight == sight)
			wordlist_read(w, text_paragraph(text, i));
}

static void read_references(struct wordlist *w, const struct text *text)
{
	for (uint32_t i = 0; i < text->link_count; i++) {
		wordlist_put(w, text->links[i].kind);
		wordlist_read_reference(w, text_reference(text, i));
	}
}

void print_make(struct print *p, const struct text *text, const struct wordlist *personal,
		struct wordlist *space)
{
	uint32_t shown;

	space->n = 0;
	read_text(space, text, TEXT_SHOWN);
	wordlist_drop(space, 0, personal);
	shown = space->n;
	p->kind = shown >= TEXT_LEAST ? PRINT_TEXT : PRINT_FORM;
	if (p->kind == PRINT_FORM) {
		read_references(space, text);
		if (space->n == shown || space->n < FORM_LEAST)
			p->kind = PRINT_NONE;
	}
	p->words = space->n;
	signature_make(p->values, p->kind, space->hashes, space->n);
}
