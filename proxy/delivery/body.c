#include "delivery/body.h"

#include "base/limits.h"

enum {
	LEND_AT_LEAST = 1024,
	/* The end of the message goes through dot.c, which must have seen how it ends. */
	TAIL = 4096
};

void body_set(struct body *b, struct str headers, struct spool *message, uint64_t from)
{
	*b = (struct body){ .headers = headers, .message = message, .from = from };
}

void body_begin(struct body *b, enum body_form form)
{
	b->form = form;
	b->at = b->from;
	b->dot = DOT_START;
	b->begun = false;
}

uint64_t body_size(const struct body *b)
{
	return b->headers.n + spool_size(b->message) - b->from;
}

static void write_run(struct body *b, struct conn *c, struct str rest)
{
	if (b->form == BODY_CHUNK) {
		conn_write(c, rest);
		return;
	}
	while (rest.n) {
		bool stuff;

		conn_write(c, dot_run(&b->dot, &rest, &stuff));
		if (stuff)
			conn_write(c, STR("."));
	}
}

static bool needs_no_dots(const struct body *b)
{
	return b->form == BODY_CHUNK || spool_is_dotless(b->message);
}

/* Nothing in it needs a dot more; it counts as written. */
static bool goes_as_it_is(struct body *b, struct str run)
{
	if (!needs_no_dots(b))
		return dot_plain(&b->dot, run);
	dot_take(&b->dot, run);
	return true;
}

/* Lends a large run to the connection instead of copying it.  Over TLS not the last one: the final dot
 * behind it would be a record of its own. */
static bool lend(struct body *b, struct conn *c, struct str run)
{
	const bool last = b->at == spool_size(b->message);

	if (run.n < LEND_AT_LEAST || (last && conn_is_secure(c)) || !goes_as_it_is(b, run))
		return false;
	conn_write_borrowed(c, run);
	return true;
}

/* The same from the spool's file, unseen. */
static bool lend_file(struct body *b, struct conn *c, size_t most)
{
	const uint64_t left = spool_size(b->message) - b->at;
	uint64_t n, offset;
	int fd;

	if (left <= TAIL || conn_is_secure(c) || !needs_no_dots(b))
		return false;
	n = spool_lend(b->message, b->at, &fd, &offset);
	n = n < left - TAIL ? n : left - TAIL;
	n = n < most ? n : most;
	if (n == 0)
		return false;
	conn_write_file(c, fd, offset, (size_t)n);
	b->at += n;
	return true;
}

static enum err next_run(struct body *b, struct str *run, size_t most)
{
	const enum err err = spool_read(b->message, b->at, run);

	*run = str_head(*run, most);
	b->at += run->n;
	return err != ERR_OK || run->n == 0 ? ERR_FILE : ERR_OK;
}

/* A run that is lent ends the piece, unless only the dot is missing. */
enum err body_write(struct body *b, struct conn *c, bool *last)
{
	const uint64_t size = spool_size(b->message);
	const size_t most = body_size(b) <= LIMIT_BACKEND_ONE_WRITE ? LIMIT_BACKEND_ONE_WRITE
								    : LIMIT_BACKEND_PIECE;

	*last = false;
	if (!b->begun)
		write_run(b, c, b->headers);
	b->begun = true;
	while (b->at < size) {
		struct str run;
		enum err err;
		bool lent;

		if (lend_file(b, c, most))
			return ERR_OK;
		err = next_run(b, &run, most);
		if (err != ERR_OK)
			return err;
		lent = lend(b, c, run);
		if (!lent)
			write_run(b, c, run);
		if (b->at < size && (lent || conn_unsent(c) >= most))
			return ERR_OK;
	}
	if (b->form == BODY_LINES)
		conn_write(c, dot_end(&b->dot));
	*last = true;
	return ERR_OK;
}
