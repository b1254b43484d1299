#include "filters/content/enclosed.h"

#include "base/mem.h"

static const struct str uu_mark = STR_INIT("begin ");
static const struct str yenc_mark = STR_INIT("=ybegin ");

static void hand_on(struct enclosed *e, struct str bytes)
{
	if (bytes.n)
		e->text(e->ctx, bytes);
}

static struct str without_eol(struct str line)
{
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

/* ---- uuencode ---- */

/* "begin 644 name" */
static bool read_begin(struct str line, struct str *name)
{
	struct str mark, mode;
	uint64_t number;

	return str_cut(without_eol(line), ' ', &mark, &line) && str_cut(line, ' ', &mode, name) &&
	       (mode.n == 3 || mode.n == 4) && str_u64(mode, 7777, &number) &&
	       str_trim(*name).n > 0;
}

static unsigned six_bits(char c)
{
	return ((unsigned)(uint8_t)c - ' ') & 63;
}

/* A line says how many bytes it has; spaces at its end may be lost, a sum may stand there. */
static bool is_code(struct str line)
{
	const size_t n = line.n ? six_bits(line.p[0]) : 0, letters = (n + 2) / 3 * 4;

	if (n == 0 || line.n - 1 > letters + 2 || line.n - 1 + 8 < letters)
		return false;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] < ' ' || line.p[i] > '`')
			return false;
	return true;
}

static void decode(struct enclosed *e, struct str line)
{
	const size_t n = six_bits(line.p[0]);
	char out[66];

	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 4; k++) {
			const size_t at = 1 + i / 3 * 4 + k;

			bits = bits << 6 | (at < line.n ? six_bits(line.p[at]) : 0);
		}
		out[i] = (char)(bits >> 16);
		out[i + 1] = (char)(bits >> 8);
		out[i + 2] = (char)bits;
	}
	intake_add(e->intake, (struct str){ .p = out, .n = n });
}

static void end_file(struct enclosed *e)
{
	intake_end(e->intake);
	e->state = ENCLOSED_TEXT;
}

/* Of the file; false: it is text. */
static bool take_code(struct enclosed *e, struct str line)
{
	const struct str code = without_eol(line);

	if (str_eq(code, STR("end"))) {
		end_file(e);
		return true;
	}
	if (code.n == 1 && six_bits(code.p[0]) == 0)
		return true; /* the last line but one */
	if (!is_code(code)) {
		end_file(e);
		return false;
	}
	decode(e, code);
	return true;
}

/* ---- yEnc ---- */

/* "=ybegin line=128 size=123 name=a file.zip" */
static bool read_ybegin(struct str line, struct str *name)
{
	static const struct str mark = STR_INIT(" name=");

	line = without_eol(line);
	for (size_t i = 0; i + mark.n < line.n; i++) {
		if (!str_starts(str_from(line, i), mark))
			continue;
		*name = str_trim(str_from(line, i + mark.n));
		return name->n > 0;
	}
	return false;
}

/* Up to the next line; what is not taken begins one. */
static struct str take_yenc(struct enclosed *e, struct str in)
{
	char out[256];
	size_t n = 0, i = 0;

	for (; i < in.n && n < sizeof(out) && in.p[i] != '\n'; i++) {
		if (in.p[i] == '\r')
			continue;
		if (in.p[i] == '=' && !e->escaped) {
			e->escaped = true;
			continue;
		}
		out[n++] = (char)((uint8_t)in.p[i] - 42 - (e->escaped ? 64 : 0));
		e->escaped = false;
	}
	intake_add(e->intake, (struct str){ .p = out, .n = n });
	e->in_line = i == in.n || in.p[i] != '\n';
	return str_from(in, i + !e->in_line);
}

/* ---- lines ---- */

static void begin_file(struct enclosed *e, enum enclosed_state state, enum attachment_source source,
		       struct str name)
{
	intake_file(e->intake, source, str_trim(name), e->charsets);
	e->state = state;
	e->escaped = false;
}

static void take_text(struct enclosed *e, struct str line)
{
	struct str name;

	if (str_starts(line, yenc_mark) && read_ybegin(line, &name)) {
		begin_file(e, ENCLOSED_YENC, SOURCE_YENC, name);
	} else if (str_starts(line, uu_mark) && read_begin(line, &name)) {
		e->state = ENCLOSED_BEGUN;
		e->held = line.n;
		return; /* it stays in front */
	} else {
		hand_on(e, line);
	}
	e->n = 0;
}

/* The line behind "begin". */
static void take_first(struct enclosed *e, struct str line)
{
	const struct str begun = { .p = e->line, .n = e->held };
	struct str name;

	e->state = ENCLOSED_TEXT;
	e->held = 0;
	if (is_code(without_eol(line)) && read_begin(begun, &name)) {
		begin_file(e, ENCLOSED_UU, SOURCE_UUENCODE, name);
		decode(e, without_eol(line));
		e->n = 0;
		return;
	}
	hand_on(e, begun);
	memmove(e->line, line.p, line.n);
	e->n = line.n;
	take_text(e, (struct str){ .p = e->line, .n = line.n });
}

/* All of it is there. */
static void take_line(struct enclosed *e)
{
	const struct str line = { .p = e->line + e->held, .n = e->n - e->held };

	switch (e->state) {
	case ENCLOSED_TEXT:
		take_text(e, line);
		break;
	case ENCLOSED_BEGUN:
		take_first(e, line);
		break;
	case ENCLOSED_UU:
		e->n = 0;
		if (!take_code(e, line))
			hand_on(e, line);
		break;
	case ENCLOSED_YENC:
		e->n = 0;
		if (str_starts(line, STR("=yend")))
			end_file(e);
		break;
	}
}

/* As far as it is there, it may be what is looked for. */
static bool may_be_of_interest(const struct enclosed *e, struct str line)
{
	const struct str yenc = { .p = yenc_mark.p,
				  .n = e->state == ENCLOSED_YENC ? 2 : yenc_mark.n };

	if (e->state == ENCLOSED_BEGUN || e->state == ENCLOSED_UU)
		return true;
	return str_starts(line, str_head(yenc, line.n)) ||
	       (e->state == ENCLOSED_TEXT && str_starts(line, str_head(uu_mark, line.n)));
}

/* The line so far is no more than text, or data of yEnc. */
static void let_go(struct enclosed *e)
{
	const struct str so_far = { .p = e->line, .n = e->n };

	e->n = e->held = 0;
	e->in_line = true;
	if (e->state == ENCLOSED_YENC) {
		take_yenc(e, so_far);
		return;
	}
	if (e->state == ENCLOSED_UU)
		intake_end(e->intake);
	e->state = ENCLOSED_TEXT;
	hand_on(e, so_far);
}

static struct str feed_line(struct enclosed *e, struct str in)
{
	const char *lf = memchr(in.p, '\n', in.n);
	struct str head = str_head(in, lf ? (size_t)(lf - in.p) + 1 : in.n);

	if (e->n == e->held && !may_be_of_interest(e, head)) {
		e->in_line = true;
		return in;
	}
	if (e->n - e->held + head.n > ENCLOSED_LINE) {
		let_go(e);
		return in;
	}
	if (!e->line)
		e->line = mem_new(2 * ENCLOSED_LINE);
	memcpy(e->line + e->n, head.p, head.n);
	e->n += head.n;
	if (!may_be_of_interest(e, (struct str){ .p = e->line + e->held, .n = e->n - e->held })) {
		e->n -= head.n;
		let_go(e);
		return in;
	}
	if (lf)
		take_line(e);
	return str_from(in, head.n);
}

/* Up to a line that may be of interest by its first byte. */
static size_t text_length(struct str in)
{
	const char *p = in.p, *const end = in.p + in.n;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		if (p == end || *p == uu_mark.p[0] || *p == yenc_mark.p[0])
			return (size_t)(p - in.p);
	}
	return in.n;
}

static struct str feed_rest(struct enclosed *e, struct str in)
{
	size_t n;

	if (e->state == ENCLOSED_YENC)
		return take_yenc(e, in);
	n = text_length(in);
	e->in_line = in.p[n - 1] != '\n';
	hand_on(e, str_head(in, n));
	return str_from(in, n);
}

void enclosed_feed(struct enclosed *e, struct str in)
{
	while (in.n)
		in = e->in_line ? feed_rest(e, in) : feed_line(e, in);
}

void enclosed_end(struct enclosed *e)
{
	if (e->n > e->held)
		take_line(e); /* a last line without an end */
	if (e->state == ENCLOSED_UU || e->state == ENCLOSED_YENC)
		end_file(e);
	hand_on(e, (struct str){ .p = e->line, .n = e->n });
	e->n = e->held = 0;
	e->in_line = false;
	e->state = ENCLOSED_TEXT;
}

void enclosed_free(struct enclosed *e)
{
	mem_free(e->line);
	e->line = NULL;
}
