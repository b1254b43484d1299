#include "filters/content/entity.h"

#include "filters/content/param.h"
#include "mail/header.h"

static void read_type(struct entity *e, struct str value)
{
	struct str rest = value;
	const struct str type = param_word(&rest);
	struct str subtype;

	if (!param_mark(&rest, '/'))
		return; /* "text" alone, or nothing to be read */
	subtype = param_word(&rest);
	if (type.n == 0 || subtype.n == 0)
		return;
	e->type = type;
	e->subtype = subtype;
	e->params = rest;
}

static void read_field(struct entity *e, const struct header_field *f, bool seen[3])
{
	static const struct str names[] = { STR_INIT("Content-Type"),
					    STR_INIT("Content-Transfer-Encoding"),
					    STR_INIT("Content-Disposition") };
	unsigned which = 0;
	struct str rest = f->value;

	while (which < 3 && !str_ieq(f->name, names[which]))
		which++;
	if (which == 3)
		return;
	if (seen[which]) {
		e->twice = e->twice || which < 2;
		return;
	}
	seen[which] = true;
	switch (which) {
	case 0:
		read_type(e, f->value);
		break;
	case 1:
		e->encoding = transfer_named(param_word(&rest));
		break;
	case 2:
		e->disposition = param_word(&rest);
		e->disposition_params = rest;
		break;
	}
}

void entity_read(struct entity *e, struct str header, bool digest)
{
	struct header_field field;
	bool seen[3] = { false };

	*e = (struct entity){ .header = header,
			      .type = digest ? STR("message") : STR("text"),
			      .subtype = digest ? STR("rfc822") : STR("plain") };
	while (header_next(&header, &field))
		if (str_istarts(field.name, STR("Content-")))
			read_field(e, &field, seen);
}

bool entity_is(const struct entity *e, struct str type, struct str subtype)
{
	return str_ieq(e->type, type) && str_ieq(e->subtype, subtype);
}

static bool is_named_html(struct str params, struct str name)
{
	char bytes[256];
	struct out o = OUT(bytes);
	struct str ignored;

	return param_value(params, name, &o, &ignored) &&
	       (str_iends(out_text(&o), STR(".html")) || str_iends(out_text(&o), STR(".htm")) ||
		str_iends(out_text(&o), STR(".shtml")));
}

bool entity_is_html_file(const struct entity *e)
{
	return is_named_html(e->disposition_params, STR("filename")) ||
	       is_named_html(e->params, STR("name"));
}
