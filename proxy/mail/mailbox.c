/* mailbox.c - see mailbox.h. */
#include "mail/mailbox.h"

/* Behind what begins at `at` and ends with `last`; a backslash takes the next byte along.  Without an end: at + 1, it is a
 * byte like others, and so is every one like it further on, which *open remembers. */
static size_t skip(struct str s, size_t at, char last, bool *open)
{
	for (size_t i = at + 1; i < s.n && !*open; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == last)
			return i + 1;
	}
	*open = true;
	return at + 1;
}

/* To the '>', or where the mailbox ends without one. */
static size_t skip_angle(struct str s, size_t at)
{
	while (at < s.n && s.p[at] != '>' && s.p[at] != ',')
		at++;
	return at;
}

/* What one mailbox is made of; a span without a byte is not there. */
struct spans {
	struct str before; /* all but comments, up to '<' or the end */
	struct str angle, comment;
};

static struct str between(struct str s, size_t from, size_t to)
{
	return str_head(str_from(s, from), to - from);
}

/* Up to the ',' or ';' that ends it; a group's name ends at its ':'. */
static size_t scan(struct mailboxes *m, struct spans *spans)
{
	const struct str s = m->rest;
	size_t at = 0, begin = 0, end = 0;
	bool address = false;

	*spans = (struct spans){ .angle = { 0 } };
	while (at < s.n && s.p[at] != ',' && s.p[at] != ';') {
		size_t next = at + 1;

		if (s.p[at] == '"') {
			next = skip(s, at, '"', &m->open_quote);
		} else if (s.p[at] == '(') {
			next = skip(s, at, ')', &m->open_comment);
			if (next > at + 1)
				spans->comment = between(s, at + 1, next - 1);
		} else if (s.p[at] == '<' && !spans->angle.p) {
			next = skip_angle(s, at);
			spans->angle = between(s, at + 1, next);
		} else if (s.p[at] == ':' && !spans->angle.p && !address) {
			begin = next;
		}
		address |= s.p[at] == '@';
		if (!spans->angle.p && s.p[at] != '(')
			end = next;
		at = next;
	}
	spans->before = str_trim_lines(between(s, begin, end > begin ? end : begin));
	return at;
}

static bool has_at(struct str s)
{
	return s.n && memchr(s.p, '@', s.n);
}

static bool has_space(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_white(s.p[i]))
			return true;
	return false;
}

/* An address has no space in it, and ends where something begins that cannot stand in one. */
static struct str address_of(struct str s)
{
	s = str_trim_lines(s);
	if (!has_at(s))
		return (struct str){ 0 };
	for (size_t i = (size_t)((const char *)memchr(s.p, '@', s.n) - s.p); i < s.n; i++)
		if (ascii_white(s.p[i]) || strchr("<>()\"", s.p[i]))
			return str_head(s, i);
	return s;
}

/* Without brackets.  What begins with a quote is an address when the quote is its local part, or the begin of it, or
 * when all of it is an address in quotes; or else a name. */
static struct str bare_address(struct str s)
{
	bool open = false;
	struct str behind, inside;

	if (!has_at(s) || s.p[0] != '"')
		return address_of(s);
	behind = str_from(s, skip(s, 0, '"', &open));
	inside = behind.n ? behind : between(s, 1, s.n - 1);
	if (open || has_space(inside) || address_of(inside).n != inside.n)
		return (struct str){ 0 };
	return behind.n ? s : inside;
}

bool mailbox_next(struct mailboxes *m, struct mailbox *box)
{
	struct str *rest = &m->rest;
	struct spans spans;
	size_t n;

	while (rest->n && (ascii_white(rest->p[0]) || rest->p[0] == ',' || rest->p[0] == ';'))
		*rest = str_from(*rest, 1);
	if (rest->n == 0)
		return false;
	n = scan(m, &spans);
	*rest = str_from(*rest, n);
	*box = (struct mailbox){ .name = spans.before };
	if (spans.angle.p) {
		box->address = address_of(spans.angle);
	} else {
		box->address = bare_address(spans.before);
		if (box->address.n)
			box->name.n = 0;
	}
	if (str_eq(box->name, box->address))
		box->name.n = 0;
	if (box->name.n == 0)
		box->name = str_trim_lines(spans.comment);
	return true;
}

/* Quotes away, comments away, white space one space. */
void mailbox_put_name(const struct mailbox *box, struct out *o)
{
	const struct str s = box->name;
	const size_t start = o->n;
	bool quoted = false, space = false, open = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"') {
			quoted = !quoted;
			continue;
		}
		if (s.p[i] == '(' && !quoted) {
			const size_t behind = skip(s, i, ')', &open);

			if (!open) {
				i = behind - 1;
				continue;
			}
		}
		if (s.p[i] == '\\' && quoted && i + 1 < s.n)
			i++;
		if (ascii_white(s.p[i])) {
			space = true;
			continue;
		}
		if (space && o->n > start)
			out_char(o, ' ');
		space = false;
		out_char(o, s.p[i]);
	}
	if (!o->full && o->n > start + 1 && o->p[start] == '\'' && o->p[o->n - 1] == '\'') {
		memmove(o->p + start, o->p + start + 1, o->n - start - 2);
		o->n -= 2;
	}
}
