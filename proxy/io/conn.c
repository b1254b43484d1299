/* conn.c - buffers and events of a connection.
 *
 * One read() per readiness into one buffer shared by all connections of the loop; only what
 * the callback leaves unconsumed is copied to a heap buffer of the connection, and the next
 * read lands behind it in the shared buffer again, so the view is always contiguous.  An idle
 * connection has no buffer at all.
 *
 * Every event ends in settle(): the rest is kept, output written, the watch adjusted.  The read
 * watch stays on while the input is full, and is switched off only when bytes come meanwhile.
 * Events that do not come from the socket are told by the connection's wake: nothing here calls
 * the callback from inside a conn_* function. */
#define _GNU_SOURCE /* POLLRDHUP */
#include "io/conn_io.h"

#include "base/check.h"
#include "base/mem.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static char *shared;

static char *shared_buffer(void)
{
	if (!shared)
		shared = mem_resize(NULL, CONN_STREAM_MAX);
	return shared;
}

void conn_buffers_free(void)
{
	mem_free(shared);
	shared = NULL;
}

void conn_due(struct conn *c, unsigned what)
{
	c->due |= what;
	wake_set(&c->wake);
}

/* Something changed outside of the callback: settle at the end of the turn. */
void conn_touch(struct conn *c)
{
	if (!c->in_callback && c->state != STATE_OVER)
		wake_set(&c->wake);
}

bool conn_should_read(const struct conn *c)
{
	if (c->state == STATE_HANDSHAKING)
		return !c->blocked;
	return c->state == STATE_OPEN && !c->read_blocked && c->in.n < c->in_max;
}

static void keep_rest(struct conn *c)
{
	if (c->in.n == 0) {
		mem_free(c->kept);
		c->kept = NULL;
		c->kept_cap = 0;
	} else if (c->in_shared) {
		if (c->kept_cap < c->in.n || c->kept_cap / 4 > c->in.n) {
			mem_free(c->kept);
			c->kept_cap = (c->in.n + 63) & ~(size_t)63;
			c->kept = mem_resize(NULL, c->kept_cap);
		}
		memcpy(c->kept, c->in.p, c->in.n);
		c->in.p = c->kept;
	}
	c->in_shared = false;
}

void conn_fail(struct conn *c)
{
	CHECK(c->state != STATE_OVER);
	c->state = STATE_OVER;
	c->blocked = false;
	conn_drop_output(c);
	watch_want(&c->watch, 0);
	conn_due(c, DUE_CLOSED);
}

static void stop_reading(struct conn *c)
{
	watch_want(&c->watch, c->watch.want & ~(unsigned)WATCH_READ);
}

/* What the peer still listens to goes out: it may have closed its sending half only. */
static void end_input(struct conn *c)
{
	c->state = STATE_ENDED;
	stop_reading(c);
	conn_due(c, DUE_CLOSED);
}

/* By this step.  False: not yet, or never. */
static bool is_opened(struct conn *c, enum io_step by)
{
	if (by == IO_DONE)
		c->state = STATE_OPEN;
	else if (by != IO_AGAIN)
		conn_fail(c);
	return by == IO_DONE;
}

static void handshake(struct conn *c)
{
	if (is_opened(c, conn_tls_handshake(c)))
		conn_due(c, DUE_SECURED);
}

/* The client speaks first: it shakes at once, the server when the ClientHello comes. */
static void start_handshake(struct conn *c)
{
	c->state = STATE_HANDSHAKING;
	c->ops = &conn_tls;
	c->blocked = false;
	handshake(c);
}

static void adjust_watch(struct conn *c)
{
	unsigned want = c->watch.want & WATCH_READ;

	if (conn_should_read(c))
		want |= WATCH_READ;
	if (c->blocked || c->state == STATE_CONNECTING)
		want |= WATCH_WRITE;
	watch_want(&c->watch, want);
}

/* After every event: nothing is left half done. */
static void settle(struct conn *c)
{
	keep_rest(c);
	conn_flush(c);
	if (c->state == STATE_STARTING_TLS && c->clear_n == 0)
		start_handshake(c);
	if (c->state == STATE_OVER)
		return;
	if (!c->dry && c->state == STATE_OPEN && conn_should_read(c) && c->ops->holds_input(c))
		conn_due(c, DUE_READ);
	adjust_watch(c);
}

static void free_conn(struct conn *c)
{
	mem_free(c->kept);
	conn_drop_output(c);
	mem_free(c);
}

/* False: the owner has closed it, c is gone. */
static bool tell(struct conn *c, enum conn_event event)
{
	c->in_callback = true;
	c->fn(c, event, c->arg);
	c->in_callback = false;
	if (c->released) {
		free_conn(c);
		return false;
	}
	settle(c);
	return true;
}

static bool read_input(struct conn *c)
{
	char *buf = shared_buffer();
	const size_t rest = c->in.n;
	size_t n = 0;

	switch (c->ops->read(c, buf + rest, c->in_max - rest, &n)) {
	case IO_DONE:
		if (rest)
			memcpy(buf, c->in.p, rest);
		c->in = (struct str){ .p = buf, .n = rest + n };
		c->in_shared = true;
		return tell(c, CONN_INPUT);
	case IO_AGAIN:
		c->dry = true;
		break;
	case IO_END:
		end_input(c);
		break;
	case IO_FAILED:
		conn_fail(c);
		break;
	}
	return true;
}

static void on_connected(struct conn *c)
{
	if (is_opened(c, conn_connected(c)))
		tell(c, CONN_OPENED);
}

static void on_flow(struct conn *c, unsigned ready)
{
	if (ready & WATCH_WRITE) {
		if (c->read_blocked)
			ready |= WATCH_READ;
		c->blocked = c->read_blocked = false;
		settle(c);
	}
	if (!(ready & WATCH_READ) || (c->state != STATE_OPEN && c->state != STATE_STARTING_TLS))
		return;
	c->dry = false;
	if (!conn_should_read(c))
		stop_reading(c);
	else if (read_input(c) && c->state != STATE_OVER)
		adjust_watch(c);
}

static void on_shake(struct conn *c, unsigned ready)
{
	if (ready & WATCH_WRITE)
		c->blocked = false;
	if (conn_should_read(c))
		handshake(c);
	else
		stop_reading(c);
	settle(c);
}

static void on_ready(struct watch *w, unsigned ready, void *arg)
{
	struct conn *c = arg;

	(void)w;
	switch (c->state) {
	case STATE_CONNECTING:
		on_connected(c);
		break;
	case STATE_HANDSHAKING:
		on_shake(c, ready);
		break;
	case STATE_OPEN:
	case STATE_STARTING_TLS:
	case STATE_ENDED:
		on_flow(c, ready);
		break;
	case STATE_OVER:
		UNREACHABLE();
	}
}

static void on_wake(struct wake *w, void *arg)
{
	struct conn *c = arg;
	const unsigned due = c->due;

	(void)w;
	c->due = 0;
	if ((due & DUE_SECURED) && !tell(c, CONN_SECURED))
		return;
	if ((due & DUE_READ) && conn_should_read(c) && !read_input(c))
		return;
	if ((due & DUE_DRAINED) && conn_unsent(c) == 0 && c->state == STATE_OPEN) {
		c->tell_drained = false;
		if (!tell(c, CONN_DRAINED))
			return;
	}
	if (due & DUE_CLOSED)
		tell(c, CONN_CLOSED);
	else
		settle(c);
}

struct conn *conn_new(struct loop *loop, int fd, conn_fn *fn, void *arg)
{
	struct conn *c = mem_new(sizeof(*c));
	const int on = 1;

	*c = (struct conn){ .ops = &conn_plain, .fn = fn, .arg = arg, .in_max = CONN_INPUT_MAX };
	watch_init(&c->watch, loop, fd, on_ready, c);
	wake_init(&c->wake, loop, on_wake, c);
	/* Replies and messages are gathered here: nothing is won by Nagle.  A unix socket has no such
	 * option and needs none. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return c;
}

struct conn *conn_accept(struct loop *loop, int fd, conn_fn *fn, void *arg)
{
	struct conn *c = conn_new(loop, fd, fn, arg);

	c->state = STATE_OPEN;
	adjust_watch(c);
	return c;
}

void conn_start_tls(struct conn *c, struct tls *tls, const char *name)
{
	CHECK(c->ssl == NULL && !c->released);
	if (c->state == STATE_ENDED || c->state == STATE_OVER)
		return;
	CHECK(c->state == STATE_OPEN);
	c->ssl = tls_session(tls, c->watch.fd, name);
	c->in.n = 0;
	c->clear_n = conn_unsent(c);
	c->due &= ~(unsigned)DUE_READ;
	c->state = STATE_STARTING_TLS;
	conn_touch(c);
}

bool conn_is_secure(const struct conn *c)
{
	return c->facts != NULL;
}

const struct conn_tls_facts *conn_tls_facts(const struct conn *c)
{
	return c->facts;
}

struct str conn_input(const struct conn *c)
{
	return c->in;
}

void conn_consume(struct conn *c, size_t n)
{
	CHECK(n <= c->in.n);
	c->in = str_from(c->in, n);
	conn_touch(c);
}

void conn_limit_input(struct conn *c, size_t n)
{
	CHECK(n > 0 && n <= CONN_STREAM_MAX);
	c->in_max = n;
	conn_touch(c);
}

enum err conn_error(const struct conn *c)
{
	return c->error;
}

bool conn_is_broken(const struct conn *c)
{
	return c->error != ERR_OK && !c->finished;
}

bool conn_peer_has_closed(const struct conn *c)
{
	struct pollfd p = { .fd = c->watch.fd, .events = POLLRDHUP };

	return c->error != ERR_OK || poll(&p, 1, 0) > 0;
}

enum conn_receipt conn_receipt(const struct conn *c)
{
	struct pollfd p = { .fd = c->watch.fd };
	int unconfirmed;

	if (c->lost)
		return CONN_RECEIPT_NONE;
	if (conn_unsent(c) == 0 && ioctl(c->watch.fd, SIOCOUTQ, &unconfirmed) == 0 &&
	    unconfirmed == 0)
		return CONN_RECEIPT_COMPLETE;
	if (conn_is_broken(c) || (poll(&p, 1, 0) > 0 && (p.revents & POLLERR)))
		return CONN_RECEIPT_NONE;
	return CONN_RECEIPT_AWAITED;
}

void conn_end_output(struct conn *c)
{
	conn_flush(c);
	if (c->state != STATE_OPEN && c->state != STATE_ENDED)
		return;
	c->ops->say_goodbye(c);
	(void)shutdown(c->watch.fd, SHUT_WR);
}

const char *conn_error_text(const struct conn *c)
{
	return c->error_text ? c->error_text : err_text(c->error);
}

/* Closing a socket that holds unread input resets the connection, and a reset can overtake the
 * reply that says why.  MSG_TRUNC: TCP drops the bytes without copying them. */
static void discard_unread(struct conn *c)
{
	const bool reading = (c->watch.want & WATCH_READ) && c->in.n == 0;

	if (c->state == STATE_OPEN && !reading)
		(void)recv(c->watch.fd, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
}

void conn_close(struct conn *c)
{
	CHECK(!c->released);
	c->blocked = false;
	conn_flush(c);
	if (c->state == STATE_OPEN || c->state == STATE_ENDED)
		c->ops->say_goodbye(c);
	discard_unread(c);
	watch_want(&c->watch, 0);
	wake_clear(&c->wake);
	conn_tls_free(c);
	if (c->watch.fd >= 0)
		close(c->watch.fd);
	c->state = STATE_OVER;
	c->released = true;
	if (!c->in_callback)
		free_conn(c);
}
