/* macro.h - macros of SPF (RFC 7208 7): checked, expanded; pure. */
#ifndef FILTERS_SPF_MACRO_H
#define FILTERS_SPF_MACRO_H

#include "base/attr.h"
#include "base/ip.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* What letters stand for. */
struct spf_macro_values {
	struct str sender;   /* s: "a@example.org" */
	struct str domain;   /* d: the current domain */
	struct ip ip;        /* i, c, v */
	struct str helo;     /* h */
	struct str p;        /* p: the client's validated name; empty: "unknown" */
	struct str receiver; /* r, in explanations */
	int64_t unix_s;      /* t, in explanations */
};

/* The grammar: a domain-spec of a record (it must end in a top label or a macro); a macro-string. */
bool spf_macro_domain_ok(struct str spec);
bool spf_macro_string_ok(struct str spec);
/* An explanation: macro-strings, with spaces between them and the letters c, r, t. */
bool spf_macro_explanation_ok(struct str text);
/* Is %{p} in it?  It costs lookups. */
bool spf_macro_asks_p(struct str spec);

/* The spec was found good by one of the above.  o->full: it does not fit. */
void spf_macro_expand(struct out *o, struct str spec, const struct spf_macro_values *values);

#endif
