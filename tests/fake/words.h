/* words.h - the small language of scripts: words, durations, globs, escapes. */
#ifndef FAKE_WORDS_H
#define FAKE_WORDS_H

#include "base/arena.h"
#include "base/str.h"

/* The next word; *rest is what follows, without spaces in front. */
struct str words_next(struct str *rest);
/* The last word; *rest is what stands before it. */
struct str words_last(struct str *rest);
/* Takes the word if it is the next one. */
bool words_take(struct str *rest, const char *word);
/* "300ms", "2s", "5m". */
bool words_duration(struct str text, int64_t *ms) NODISCARD;
/* `*` is any run, `?` any byte. */
bool words_glob(struct str pattern, struct str text);
/* \r \n \t \\ \xNN; p == NULL: a bad escape. */
struct str words_unescape(struct arena *arena, struct str text);

#endif
