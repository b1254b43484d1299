/* mailbox.h - the maildir of a script: the folder `mail` where its config is, named ${FOLDER}/mail there. */
#ifndef SESSION_MAILBOX_H
#define SESSION_MAILBOX_H

#include "fake/inside.h"

/* Names it for configs to come. */
void mailbox_place(const char *folder);
/* How many messages there are; the last one's text is added to `text`. */
size_t mailbox_read(struct fake_bytes *text);
/* Files that were begun and never finished. */
size_t mailbox_unfinished(void);
void mailbox_remove(void);

#endif
