/* maildir.h - the backend that is a folder: one file per message, on disk before it is answered. */
#ifndef DELIVERY_MAILDIR_H
#define DELIVERY_MAILDIR_H

#include "delivery/delivery.h"

struct backend *maildir_new(const struct backend_options *options, struct out *why) NODISCARD;

#endif
