/* psl.h - organizational domains by the Public Suffix List, as RFC 7489 had it (libpsl). */
#ifndef FILTERS_DMARC_PSL_H
#define FILTERS_DMARC_PSL_H

#include "base/str.h"

struct dmarc_psl;

/* The newer of Debian's file and what libpsl has built in; NULL: there is neither. */
struct dmarc_psl *dmarc_psl_new(void);
void dmarc_psl_free(struct dmarc_psl *psl);

/* A part of domain (lower case, a NUL behind it): a public suffix and one label more; all of it where it is none. */
struct str dmarc_psl_organization(const struct dmarc_psl *psl, struct str domain);

#endif
