/* scan_file.c - a file is read as far as its next message reaches, so that an mbox may be larger than memory, and a
 * pipe. */
#include "scan/scan_file.h"

#include "base/sixteen.h"
#include "base/limits.h"
#include "base/mem.h"
#include "mail/mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 65536 };

struct source {
	int fd;
	bool ended; /* all of it was read */
	int error;  /* of read() */
	char *p;
	size_t at, n, size; /* what is not looked at yet lies between `at` and `n` */
};

static struct str bytes_of(const struct source *s)
{
	return (struct str){ .p = s->p + s->at, .n = s->n - s->at };
}

static void read_more(struct source *s)
{
	ssize_t got;

	if (s->at > s->n / 2) {
		s->n -= s->at;
		memmove(s->p, s->p + s->at, s->n);
		s->at = 0;
	}
	if (s->size - s->n < READ_BYTES) {
		/* So that a file of one message is read to its end without moving. */
		s->size = 2 * (s->size + READ_BYTES);
		s->p = mem_resize(s->p, s->size);
	}
	do
		got = read(s->fd, s->p + s->n, s->size - s->n);
	while (got < 0 && errno == EINTR);
	s->ended = got <= 0;
	if (got < 0)
		s->error = errno;
	else
		s->n += (size_t)got;
}

static bool too_large(const struct scan_item *item, scan_item_fn *fn, void *arg)
{
	char text[64];

	snprintf(text, sizeof(text), "larger than %d bytes, the most a message may have",
		 LIMIT_MESSAGE);
	return fn(arg, item, text);
}

/* ---- one message, or many ---- */

static bool read_message(struct source *s, const char *path, scan_item_fn *fn, void *arg)
{
	struct scan_item item = { .path = path };

	while (!s->ended && s->n <= LIMIT_MESSAGE)
		read_more(s);
	if (s->error)
		return fn(arg, &item, strerror(s->error));
	if (s->n > LIMIT_MESSAGE)
		return too_large(&item, fn, arg);
	item.raw = bytes_of(s);
	return fn(arg, &item, NULL);
}

/* Of a message that is too large all is forgotten but where its end may be. */
static void forget_most(struct source *s, size_t *seen)
{
	if (*seen > LIMIT_MESSAGE + READ_BYTES) {
		s->at += *seen - (LIMIT_MESSAGE + 1);
		*seen = LIMIT_MESSAGE + 1;
	}
}

/* Where the message ends that begins at s->at. */
static size_t find_end(struct source *s, bool *quoted)
{
	enum mbox_end end;
	size_t at, seen = 0;

	while ((end = mbox_end_by_length(bytes_of(s), s->ended, &at)) == MBOX_END_MORE)
		read_more(s);
	*quoted = end != MBOX_END_FOUND;
	if (end == MBOX_END_FOUND)
		return at;
	while ((end = mbox_end_by_line(bytes_of(s), s->ended, &seen)) == MBOX_END_MORE) {
		forget_most(s, &seen);
		read_more(s);
	}
	return end == MBOX_END_FOUND ? seen : s->n - s->at;
}

static bool give(struct source *s, struct scan_item *item, scan_item_fn *fn, void *arg)
{
	const size_t end = find_end(s, &item->quoted);
	const struct str whole = str_head(bytes_of(s), end);

	item->index++;
	item->raw = (struct str){ 0 };
	s->at += end;
	if (s->error)
		return fn(arg, item, strerror(s->error));
	if (end > LIMIT_MESSAGE)
		return too_large(item, fn, arg);
	item->raw = mbox_message(whole);
	return fn(arg, item, NULL);
}

static bool read_mbox(struct source *s, const char *path, scan_item_fn *fn, void *arg)
{
	struct scan_item item = { .path = path };

	do
		if (!give(s, &item, fn, arg))
			return false;
	while (!s->ended || s->at < s->n);
	return true;
}

bool scan_file(const char *path, scan_item_fn *fn, void *arg)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	struct source s = { .fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC) };
	bool more;

	if (s.fd < 0)
		return fn(arg, &(struct scan_item){ .path = path }, strerror(errno));
	do
		read_more(&s);
	while (!s.ended && s.n < STR("From ").n);
	if (mbox_is(bytes_of(&s)))
		more = read_mbox(&s, path, fn, arg);
	else
		more = read_message(&s, path, fn, arg);
	if (!is_stdin)
		close(s.fd);
	mem_free(s.p);
	return more;
}

/* ---- as it would have come ---- */

/* Copies a line but for its end, which is told; sixteen bytes at a time, beyond the end too. */
static const char *copy_line(char **to, const char *p, const char *end)
{
	for (; end - p >= 16; p += 16, *to += 16) {
		const sixteen bytes = sixteen_load(p), ends = (sixteen)(bytes == '\n');

		memcpy(*to, &bytes, sizeof(bytes));
		if (sixteen_any(ends)) {
			*to += sixteen_first(ends);
			return p + sixteen_first(ends);
		}
	}
	for (; p < end && *p != '\n'; p++)
		*(*to)++ = *p;
	return p;
}

/* Files have the line ends of their system; mail has CRLF (RFC 5321 2.3.8). */
struct str scan_wire(const struct scan_item *item)
{
	struct str rest = item->raw;
	char *const message = mem_resize(NULL, 2 * rest.n + 16), *to = message;

	while (rest.n) {
		const bool quoted = item->quoted && mbox_is_quoted(rest);
		const char *const end = rest.p + rest.n;
		const char *const line_end = copy_line(&to, rest.p + quoted, end);

		if (line_end == end)
			break;
		if (line_end == rest.p || line_end[-1] != '\r')
			*to++ = '\r';
		*to++ = '\n';
		rest = str_from(rest, (size_t)(line_end + 1 - rest.p));
	}
	return (struct str){ .p = message, .n = (size_t)(to - message) };
}

void scan_forget(struct str *message)
{
	union {
		const char *is;
		void *was;
	} p = { .is = message->p };

	mem_free(p.was); /* it was allocated here, writable */
	*message = (struct str){ 0 };
}
