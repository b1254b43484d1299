#include "filters/content/param.h"

#include "base/hex.h"
#include "base/limits.h"

/* s begins with "(": the comment and those in it.  One that does not end takes the rest. */
static size_t comment_length(struct str s)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

static struct str skip_space(struct str s)
{
	size_t n = 0;

	while (n < s.n && (ascii_white(s.p[n]) || s.p[n] == '('))
		n += s.p[n] == '(' ? comment_length(str_from(s, n)) : 1;
	return str_from(s, n);
}

static size_t word_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && !ascii_white(s.p[n]) && !memchr("()<>@,;:\\\"/[]?=", s.p[n], 15))
		n++;
	return n;
}

struct str param_word(struct str *rest)
{
	const struct str s = skip_space(*rest);
	const size_t n = word_length(s);

	*rest = str_from(s, n);
	return str_head(s, n);
}

bool param_mark(struct str *rest, char c)
{
	*rest = skip_space(*rest);
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	*rest = str_from(*rest, 1);
	return true;
}

/* ---- one parameter ---- */

struct param {
	struct str name, value; /* value: between the quotes, escapes still in it */
	bool quoted;
};

/* s begins behind the quote. */
static size_t quoted_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '"')
		n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
	return n;
}

static void take_value(struct str *rest, struct param *p)
{
	const struct str s = skip_space(*rest);
	size_t n = 0;

	p->quoted = s.n > 0 && s.p[0] == '"';
	if (p->quoted) {
		p->value = str_from(s, 1);
		n = quoted_length(p->value);
		p->value = str_head(p->value, n);
		*rest = str_from(s, n + 2 <= s.n ? n + 2 : s.n);
		return;
	}
	while (n < s.n && s.p[n] != ';' && !ascii_white(s.p[n]))
		n++;
	p->value = str_head(s, n);
	*rest = str_from(s, n);
}

static bool next_param(struct str *rest, struct param *p)
{
	while (rest->n) {
		p->name = param_word(rest);
		if (p->name.n && param_mark(rest, '=')) {
			take_value(rest, p);
			return true;
		}
		if (p->name.n == 0)
			*rest = str_from(*rest, rest->n ? 1 : 0);
	}
	return false;
}

/* ---- all pieces of one name ---- */

struct pieces {
	struct param plain, whole;                /* name=, name*= */
	struct param parts[LIMIT_MIME_PARAMETER]; /* name*0=, name*1*= ... */
	bool extended[LIMIT_MIME_PARAMETER];
};

/* What stands behind the name: "", "*", "*7", "*7*". */
static void note(struct pieces *all, const struct param *p, struct str tail)
{
	const bool extended = str_ends(tail, STR("*"));
	uint64_t number;

	if (tail.n == 0) {
		if (!all->plain.value.p)
			all->plain = *p;
		return;
	}
	if (tail.n == 1) {
		if (!all->whole.value.p)
			all->whole = *p;
		return;
	}
	tail = str_head(str_from(tail, 1), tail.n - 1 - extended);
	if (!str_u64(tail, LIMIT_MIME_PARAMETER - 1, &number) || all->parts[number].value.p)
		return;
	all->parts[number] = *p;
	all->extended[number] = extended;
}

static void gather(struct pieces *all, struct str params, struct str name)
{
	struct param p;

	while (next_param(&params, &p)) {
		if (!str_istarts(p.name, name))
			continue;
		if (p.name.n == name.n || p.name.p[name.n] == '*')
			note(all, &p, str_from(p.name, name.n));
	}
}

static void put(struct out *o, const struct param *p)
{
	for (size_t i = 0; i < p->value.n; i++) {
		if (p->quoted && p->value.p[i] == '\\' && i + 1 < p->value.n)
			i++;
		if (p->value.p[i] != '\r' && p->value.p[i] != '\n')
			out_char(o, p->value.p[i]);
	}
}

static void put_percent(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		const int byte = s.p[i] == '%' ? hex_byte(str_from(s, i + 1)) : -1;

		if (byte >= 0)
			i += 2;
		out_char(o, byte >= 0 ? (char)byte : s.p[i]);
	}
}

/* charset'language'text: without the quotes it is text alone. */
static struct str cut_charset(struct str s, struct str *charset)
{
	struct str head, rest, language, text;

	if (!str_cut(s, '\'', &head, &rest) || !str_cut(rest, '\'', &language, &text))
		return s;
	*charset = head;
	return text;
}

bool param_value(struct str params, struct str name, struct out *o, struct str *charset)
{
	struct pieces all = { 0 };

	*charset = (struct str){ 0 };
	gather(&all, params, name);
	if (all.whole.value.p) {
		put_percent(o, cut_charset(all.whole.value, charset));
		return true;
	}
	if (!all.parts[0].value.p) {
		put(o, &all.plain);
		return all.plain.value.p != NULL;
	}
	for (unsigned i = 0; i < LIMIT_MIME_PARAMETER && all.parts[i].value.p; i++) {
		const struct str value = all.parts[i].value;

		if (all.extended[i])
			put_percent(o, i ? value : cut_charset(value, charset));
		else
			put(o, &all.parts[i]);
	}
	return true;
}
