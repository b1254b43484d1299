/* Lists: [ "a", b ] over as many lines as wanted, or one value without brackets. */
#include "conf/reader.h"

static bool add(struct reader *r, struct conf_list *list, size_t *room, struct conf_text item)
{
	if (list->count == *room) {
		const size_t more = *room ? *room * 2 : 4;
		struct conf_text *items = reader_alloc(r, more * sizeof(*items));

		if (!items)
			return false;
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		*room = more;
	}
	list->items[list->count++] = item;
	return true;
}

/* Behind an item: a comma, or the bracket that ends the list. */
static bool read_separator(struct reader *r, const struct conf_place *open)
{
	struct cursor *c = &r->cursor;
	char buffer[16];

	cursor_space(c);
	if (cursor_peek(c) == ']')
		return true;
	if (cursor_peek(c) != ',') {
		if (cursor_peek(c) == CURSOR_END || cursor_peek(c) == '}')
			conf_error(r->report, open, "this [ is not closed");
		else
			conf_error(r->report, &c->at,
				   "expected , or ] in the list opened in line %u, found %s",
				   open->line, reader_found(r, buffer));
		return false;
	}
	cursor_next(c);
	cursor_space(c);
	return true;
}

static bool read_bracketed(struct reader *r, struct conf_list *list)
{
	const struct conf_place open = r->cursor.at;
	size_t room = 0;

	cursor_next(&r->cursor);
	cursor_space(&r->cursor);
	while (cursor_peek(&r->cursor) != ']') {
		struct conf_text item;

		if (cursor_peek(&r->cursor) == CURSOR_END || cursor_peek(&r->cursor) == '}') {
			conf_error(r->report, &open, "this [ is not closed");
			return false;
		}
		if (!text_read(r, &item) || !read_separator(r, &open) || !add(r, list, &room, item))
			return false;
	}
	cursor_next(&r->cursor);
	return true;
}

bool list_read(struct reader *r, struct conf_list *list)
{
	size_t room = 0;
	struct conf_text item;

	*list = (struct conf_list){ 0 };
	if (cursor_peek(&r->cursor) == '[')
		return read_bracketed(r, list);
	return text_read(r, &item) && add(r, list, &room, item);
}
