/* Where an expression ends.  What it means is policy's; here only strings, comments, parentheses,
 * brackets and the next `key =` are seen.  The text is kept byte for byte with its newlines, comments
 * turned into spaces, so that an offset into it is a place in the file. */
#include "conf/reader.h"

#include "base/check.h"

struct expr {
	struct reader *r;
	struct out out;
	size_t end;              /* of what is not space */
	unsigned depth;          /* of parentheses and brackets; which fits which is policy's */
	struct conf_place paren; /* the outermost open one */
	char opened;             /* it */
	bool goes_on;            /* the last token was an operator: so does the expression */
	bool failed;
};

static void take(struct expr *e, size_t n)
{
	out_str(&e->out, str_head(e->r->cursor.rest, n));
	cursor_skip(&e->r->cursor, n);
	e->end = e->out.n;
}

static void take_space(struct expr *e, char as)
{
	out_char(&e->out, as);
	cursor_next(&e->r->cursor);
}

static void take_comment(struct expr *e)
{
	for (int byte; (byte = cursor_peek(&e->r->cursor)) != CURSOR_END && byte != '\n';)
		take_space(e, ' ');
}

static void take_string(struct expr *e)
{
	const struct cursor *c = &e->r->cursor;
	size_t n = 1;
	int byte;

	while ((byte = cursor_peek_at(c, n)) != '"') {
		if (byte == '\\' && cursor_peek_at(c, n + 1) >= ' ')
			n++;
		else if ((byte < ' ' && byte != '\t') || byte == 0x7f)
			break;
		n++;
	}
	if (byte != '"') {
		conf_error(e->r->report, &c->at, "this string has no closing quote on its line%s",
			   byte > 0 && byte != '\n' && byte != '\r' ? ", but a control character"
								    : "");
		e->failed = true;
		return;
	}
	take(e, n + 1);
	e->goes_on = false;
}

static bool word_byte(int byte)
{
	return cursor_is_name_byte(byte) || byte == '.' || byte == '%' || byte >= 0x80;
}

/* Is the word of n bytes at the cursor the next option?  `=` makes it one, `==` does not. */
static bool is_key(const struct cursor *c, size_t n)
{
	size_t at = n;

	if (cursor_name(c).n != n)
		return false;
	while (cursor_peek_at(c, at) == ' ' || cursor_peek_at(c, at) == '\t')
		at++;
	return cursor_peek_at(c, at) == '=' && cursor_peek_at(c, at + 1) != '=';
}

static const char *const operators[] = { "and", "or", "not", "in" };

/* False: the word begins the next option. */
static bool take_word(struct expr *e)
{
	struct str word = str_head(e->r->cursor.rest, 0);

	while (word_byte(cursor_peek_at(&e->r->cursor, word.n)))
		word.n++;
	if (e->depth == 0 && is_key(&e->r->cursor, word.n))
		return false;
	take(e, word.n);
	e->goes_on = false;
	for (size_t i = 0; i < COUNTOF(operators); i++)
		e->goes_on |= str_ieq(word, str_z(operators[i]));
	return true;
}

static void take_paren(struct expr *e, int byte)
{
	const bool opens = byte == '(' || byte == '[';

	if (opens && e->depth++ == 0) {
		e->paren = e->r->cursor.at;
		e->opened = (char)byte;
	}
	if (!opens && e->depth-- == 0) {
		conf_error(e->r->report, &e->r->cursor.at, "this %c closes nothing", byte);
		e->failed = true;
		return;
	}
	take(e, 1);
	e->goes_on = opens;
}

static void take_symbol(struct expr *e, int byte)
{
	if (byte < ' ' || byte == 0x7f) {
		conf_error(e->r->report, &e->r->cursor.at,
			   "a control character (0x%02x) in an expression", (unsigned)byte);
		e->failed = true;
		return;
	}
	take(e, 1);
	e->goes_on = strchr("&|!+-*/<>=,", byte) != NULL;
}

/* One step; false at the end of the expression, which is not consumed. */
static bool step(struct expr *e)
{
	const int byte = cursor_peek(&e->r->cursor);

	if (byte == CURSOR_END || byte == '{' || byte == '}')
		return false;
	if (byte == '\n' && e->depth == 0 && !e->goes_on)
		return false;
	if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
		take_space(e, byte == '\r' ? ' ' : (char)byte);
	else if (byte == '#')
		take_comment(e);
	else if (byte == '"')
		take_string(e);
	else if (byte == '(' || byte == ')' || byte == '[' || byte == ']')
		take_paren(e, byte);
	else if (byte != '-' && word_byte(byte))
		return take_word(e);
	else
		take_symbol(e, byte);
	return !e->failed && !e->out.full;
}

static bool complain(struct expr *e, const struct conf_place *begin)
{
	const int byte = cursor_peek(&e->r->cursor);
	const bool key = byte != CURSOR_END && e->depth == 0 && word_byte(byte);

	if (e->failed)
		return true;
	if (e->out.full)
		conf_error(e->r->report, begin, "this expression is longer than %d bytes",
			   LIMIT_CONF_VALUE);
	else if (e->depth)
		conf_error(e->r->report, &e->paren, "this %c is not closed", e->opened);
	else if (e->end == 0 || e->goes_on)
		conf_error(e->r->report, e->end ? &e->r->cursor.at : begin,
			   e->end ? "the expression ends behind an operator%s"
				  : "an expression is missing here%s",
			   key ? "; to compare write ==" : "");
	else
		return false;
	return true;
}

bool expr_read(struct reader *r, struct conf_text *text)
{
	const struct conf_place at = r->cursor.at;
	struct expr e = { .r = r, .out = { .p = r->scratch, .cap = LIMIT_CONF_VALUE } };

	while (step(&e))
		;
	if (complain(&e, &at))
		return false;
	*text = (struct conf_text){
		.text = reader_keep(r, (struct str){ .p = r->scratch, .n = e.end }),
		.at = at,
	};
	return true;
}
