/* tree_read.h - reading a regular expression: where the reader stands, and what it reads one by one.  Part of tree.c. */
#ifndef FILTERS_REGEX_TREE_READ_H
#define FILTERS_REGEX_TREE_READ_H

#include "filters/regex/tree.h"

struct reader_flags {
	bool extended;  /* x */
	bool caseless;  /* i */
	bool multiline; /* m */
	bool dotall;    /* s */
	bool guessed;   /* they are not known, and these take more */
};

struct reader {
	struct arena *arena;
	struct tree spare;
	struct str whole, rest;
	unsigned depth;
	struct reader_flags flags;
	bool lost; /* there is something that is not understood */
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

/* ---- tree_atom.c ---- */

void atom_character(const struct reader *r, struct tree *t, char c);
void atom_any(const struct reader *r, struct tree *t); /* a dot */
void atom_class(struct reader *r, struct tree *t);     /* r stands behind the bracket */
void atom_escape(struct reader *r, struct tree *t);    /* behind the backslash, not in a class */

#endif
