/* tally.h - what a message is made of, in numbers: for functions of rules (filters/evals/evals.def).
 *
 * Counted by `content` while the message arrives, when rules call functions at all; complete in PHASE_ALIGN, where it is
 * facts->text->tally.  Numbers are as SpamAssassin has them. */
#ifndef FILTERS_CONTENT_TALLY_H
#define FILTERS_CONTENT_TALLY_H

#include "base/out.h"
#include "conf/call.h"
#include "filters/content/body.h"
#include "filters/content/entity.h"
#include "filters/content/lines.h"
#include "filters/content/look.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TALLY_TEXTS = 32, /* parts of text that are told apart */
	TALLY_TAGS = 128, /* of those in tags.def, by number */
	TALLY_HTML = 8,   /* parts of HTML that are told apart; the last counts for all behind it */
	TALLY_OTHERS =
		32, /* names of tags that are in no table, told apart; those behind it are not counted as new */
};

/* A part that is text, in what rules look at (struct body). */
struct tally_text {
	bool html, image;          /* HTML; an image is in it */
	uint32_t alternatives;     /* those that it is in: bits */
	uint32_t from, to;         /* in the bytes of BODY_RENDERED */
	uint32_t raw_from, raw_to; /* in those of BODY_RAW */
};

/* Texts of HTML that are kept for expressions, where a rule asks for them: X(ID, name). */
#define TALLY_STRINGS(X)                                                                           \
	X(COMMENT, "comment") /* "<!-- -->" and all that is read as one, whole */                  \
	X(TITLE, "title")                                                                          \
	X(SCRIPT, "script")                                                                        \
	X(ANCHOR, "anchor") /* text of a link; "<img>" and a line end for each image in it */

enum tally_string {
#define X(ID, NAME) TALLY_##ID,
	TALLY_STRINGS(X)
#undef X
		TALLY_STRING_COUNT
};

/* A name that is in no table. */
struct tally_other {
	uint32_t hash;
	int16_t inside;
};

struct tally_html {
	uint64_t length; /* bytes of the part, its transfer encoding undone, without CR */
	uint64_t text;   /* bytes of its text that are no white space */
	uint64_t area;   /* of its images with a size, in pixels */
	int16_t inside[TALLY_TAGS];     /* opened and not closed */
	uint64_t seen[TALLY_TAGS / 64]; /* bit of each tag that opens or closes */
	uint32_t tags, elements;        /* that open or close; of HTML 4 */
	uint32_t names, element_names;  /* different ones of these */
	uint32_t closed_extra;          /* close what is not open */
	uint32_t obfuscated;            /* markup within a word */
	int16_t smallest, largest;      /* size of <font> */
	bool mail_form, frame; /* a form that sends mail; an iframe that fetches something */
	bool low_contrast, invalid_color, bad_face;
	struct body_pieces strings[TALLY_STRING_COUNT];

	/* the writer's own */
	unsigned wanted;        /* bit of enum tally_string */
	uint32_t width, height; /* of the image at work */
	int16_t base_size;
	char last;    /* byte of the text so far; 0: none */
	char head[9]; /* markup that is no tag: what it begins with */
	uint8_t head_n;
	bool apart;  /* markup came last */
	bool script; /* it goes on */
	struct tally_other others[TALLY_OTHERS];
};

struct tally {
	unsigned wanted;                 /* bits of the owner: tally_wants() */
	unsigned text_parts, html_parts; /* parts that are text other than HTML, and HTML */
	unsigned parts, base64_parts, quoted_parts, attachments;
	unsigned alternatives; /* multipart/alternative */
	unsigned signs;        /* enum mime_sign */
	bool not_closed;       /* a multipart without an end */
	bool meeting;          /* alternatives, of HTML and a calendar, and nothing else */
	struct line_facts lines;
	struct tally_text texts[TALLY_TEXTS];
	unsigned text_count;
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

/* What of it must be kept for this call: bits of `wanted`. */
unsigned tally_wants(const struct rule_call *call);
/* TALLY_STRING_COUNT: there is no such text. */
enum tally_string tally_string_named(struct str name);
void tally_drop(struct tally *t); /* what it keeps; not itself */

/* ---- for the writer ---- */

/* A part begins; alternative: in a multipart/alternative, not deeper. */
void tally_part(struct tally *t, const struct entity *e, bool alternative);
/* A part of text that is written begins, ends. */
struct tally_text *tally_begin_text(struct tally *t, const struct body *body, bool html,
				    uint32_t alternatives);
void tally_end_text(const struct tally *t, struct tally_text *text, const struct body *body);
struct tally_html *tally_begin_html(struct tally *t);
void tally_tag(struct tally_html *h, uint8_t tag, struct str name, bool closes);
/* Of a basefont, body, font, form, iframe or img; its value has no entities. */
void tally_attribute(struct tally_html *h, uint8_t tag, struct look *look, struct str name,
		     struct str value);
/* A tag that opens is over; what it says of how text looks may be changed. */
void tally_tag_end(struct tally_html *h, uint8_t tag, struct look *look);
void tally_text(struct tally_html *h, struct look look, struct str text);
void tally_gap(struct tally_html *h);
/* Markup that is no tag begins with this; goes on. */
void tally_begin_markup(struct tally_html *h, struct str with);
void tally_markup(struct tally_html *h, struct str bytes, bool ends);
void tally_drop_markup(struct tally_html *h); /* it does not end, or is not to be seen */
void tally_script(struct tally_html *h, struct str bytes, bool ends);
void tally_bytes(uint64_t *n, struct str bytes); /* adds them, but for CR */

#endif
