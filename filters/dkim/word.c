#include "filters/dkim/word.h"

#include "base/limits.h"
#include "filters/taglist.h"

struct str dkim_item(struct str *rest)
{
	struct str item;

	if (!str_cut(*rest, ':', &item, rest))
		*rest = (struct str){ 0 };
	return taglist_trim(item);
}

bool dkim_domain_ok(struct str domain)
{
	size_t label = 0;

	for (size_t i = 0; i < domain.n; i++) {
		const char c = domain.p[i];

		if (c == '.' && label == 0)
			return false;
		if (c != '.' && !ascii_alnum(c) && c != '-' && c != '_')
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LIMIT_DNS_LABEL)
			return false;
	}
	return label > 0 && domain.n <= LIMIT_DOMAIN;
}

bool dkim_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || (unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}
