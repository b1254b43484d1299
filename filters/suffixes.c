#include "filters/suffixes.h"

#include "base/limits.h"

#include <libpsl.h>

struct suffixes *suffixes_new(void)
{
	return (struct suffixes *)psl_latest(NULL);
}

void suffixes_free(void *suffixes)
{
	psl_free(suffixes);
}

struct str suffixes_organization(const struct suffixes *s, struct str domain)
{
	const char *found = psl_registrable_domain((const psl_ctx_t *)s, domain.p);

	return found ? str_from(domain, (size_t)(found - domain.p)) : domain;
}

bool suffixes_is_top(const struct suffixes *s, struct str label)
{
	char name[LIMIT_DNS_LABEL + 1];

	if (label.n == 0 || label.n > LIMIT_DNS_LABEL)
		return false;
	for (size_t i = 0; i < label.n; i++)
		name[i] = ascii_lower(label.p[i]);
	name[label.n] = '\0';
	return psl_is_public_suffix2((const psl_ctx_t *)s, name,
				     PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

struct str suffixes_registrable(const struct suffixes *s, struct str domain)
{
	const char *found;
	size_t top = domain.n;

	while (top && domain.p[top - 1] != '.')
		top--;
	if (!suffixes_is_top(s, str_from(domain, top)))
		return (struct str){ 0 };
	found = psl_registrable_domain((const psl_ctx_t *)s, domain.p);
	return found ? str_from(domain, (size_t)(found - domain.p)) : (struct str){ 0 };
}
