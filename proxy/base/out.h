/* out.h - building text in a buffer of fixed size, with a sticky "it did not fit".
 *
 * The writer appends without looking and asks once at the end: `full` is set by the first
 * append that did not fit, and nothing is appended after it. */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include "base/attr.h"
#include "base/str.h"

struct out {
	char *p;
	size_t n, cap;
	bool full;
};

#define OUT(ARRAY) ((struct out){ .p = (ARRAY), .cap = sizeof(ARRAY) })

void out_u64(struct out *o, uint64_t v);
void out_lower(struct out *o, struct str s); /* ASCII letters in lower case */
void out_tenths(struct out *o, double v);    /* as %.1f, which costs a thousand instructions */
void out_printf(struct out *o, const char *format, ...) PRINTF_LIKE(2, 3);

/* Inline: for a literal it is a compare and a few stores. */
static inline void out_str(struct out *o, struct str s)
{
	if (o->full || s.n > o->cap - o->n) {
		o->full = true;
		return;
	}
	if (s.n)
		memcpy(o->p + o->n, s.p, s.n);
	o->n += s.n;
}

static inline void out_char(struct out *o, char c)
{
	if (o->n < o->cap && !o->full)
		o->p[o->n++] = c;
	else
		o->full = true;
}

static inline struct str out_text(const struct out *o)
{
	return (struct str){ .p = o->p, .n = o->n };
}

#endif
