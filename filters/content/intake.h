/* intake.h - takes in the files of a message, one at a time, as their bytes come: their names, digests, what they are
 * and what is in them (filters/content/attachments.h). */
#ifndef FILTERS_CONTENT_INTAKE_H
#define FILTERS_CONTENT_INTAKE_H

#include "filters/content/attachments.h"
#include "filters/content/charset.h"
#include "filters/content/entity.h"
#include "filters/content/picture.h"
#include "filters/file/magic.h"
#include "filters/file/walk.h"

/* Zeroed but for the first two.  These outlive it, and are the same for all of a message. */
struct intake {
	struct attachments *all; /* NULL: nobody wants them */
	struct magic *magic;

	struct attachment *at; /* the one at work; NULL: none */
	EVP_MD_CTX *hash;
	struct walk walk;
	struct picture picture;
	struct listing *listing;
	bool known; /* what it is */
	char *head;
	size_t n;
	char iso[5]; /* of a CD's image: what it has at KIND_ISO_AT */
};

void attachments_init(struct attachments *all);
void attachments_free(struct attachments *all); /* of a zeroed one too */

/* Whether a part is one: all but texts that are shown and have no name. */
bool intake_wants(const struct entity *e);
/* A part's begin; nothing is at work before it. */
void intake_part(struct intake *i, const struct entity *e, struct charsets *charsets);
/* A file in a text. */
void intake_file(struct intake *i, enum attachment_source source, struct str name,
		 struct charsets *charsets);
void intake_add(struct intake *i, struct str bytes);
void intake_end(struct intake *i); /* also when none is at work */
void intake_cut(struct intake *i); /* the same: there is more of it than is looked at */
void intake_free(struct intake *i);

#endif
