/* str.h - a borrowed run of bytes: pointer and length, never NUL-terminated by promise.
 *
 * Whatever arrives from outside is a `struct str`.  It owns nothing and is valid as long as
 * the arena or buffer it points into.  Passed by value.  An empty str may have p == NULL. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/attr.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ .p = "" lit, .n = sizeof(lit) - 1 })
#define STR_INIT(lit)                                                                              \
	{                                                                                          \
		.p = "" lit, .n = sizeof(lit) - 1                                                  \
	} /* for static tables */
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)((s).n > INT_MAX ? INT_MAX : (s).n), (s).p ? (s).p : ""

static inline struct str str_z(const char *z)
{
	return (struct str){ .p = z, .n = z ? strlen(z) : 0 };
}

static inline struct str str_from(struct str s, size_t at)
{
	/* An empty one may have no pointer to add to. */
	return (struct str){ .p = at ? s.p + at : s.p, .n = s.n - at };
}

static inline struct str str_head(struct str s, size_t n)
{
	return (struct str){ .p = s.p, .n = n < s.n ? n : s.n };
}

/* Cuts the first n bytes, or all there are, from *rest. */
static inline struct str str_take(struct str *rest, size_t n)
{
	const struct str head = str_head(*rest, n);

	*rest = str_from(*rest, head.n);
	return head;
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* As qsort() wants it: by their bytes, and of two the shorter one where it is how the other begins. */
int str_order(struct str a, struct str b);

/* ASCII only, never through the locale: SMTP keywords and domains are ASCII. */
static inline char ascii_lower(char c)
{
	return (c >= 'A' && c <= 'Z') ? (char)(c + ('a' - 'A')) : c;
}

static inline bool ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static inline bool ascii_alnum(char c)
{
	return ascii_alpha(c) || ascii_digit(c);
}

/* WSP of RFC 5234. */
static inline bool ascii_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* And the line ends that may be folded among it. */
static inline bool ascii_white(char c)
{
	return ascii_wsp(c) || c == '\r' || c == '\n';
}

/* What Perl and PCRE2 call white space (\s). */
static inline bool ascii_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* US-ASCII's control characters: 0 to 31, and DEL. */
static inline bool ascii_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

bool str_ieq_bytes(const char *a, const char *b, size_t n);
static inline bool str_ieq(struct str a, struct str b)
{
	return a.n == b.n && str_ieq_bytes(a.p, b.p, a.n);
}
static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}
bool str_istarts(struct str s, struct str prefix);
static inline bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}
bool str_iends(struct str s, struct str suffix);

/* Split at the first sep.  False, with head = s and tail empty, when there is none. */
bool str_cut(struct str s, char sep, struct str *head, struct str *tail);

/* The first `what` in it, and what stands behind that.  False: it is not in it; an empty one is in all. */
bool str_find(struct str s, struct str what, struct str *behind);
bool str_has(struct str s, struct str what);
bool str_ihas(struct str s, struct str what); /* ASCII letters in capitals or not */

bool str_has_controls(struct str s);

/* Without leading and trailing space and tab. */
struct str str_trim(struct str s);
/* Nor line ends. */
struct str str_trim_lines(struct str s);
/* The first word, up to a space or tab; the rest is what stands behind it, trimmed.  False: there is none. */
bool str_word(struct str *rest, struct str *word);

/* Decimal digits only, all of s, at most max.  False otherwise. */
bool str_u64(struct str s, uint64_t max, uint64_t *value);

/* Case-insensitive ASCII hash keyed per process: for tables whose keys strangers choose. */
uint64_t str_ihash(struct str s);

/* Edit distance, for "did you mean"; at most `cap`. */
unsigned str_distance(struct str a, struct str b, unsigned cap);

#endif
