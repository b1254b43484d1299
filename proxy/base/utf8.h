/* utf8.h - UTF-8 (RFC 3629): no overlong forms, no surrogates. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of the character at the head of s, which is not empty; 0: there is none. */
size_t utf8_length_past_ascii(struct str s);
static inline size_t utf8_length(struct str s)
{
	return (unsigned char)s.p[0] < 0x80 ? 1 : utf8_length_past_ascii(s);
}

/* s ends before a character does that it begins. */
bool utf8_is_head(struct str s);

/* A character's code point; s is one. */
uint32_t utf8_point(struct str s);

/* May be shown on a terminal, in a line of others: no control, nothing that turns or hides what stands beside it. */
bool utf8_prints(uint32_t point);

/* What strangers wrote, for a terminal or a line of others: of what does not print each byte is a '?'. */
void utf8_show(struct out *o, struct str s);
/* The same of what has to stay one word: a space is \x20, as the log has it. */
void utf8_show_word(struct out *o, struct str s);

/* Writes at most 4 bytes, returns how many; what is no character is U+FFFD. */
size_t utf8_put(uint32_t point, char out[4]);

#endif
