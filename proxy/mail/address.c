#include "mail/address.h"

#include "base/out.h"

static bool is_control(char c)
{
	return ascii_control(c) && !ascii_white(c);
}

/* RFC 5322 3.2.3 atext, UTF-8 (RFC 6532 3.2), and the dots between. */
static bool is_atom(char c)
{
	return c != ' ' && !ascii_control(c) && !strchr("()<>[]:;@\\,\"", c);
}

/* ---- pieces: their length at the start of s, s.n + 1 where the end is missing ---- */

static size_t comment_length(struct str s)
{
	size_t depth = 0, i = 0;

	while (i < s.n) {
		const char c = s.p[i++];

		if (c == '\\' && i < s.n)
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return i;
	}
	return s.n + 1;
}

static size_t closed_length(struct str s, char close)
{
	size_t i = 1;

	while (i < s.n && s.p[i] != close)
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i + 1 : s.n + 1;
}

static size_t piece_length(struct str s)
{
	switch (s.p[0]) {
	case '(':
		return comment_length(s);
	case '"':
		return closed_length(s, '"');
	case '[':
		return closed_length(s, ']');
	default:
		return 1;
	}
}

/* ---- a member of the list ---- */

struct member {
	struct str text;  /* without the name of a group in front */
	struct str angle; /* between the brackets; p == NULL: there are none */
	bool open;        /* a bracket is */
	bool at;          /* "@" outside of quotes and comments */
	bool wrong;
};

static void open_bracket(struct member *m, struct str behind)
{
	m->wrong |= m->angle.p != NULL;
	m->angle = behind;
	m->open = true;
}

static void close_bracket(struct member *m, size_t n)
{
	m->wrong |= !m->open;
	if (m->open)
		m->angle.n = n;
	m->open = false;
}

/* One piece; false: the member ends here.  from: where its text begins. */
static bool take(struct member *m, struct str s, size_t *i, size_t *from)
{
	const char c = s.p[*i];
	const bool of_name = c == '[' && !m->open && !m->at; /* as lists put it: [list] Jane */
	const size_t n = of_name ? 1 : piece_length(str_from(s, *i));

	if ((c == ',' || c == ';') && !m->open)
		return false;
	if (c == '<')
		open_bracket(m, str_from(s, *i + 1));
	else if (c == '>')
		close_bracket(m, (size_t)(s.p + *i - m->angle.p));
	else if (c == ':' && !m->open && !m->at && !m->angle.p)
		*from = *i + 1; /* that was a group's name */
	else if (m->angle.p && !m->open && c != '(' && !ascii_white(c))
		m->wrong = true;
	m->at |= c == '@';
	m->wrong |= is_control(c) || n > s.n - *i;
	*i += n;
	return true;
}

/* *rest is left behind the member's separator. */
static struct member next_member(struct str *rest)
{
	const struct str s = *rest;
	struct member m = { 0 };
	size_t i = 0, from = 0;

	while (i < s.n && take(&m, s, &i, &from))
		continue;
	if (i > s.n)
		i = s.n;
	m.wrong |= m.open;
	m.text = (struct str){ .p = s.p + from, .n = i - from };
	*rest = str_from(s, i < s.n ? i + 1 : i);
	return m;
}

/* ---- addr-spec ---- */

static void skip_space(struct str *s)
{
	while (s->n && (ascii_white(s->p[0]) || s->p[0] == '(')) {
		const size_t n = piece_length(*s);

		*s = str_from(*s, n < s->n ? n : s->n);
	}
}

/* Words and dots, spaces only beside dots; a word in quotes is a word alone: "a@b"c@d is one address to some and
 * another to others.  False: it is no local part. */
static bool take_local(struct str *s, struct str *local)
{
	const char *begin = s->p, *end = s->p;
	bool wants_word = true;

	while (s->n) {
		size_t n = 0;

		if (s->p[0] == '"')
			n = piece_length(*s);
		else
			while (n < s->n && is_atom(s->p[n]))
				n++;
		if (n > s->n)
			return false; /* a route ended within the quotes */
		if (n == 0)
			break;
		if (!wants_word && s->p[0] != '.')
			return false;
		wants_word = s->p[n - 1] == '.';
		end = s->p + n;
		*s = str_from(*s, n);
		skip_space(s);
	}
	*local = (struct str){ .p = begin, .n = (size_t)(end - begin) };
	return true;
}

/* The literal without white space, or the atoms without comments.  False: too long. */
static bool take_domain(struct str *s, struct address *a)
{
	struct out o = OUT(a->bytes);
	const bool literal = s->n && s->p[0] == '[';
	size_t left = literal ? piece_length(*s) : 0;
	bool wants_label;

	if (left > s->n)
		return false;
	while (s->n && (literal ? left > 0 : is_atom(s->p[0]))) {
		const char c = s->p[0];

		if (!ascii_white(c))
			out_char(&o, c);
		*s = str_from(*s, 1);
		left -= literal;
		if (literal)
			continue;
		wants_label = c == '.';
		if (s->n && (ascii_white(s->p[0]) || s->p[0] == '(')) {
			skip_space(s);
			if (s->n && s->p[0] != '.' && !wants_label)
				break;
		}
	}
	a->domain = out_text(&o);
	return !o.full;
}

/* RFC 5322 4.4: "@a,@b:" in front, which nobody follows; of names alone. */
static bool skip_route(struct str *s)
{
	struct str route;

	if (s->n == 0 || s->p[0] != '@')
		return true;
	if (!str_cut(*s, ':', &route, s))
		return false;
	for (size_t i = 0; i < route.n; i++)
		if (!is_atom(route.p[i]) && !ascii_white(route.p[i]) && route.p[i] != '@' &&
		    route.p[i] != ',')
			return false;
	skip_space(s);
	return true;
}

static bool addr_spec(struct str s, struct address *a)
{
	a->domain = (struct str){ 0 };
	skip_space(&s);
	if (!skip_route(&s) || !take_local(&s, &a->local))
		return false;
	if (s.n == 0)
		return true;
	if (s.p[0] != '@' || a->local.n == 0)
		return false;
	s = str_from(s, 1);
	skip_space(&s);
	if (!take_domain(&s, a) || a->domain.n == 0)
		return false;
	skip_space(&s);
	return s.n == 0;
}

static bool is_empty(struct str s)
{
	skip_space(&s);
	return s.n == 0;
}

static enum address_next read_member(const struct member *m, struct address *a)
{
	const bool at = m->at || (m->wrong && m->text.n && memchr(m->text.p, '@', m->text.n));

	if (!m->wrong && addr_spec(m->angle.p ? m->angle : m->text, a))
		return ADDRESS_FOUND;
	return at || m->angle.p ? ADDRESS_WRONG : ADDRESS_WORDS;
}

enum address_next address_next(struct str *rest, struct address *address)
{
	while (rest->n) {
		const struct member m = next_member(rest);

		if (m.wrong || m.angle.p || !is_empty(m.text))
			return read_member(&m, address);
	}
	return ADDRESS_END;
}

bool address_guess(struct str *rest, struct address *address)
{
	struct str before;

	while (str_cut(*rest, '@', &before, rest)) {
		skip_space(rest);
		if (take_domain(rest, address) && address->domain.n)
			return true;
	}
	return false;
}
