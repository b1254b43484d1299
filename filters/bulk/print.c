#include "filters/bulk/print.h"

#include "base/limits.h"
#include "filters/content/text.h"

enum {
	TEXT_LEAST = 16, /* words; a signature of less is too much like others */
	FORM_LEAST = 8,  /* words and parts of references */
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

/* What is on the web has a host; what is in the mail has a name that its program made up. */
static bool read_host(struct str reference, struct str *host, struct str *path)
{
	size_t n = 0;

	if (str_istarts(reference, STR("https://")))
		reference = str_from(reference, 8);
	else if (str_istarts(reference, STR("http://")))
		reference = str_from(reference, 7);
	else
		return false;
	while (n < reference.n && reference.p[n] != '/' && reference.p[n] != '?')
		n++;
	*host = str_head(reference, n);
	*path = str_from(reference, n);
	return n > 0;
}

/* Its letters, as one word. */
static uint32_t hash_host(struct str host, unsigned kind)
{
	uint32_t h = 0x811c9dc5 + kind;

	for (size_t i = 0; i < host.n; i++)
		if (!ascii_digit(host.p[i]))
			h = (h ^ (unsigned char)ascii_lower(host.p[i])) * 0x01000193;
	return h;
}

static void read_references(struct wordlist *w, const struct text *text)
{
	struct str host, path;

	for (uint32_t i = 0; i < text->link_count; i++) {
		if (!read_host(text_reference(text, i), &host, &path))
			continue;
		wordlist_put(w, hash_host(host, text->links[i].kind));
		wordlist_read_parts(w, path);
	}
}

uint32_t print_words(const struct text *text)
{
	const uint64_t most = (uint64_t)text->n + text->references_n + text->link_count + 1;

	return most < LIMIT_BULK_WORDS ? (uint32_t)most : LIMIT_BULK_WORDS;
}

void print_make(struct print *p, const struct text *text, const struct wordlist *personal,
		struct wordlist *space)
{
	uint32_t shown;

	space->n = 0;
	read_text(space, text, false);
	shown = space->n;
	read_text(space, text, true);
	if (shown >= TEXT_LEAST && shown >= space->n / 2)
		space->n = shown;
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
