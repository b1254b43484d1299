/* tally.h - what a message is made of, in numbers: for functions of rules (filters/evals/evals.def).
 *
 * Counted by `content` while the message arrives, when rules call functions at all; complete in PHASE_ALIGN, where it is
 * facts->text->tally.  Numbers are as SpamAssassin has them. */
#ifndef FILTERS_CONTENT_TALLY_H
#define FILTERS_CONTENT_TALLY_H

#include "base/out.h"
#include "filters/content/entity.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TALLY_TAGS = 128, /* of those in tags.def, by number */
	TALLY_HTML = 8,   /* parts of HTML that are told apart; the last counts for all behind it */
};

struct tally_html {
	uint64_t length; /* bytes of the part, its transfer encoding undone, without CR */
	uint64_t text;   /* bytes of its text that are no white space */
	uint64_t area;   /* of its images with a size, in pixels */
	int16_t inside[TALLY_TAGS];     /* opened and not closed */
	uint64_t seen[TALLY_TAGS / 64]; /* bit of each tag that opens or closes */
	bool comment, mail_form;        /* there is one; a form that sends mail */
	bool linked_image, frame; /* an image within a link; an iframe that fetches something */

	/* the writer's own: of the image at work */
	uint32_t width, height;
};

struct tally {
	unsigned text_parts, html_parts; /* parts that are text other than HTML, and HTML */
	unsigned parts, base64_parts, attachments;
	bool alternative;     /* a multipart/alternative */
	bool base64_text;     /* text without a charset, in base64, that is to be seen */
	bool bad_charset;     /* "iso-..." that is none */
	bool odd_alternative; /* something else than text in a multipart/alternative */
	uint64_t body;        /* bytes of the message behind its header section, CR not counted */
	char charsets[256];   /* of all parts, a space before each */
	uint16_t charsets_n;
	unsigned html_count;
	struct tally_html html[TALLY_HTML];
};

/* The number of a tag's name; TALLY_TAGS: it is none that is known. */
unsigned tally_tag_number(struct str name);

static inline bool tally_has(const struct tally_html *h, unsigned tag)
{
	return tag < TALLY_TAGS && h->seen[tag / 64] & UINT64_C(1) << tag % 64;
}

/* ---- for the writer ---- */

/* A part begins; alternative: in a multipart/alternative, not deeper. */
void tally_part(struct tally *t, const struct entity *e, bool alternative);
struct tally_html *tally_begin_html(struct tally *t);
void tally_tag(struct tally_html *h, unsigned tag, bool closes);
void tally_attribute(struct tally_html *h, struct str name, struct str value);
void tally_tag_end(struct tally_html *h);
void tally_text(struct tally_html *h, struct str text);
void tally_bytes(uint64_t *n, struct str bytes); /* adds them, but for CR */

#endif
