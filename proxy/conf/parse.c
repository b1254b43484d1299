/* The grammar:
 *
 *	file   = { NAME "=" value | NAME [ text ] "{" { NAME "=" value } "}" | include text }
 *	value  = text | "[" text { "," text } "]" | expression        as the option's type says
 *
 * After an error reading goes on behind the line, or at the brace that ends the block. */
#include "conf/reader.h"

static bool at_assignment(const struct cursor *c)
{
	return cursor_peek(c) == '=' && cursor_peek_at(c, 1) != '=';
}

/* The cursor is on the `=`. */
static void read_option(struct reader *r, struct conf_section *s, struct str name,
			struct conf_place at)
{
	cursor_next(&r->cursor);
	cursor_blanks(&r->cursor);
	if (cursor_peek(&r->cursor) == '\n' || cursor_peek(&r->cursor) == '#' ||
	    cursor_peek(&r->cursor) == '}' || cursor_peek(&r->cursor) == CURSOR_END)
		conf_error(r->report, &at, "\"" STR_FMT "\" has no value on its line",
			   STR_ARG(clip(name)));
	else
		section_option(r, s, name, at);
}

/* `backend "x" {` inside another block: that one's } was forgotten. */
static bool looks_like_block(const struct reader *r, struct str name)
{
	const int byte = cursor_peek(&r->cursor);

	return section_block(r, name) && (byte == '"' || byte == '{');
}

/* What goes on with an expression that has ended with its line. */
static bool is_operator(struct str name, int byte)
{
	if (name.n)
		return str_eq(name, STR("and")) || str_eq(name, STR("or")) ||
		       str_eq(name, STR("in"));
	return byte > 0 && strchr("&|<>!=+-*/", byte) != NULL;
}

static void complain_item(struct reader *r, struct str name, const char *expected)
{
	char buffer[16];

	if (is_operator(name, cursor_peek(&r->cursor)))
		conf_error(r->report, &r->cursor.at,
			   "an expression ends with its line: put it in parentheses to go on with "
			   "it in the next");
	else if (name.n == 0)
		conf_error(r->report, &r->cursor.at, "expected %s, found %s", expected,
			   reader_found(r, buffer));
	else
		conf_error(r->report, &r->cursor.at, "expected = behind \"" STR_FMT "\", found %s",
			   STR_ARG(clip(name)), reader_found(r, buffer));
	cursor_resync(&r->cursor);
}

static void complain_open(struct reader *r, const struct conf_section *s,
			  const struct conf_place *open, struct str next)
{
	char label[128];

	conf_error(r->report, open, "the { of %s is not closed before %s" STR_FMT " in line %u",
		   section_label(s, label), next.n ? "" : "the end of the file",
		   STR_ARG(clip(next)), r->cursor.at.line);
}

/* From behind the `{` to behind the `}`. */
static void read_body(struct reader *r, struct conf_section *s, struct conf_place open)
{
	struct cursor *c = &r->cursor;

	for (cursor_space(c); cursor_peek(c) != '}' && !reader_stopped(r); cursor_space(c)) {
		const struct cursor start = *c;
		const struct str name = cursor_name(c);

		if (cursor_peek(c) == CURSOR_END) {
			complain_open(r, s, &open, name);
			return;
		}
		cursor_skip(c, name.n);
		cursor_blanks(c);
		if (name.n && at_assignment(c)) {
			read_option(r, s, name, start.at);
		} else if (looks_like_block(r, name)) {
			complain_open(r, s, &open, name);
			*c = start;
			return;
		} else {
			complain_item(r, name, "an option or }");
		}
	}
	if (!r->stopped)
		cursor_next(c);
}

static void unknown_block(struct reader *r, struct str name, const struct conf_place *at)
{
	const char *words[256];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < r->block_count && n < 256; i++)
		if (*r->blocks[i]->name)
			words[n++] = r->blocks[i]->name;
	near = conf_suggest(name, words, n);
	conf_error(r->report, at, "unknown block \"" STR_FMT "\"%s%s%s", STR_ARG(clip(name)),
		   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	if (!cursor_skip_block(&r->cursor))
		conf_error(r->report, at, "the { of this block is not closed");
}

/* The title, if there is one, and the `{`. */
static bool read_block_head(struct reader *r, struct str name, struct conf_text *title)
{
	struct cursor *c = &r->cursor;
	const struct cursor after = *c;
	const int byte = cursor_peek(c);
	char buffer[16];

	*title = (struct conf_text){ .text = STR("") };
	if (byte != '{' && byte != '\n' && byte != CURSOR_END && byte != '#' && byte != '=') {
		if (!text_read(r, title)) {
			cursor_resync(c);
			return false;
		}
	}
	cursor_space(c);
	if (cursor_peek(c) == '{')
		return true;
	*c = after;
	conf_error(r->report, &c->at, "expected %s behind \"" STR_FMT "\", found %s",
		   section_block(r, name) ? "{" : "= or {", STR_ARG(clip(name)),
		   reader_found(r, buffer));
	cursor_resync(c);
	return false;
}

static void read_block(struct reader *r, struct str name, struct conf_place at)
{
	const struct conf_block *block = section_block(r, name);
	struct conf_section *s;
	struct conf_text title;
	struct conf_place open;

	if (!read_block_head(r, name, &title))
		return;
	open = r->cursor.at;
	cursor_next(&r->cursor);
	if (!block) {
		unknown_block(r, name, &at);
		return;
	}
	s = section_new(r, block, title, at);
	if (!s)
		return;
	read_body(r, s, open);
	section_finish(r, s);
}

static void read_include(struct reader *r)
{
	struct conf_text pattern;

	if (text_read(r, &pattern))
		include_files(r, &pattern);
	else
		cursor_resync(&r->cursor);
}

static void read_global(struct reader *r, struct str name, struct conf_place at)
{
	if (r->global) {
		read_option(r, r->global, name, at);
		return;
	}
	conf_error(r->report, &at, "unknown option \"" STR_FMT "\"", STR_ARG(clip(name)));
	cursor_resync(&r->cursor);
}

static void read_item(struct reader *r)
{
	struct cursor *c = &r->cursor;
	const struct conf_place at = c->at;
	const struct str name = cursor_name(c);

	if (name.n == 0) {
		complain_item(r, name, "an option or a block");
		if (cursor_peek(c) == '}')
			cursor_next(c);
		return;
	}
	cursor_skip(c, name.n);
	cursor_blanks(c);
	if (at_assignment(c))
		read_global(r, name, at);
	else if (str_eq(name, STR("include")))
		read_include(r);
	else
		read_block(r, name, at);
}

static void read_items(struct reader *r)
{
	for (;;) {
		cursor_space(&r->cursor);
		if (cursor_peek(&r->cursor) == CURSOR_END || reader_stopped(r))
			return;
		read_item(r);
	}
}

void parse_text(struct reader *r, struct str text, const char *name)
{
	const struct cursor here = r->cursor;
	const char *nul = text.n ? memchr(text.p, '\0', text.n) : NULL;

	r->cursor = (struct cursor){ .rest = text, .at = { .file = name, .line = 1, .column = 1 } };
	if (nul) {
		cursor_skip(&r->cursor, (size_t)(nul - text.p));
		conf_error(r->report, &r->cursor.at, "a NUL byte: this is not a text file");
	} else {
		if (str_starts(text,
			       STR("\xef\xbb\xbf"))) /* the byte order mark some editors write */
			r->cursor.rest = str_from(text, 3);
		read_items(r);
	}
	r->cursor = here;
}
