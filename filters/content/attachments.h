/* attachments.h - the files that come with a message: parts that are no text of it, and what is written into its text by
 * uuencode or yEnc.
 *
 * Written by the filter `content` while the message arrives; complete in PHASE_ALIGN, where other filters read it from
 * facts->attachments.  Everything is valid until the scope is over, and read-only for all but `content`.  No file is
 * kept; LIMIT_ATTACHMENTS and its like bound what is known of them, and `cut` says that there was more. */
#ifndef FILTERS_CONTENT_ATTACHMENTS_H
#define FILTERS_CONTENT_ATTACHMENTS_H

#include "base/arena.h"
#include "filters/file/kind.h"
#include "filters/file/listing.h"
#include "filters/file/name.h"
#include "filters/file/steps.h"
#include "filters/sha256.h"

enum attachment_source {
	SOURCE_PART, /* of MIME */
	SOURCE_UUENCODE,
	SOURCE_YENC,
};

struct attachment_name {
	struct attachment_name *next;
	struct str text;
};

struct attachment {
	struct attachment *next;
	struct str name;  /* as its reader sees it, in UTF-8; empty: it has none */
	struct str alias; /* the name in Content-Type, where Content-Disposition has another */
	struct attachment_name
		*others; /* that some reader takes for it, where a field has more than one */
	struct str type; /* as declared, in lower case: "image/png"; empty: not */
	enum attachment_source source;
	bool base64;    /* a part in base64 */
	bool long_name; /* there is more of the name than is looked at */
	enum kind kind; /* what it is by its first bytes */
	struct str
		media; /* what libmagic says when these say nothing; empty: it was not asked, or does not know */
	bool image;    /* it has what images of CDs have, whatever it begins with */
	uint64_t size; /* bytes, transfer encoding undone */
	uint32_t width,
		height; /* of a part that says to be GIF, PNG or JPEG, and is; 0: not known */
	/* Of the whole, so long as a message has no more than LIMIT_ATTACHMENT_BYTES; of no text. */
	bool digested;
	struct sha256 digest;
	const struct listing *listing; /* NULL: nothing that can be listed */
};

struct attachments {
	struct attachment *first, *last;
	unsigned count;
	bool cut;

	/* the writer's own */
	struct arena arena, entries; /* where the files are, and those in archives */
	uint64_t bytes;              /* of them, so far */
	struct steps steps;          /* that walks may still take */
	unsigned asked;              /* of libmagic */
};

/* By one of its names. */
bool attachment_is_called(const struct attachment *a, enum name_kind kind);

static inline bool attachment_is_text(const struct attachment *a)
{
	return str_starts(a->type, STR("text/"));
}

#endif
