#include "filters/arc/canon.h"

void canon_flush(struct canon_sink *to)
{
	if (to->n)
		to->put(to->arg, (struct str){ .p = to->buffer, .n = to->n });
	to->n = 0;
}

static void put(struct canon_sink *to, struct str s)
{
	if (s.n > CANON_BUFFER - to->n)
		canon_flush(to);
	if (s.n > CANON_BUFFER) {
		to->put(to->arg, s);
		return;
	}
	if (s.n)
		memcpy(to->buffer + to->n, s.p, s.n);
	to->n += s.n;
}

static void put_char(struct canon_sink *to, char c)
{
	if (to->n == CANON_BUFFER)
		canon_flush(to);
	to->buffer[to->n++] = c;
}

static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- fields ---- */

static struct str behind(struct str whole, struct str part)
{
	return str_from(whole, (size_t)(part.p + part.n - whole.p));
}

static struct str before(struct str whole, struct str part)
{
	return str_head(whole, (size_t)(part.p - whole.p));
}

struct squeeze {
	bool space; /* came, and is one space when something follows */
	bool any;
};

/* RFC 6376 3.4.2: unfolded, white space is one space, none at the ends. */
static void squeeze(struct squeeze *q, struct canon_sink *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_wsp(s.p[i])) {
			q->space = q->any;
			continue;
		}
		if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n') {
			i++;
			continue;
		}
		if (q->space)
			put_char(to, ' ');
		q->space = false;
		q->any = true;
		put_char(to, s.p[i]);
	}
}

static void relaxed_field(struct canon_sink *to, const struct canon_field *f)
{
	struct squeeze q = { .any = false };

	for (size_t i = 0; i < f->field.name.n; i++)
		put_char(to, ascii_lower(f->field.name.p[i]));
	put_char(to, ':');
	if (f->hole.p) {
		squeeze(&q, to, before(f->field.value, f->hole));
		squeeze(&q, to, behind(f->field.value, f->hole));
	} else {
		squeeze(&q, to, f->field.value);
	}
}

void canon_field(struct canon_sink *to, const struct canon_field *f)
{
	const struct str whole = { .p = f->field.whole.p,
				   .n = (size_t)(f->field.value.p + f->field.value.n -
						 f->field.whole.p) };

	if (f->relaxed) {
		relaxed_field(to, f);
	} else if (f->hole.p) {
		put(to, before(whole, f->hole));
		put(to, behind(whole, f->hole));
	} else {
		put(to, whole);
	}
	if (!f->last)
		put(to, STR("\r\n"));
}

/* ---- the body ---- */

static void signed_bytes(struct canon_body *c, struct canon_sink *to, struct str s)
{
	const struct str some = s.n <= c->left ? s : str_head(s, (size_t)c->left);

	put(to, some);
	if (c->left != UINT64_MAX)
		c->left -= some.n;
	c->cut += s.n - some.n;
}

/* Something that is no white space at an end follows. */
static void catch_up(struct canon_body *c, struct canon_sink *to)
{
	static const struct str ends = STR_INIT("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n");

	c->any = true;
	while (c->line_ends) {
		const uint64_t n = c->line_ends < ends.n / 2 ? c->line_ends : ends.n / 2;

		signed_bytes(c, to, str_head(ends, (size_t)n * 2));
		c->line_ends -= n;
	}
	if (c->space)
		signed_bytes(c, to, STR(" "));
	c->space = false;
}

/* A CR was held back: the end of a line, or a byte like any other. */
static void after_cr(struct canon_body *c, struct canon_sink *to, bool lf)
{
	c->cr = false;
	if (lf) {
		c->space = false;
		c->line_ends++;
		return;
	}
	catch_up(c, to);
	signed_bytes(c, to, STR("\r"));
}

static size_t plain_length(const struct canon_body *c, struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\r' && !(c->relaxed && is_wsp(s.p[n])))
		n++;
	return n;
}

void canon_body(struct canon_body *c, struct canon_sink *to, struct str bytes)
{
	while (bytes.n) {
		size_t n = 1;

		if (c->cr) {
			const bool lf = bytes.p[0] == '\n';

			after_cr(c, to, lf);
			n = lf;
		} else if (bytes.p[0] == '\r') {
			c->cr = true;
		} else if (c->relaxed && is_wsp(bytes.p[0])) {
			c->space = true;
		} else {
			n = plain_length(c, bytes);
			catch_up(c, to);
			signed_bytes(c, to, str_head(bytes, n));
		}
		bytes = str_from(bytes, n);
	}
}

/* RFC 6376 3.4.3, 3.4.4: one line end at the end; of an empty body only `simple` has it. */
void canon_body_end(struct canon_body *c, struct canon_sink *to)
{
	if (c->cr)
		after_cr(c, to, false);
	if (c->any || !c->relaxed)
		signed_bytes(c, to, STR("\r\n"));
	canon_flush(to);
}
