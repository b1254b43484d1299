/* override.h - when mail that fails is not treated as the domain asks, and why (RFC 9989 5.4, RFC 9990's
 * PolicyOverride); pure. */
#ifndef FILTERS_DMARC_OVERRIDE_H
#define FILTERS_DMARC_OVERRIDE_H

#include "base/out.h"
#include "conf/conf.h"
#include "filters/auth.h"

/* The operator's word about a domain and those below it. */
struct dmarc_override {
	struct str domain; /* as A-labels */
	enum auth_policy policy;
};

struct dmarc_overrides {
	size_t count;
	const struct dmarc_override *rows;
	bool trust_arc;
};

/* "example.org none".  False: it is not of that form. */
bool dmarc_override_parse(struct arena *arena, struct str text, struct dmarc_override *row);

/* What a domain asks for. */
struct dmarc_wish {
	struct str domain; /* the author's */
	enum auth_policy policy;
	bool test; /* t=y */
};

/* What applies to a message that fails: the wish after t=y, then the operator's word.  The reason, if it is not the
 * policy itself, is appended. */
enum auth_policy dmarc_disposition(const struct dmarc_overrides *o, const struct auth *auth,
				   struct dmarc_wish wish, struct out *reason);

#endif
