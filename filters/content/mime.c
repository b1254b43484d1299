/* mime.c - see mime.h.
 *
 * A body is handed on in runs as long as possible: only a line that begins with "-" is looked at, and the line end
 * before it is held back, which belongs to the boundary if there is one (RFC 2046 5.1.1).  Such a line is buffered
 * only when it comes in pieces.  Frames and buffers are on the heap, made when first needed: most mail has no parts. */
#include "filters/content/mime.h"

#include "base/check.h"
#include "base/eight.h"
#include "base/mem.h"
#include "mail/header.h"

enum {
	BUFFER = LIMIT_MIME_HEADER +
		 2 * LIMIT_MIME_BOUNDARY, /* so that a boundary ends a full header section */
	BUFFER_FIRST = 1024,
};

static void complain(struct mime *m, enum mime_problem problem)
{
	m->problems |= 1u << problem;
}

/* ---- the buffer ---- */

static void keep(struct mime *m, struct str s)
{
	const size_t room = BUFFER - m->n;

	if (s.n > room) {
		m->cut = true;
		s.n = room;
	}
	if (m->n + s.n > m->size) {
		while (m->n + s.n > m->size)
			m->size = m->size ? m->size * 2 : BUFFER_FIRST;
		m->buffer = mem_resize(m->buffer, m->size);
	}
	if (s.n)
		memcpy(m->buffer + m->n, s.p, s.n);
	m->n += s.n;
}

static struct str without_eol(struct str line)
{
	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* ---- bodies ---- */

/* The part whose body comes: a leaf, or the multipart whose preamble it is.  NULL: nobody's. */
static const struct mime_part *listener(const struct mime *m)
{
	const struct mime_frame *top;

	if (m->leaf_open)
		return &m->leaf;
	top = &m->frames[m->depth - 1];
	return top->begun ? NULL : &top->part;
}

static void hand_on(struct mime *m, struct str bytes)
{
	const struct mime_part *part = listener(m);

	if (bytes.n && part)
		m->events->body(m->ctx, part, bytes);
	else if (!part && !(m->signs & MIME_SIGN_EPILOGUE))
		m->signs |= signs_of_epilogue(bytes);
}

static void hand_on_held(struct mime *m)
{
	static const struct str texts[] = {
		[MIME_EOL_NONE] = STR_INIT(""),
		[MIME_EOL_CR] = STR_INIT("\r"),
		[MIME_EOL_LF] = STR_INIT("\n"),
		[MIME_EOL_CRLF] = STR_INIT("\r\n"),
	};

	hand_on(m, texts[m->held]);
	m->held = MIME_EOL_NONE;
}

/* ---- parts ---- */

static void end_leaf(struct mime *m)
{
	if (m->leaf_open)
		m->events->end(m->ctx, &m->leaf);
	m->leaf_open = false;
}

static void pop(struct mime *m)
{
	const struct mime_frame *top = &m->frames[m->depth - 1];

	if (top->part.kind == MIME_MULTIPART) {
		if (!top->begun)
			complain(m, MIME_NO_PARTS);
		else if (!boundaries_closed(&m->boundaries, m->depth - 1) && m->state != MIME_OVER)
			complain(m, MIME_NOT_CLOSED);
	}
	m->events->end(m->ctx, &top->part);
	m->depth--;
	boundaries_pop(&m->boundaries);
}

static void push(struct mime *m, const struct mime_part *part, struct str boundary, bool digest)
{
	if (!m->frames)
		m->frames = mem_array(NULL, LIMIT_MIME_DEPTH, sizeof(*m->frames));
	boundaries_push(&m->boundaries, boundary);
	m->frames[m->depth++] = (struct mime_frame){ .part = *part, .digest = digest };
}

/* Empty: there is none that could be found. */
static struct str boundary_of(const struct entity *e, char bytes[LIMIT_MIME_BOUNDARY])
{
	struct out o = { .p = bytes, .cap = LIMIT_MIME_BOUNDARY };
	struct str charset;

	if (!params_value(&e->params, PARAM_BOUNDARY, &o, &charset) || o.full)
		return (struct str){ 0 };
	return boundary_trim(out_text(&o));
}

static bool is_message(const struct entity *e)
{
	return str_ieq(e->type, STR("message")) &&
	       (str_ieq(e->subtype, STR("rfc822")) || str_ieq(e->subtype, STR("global")));
}

/* What the parser makes of it; a multipart that it cannot take apart is text (RFC 2045 5.2). */
static enum mime_kind kind_of(struct mime *m, struct entity *e, struct str *boundary, char *bytes)
{
	const bool multipart = str_ieq(e->type, STR("multipart"));

	if (entity_is(e, STR("message"), STR("partial")))
		complain(m, MIME_PARTIAL);
	if (entity_is(e, STR("message"), STR("external-body")))
		complain(m, MIME_EXTERNAL);
	if (!multipart && !(is_message(e) && e->encoding == TRANSFER_NONE))
		return MIME_LEAF;
	if (m->depth == LIMIT_MIME_DEPTH) {
		complain(m, MIME_LIMIT_DEPTH);
		return MIME_LEAF;
	}
	if (!multipart)
		return MIME_MESSAGE;
	*boundary = boundary_of(e, bytes);
	if (boundary->n) {
		if (e->encoding != TRANSFER_NONE)
			complain(m, MIME_ENCODED);
		return MIME_MULTIPART;
	}
	complain(m, MIME_NO_BOUNDARY);
	e->type = STR("text");
	e->subtype = STR("plain");
	return MIME_LEAF;
}

static void begin_header(struct mime *m)
{
	m->state = MIME_HEADER;
	m->n = m->line_at = 0;
	m->cut = m->header_full = m->of_part = false;
}

static void begin_part(struct mime *m, struct str header)
{
	const struct mime_frame *around = m->depth ? &m->frames[m->depth - 1] : NULL;
	char bytes[LIMIT_MIME_BOUNDARY];
	struct str boundary = { 0 };
	struct entity e;
	struct mime_part part;
	bool digest;

	entity_read(&e, header, around && around->digest);
	digest = entity_is(&e, STR("multipart"), STR("digest"));
	if (e.twice)
		complain(m, MIME_TWICE);
	m->left.parts -= m->left.parts > 0;
	m->left.header -= header.n < m->left.header ? header.n : m->left.header;
	part = (struct mime_part){ .number = m->count++,
				   .parent = around ? around->part.number : 0,
				   .depth = m->depth,
				   .kind = kind_of(m, &e, &boundary, bytes) };
	m->events->begin(m->ctx, &part, &e);
	m->n = 0;
	m->cut = false;
	m->held = MIME_EOL_NONE;
	m->line_start = true;
	m->state = MIME_BODY;
	if (part.kind == MIME_LEAF) {
		m->leaf = part;
		m->leaf_open = true;
		return;
	}
	push(m, &part, boundary, digest);
	if (part.kind == MIME_MESSAGE) {
		m->frames[m->depth - 1].begun = true;
		begin_header(m);
	}
}

/* ---- boundaries ---- */

/* A header section that does not end: the part has no body.  If there is no field in it, it is a body without a
 * header section. */
static void end_header(struct mime *m)
{
	const struct str lines = { .p = m->buffer, .n = m->line_at };
	struct str rest = lines;
	struct header_field field;

	if (lines.n == 0)
		return;
	if (header_next(&rest, &field)) {
		begin_part(m, lines);
		return;
	}
	begin_part(m, (struct str){ 0 });
	hand_on(m, lines);
}

static bool turn_at_boundary(struct mime *m, struct str line)
{
	bool closes;
	int i;

	if (!str_starts(line, STR("--")) || m->boundaries.open == 0)
		return false;
	i = boundaries_find(&m->boundaries, line, &closes);
	if (i < 0)
		return false;
	if (m->state == MIME_HEADER)
		end_header(m);
	end_leaf(m);
	while (m->depth > (unsigned)i + 1)
		pop(m);
	m->frames[i].begun = true;
	m->held = MIME_EOL_NONE;
	m->n = 0;
	m->line_start = true;
	m->state = MIME_BODY;
	if (closes) {
		boundaries_close(&m->boundaries, (unsigned)i);
	} else if (m->left.parts == 0) {
		complain(m, MIME_LIMIT_PARTS);
		m->state = MIME_OVER;
	} else {
		begin_header(m);
		m->of_part = true;
	}
	return true;
}

/* ---- header sections ---- */

static bool has_room(const struct mime *m, struct str line)
{
	const size_t n = m->n + line.n;

	return !m->header_full && n <= LIMIT_MIME_HEADER && n <= m->left.header;
}

/* A line that is no boundary: whether it is kept. */
static bool wants_line(struct mime *m, struct str line)
{
	if (line.n && !has_room(m, line)) {
		complain(m, MIME_LIMIT_HEADER);
		m->header_full = true;
		return false;
	}
	if (m->of_part)
		m->signs |= signs_of_header_line(line, m->n == 0);
	return true;
}

/* Lines are kept with CRLF, as header_next() wants them. */
static void end_header_line(struct mime *m)
{
	keep(m, STR("\r\n"));
	m->line_at = m->n;
}

/* It is in the buffer. */
static void take_header_line(struct mime *m)
{
	const struct str line =
		without_eol((struct str){ .p = m->buffer + m->line_at, .n = m->n - m->line_at });

	if (turn_at_boundary(m, line))
		return;
	m->n = m->line_at;
	m->header_full = m->header_full || m->cut;
	m->cut = false;
	if (!wants_line(m, line))
		return;
	m->n += line.n;
	end_header_line(m);
	if (line.n == 0)
		begin_part(m, (struct str){ .p = m->buffer, .n = m->n });
}

/* Lines that are no boundaries, nor empty, where they lie. */
static void take_header_lines(struct mime *m, struct str lines)
{
	while (lines.n && !m->header_full) {
		const char *lf = eight_seek(lines.p, lines.p + lines.n, '\n');
		const struct str whole = str_take(&lines, (size_t)(lf - lines.p) + 1);
		const struct str line = without_eol(whole);

		if (!wants_line(m, line))
			return;
		if (whole.n - line.n == 2) {
			keep(m, whole);
			m->line_at = m->n;
		} else {
			keep(m, line);
			end_header_line(m);
		}
	}
}

static struct str feed_header(struct mime *m, struct str in)
{
	const char *lf;
	size_t n;

	if (m->n == m->line_at) {
		n = boundaries_lines(&m->boundaries, in);
		take_header_lines(m, str_head(in, n));
		in = str_from(in, n);
	}
	lf = eight_seek(in.p, in.p + in.n, '\n');
	n = (size_t)(lf - in.p);
	if (n == in.n) {
		keep(m, in);
		return str_from(in, n);
	}
	keep(m, str_head(in, n + 1));
	take_header_line(m);
	return str_from(in, n + 1);
}

/* ---- lines of a body ---- */

/* In mid-line. */
static struct str feed_run(struct mime *m, struct str in)
{
	size_t n;

	if (m->held == MIME_EOL_CR && in.p[0] == '\n') {
		m->held = MIME_EOL_CRLF;
		m->line_start = true;
		return str_from(in, 1);
	}
	hand_on_held(m);
	n = boundaries_run(&m->boundaries, in);
	m->line_start = n < in.n;
	if (n > 0 && in.p[n - 1] == '\r') {
		hand_on(m, str_head(in, n - 1));
		m->held = m->line_start ? MIME_EOL_CRLF : MIME_EOL_CR;
	} else {
		hand_on(m, str_head(in, n));
		m->held = m->line_start ? MIME_EOL_LF : MIME_EOL_NONE;
	}
	return str_from(in, n + m->line_start);
}

/* The line at work is no boundary: it is of the body, as far as it goes. */
static struct str go_on_in_line(struct mime *m, struct str in)
{
	m->line_start = false;
	hand_on_held(m);
	return in;
}

/* A line, or the head of one, that came in pieces and is no boundary after all. */
static void hand_on_line(struct mime *m, struct str line)
{
	static const enum mime_eol eols[] = { MIME_EOL_NONE, MIME_EOL_LF, MIME_EOL_CRLF };
	const struct str text = without_eol(line);

	hand_on_held(m);
	m->n = 0;
	m->cut = false;
	hand_on(m, text);
	m->line_start = str_ends(line, STR("\n"));
	m->held = eols[line.n - text.n];
	if (m->held == MIME_EOL_LF && !m->line_start)
		m->held = MIME_EOL_CR;
}

static struct str feed_line(struct mime *m, struct str in)
{
	const char *lf;
	struct str line;
	size_t n;

	m->boundaries.looks += in.p[0] == '-';
	if (m->n == 0 && !boundaries_may_begin(&m->boundaries, in))
		return go_on_in_line(m, in);
	lf = memchr(in.p, '\n', in.n);
	n = lf ? (size_t)(lf - in.p) + 1 : in.n;
	line = str_head(in, n);
	if (m->n || !lf) {
		const size_t before = m->n;

		keep(m, line);
		n = m->n - before;
		line = (struct str){ .p = m->buffer, .n = m->n };
	}
	if (boundaries_may_begin(&m->boundaries, line) && !lf && !m->cut)
		return str_from(in, n); /* the rest of it is still to come */
	if (!m->cut && turn_at_boundary(m, without_eol(line)))
		return str_from(in, n);
	if (m->n == 0)
		return go_on_in_line(m, in);
	hand_on_line(m, line);
	return str_from(in, n);
}

static struct str feed_body(struct mime *m, struct str in)
{
	if (m->boundaries.open == 0 && m->n == 0) {
		hand_on_held(m);
		hand_on(m, in);
		return str_from(in, in.n);
	}
	return m->line_start ? feed_line(m, in) : feed_run(m, in);
}

/* ---- the whole ---- */

void mime_begin(struct mime *m, const struct mime_events *events, void *ctx, struct str header)
{
	*m = (struct mime){ .events = events,
			    .ctx = ctx,
			    .left = { .parts = LIMIT_MIME_PARTS,
				      .header = LIMIT_MIME_HEADERS,
				      .lines = LIMIT_MIME_LINES } };
	begin_part(m, header);
}

/* What has been looked at is paid for; behind what there is no room for, parts are not told apart. */
static void pay_lines(struct mime *m)
{
	const uint32_t looks = m->boundaries.looks;

	m->boundaries.looks = 0;
	if (looks <= m->left.lines) {
		m->left.lines -= looks;
		return;
	}
	m->left.lines = 0;
	complain(m, MIME_LIMIT_LINES);
	if (m->state == MIME_HEADER)
		end_header(m);
	m->state = MIME_OVER;
}

void mime_feed(struct mime *m, struct str in)
{
	while (in.n && m->state != MIME_OVER) {
		in = m->state == MIME_HEADER ? feed_header(m, in) : feed_body(m, in);
		pay_lines(m);
	}
}

void mime_finish(struct mime *m)
{
	if (m->state == MIME_HEADER && m->n > m->line_at)
		take_header_line(m); /* a last line without an end may be a boundary */
	else if (m->state == MIME_BODY && m->n)
		if (!turn_at_boundary(m, (struct str){ .p = m->buffer, .n = m->n }))
			hand_on_line(m, (struct str){ .p = m->buffer, .n = m->n });
	if (m->state == MIME_HEADER)
		end_header(m);
	else if (m->state == MIME_BODY)
		hand_on_held(m);
	end_leaf(m);
	while (m->depth)
		pop(m);
	m->state = MIME_OVER;
}

void mime_free(struct mime *m)
{
	mem_free(m->buffer);
	mem_free(m->frames);
	boundaries_free(&m->boundaries);
	*m = (struct mime){ 0 };
}
