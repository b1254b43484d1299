#include "conf/cursor.h"

void cursor_next(struct cursor *c)
{
	const bool newline = c->rest.p[0] == '\n';

	c->rest = str_from(c->rest, 1);
	if (c->at.line == 0)
		return;
	c->at.column++;
	if (newline) {
		c->at.line++;
		c->at.column = 1;
	}
}

void cursor_skip(struct cursor *c, size_t n)
{
	while (n-- && c->rest.n)
		cursor_next(c);
}

/* A carriage return counts as a blank, so that files of either line end are read alike. */
static bool blank(int byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

void cursor_blanks(struct cursor *c)
{
	while (blank(cursor_peek(c)))
		cursor_next(c);
}

static void skip_comment(struct cursor *c)
{
	while (cursor_peek(c) != '\n' && cursor_peek(c) != CURSOR_END)
		cursor_next(c);
}

void cursor_space(struct cursor *c)
{
	for (;;) {
		const int byte = cursor_peek(c);

		if (byte == '#')
			skip_comment(c);
		else if (byte == '\n' || blank(byte))
			cursor_next(c);
		else
			return;
	}
}

static bool starts_name(int byte)
{
	return byte > 0 && byte < 0x80 && (ascii_alpha((char)byte) || byte == '_');
}

bool cursor_is_name_byte(int byte)
{
	return starts_name(byte) || (byte >= '0' && byte <= '9') || byte == '-';
}

struct str cursor_name(const struct cursor *c)
{
	size_t n = 0;

	if (starts_name(cursor_peek(c)))
		while (cursor_is_name_byte(cursor_peek_at(c, n)))
			n++;
	return str_head(c->rest, n);
}

void cursor_string(struct cursor *c)
{
	cursor_next(c);
	for (int byte; (byte = cursor_peek(c)) != CURSOR_END && byte != '\n'; cursor_next(c)) {
		if (byte == '"') {
			cursor_next(c);
			return;
		}
		if (byte == '\\' && cursor_peek_at(c, 1) != '\n' && c->rest.n > 1)
			cursor_next(c);
	}
}

/* Past one thing that is not a brace. */
static void skip_one(struct cursor *c)
{
	if (cursor_peek(c) == '"')
		cursor_string(c);
	else if (cursor_peek(c) == '#')
		skip_comment(c);
	else
		cursor_next(c);
}

void cursor_resync(struct cursor *c)
{
	for (int byte; (byte = cursor_peek(c)) != CURSOR_END && byte != '}';) {
		if (byte == '{') {
			cursor_next(c);
			cursor_skip_block(c);
			continue;
		}
		skip_one(c);
		if (byte == '\n')
			return;
	}
}

bool cursor_skip_block(struct cursor *c)
{
	size_t depth = 1;

	for (int byte; (byte = cursor_peek(c)) != CURSOR_END;) {
		if (byte == '{' || byte == '}') {
			cursor_next(c);
			depth += byte == '{' ? 1 : (size_t)-1;
			if (depth == 0)
				return true;
		} else {
			skip_one(c);
		}
	}
	return false;
}
