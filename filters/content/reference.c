/* reference.c - where HTML leads to, and what is fetched to show it: attributes by name, and url() in styles. */
#include "filters/content/attribute.h"

#include "base/check.h"
#include "filters/content/element.h"

enum how {
	ONE,     /* the value is a reference */
	SEVERAL, /* "a.png 1x, b.png 2x" */
	REFRESH, /* "5; url=a" */
};

struct row {
	struct str name;
	enum tag tag; /* TAG_COUNT: of every element that has no row of its own */
	enum text_link_kind kind;
	enum how how;
};

/* Those of one name one behind the other, the one for all others last.  Many are obsolete; mail programs know them still. */
static const struct row rows[] = {
	{ STR_INIT("href"), TAG_base, TEXT_BASE, ONE },
	{ STR_INIT("href"), TAG_link, TEXT_IMAGE, ONE },
	{ STR_INIT("href"), TAG_image, TEXT_IMAGE, ONE },
	{ STR_INIT("href"), TAG_COUNT, TEXT_LINK, ONE },
	{ STR_INIT("src"), TAG_COUNT, TEXT_IMAGE, ONE },
	{ STR_INIT("background"), TAG_COUNT, TEXT_IMAGE, ONE },
	{ STR_INIT("srcset"), TAG_COUNT, TEXT_IMAGE, SEVERAL },
	{ STR_INIT("action"), TAG_form, TEXT_FORM, ONE },
	{ STR_INIT("formaction"), TAG_COUNT, TEXT_FORM, ONE },
	{ STR_INIT("content"), TAG_meta, TEXT_LINK, REFRESH },
	{ STR_INIT("xlink:href"), TAG_image, TEXT_IMAGE, ONE },
	{ STR_INIT("xlink:href"), TAG_COUNT, TEXT_LINK, ONE },
	{ STR_INIT("data"), TAG_object, TEXT_IMAGE, ONE },
	{ STR_INIT("poster"), TAG_COUNT, TEXT_IMAGE, ONE },
	{ STR_INIT("lowsrc"), TAG_COUNT, TEXT_IMAGE, ONE },
	{ STR_INIT("dynsrc"), TAG_COUNT, TEXT_IMAGE, ONE },
	{ STR_INIT("data-saferedirecturl"), TAG_COUNT, TEXT_LINK, ONE },
};

/* Most attributes are none of them: no name of theirs is so long. */
static bool may_refer(struct str name)
{
	enum { LENGTHS = 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 20 };

	return name.n <= 20 && LENGTHS & 1 << name.n;
}

static const struct row *find(uint8_t tag, struct str name)
{
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (rows[i].name.n == name.n && ascii_lower(name.p[0]) == rows[i].name.p[0] &&
		    (rows[i].tag == tag || rows[i].tag == TAG_COUNT) && str_ieq(name, rows[i].name))
			return &rows[i];
	return NULL;
}

static void refer(struct html *h, uint8_t tag, enum text_link_kind kind, struct str value)
{
	char bytes[LIMIT_HTML_REFERENCE];
	struct out o = OUT(bytes);
	const struct html_reference reference = {
		.kind = kind,
		.tag = tag,
		.has_text = tag == TAG_a && kind == TEXT_LINK,
		.target = attribute_value(attribute_trim(value), &o, &h->steps),
	};

	h->steps++;
	h->events->reference(h->ctx, &reference);
}

/* WHATWG HTML 4.8.4.2.1: the first word of each. */
static void refer_several(struct html *h, uint8_t tag, enum text_link_kind kind, struct str value)
{
	struct str one;

	for (; value.n; h->steps++) {
		size_t n = 0;

		str_cut(value, ',', &one, &value);
		one = attribute_trim(one);
		while (n < one.n && !attribute_is_space(one.p[n]))
			n++;
		if (n)
			refer(h, tag, kind, str_head(one, n));
	}
}

static struct str without_quotes(struct str s)
{
	size_t n = 0;

	if (s.n == 0 || (s.p[0] != '"' && s.p[0] != '\''))
		return s;
	for (n = 1; n < s.n && s.p[n] != s.p[0]; n++)
		continue;
	return str_head(str_from(s, 1), n - 1);
}

/* WHATWG HTML 4.2.5.3: seconds, ";" or ",", and "url=", which may be missing. */
static void refer_refresh(struct html *h, uint8_t tag, enum text_link_kind kind, struct str s)
{
	s = attribute_trim(s);
	if (s.n == 0 || (!ascii_digit(s.p[0]) && s.p[0] != '.'))
		return;
	while (s.n && (ascii_digit(s.p[0]) || s.p[0] == '.'))
		s = str_from(s, 1);
	s = attribute_trim(s);
	if (s.n == 0 || (s.p[0] != ';' && s.p[0] != ','))
		return;
	s = attribute_trim(str_from(s, 1));
	if (str_istarts(s, STR("url"))) {
		const struct str rest = attribute_trim(str_from(s, 3));

		if (rest.n && rest.p[0] == '=')
			s = attribute_trim(str_from(rest, 1));
	}
	s = without_quotes(s);
	if (s.n)
		refer(h, tag, kind, s);
}

void attribute_refer(struct html *h, uint8_t tag, const struct attribute *a)
{
	const struct row *row = may_refer(a->name) ? find(tag, a->name) : NULL;

	if (!row)
		return;
	switch (row->how) {
	case ONE:
		refer(h, tag, row->kind, a->value);
		break;
	case SEVERAL:
		refer_several(h, tag, row->kind, a->value);
		break;
	case REFRESH:
		refer_refresh(h, tag, row->kind, a->value);
		break;
	}
}

/* ---- styles ---- */

/* Behind "url(": up to its end. */
static struct str url_of(struct str s)
{
	size_t n = 0;

	s = attribute_trim(s);
	if (s.n && (s.p[0] == '"' || s.p[0] == '\''))
		return without_quotes(s);
	while (n < s.n && s.p[n] != ')')
		n++;
	return attribute_trim(str_head(s, n));
}

void reference_styles(struct html *h, struct str s)
{
	const char *open;

	while (s.n && (open = memchr(s.p, '(', s.n)) != NULL) {
		const size_t at = (size_t)(open - s.p);
		const bool url = str_iends(str_head(s, at), STR("url"));
		const struct str target = url ? url_of(str_from(s, at + 1)) : (struct str){ 0 };

		h->steps++;
		s = str_from(s, at + 1);
		if (target.n == 0)
			continue;
		if (!str_istarts(target, STR("data:")))
			refer(h, TAG_COUNT, TEXT_IMAGE, target);
		s = str_from(s, (size_t)(target.p + target.n - s.p));
	}
}
