/* conn_output.c - what is to be written: gathered here, sent by conn_flush() when the callback
 * has returned or the turn ends. */
#include "io/conn_io.h"

#include "base/check.h"
#include "base/mem.h"

void conn_drop_output(struct conn *c)
{
	c->lost = c->lost || conn_unsent(c);
	mem_free(c->out);
	c->out = NULL;
	c->out_at = c->out_n = c->out_cap = 0;
	c->borrowed = (struct str){ 0 };
	c->ahead = 0;
	c->clear_n = 0;
}

/* The peer's last words ("421 ...") may still be unread: they come first, and the read side
 * tells the end.  Where nothing is being read, or only the write says so, it is told now. */
static void write_failed(struct conn *c)
{
	conn_drop_output(c);
	c->broken = true;
	c->blocked = false;
	if (c->state == STATE_ENDED) { /* CONN_CLOSED was the last event */
		c->state = STATE_OVER;
		watch_want(&c->watch, 0);
	} else if (!conn_should_read(c) || c->error != ERR_CLOSED) {
		conn_fail(c);
	}
}

static size_t ahead_of_borrowed(const struct conn *c)
{
	return c->borrowed.n ? c->ahead : c->out_n;
}

static bool file_is_next(const struct conn *c)
{
	return c->borrowed.n && !c->borrowed.p && c->ahead == 0;
}

/* What lies in memory before the end, or before a file. */
static unsigned gather(const struct conn *c, struct str runs[3])
{
	const struct str out = { .p = c->out ? c->out + c->out_at : "", .n = c->out_n };
	const size_t ahead = ahead_of_borrowed(c);
	const struct str parts[] = { str_head(out, ahead), c->borrowed, str_from(out, ahead) };
	size_t room = c->state == STATE_STARTING_TLS ? c->clear_n : SIZE_MAX;
	unsigned count = 0;

	for (size_t i = 0; i < COUNTOF(parts) && room; i++) {
		if (parts[i].n == 0)
			continue;
		if (!parts[i].p)
			break;
		runs[count] = str_head(parts[i], room);
		room -= runs[count++].n;
	}
	return count;
}

static void forget_out(struct conn *c, size_t n)
{
	c->out_at += n;
	c->out_n -= n;
	if (c->out_n == 0) {
		mem_free(c->out);
		c->out = NULL;
		c->out_at = c->out_cap = 0;
	}
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void forget_sent(struct conn *c, size_t sent)
{
	const size_t before = smaller(sent, ahead_of_borrowed(c));
	const size_t lent = smaller(sent - before, c->borrowed.n);

	c->clear_n -= smaller(sent, c->clear_n);
	c->ahead -= smaller(before, c->ahead);
	if (c->borrowed.p)
		c->borrowed = str_from(c->borrowed, lent);
	else
		c->borrowed.n -= lent;
	c->file_at += lent;
	forget_out(c, sent - lent);
}

static bool may_write(const struct conn *c)
{
	return c->state == STATE_OPEN || c->state == STATE_STARTING_TLS || c->state == STATE_ENDED;
}

static enum io_step write_next(struct conn *c)
{
	struct str runs[3];
	size_t sent = 0;
	const enum io_step step =
		file_is_next(c) ? c->ops->write_file(c, c->file, c->file_at, c->borrowed.n, &sent)
				: c->ops->write(c, runs, gather(c, runs), &sent);

	forget_sent(c, sent);
	return step;
}

static bool has_to_write(const struct conn *c)
{
	return c->state == STATE_STARTING_TLS ? c->clear_n > 0 : conn_unsent(c) > 0;
}

void conn_flush(struct conn *c)
{
	enum io_step step = IO_DONE;

	if (!has_to_write(c) || c->blocked || !may_write(c))
		return;
	if (conn_unsent(c) >= CONN_DRAIN_MARK)
		c->tell_drained = true;
	while (step == IO_DONE && has_to_write(c))
		step = write_next(c);
	if (step == IO_END || step == IO_FAILED) {
		write_failed(c);
		return;
	}
	if (step == IO_AGAIN)
		c->blocked = c->tell_drained = true;
	if (c->tell_drained && conn_unsent(c) == 0)
		conn_due(c, DUE_DRAINED);
}

static char *out_room(struct conn *c, size_t n)
{
	if (c->out_cap - c->out_at - c->out_n < n) {
		const size_t need = c->out_n + n;
		const size_t cap = need < 256 ? 256 : need + need / 2;
		char *out = mem_resize(NULL, cap);

		if (c->out_n)
			memcpy(out, c->out + c->out_at, c->out_n);
		mem_free(c->out);
		c->out = out;
		c->out_at = 0;
		c->out_cap = cap;
	}
	return c->out + c->out_at + c->out_n;
}

void conn_write(struct conn *c, struct str bytes)
{
	CHECK(!c->released);
	if (bytes.n == 0)
		return;
	if (c->broken || c->state == STATE_OVER) {
		c->lost = true;
		return;
	}
	memcpy(out_room(c, bytes.n), bytes.p, bytes.n);
	c->out_n += bytes.n;
	conn_touch(c);
}

void conn_write_borrowed(struct conn *c, struct str bytes)
{
	CHECK(!c->released && c->borrowed.n == 0);
	if (c->broken || c->state == STATE_OVER)
		return;
	c->borrowed = bytes;
	c->ahead = c->out_n;
	c->tell_drained = true;
	if (conn_unsent(c) == 0)
		conn_due(c, DUE_DRAINED);
	conn_touch(c);
}

void conn_write_file(struct conn *c, int fd, uint64_t at, size_t n)
{
	CHECK(c->ops->write_file && !c->ssl && n > 0);
	conn_write_borrowed(c, (struct str){ .n = n });
	c->file = fd;
	c->file_at = at;
}

size_t conn_unsent(const struct conn *c)
{
	return c->out_n + c->borrowed.n;
}
