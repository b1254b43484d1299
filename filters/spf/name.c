#include "filters/spf/name.h"

#include "base/limits.h"

bool spf_name_ok(struct str name)
{
	struct str label, rest = name;

	if (name.n == 0 || name.n > LIMIT_DNS_NAME - 2)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < ' ' || name.p[i] >= 0x7f || name.p[i] == '\\')
			return false;
	do {
		const bool more = str_cut(rest, '.', &label, &rest);

		if (label.n == 0 || label.n > LIMIT_DNS_LABEL)
			return false;
		if (!more)
			return true;
	} while (true);
}

bool spf_name_has_policy(struct str domain)
{
	return spf_name_ok(domain) && memchr(domain.p, '.', domain.n) && domain.p[0] != '[';
}

bool spf_name_below(struct str name, struct str domain)
{
	return str_iends(name, domain) &&
	       (name.n == domain.n || name.p[name.n - domain.n - 1] == '.');
}

struct str spf_name_shorten(struct str name)
{
	struct str label;

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	while (name.n > LIMIT_DNS_NAME - 2 && str_cut(name, '.', &label, &name))
		continue;
	return name;
}
