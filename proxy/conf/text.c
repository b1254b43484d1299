/* Texts: "quoted" with \" \\ \$ and bare words, ${NAME} filled in from the environment. */
#include "conf/reader.h"

#include <stdlib.h>

enum { VARIABLE_MAX = 255 };

static struct out scratch(struct reader *r)
{
	return (struct out){ .p = r->scratch, .cap = LIMIT_CONF_VALUE };
}

static bool control(int byte)
{
	return byte != '\t' && ((byte >= 0 && byte < ' ') || byte == 0x7f);
}

static bool add_variable(struct reader *r, struct out *o, struct conf_place at, struct str name)
{
	char z[VARIABLE_MAX + 1] = { 0 };
	const char *value;

	if (name.n > VARIABLE_MAX) {
		conf_error(r->report, &at, "the name of this variable is too long");
		return false;
	}
	memcpy(z, name.p, name.n);
	value = getenv(z);
	if (!value) {
		conf_error(r->report, &at, "the environment variable \"%s\" is not set", z);
		return true;
	}
	for (const char *p = value; *p; p++) {
		if (!control((unsigned char)*p))
			continue;
		conf_error(r->report, &at,
			   "the environment variable \"%s\" holds control characters", z);
		return true;
	}
	out_str(o, str_z(value));
	return true;
}

static bool variable_byte(int byte)
{
	return byte != '-' && cursor_is_name_byte(byte);
}

/* So that the brace of a malformed one does not end a block. */
static void skip_variable(struct cursor *c)
{
	struct cursor at = *c;

	for (int byte; (byte = cursor_peek(&at)) != '}'; cursor_next(&at))
		if (byte == CURSOR_END || byte == '\n' || byte == '{' || byte == '"')
			return;
	cursor_next(&at);
	*c = at;
}

/* ${NAME}; the cursor is on the `$`. */
static bool read_variable(struct reader *r, struct out *o)
{
	const struct conf_place at = r->cursor.at;
	struct str name;

	cursor_skip(&r->cursor, 2);
	name = str_head(r->cursor.rest, 0);
	while (variable_byte(cursor_peek_at(&r->cursor, name.n)))
		name.n++;
	cursor_skip(&r->cursor, name.n);
	if (name.n == 0 || ascii_digit(name.p[0]) || cursor_peek(&r->cursor) != '}') {
		conf_error(
			r->report, &at,
			"${ must be followed by the name of a variable and }; write \\${ for the "
			"characters themselves");
		skip_variable(&r->cursor);
		return false;
	}
	cursor_next(&r->cursor);
	return add_variable(r, o, at, name);
}

static bool on_variable(const struct reader *r)
{
	return cursor_peek(&r->cursor) == '$' && cursor_peek_at(&r->cursor, 1) == '{';
}

static bool finish(struct reader *r, const struct out *o, struct conf_text *text)
{
	if (o->full) {
		conf_error(r->report, &text->at, "this value is longer than %d bytes",
			   LIMIT_CONF_VALUE);
		return false;
	}
	text->text = reader_keep(r, out_text(o));
	return true;
}

/* One byte or escape of a quoted string. */
static bool read_quoted_byte(struct reader *r, struct out *o)
{
	struct cursor *c = &r->cursor;
	const int byte = cursor_peek(c), next = cursor_peek_at(c, 1);

	if (on_variable(r))
		return read_variable(r, o);
	if (control(byte)) {
		conf_error(r->report, &c->at, "a control character (0x%02x) in a string",
			   (unsigned)byte);
		return false;
	}
	if (byte == '\\') {
		if (next != '"' && next != '\\' && next != '$') {
			conf_error(
				r->report, &c->at,
				"strings know \\\" \\\\ and \\$ only; write \\\\ for a backslash");
			return false;
		}
		cursor_next(c);
	}
	out_char(o, c->rest.p[0]);
	cursor_next(c);
	return true;
}

static bool read_quoted(struct reader *r, struct conf_text *text)
{
	const struct cursor start = r->cursor;
	struct out o = scratch(r);

	cursor_next(&r->cursor);
	for (int byte; (byte = cursor_peek(&r->cursor)) != '"';) {
		if (byte == CURSOR_END || byte == '\n' || byte == '\r') {
			conf_error(r->report, &text->at,
				   "this string has no closing quote on its line");
			return false;
		}
		if (!read_quoted_byte(r, &o)) {
			r->cursor = start;
			cursor_string(&r->cursor);
			return false;
		}
	}
	cursor_next(&r->cursor);
	return finish(r, &o, text);
}

static bool bare_byte(int byte)
{
	return byte > ' ' && byte != 0x7f && !strchr("\"{}[],;=#", byte);
}

/* What stands right behind a value must not look like more of it. */
static bool check_end(struct reader *r)
{
	const int byte = cursor_peek(&r->cursor);
	char buffer[16];

	if (byte == CURSOR_END || strchr(" \t\r\n},]", byte))
		return true;
	if (byte == '#')
		conf_error(r->report, &r->cursor.at,
			   "write a space before a comment, or quotes around a value with a #");
	else
		conf_error(r->report, &r->cursor.at,
			   "%s right behind a value; values with such characters need quotes",
			   reader_found(r, buffer));
	return false;
}

static bool read_bare(struct reader *r, struct conf_text *text)
{
	struct out o = scratch(r);
	char buffer[16];

	if (cursor_peek(&r->cursor) == '\'') {
		conf_error(r->report, &r->cursor.at, "text stands in \"these\" quotes");
		return false;
	}
	if (!bare_byte(cursor_peek(&r->cursor))) {
		conf_error(r->report, &r->cursor.at, "expected a value, found %s",
			   reader_found(r, buffer));
		return false;
	}
	while (bare_byte(cursor_peek(&r->cursor))) {
		if (on_variable(r)) {
			if (!read_variable(r, &o))
				return false;
			continue;
		}
		out_char(&o, r->cursor.rest.p[0]);
		cursor_next(&r->cursor);
	}
	return finish(r, &o, text);
}

bool text_read(struct reader *r, struct conf_text *text)
{
	*text = (struct conf_text){ .text = STR(""), .at = r->cursor.at };
	if (cursor_peek(&r->cursor) == '"' ? !read_quoted(r, text) : !read_bare(r, text))
		return false;
	return check_end(r);
}
