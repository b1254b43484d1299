#include "filters/dkim/tags.h"

#include "base/limits.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool dkim_text_ok(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		const char c = text.p[i];

		if (c == '\r') {
			if (i + 2 >= text.n || text.p[i + 1] != '\n' ||
			    (text.p[i + 2] != ' ' && text.p[i + 2] != '\t'))
				return false;
			i += 2;
		} else if ((c < ' ' && c != '\t') || c > '~') {
			return false;
		}
	}
	return true;
}

struct str dkim_trim(struct str s)
{
	while (s.n && is_space(s.p[0]))
		s = str_from(s, 1);
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool dkim_has_space(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_space(s.p[i]))
			return true;
	return false;
}

void dkim_squeeze(struct str s, struct out *o)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_space(s.p[i]))
			out_char(o, s.p[i]);
}

/* RFC 6376 3.2: tag-name = ALPHA *ALNUMPUNC */
static bool is_tag_name(struct str name)
{
	if (name.n == 0 || !ascii_alpha(name.p[0]))
		return false;
	for (size_t i = 1; i < name.n; i++)
		if (!ascii_alnum(name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}

enum dkim_tags dkim_tags_next(struct str *rest, struct str *name, struct str *value)
{
	struct str tag;

	if (dkim_trim(*rest).n == 0)
		return DKIM_TAGS_END;
	str_cut(*rest, ';', &tag, rest);
	if (!str_cut(tag, '=', name, value))
		return DKIM_TAGS_BAD;
	*name = dkim_trim(*name);
	*value = dkim_trim(*value);
	return is_tag_name(*name) ? DKIM_TAGS_ONE : DKIM_TAGS_BAD;
}

struct str dkim_item(struct str *rest)
{
	struct str item;

	if (!str_cut(*rest, ':', &item, rest))
		*rest = (struct str){ 0 };
	return dkim_trim(item);
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
