/* suffixes.h - the Public Suffix List (libpsl): under which names others may register domains of their own.
 *
 * Domains are lower case, A-labels, with a NUL behind them. */
#ifndef FILTERS_SUFFIXES_H
#define FILTERS_SUFFIXES_H

#include "base/str.h"

#include <stdbool.h>

struct conf_place;
struct filter_setup;
struct suffixes;

/* For a filter's setup: the one of all filters, so that an answer one has got serves the others.  NULL: there is none,
 * which is an error at this place; or it need not be there (NULL). */
const struct suffixes *filter_setup_suffixes(struct filter_setup *s, const struct conf_place *at);

/* The newer of Debian's file and what libpsl has built in; NULL: there is neither. */
struct suffixes *suffixes_new(void);
void suffixes_free(void *suffixes);

/* A part of the domain: a public suffix and one label more; all of it where it is none (RFC 7489 3.2). */
struct str suffixes_organization(const struct suffixes *s, struct str domain);

/* The same; empty where it is none, and under a top level that is not in the list. */
struct str suffixes_registrable(const struct suffixes *s, struct str domain);

/* Is the label, in any case and without a NUL, a top level that is in the list? */
bool suffixes_is_top(const struct suffixes *s, struct str label);

#endif
