/* references.h - which of a mail's URIs say something of how it is made, and whom they lead to. */
#ifndef FILTERS_BULK_REFERENCES_H
#define FILTERS_BULK_REFERENCES_H

#include "filters/uri/uris.h"

/* What programs take for a link, or fetch. */
static inline bool is_reference(const struct uri *uri)
{
	const unsigned read = URI_IN_TEXT | URI_IN_LINK | URI_IN_IMAGE | URI_IN_FORM;

	return uri->origins & read && !(uri->traits & (URI_MAIL | URI_BARE)) && uri->site;
}

/* Its registrable domain, or its host when that has none. */
static inline struct str reference_domain(const struct uris *uris, const struct uri *uri)
{
	const struct uri_site *site = &uris->sites[uri->site - 1];
	const struct str domain = uri_site_domain(uris, site);

	return domain.n ? domain : uris_text(uris, site->text);
}

#endif
