#include "smtp/body.h"

#include "base/limits.h"

void body_begin(struct body *b, enum body_form form, struct str headers, struct spool *message)
{
	*b = (struct body){
		.form = form, .headers = headers, .message = message, .dot = DOT_START
	};
}

uint64_t body_size(const struct body *b)
{
	return b->headers.n + spool_size(b->message);
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

static enum err next_run(struct body *b, struct str *run, size_t most)
{
	const enum err err = spool_read(b->message, b->at, run);

	*run = str_head(*run, most);
	b->at += run->n;
	return err;
}

/* Lends a large run without a dot to stuff to the connection instead of copying it.  Not the last one:
 * it leaves together with the final dot. */
static bool lend(struct body *b, struct conn *c, struct str run)
{
	if (run.n < CONN_DRAIN_MARK || b->at == spool_size(b->message) || conn_unsent(c))
		return false;
	if (b->form == BODY_LINES && !dot_plain(&b->dot, run))
		return false;
	conn_write_borrowed(c, run);
	return true;
}

enum err body_write(struct body *b, struct conn *c, bool *last)
{
	const bool whole = body_size(b) <= LIMIT_BACKEND_ONE_WRITE;

	*last = false;
	if (!b->begun)
		write_run(b, c, b->headers);
	b->begun = true;
	while (b->at < spool_size(b->message)) {
		struct str run;
		const enum err err = next_run(b, &run, LIMIT_BACKEND_PIECE);

		if (err != ERR_OK || run.n == 0)
			return ERR_IO;
		if (!whole && lend(b, c, run))
			return ERR_OK;
		write_run(b, c, run);
		if (!whole && conn_unsent(c) >= CONN_DRAIN_MARK && b->at < spool_size(b->message))
			return ERR_OK;
	}
	if (b->form == BODY_LINES)
		conn_write(c, dot_end(&b->dot));
	*last = true;
	return ERR_OK;
}
