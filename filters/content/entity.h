/* entity.h - what a header section says of the body behind it (RFC 2045, 2183), pure but for charsets.
 *
 * Read as programs that show mail read it: of a field that is there twice the first one counts, what has no
 * Content-Type or one that cannot be read is text/plain (RFC 2045 5.2), comments are stepped over. */
#ifndef FILTERS_CONTENT_ENTITY_H
#define FILTERS_CONTENT_ENTITY_H

#include "base/str.h"
#include "filters/content/param.h"
#include "filters/content/transfer.h"
#include "filters/file/name.h"

#include <stdbool.h>

struct charsets;

/* Views into the header section. */
struct entity {
	struct str header;        /* the section itself */
	struct str type, subtype; /* as written; compare with str_ieq() */
	struct str disposition;   /* first word of Content-Disposition; empty: none */
	struct params
		params; /* of Content-Type, whatever type it names; filename: of Content-Disposition, of all */
	enum transfer encoding;
	bool twice; /* one of these fields is there again: readers differ in which one they take */
};

/* digest: the part of a multipart/digest, whose default is message/rfc822 (RFC 2046 5.1.5). */
void entity_read(struct entity *e, struct str header, bool digest);
bool entity_is(const struct entity *e, struct str type, struct str subtype);
/* Text that is read as it is: of whatever subtype but those that are something else (RFC 2046 4.1.4). */
bool entity_is_plain(const struct entity *e);
/* By the name it has as an attachment, decoded. */
bool entity_is_called(const struct entity *e, struct charsets *charsets, enum name_kind kind);

#endif
