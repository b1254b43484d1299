/* trace.h - the events of filters/content/mime.h as text: [type/subtype, the body's bytes, ]. */
#ifndef UNIT_CONTENT_TRACE_H
#define UNIT_CONTENT_TRACE_H

#include "base/out.h"
#include "filters/content/mime.h"

/* The message in pieces of this size; problems are returned. */
unsigned trace_message(struct str message, size_t piece, struct out *o);
/* The same in two pieces. */
unsigned trace_split(struct str message, size_t at, struct out *o);

#endif
