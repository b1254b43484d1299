/* Values: what was read becomes a field of the block's struct.  Defaults take the same way, so a
 * default that does not parse is a mistake of the program. */
#include "base/check.h"
#include "conf/reader.h"

static const char *const yes_words[] = { "no", "yes", "off", "on", "false", "true", NULL };

static size_t word_count(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

/* The index, or -1 (reported). */
static int word_parse(struct reader *r, const struct conf_option *o, const char *const *words,
		      const struct conf_text *text)
{
	const size_t count = word_count(words);
	char buffer[512];
	struct out list = OUT(buffer);
	const char *near;

	for (size_t i = 0; i < count; i++)
		if (str_eq(text->text, str_z(words[i])))
			return (int)i;
	for (size_t i = 0; i < count; i++)
		out_printf(&list, "%s%s", i ? ", " : "", words[i]);
	near = conf_suggest(text->text, words, count);
	conf_error(r->report, &text->at, "%s = \"" STR_FMT "\" is not one of " STR_FMT "%s%s%s",
		   o->name, STR_ARG(clip(text->text)), STR_ARG(out_text(&list)),
		   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return -1;
}

static void store(struct reader *r, const struct conf_option *o, const struct conf_text *text,
		  void *field)
{
	int word;

	switch (o->type) {
	case CONF_BOOL:
		word = word_parse(r, o, yes_words, text);
		*(bool *)field = word > 0 && word % 2;
		return;
	case CONF_CHOICE:
		word = word_parse(r, o, o->choices, text);
		*(int *)field = word < 0 ? 0 : word;
		return;
	case CONF_INT:
	case CONF_SIZE:
	case CONF_TIME:
		if (!number_parse(r, o, text, field))
			*(int64_t *)field = 0;
		return;
	case CONF_RATE:
		rate_parse(r, o, text, field);
		return;
	case CONF_TEXT:
	case CONF_EXPR:
		*(struct conf_text *)field = *text;
		return;
	case CONF_LIST:
		break;
	}
	UNREACHABLE();
}

bool value_read(struct reader *r, const struct conf_option *o, void *values)
{
	void *field = (char *)values + o->offset;
	struct conf_text text;

	if (o->type == CONF_LIST)
		return list_read(r, field);
	if (o->type == CONF_EXPR ? !expr_read(r, &text) : !text_read(r, &text))
		return false;
	if (!r->stopped)
		store(r, o, &text, field);
	return true;
}

/* Texts of options that are not there are empty, but there. */
static void leave_empty(const struct conf_option *o, void *values)
{
	void *field = (char *)values + o->offset;

	if (o->type == CONF_TEXT || o->type == CONF_EXPR)
		*(struct conf_text *)field = (struct conf_text){ .text = STR("") };
}

void value_default(struct reader *r, const struct conf_option *o, void *values)
{
	const struct cursor here = r->cursor;
	const unsigned errors = r->report->errors;

	if (!o->fallback || !*o->fallback) {
		leave_empty(o, values);
		return;
	}
	r->cursor = (struct cursor){ .rest = str_z(o->fallback) };
	CHECK(value_read(r, o, values) || r->stopped);
	CHECK(r->report->errors == errors || r->stopped);
	CHECK(r->cursor.rest.n == 0 || r->stopped);
	r->cursor = here;
}

/* A list is one; everything else ends where an expression would. */
bool value_skip(struct reader *r)
{
	struct conf_list list;
	struct conf_text text;

	if (cursor_peek(&r->cursor) == '[')
		return list_read(r, &list);
	return expr_read(r, &text);
}
