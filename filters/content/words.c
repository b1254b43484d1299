#include "filters/content/words.h"

#include "base/hex.h"
#include "filters/content/transfer.h"

/* =?charset?B?text?= */
struct word {
	struct str charset, text;
	bool base64;
	size_t n; /* all of it */
};

struct put {
	struct out *o;
	struct charset charset;
	struct str name; /* of it; p == NULL: none is open */
	struct charsets *all;
};

/* Only whole characters, as many as fit. */
static void put_text(struct out *o, struct str s)
{
	size_t n = o->cap - o->n;

	if (s.n <= n) {
		out_str(o, s);
		return;
	}
	while (n && (s.p[n] & 0xc0) == 0x80)
		n--;
	out_str(o, str_head(s, n));
	o->full = true;
}

/* Without the line ends in it: whatever was encoded, a field's text is one line. */
static void put_line(struct out *o, struct str s)
{
	while (s.n) {
		size_t n = 0;

		while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
			n++;
		put_text(o, str_head(s, n));
		s = str_from(s, n < s.n ? n + 1 : n);
	}
}

static void put_bytes(struct put *p, struct str bytes)
{
	char out[256];

	while (bytes.n && !p->o->full) {
		const size_t n = charset_take(&p->charset, &bytes, out, sizeof(out));

		put_line(p->o, (struct str){ .p = out, .n = n });
	}
}

static void close_charset(struct put *p)
{
	char out[CHARSET_ROOM];

	if (!p->name.p)
		return;
	put_line(p->o, (struct str){ .p = out, .n = charset_end(&p->charset, out) });
	charset_close(&p->charset);
	p->name = (struct str){ 0 };
}

static void use_charset(struct put *p, struct str name)
{
	if (p->name.p && str_ieq(p->name, name))
		return;
	close_charset(p);
	charset_open(&p->charset, p->all, name);
	p->name = name;
}

/* ---- encoded words ---- */

/* Where two characters stand; s.n: nowhere. */
static size_t find(struct str s, const char two[2])
{
	size_t at = 0;

	while (at + 1 < s.n) {
		const char *p = memchr(s.p + at, two[0], s.n - at - 1);

		if (!p)
			break;
		at = (size_t)(p - s.p);
		if (p[1] == two[1])
			return at;
		at++;
	}
	return s.n;
}

/* s begins with "=?".  *last: no word that begins behind it has an end, so that looking for one is not done again and
 * again. */
static bool read_word(struct str s, struct word *w, bool *last)
{
	struct str rest = str_from(s, 2), language, tail;
	size_t charset = 0, end;

	while (charset < rest.n && charset < 64 && rest.p[charset] != '?')
		charset++;
	if (charset == 0 || charset + 3 > rest.n || rest.p[charset] != '?' ||
	    rest.p[charset + 2] != '?')
		return false;
	w->charset = str_head(rest, charset);
	if (str_cut(w->charset, '*', &tail, &language)) /* RFC 2231 5 */
		w->charset = tail;
	w->base64 = ascii_lower(rest.p[charset + 1]) == 'b';
	if (!w->base64 && ascii_lower(rest.p[charset + 1]) != 'q')
		return false;
	rest = str_from(rest, charset + 3);
	end = find(rest, "?=");
	*last = end == rest.n;
	if (*last)
		return false;
	w->text = str_head(rest, end);
	w->n = (size_t)(w->text.p - s.p) + end + 2;
	return true;
}

static void put_base64(struct put *p, struct str text)
{
	struct decoder d = { .encoding = TRANSFER_BASE64 };
	char out[256];

	while (text.n) {
		const size_t n = decoder_take(&d, &text, out, sizeof(out));

		put_bytes(p, (struct str){ .p = out, .n = n });
	}
	put_bytes(p, (struct str){ .p = out, .n = decoder_end(&d, out) });
}

/* RFC 2047 4.2 */
static void put_quoted(struct put *p, struct str text)
{
	char out[256];
	size_t n = 0;

	while (text.n) {
		const int byte = text.p[0] == '=' ? hex_byte(str_from(text, 1)) : -1;

		out[n++] = byte >= 0 ? (char)byte : text.p[0] == '_' ? ' ' : text.p[0];
		text = str_from(text, byte >= 0 ? 3 : 1);
		if (n == sizeof(out) || text.n == 0) {
			put_bytes(p, (struct str){ .p = out, .n = n });
			n = 0;
		}
	}
}

static void put_word(struct put *p, const struct word *w)
{
	use_charset(p, w->charset);
	if (w->base64)
		put_base64(p, w->text);
	else
		put_quoted(p, w->text);
}

/* What stands between encoded words. */
static void put_plain(struct put *p, struct str s)
{
	close_charset(p);
	use_charset(p, STR(""));
	put_bytes(p, s);
	close_charset(p);
}

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_white(s.p[i]))
			return false;
	return true;
}

void words_put(struct str value, struct charsets *charsets, struct out *o)
{
	struct put p = { .o = o, .all = charsets };
	struct str rest = value;
	size_t at = 0; /* of `rest` has been looked at, and is plain */
	bool behind_word = false, last = false;

	while (at < rest.n && !last && !o->full) {
		struct word w;

		at += find(str_from(rest, at), "=?");
		if (at == rest.n)
			break;
		if (!read_word(str_from(rest, at), &w, &last)) {
			at += 2;
			continue;
		}
		if (!behind_word || !is_blank(str_head(rest, at))) /* RFC 2047 6.2 */
			put_plain(&p, str_head(rest, at));
		put_word(&p, &w);
		behind_word = true;
		rest = str_from(rest, at + w.n);
		at = 0;
	}
	put_plain(&p, rest);
}

void words_unfold(struct str s, struct out *o)
{
	struct str line;

	s = str_trim_lines(s);
	while (str_cut(s, '\n', &line, &s)) {
		if (str_ends(line, STR("\r")))
			line.n--;
		out_str(o, line);
		out_char(o, ' ');
		while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
			s = str_from(s, 1);
	}
	out_str(o, line);
}
