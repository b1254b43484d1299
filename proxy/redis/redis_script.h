/* redis_script.h - a Lua script as Redis knows it: by the SHA-1 of its text. */
#ifndef REDIS_REDIS_SCRIPT_H
#define REDIS_REDIS_SCRIPT_H

#include "base/str.h"

struct redis_script {
	struct str text; /* stays */
	char digest[40];
};

struct redis_script redis_script(struct str text);

static inline struct str redis_script_digest(const struct redis_script *s)
{
	return (struct str){ .p = s->digest, .n = sizeof(s->digest) };
}

#endif
