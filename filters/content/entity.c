#include "filters/content/entity.h"

#include "base/check.h"
#include "filters/content/words.h"
#include "mail/header.h"

static void read_type(struct entity *e, struct str value)
{
	struct str rest = value;
	const struct str type = param_word(&rest);
	struct str subtype = { 0 };

	if (param_mark(&rest, '/'))
		subtype = param_word(&rest);
	if (type.n && subtype.n) { /* not "text" alone, or nothing to be read */
		e->type = type;
		e->subtype = subtype;
	}
	params_read(&e->params, rest,
		    1u << PARAM_BOUNDARY | 1u << PARAM_CHARSET | 1u << PARAM_NAME);
}

static void read_disposition(struct entity *e, struct str value)
{
	const struct str word = param_word(&value);

	if (e->disposition.n == 0)
		e->disposition = word;
	params_read(&e->params, value, 1u << PARAM_FILENAME);
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
	if (which == 2)
		read_disposition(e, f->value);
	else if (!seen[which] && which == 0)
		read_type(e, f->value);
	else if (!seen[which])
		e->encoding = transfer_named(param_word(&rest));
	e->twice = e->twice || seen[which];
	seen[which] = true;
}

void entity_read(struct entity *e, struct str header, bool digest)
{
	struct header_field field;
	bool seen[3] = { false };

	*e = (struct entity){ .header = header,
			      .type = digest ? STR("message") : STR("text"),
			      .subtype = digest ? STR("rfc822") : STR("plain") };
	while (header_next_like(&header, STR("Content-"), &field))
		read_field(e, &field, seen);
}

bool entity_is(const struct entity *e, struct str type, struct str subtype)
{
	return str_ieq(e->type, type) && str_ieq(e->subtype, subtype);
}

bool entity_is_plain(const struct entity *e)
{
	return str_ieq(e->type, STR("text")) && !str_ieq(e->subtype, STR("html")) &&
	       !str_ieq(e->subtype, STR("calendar")) && !str_ieq(e->subtype, STR("x-vcard"));
}

static bool is_called(const struct params *params, enum param_id id, enum param_form form,
		      struct charsets *charsets, enum name_kind kind)
{
	char raw[4 * LIMIT_ATTACHMENT_NAME]; /* encoded words are longer than what they say */
	char bytes[LIMIT_ATTACHMENT_NAME];
	struct out value = OUT(raw), o = OUT(bytes);
	struct str ignored;

	if (!params_form(params, id, form, &value, &ignored))
		return false;
	words_put(out_text(&value), charsets, &o);
	return name_is(out_text(&o), kind);
}

bool entity_is_called(const struct entity *e, struct charsets *charsets, enum name_kind kind)
{
	for (unsigned form = 0; form < PARAM_FORM_COUNT; form++)
		if (is_called(&e->params, PARAM_FILENAME, (enum param_form)form, charsets, kind) ||
		    is_called(&e->params, PARAM_NAME, (enum param_form)form, charsets, kind))
			return true;
	return false;
}
