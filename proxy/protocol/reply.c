/* reply.c - the reader takes finished lines only and keeps what a reply says, cleaned.
 *
 * Strict where it matters for staying in step with the peer (three digits, one code per reply,
 * bounded lines), lenient where it does not (a missing space, LF without CR). */
#include "protocol/reply.h"

#include "base/check.h"

void reply_reader_init(struct reply_reader *r)
{
	r->code = 0;
	r->lines = 0;
	r->text = (struct out){ .p = r->bytes, .cap = sizeof(r->bytes) };
}

static char clean(char c)
{
	return c >= ' ' && c < 0x7f ? c : '?';
}

/* What does not fit is left out, line by line: the code is what counts. */
static void keep_line(struct reply_reader *r, struct str text)
{
	const bool more = r->lines > 1;

	if (text.n + more > r->text.cap - r->text.n)
		r->text.full = true;
	if (r->text.full)
		return;
	if (more)
		out_char(&r->text, '\n');
	for (size_t i = 0; i < text.n; i++)
		r->text.p[r->text.n++] = clean(text.p[i]);
}

/* RFC 5321 4.2: Reply-line = code [ SP textstring ] CRLF, with "-" while lines follow. */
static bool read_code(struct str line, unsigned *code)
{
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' || !ascii_digit(line.p[1]) ||
	    !ascii_digit(line.p[2]))
		return false;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return false;
	*code = (unsigned)(line.p[0] - '0') * 100 + (unsigned)(line.p[1] - '0') * 10 +
		(unsigned)(line.p[2] - '0');
	return true;
}

static enum err take_line(struct reply_reader *r, struct str line, bool *last)
{
	unsigned code;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!read_code(line, &code))
		return ERR_PROTOCOL;
	if (r->lines == 0)
		r->code = code;
	/* RFC 5321 4.2.1: the code of all lines is the same. */
	if (code != r->code)
		return ERR_PROTOCOL;
	if (++r->lines > LIMIT_BACKEND_REPLY_LINES)
		return ERR_LIMIT;
	*last = line.n < 4 || line.p[3] == ' ';
	keep_line(r, line.n > 4 ? str_from(line, 4) : (struct str){ 0 });
	return ERR_OK;
}

enum err reply_read(struct reply_reader *r, struct str input, size_t *used, struct reply *reply)
{
	*used = 0;
	if (r->lines == 0) {
		r->text.n = 0;
		r->text.full = false;
	}
	for (;;) {
		struct str line, rest;
		bool last = false;
		enum err err;

		if (!str_cut(str_from(input, *used), '\n', &line, &rest))
			return line.n > LIMIT_BACKEND_REPLY_LINE ? ERR_LIMIT : ERR_NOTFOUND;
		*used += line.n + 1;
		if (line.n > LIMIT_BACKEND_REPLY_LINE)
			return ERR_LIMIT;
		err = take_line(r, line, &last);
		if (err != ERR_OK)
			return err;
		if (last)
			break;
	}
	*reply = (struct reply){ .code = r->code, .text = out_text(&r->text) };
	r->lines = 0;
	return ERR_OK;
}

static size_t digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && n < 4 && ascii_digit(s.p[n]))
		n++;
	return n;
}

/* RFC 3463 2: class "." subject "." detail, here of the reply's own class (RFC 2034 4). */
static bool has_enhanced(struct str text, char class)
{
	size_t n;

	if (text.n < 5 || text.p[0] != class || text.p[1] != '.')
		return false;
	text = str_from(text, 2);
	n = digits(text);
	if (n == 0 || n > 3 || n >= text.n || text.p[n] != '.')
		return false;
	text = str_from(text, n + 1);
	n = digits(text);
	return n > 0 && n <= 3 && (n == text.n || text.p[n] == ' ');
}

struct printer {
	struct out *o;
	unsigned code;
	const char *enhanced; /* NULL: none is put in */
	size_t room;          /* for text in a line */
};

static void print_line(const struct printer *p, struct str text, bool last)
{
	out_u64(p->o, p->code);
	out_char(p->o, last ? ' ' : '-');
	if (p->enhanced) {
		/* A code of another class than the reply's would be a lie (RFC 2034 4). */
		out_char(p->o, (char)('0' + p->code / 100));
		out_str(p->o, str_from(str_z(p->enhanced), 1));
		out_char(p->o, ' ');
	}
	for (size_t i = 0; i < text.n; i++)
		out_char(p->o, clean(text.p[i]));
	out_str(p->o, STR("\r\n"));
}

/* A text too long for a line (RFC 5321 4.5.3.1.5) goes on in the next. */
static void print_text(const struct printer *p, struct str text, bool last)
{
	while (text.n > p->room) {
		print_line(p, str_head(text, p->room), false);
		text = str_from(text, p->room);
	}
	print_line(p, text, last);
}

void reply_print(struct out *o, const struct reply *r, const char *enhanced)
{
	const char class = (char)('0' + r->code / 100);
	struct printer p = { .o = o, .code = r->code, .room = LIMIT_REPLY_LINE - 6 };
	struct str line, rest = r->text;
	bool more;

	CHECK(r->code >= 200 && r->code <= 599);
	CHECK(!enhanced || strlen(enhanced) >= 5);
	/* RFC 2034 4: 2xx, 4xx and 5xx only. */
	if (enhanced && class != '3' && !has_enhanced(rest, class)) {
		p.enhanced = enhanced;
		p.room -= strlen(enhanced) + 1;
	}
	do {
		more = str_cut(rest, '\n', &line, &rest);
		print_text(&p, line, !more);
	} while (more);
}
