/* duplicate_inside.h - the keys of marks, as duplicate.c (who sets them) and recognize.c (who looks) write them. */
#ifndef SMTP_DUPLICATE_INSIDE_H
#define SMTP_DUPLICATE_INSIDE_H

#include "base/limits.h"
#include "base/out.h"
#include "base/store.h"
#include "conf/blocks.h"

struct smtp_session;

enum { DUPLICATE_WHO = LIMIT_DOMAIN + 16 };

/* Whose mail it is. */
struct duplicate_sender {
	struct str who, from;
};

/* NULL: nothing is to be recognised here. */
const struct conf_duplicates *duplicate_conf(const struct smtp_session *s);
struct str duplicate_who(const struct smtp_session *s, struct out *o);

/* Its answers are waited for no more. */
void recognition_end(struct smtp_session *s);
/* The transaction is over: the marks that answered for a recipient have done so. */
void duplicate_use_up(struct smtp_session *s);

/* Something of this size was lost, or is being delivered; such mail is; this was.  The key lies in `to`. */
struct store_question duplicate_size(const struct duplicate_sender *from, uint64_t size,
				     char to[LIMIT_STORE_KEY]);
struct store_question duplicate_flight(const struct duplicate_sender *from, uint64_t size,
				       char to[LIMIT_STORE_KEY]);
struct store_question duplicate_mail(const struct duplicate_sender *from, struct str digest,
				     struct str rcpt, char to[LIMIT_STORE_KEY]);

#endif
