/* json.h - writes JSON (RFC 8259) into a struct out: scan's results, later the journal and control.
 *
 * The writer keeps commas and nesting; the caller names what comes.  Text is a stranger's: what is
 * not UTF-8 becomes U+FFFD, one per wrong byte, so the result always parses and is never longer
 * than six times the input.  Whether it fitted is the out's `full`. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 32 };

struct json {
	struct out *out;
	unsigned depth;
	uint32_t filled; /* bit per depth: something stands there, the next one needs a comma */
	bool after_key;
};

void json_init(struct json *j, struct out *out);

/* Inside an object every value follows its key. */
void json_key(struct json *j, const char *key);
void json_object(struct json *j);
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);

void json_str(struct json *j, struct str s);
void json_u64(struct json *j, uint64_t v);
void json_number(struct json *j, double v); /* at most three decimals; not finite: null */
void json_bool(struct json *j, bool v);

#endif
