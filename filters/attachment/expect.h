/* expect.h - what a file is thought to be by its name and by the type that is declared, pure. */
#ifndef FILTERS_ATTACHMENT_EXPECT_H
#define FILTERS_ATTACHMENT_EXPECT_H

#include "filters/file/kind.h"

#include <stdbool.h>

/* Its bytes are known for something that such a name, or such a type, is not for.  What mail programs get wrong all the
 * time, as one format of pictures for another, is no lie. */
bool expect_other(struct str name, struct str type, enum kind kind);

/* That of the name which a mail program gives to a file that has none; scripts alone, others are known by their bytes.
 * Empty: something else. */
struct str expect_extension(struct str type);

/* By its name it is a document, from which what is packed in it is not opened. */
bool expect_document(struct str name);

#endif
