#include "filters/taglist.h"

/* CR and LF only as the fold of a header field: CRLF with white space behind it. */
static bool folds_well(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			return false;
		if (s.p[i] != '\r')
			continue;
		if (i + 2 >= s.n || s.p[i + 1] != '\n' || (s.p[i + 2] != ' ' && s.p[i + 2] != '\t'))
			return false;
		i += 2;
	}
	return true;
}

static bool is_name(struct str s)
{
	if (!s.n || !ascii_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '_')
			return false;
	return true;
}

/* Printable; past ASCII for mail in UTF-8 (RFC 8616 4). */
static bool is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_white(s.p[i]) && ((unsigned char)s.p[i] < 0x21 || s.p[i] == 0x7f))
			return false;
	return true;
}

static struct str fault_of(const struct taglist *list, struct str name, struct str value)
{
	if (!is_name(name))
		return STR("a tag's name is malformed");
	if (!is_value(value))
		return STR("a control character in a tag");
	if (taglist_get(list, name).p)
		return STR("a tag stands twice");
	if (list->count == LIMIT_TAGS)
		return STR("too many tags");
	return (struct str){ 0 };
}

bool taglist_parse(struct str text, struct taglist *list)
{
	struct str rest = str_trim_lines(text), one, name, value;

	list->count = 0;
	list->wrong = (struct str){ 0 };
	if (!folds_well(rest))
		list->wrong = STR("a line end inside the list");
	while (rest.n && !list->wrong.n) {
		str_cut(rest, ';', &one, &rest);
		one = str_trim_lines(one);
		if (!str_cut(one, '=', &name, &value)) {
			/* One semicolon may end the list. */
			list->wrong = STR("a tag without a value");
			break;
		}
		name = str_trim_lines(name);
		value = str_trim_lines(value);
		list->wrong = fault_of(list, name, value);
		if (!list->wrong.n)
			list->tags[list->count++] = (struct tag){ .name = name, .value = value };
		rest = str_trim_lines(rest);
	}
	return !list->wrong.n;
}

struct str taglist_get(const struct taglist *list, struct str name)
{
	for (unsigned i = 0; i < list->count; i++)
		if (str_eq(list->tags[i].name, name))
			return list->tags[i].value;
	return (struct str){ 0 };
}

struct str taglist_item(struct str *rest)
{
	struct str item;

	if (!str_cut(*rest, ':', &item, rest))
		*rest = (struct str){ 0 };
	return str_trim_lines(item);
}

void taglist_squeeze(struct out *o, struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!ascii_white(value.p[i]))
			out_char(o, value.p[i]);
}
