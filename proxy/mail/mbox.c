#define _GNU_SOURCE 1 /* memmem */
#include "mail/mbox.h"

#include "base/limits.h"

static const struct str mark = STR_INIT("From ");

/* As much of a line as must be there to tell whether it is what it looks like. */
enum { LINE_MAX_BYTES = 1000, NAME_MAX_BYTES = 128 };

/* "From :" is a field (RFC 5322 4.5.2). */
bool mbox_is(struct str file)
{
	size_t n = mark.n;

	if (!str_starts(file, mark))
		return false;
	while (n < file.n && (file.p[n] == ' ' || file.p[n] == '\t'))
		n++;
	return n == file.n || file.p[n] != ':';
}

bool mbox_is_quoted(struct str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	return n > 0 && mbox_is(str_from(line, n));
}

/* ---- the line ---- */

static bool digits(struct str s, size_t least, size_t most)
{
	if (s.n < least || s.n > most)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word, behind what blanks there are; empty at the end. */
static struct str word(struct str *rest)
{
	struct str w = *rest;
	size_t n = 0;

	while (w.n && is_blank(w.p[0]))
		w = str_from(w, 1);
	while (n < w.n && !is_blank(w.p[n]))
		n++;
	*rest = str_from(w, n);
	return str_head(w, n);
}

static bool is_one_of(struct str w, const char *names)
{
	if (w.n != 3)
		return false;
	for (; *names; names += 3)
		if (str_ieq_bytes(w.p, names, 3))
			return true;
	return false;
}

/* "10:00", "10:00:00" */
static bool is_time(struct str w)
{
	return (w.n == 5 || w.n == 8) && digits(str_head(w, 2), 2, 2) && w.p[2] == ':' &&
	       digits((struct str){ .p = w.p + 3, .n = 2 }, 2, 2) &&
	       (w.n == 5 || (w.p[5] == ':' && digits(str_from(w, 6), 2, 2)));
}

/* "Mon Nov  2 10:00:00 2026", with names of zones here or there, as ctime(3) never wrote it but many programs do. */
static bool is_date(struct str s)
{
	struct str w;

	if (!is_one_of(word(&s), "SunMonTueWedThuFriSat") ||
	    !is_one_of(word(&s), "JanFebMarAprMayJunJulAugSepOctNovDec") ||
	    !digits(word(&s), 1, 2) || !is_time(word(&s)))
		return false;
	while ((w = word(&s)).n)
		if (digits(w, 4, 4))
			return true;
	return false;
}

/* The sender may have blanks in it, so the date is looked for from each word on. */
static bool is_mark_line(struct str line)
{
	struct str rest;

	if (line.n > LINE_MAX_BYTES || !mbox_is(line))
		return false;
	for (rest = str_from(line, mark.n); rest.n; word(&rest))
		if (is_date(rest))
			return true;
	return false;
}

/* A header field, or what old programs put between: ">From somebody". */
static bool is_field(struct str s)
{
	size_t n = 0;

	if (mbox_is_quoted(s))
		return true;
	while (n < s.n && n < NAME_MAX_BYTES && s.p[n] > ' ' && s.p[n] < 0x7f && s.p[n] != ':')
		n++;
	return n > 0 && n < s.n && s.p[n] == ':';
}

/* Does a message begin where s does? */
static enum mbox_end begins(struct str s, bool whole)
{
	struct str line, next;

	if (!str_cut(s, '\n', &line, &next)) {
		if (!whole && s.n <= LINE_MAX_BYTES)
			return MBOX_END_MORE;
		next = (struct str){ 0 };
	}
	if (!is_mark_line(line))
		return MBOX_END_OPEN;
	if (!whole && next.n <= NAME_MAX_BYTES)
		return MBOX_END_MORE;
	return next.n == 0 || is_field(str_head(next, NAME_MAX_BYTES + 1)) ? MBOX_END_FOUND
									   : MBOX_END_OPEN;
}

enum mbox_end mbox_end_by_line(struct str s, bool whole, size_t *at)
{
	static const struct str behind_a_line = STR_INIT("\nFrom ");
	const char *p;

	while ((p = memmem(s.p + *at, s.n - *at, behind_a_line.p, behind_a_line.n)) != NULL) {
		const size_t here = (size_t)(p - s.p);
		const enum mbox_end end = begins(str_from(s, here + 1), whole);

		*at = end == MBOX_END_MORE ? here : here + 1;
		if (end != MBOX_END_OPEN)
			return end;
	}
	if (whole)
		return MBOX_END_OPEN;
	if (s.n - *at >= behind_a_line.n)
		*at = s.n - (behind_a_line.n - 1);
	return MBOX_END_MORE;
}

/* ---- its own word for it ---- */

/* Files have the line ends of their system. */
static struct str without_cr(struct str line)
{
	return line.n && line.p[line.n - 1] == '\r' ? str_head(line, line.n - 1) : line;
}

/* Of the first Content-Length among a header's lines, and the body behind them. */
static enum mbox_end content_length(struct str message, bool whole, uint64_t *length,
				    struct str *body)
{
	static const struct str name = STR_INIT("Content-Length:");
	struct str line, rest = str_head(message, LIMIT_MESSAGE_HEADER);
	bool found = false;

	while (str_cut(rest, '\n', &line, &rest)) {
		line = without_cr(line);
		if (!line.n) {
			*body = (struct str){ .p = rest.p,
					      .n = (size_t)(message.p + message.n - rest.p) };
			return found ? MBOX_END_FOUND : MBOX_END_OPEN;
		}
		if (found || !str_istarts(line, name))
			continue;
		if (!str_u64(str_trim(str_from(line, name.n)), LIMIT_MESSAGE, length))
			return MBOX_END_OPEN;
		found = true;
	}
	return whole || message.n > LIMIT_MESSAGE_HEADER ? MBOX_END_OPEN : MBOX_END_MORE;
}

/* Behind at most one empty line a message begins, or the file ends. */
static enum mbox_end agrees(struct str s, bool whole, size_t *end)
{
	size_t at = *end;

	for (unsigned lines = 0; lines < 2 && at < s.n; lines++) {
		if (s.p[at] == 'F')
			break;
		at += s.p[at] == '\r';
		if (at == s.n || s.p[at] != '\n')
			break;
		at++;
	}
	*end = at;
	if (at == s.n)
		return whole ? MBOX_END_FOUND : MBOX_END_MORE;
	return begins(str_from(s, at), whole);
}

enum mbox_end mbox_end_by_length(struct str s, bool whole, size_t *end)
{
	struct str line, message, body;
	enum mbox_end known;
	uint64_t length;

	if (!str_cut(s, '\n', &line, &message))
		return whole || s.n > LINE_MAX_BYTES ? MBOX_END_OPEN : MBOX_END_MORE;
	if (line.n > LINE_MAX_BYTES)
		return MBOX_END_OPEN;
	known = content_length(message, whole, &length, &body);
	if (known != MBOX_END_FOUND)
		return known;
	if (length > body.n)
		return whole ? MBOX_END_OPEN : MBOX_END_MORE;
	*end = s.n - body.n + (size_t)length;
	return agrees(s, whole, end);
}

struct str mbox_message(struct str s)
{
	struct str line, message;

	if (!str_cut(s, '\n', &line, &message))
		return (struct str){ 0 };
	if (str_ends(message, STR("\r\n\r\n")))
		message.n -= 2;
	else if (str_ends(message, STR("\n\n")))
		message.n--;
	return message;
}
