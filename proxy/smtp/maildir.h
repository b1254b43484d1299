/* maildir.h - the backend that is a folder: one file per message, on disk before it is answered. */
#ifndef SMTP_MAILDIR_H
#define SMTP_MAILDIR_H

#include "smtp/delivery.h"

struct backend *maildir_new(const struct backend_options *options, struct out *why) NODISCARD;

#endif
