#include "filters/content/enclosed.h"

#include "base/sixteen.h"
#include "base/mem.h"

enum {
	ROOM = 4096,     /* what is decoded is handed on in blocks: lines may be of a byte */
	UU_LINE = 66,    /* bytes that a line of uuencode is, and what may be written behind them */
	YENC_STEP = 256, /* of yEnc, until it is seen whether there is room for more */
	UU_EFFORT = 16,  /* of a line, and two of a byte in it */
	YENC_EFFORT = 4, /* of a byte */
	FILE_EFFORT = 512, /* of its beginning and end */
	TEXT_EFFORT = 64,  /* of a line that looks like the first of a file */
	FIFTH = 4,         /* letter of a mark */
};

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

/* ---- files ---- */

static void hand_on_decoded(struct enclosed *e)
{
	intake_add(e->intake, (struct str){ .p = e->decoded, .n = e->decoded_n });
	e->decoded_n = 0;
}

/* Where the next bytes of the file go, at most n. */
static char *room_for(struct enclosed *e, size_t n)
{
	if (ROOM - e->decoded_n < n)
		hand_on_decoded(e);
	return e->decoded + e->decoded_n;
}

static void begin_file(struct enclosed *e, enum enclosed_state state, enum attachment_source source,
		       struct str name)
{
	intake_file(e->intake, source, str_trim(name), e->charsets);
	e->state = state;
	e->escaped = false;
	e->effort += FILE_EFFORT;
	if (!e->decoded)
		e->decoded = mem_new(ROOM);
}

static void end_file(struct enclosed *e)
{
	hand_on_decoded(e);
	intake_end(e->intake);
	e->state = ENCLOSED_TEXT;
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
static bool has_length(struct str line, size_t n)
{
	const size_t letters = (n + 2) / 3 * 4;

	return n > 0 && line.n - 1 <= letters + 2 && line.n - 1 + 8 >= letters;
}

static bool has_letters_only(struct str line)
{
	bool others = false;

	for (size_t i = 0; i < line.n; i++)
		others |= line.p[i] < ' ' || line.p[i] > '`';
	return !others;
}

/* Returns how many bytes it is; 0: it is no code. */
static size_t decode(struct str line, char out[UU_LINE])
{
	const size_t n = line.n ? six_bits(line.p[0]) : 0;

	if (!has_length(line, n) || !has_letters_only(line))
		return 0;
	for (size_t i = 0, at = 1; i < n; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 4; k++, at++)
			bits = bits << 6 | (at < line.n ? six_bits(line.p[at]) : 0);
		out[i] = (char)(bits >> 16);
		out[i + 1] = (char)(bits >> 8);
		out[i + 2] = (char)bits;
	}
	return n;
}

/* Of the file; false: it is text. */
static bool take_code(struct enclosed *e, struct str line)
{
	const struct str code = without_eol(line);
	size_t n;

	if (code.n == 1 && six_bits(code.p[0]) == 0)
		return true; /* the last line but one */
	n = decode(code, room_for(e, UU_LINE));
	e->effort += UU_EFFORT + 2 * line.n;
	e->decoded_n += n;
	if (n)
		return true;
	end_file(e);
	return str_eq(code, STR("end"));
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

/* Up to a line that begins with "=", which may be none of the file's; what is not taken begins one. */
static struct str take_yenc(struct enclosed *e, struct str in)
{
	const struct str step = str_head(in, YENC_STEP);
	char *const out = room_for(e, step.n);
	bool escaped = e->escaped, ends = false;
	size_t n = 0, i = 0;

	for (; i < step.n && !(ends && step.p[i] == '='); i++) {
		const char c = step.p[i];
		const bool escapes = c == '=' && !escaped;

		out[n] = (char)((uint8_t)c - 42 - (escaped ? 64 : 0));
		ends = c == '\n';
		if (ends || c == '\r')
			continue;
		n += !escapes;
		escaped = escapes;
	}
	e->decoded_n += n;
	e->effort += YENC_EFFORT * i;
	e->escaped = escaped;
	e->in_line = !ends;
	return str_from(in, i);
}

/* ---- lines ---- */

static void take_text(struct enclosed *e, struct str line)
{
	struct str name;

	e->effort += TEXT_EFFORT;
	if (str_starts(line, yenc_mark) && read_ybegin(line, &name)) {
		begin_file(e, ENCLOSED_YENC, SOURCE_YENC, name);
	} else if (str_starts(line, uu_mark) && read_begin(line, &name)) {
		e->state = ENCLOSED_BEGUN;
		memmove(e->line, line.p, line.n);
		e->n = e->held = line.n;
	} else {
		hand_on(e, line);
	}
}

/* The line behind "begin". */
static void take_first(struct enclosed *e, struct str line)
{
	const struct str begun = { .p = e->line, .n = e->held };
	char first[UU_LINE];
	const size_t n = decode(without_eol(line), first);
	struct str name;

	e->state = ENCLOSED_TEXT;
	e->held = 0;
	if (n && read_begin(begun, &name)) {
		begin_file(e, ENCLOSED_UU, SOURCE_UUENCODE, name);
		memcpy(room_for(e, n), first, n);
		e->decoded_n += n;
		return;
	}
	hand_on(e, begun);
	take_text(e, line);
}

/* All of it is there, in the buffer or not. */
static void take_line(struct enclosed *e, struct str line)
{
	e->n = 0;
	switch (e->state) {
	case ENCLOSED_TEXT:
		take_text(e, line);
		break;
	case ENCLOSED_BEGUN:
		take_first(e, line);
		break;
	case ENCLOSED_UU:
		if (!take_code(e, line))
			hand_on(e, line);
		break;
	case ENCLOSED_YENC:
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
	struct str so_far = { .p = e->line, .n = e->n };

	e->n = e->held = 0;
	e->in_line = true;
	if (e->state == ENCLOSED_YENC) {
		while (so_far.n)
			so_far = take_yenc(e, so_far);
		return;
	}
	if (e->state == ENCLOSED_UU)
		end_file(e);
	e->state = ENCLOSED_TEXT;
	hand_on(e, so_far);
}

/* What of the line came in pieces. */
static struct str line_so_far(const struct enclosed *e)
{
	return (struct str){ .p = e->line + e->held, .n = e->n - e->held };
}

static void keep(struct enclosed *e, struct str piece)
{
	memcpy(e->line + e->n, piece.p, piece.n);
	e->n += piece.n;
}

static struct str feed_line(struct enclosed *e, struct str in)
{
	const char *const end = eight_seek(in.p, in.p + in.n, '\n');
	const bool whole = end < in.p + in.n, begins = e->n == e->held;
	const struct str head = str_head(in, (size_t)(end - in.p) + whole);

	if (begins && !may_be_of_interest(e, head)) {
		e->in_line = true;
		return in;
	}
	if (e->n - e->held + head.n > ENCLOSED_LINE) {
		let_go(e);
		return in;
	}
	if (!e->line)
		e->line = mem_new(2 * ENCLOSED_LINE);
	if (begins && whole) {
		take_line(e, head);
		return str_from(in, head.n);
	}
	keep(e, head);
	if (!may_be_of_interest(e, line_so_far(e))) {
		e->n -= head.n;
		let_go(e);
		return in;
	}
	if (whole)
		take_line(e, line_so_far(e));
	return str_from(in, head.n);
}

static bool is_begun(struct str in, size_t at)
{
	const struct str line = str_from(in, at);

	return at > 0 && in.p[at - 1] == '\n' &&
	       (str_starts(line, str_head(uu_mark, line.n)) ||
		str_starts(line, str_head(yenc_mark, line.n)));
}

/* Of sixteen bytes those that the mark may begin at: lines of a letter pass by one letter, but not by two. */
static sixteen beginnings(const char *p, struct str mark)
{
	return (sixteen)((sixteen_load(p) == mark.p[0]) &
			 (sixteen_load(p + FIFTH) == mark.p[FIFTH]));
}

/* Up to a line that may begin a file, as far as it is there. */
static size_t text_length(struct str in)
{
	size_t i = 1;

	while (i + FIFTH + 16 <= in.n) {
		const char *const p = in.p + i;
		const sixteen there = (sixteen)(sixteen_load(p - 1) == '\n') &
				      (beginnings(p, uu_mark) | beginnings(p, yenc_mark));

		if (!sixteen_any(there)) {
			i += 16;
			continue;
		}
		i += sixteen_first(there);
		if (is_begun(in, i))
			return i;
		i++;
	}
	while (i < in.n && !is_begun(in, i))
		i++;
	return i;
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
		take_line(e, line_so_far(e)); /* a last line without an end */
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
	mem_free(e->decoded);
	e->line = e->decoded = NULL;
}
