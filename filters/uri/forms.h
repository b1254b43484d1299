/* forms.h - the forms in which `uri` rules see a URI, besides the one that is written: as SpamAssassin has them, pure.
 *
 * Of a web address with escapes undone, without the usual port, with its host as A-labels, as four decimal numbers,
 * without what stands in front of "@" or behind its name; of a mail address without what it asks the writer to write. */
#ifndef FILTERS_URI_FORMS_H
#define FILTERS_URI_FORMS_H

#include "base/limits.h"
#include "base/out.h"
#include "filters/suffixes.h"
#include "filters/uri/uris.h"

/* The form is valid during the call. */
typedef void uri_form_fn(void *ctx, struct str form);

struct uri_forms {
	const struct suffixes *suffixes;
	struct uris *uris; /* of the message, as uri_host_read() wants it; or NULL */
	uri_form_fn *put;
	void *ctx;
	bool no_guesses; /* none of what browsers try when there is no such host */
	char *inner; /* room for the URI that is part of this one, LIMIT_URI bytes; NULL: nobody asks for it */

	/* made by uri_forms() */
	size_t inner_n; /* 0: there is none */
	bool guessed;   /* it is escaped more than once, or has no scheme */
};

void uri_forms(struct uri_forms *f, struct str uri);

#endif
