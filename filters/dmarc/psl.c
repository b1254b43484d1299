#include "filters/dmarc/psl.h"

#include <libpsl.h>

struct dmarc_psl *dmarc_psl_new(void)
{
	return (struct dmarc_psl *)psl_latest(NULL);
}

void dmarc_psl_free(struct dmarc_psl *psl)
{
	psl_free((psl_ctx_t *)psl);
}

struct str dmarc_psl_organization(const struct dmarc_psl *psl, struct str domain)
{
	const char *found = psl_registrable_domain((const psl_ctx_t *)psl, domain.p);

	return found ? str_from(domain, (size_t)(found - domain.p)) : domain;
}
