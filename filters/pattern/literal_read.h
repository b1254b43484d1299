/* literal_read.h - reading a regular expression for its literals: what its parts are made of.  Part of literal.c. */
#ifndef FILTERS_PATTERN_LITERAL_READ_H
#define FILTERS_PATTERN_LITERAL_READ_H

#include "filters/pattern/literal.h"

/* exact: `tail` is all texts that the part can be, which are few and short; else it begins with one of `head`, and ends in
 * one of `tail`.  best: texts of which so many are in every text that the part matches, the set that tells most; count 0: none. */
struct part {
	bool never; /* no text of the kind that is looked at is one */
	bool is_exact;
	struct literals head, tail;
	struct literals best;
};

struct reader {
	struct str rest;
	unsigned depth;
	bool extended; /* flag x */
	bool squeezed; /* of the text only letters and digits remain */
	bool ascii;    /* it has no other characters */
	bool lost;     /* there is something that is not understood */
};

/* The character so far ahead; NUL at the end. */
static inline char read_at(const struct reader *r, size_t i)
{
	return i < r->rest.n ? r->rest.p[i] : '\0';
}

static inline void read_step(struct reader *r, size_t n)
{
	r->rest = str_from(r->rest, n < r->rest.n ? n : r->rest.n);
}

static inline bool read_take(struct reader *r, char c)
{
	if (r->rest.n == 0 || r->rest.p[0] != c)
		return false;
	read_step(r, 1);
	return true;
}

static inline void part_nothing(struct part *p) /* a place, no text */
{
	p->never = false;
	p->is_exact = true;
	literals_only(&p->tail, STR(""));
	p->best.count = 0;
}

static inline void part_anything(struct part *p)
{
	part_nothing(p);
	p->is_exact = false;
	literals_only(&p->head, STR(""));
}

/* ---- literal_atom.c ---- */

void part_character(const struct reader *r, struct part *p, char c);
void part_class(struct reader *r, struct part *p);  /* r stands behind the bracket */
void part_escape(struct reader *r, struct part *p); /* behind the backslash, not in a class */

#endif
