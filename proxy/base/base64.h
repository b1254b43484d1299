/* base64.h - base64 (RFC 4648 4), strict. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/attr.h"
#include "base/out.h"
#include "base/str.h"

/* Groups of four, padded at the end, nothing else between them.  An empty text is the code of nothing. */
bool base64_ok(struct str text) NODISCARD;

/* False: not base64_ok(), or it does not fit. */
bool base64_decode(struct str text, struct out *o) NODISCARD;

#endif
