/* conn.c - io/conn.h in memory.  Whatever happens to a connection makes it look at itself in the loop
 * (turn), which calls the program with one event at most. */
#include "io/conn.h"

#include "base/check.h"
#include "base/mem.h"
#include "fake/net.h"

#include <fcntl.h>
#include <unistd.h>

static struct conn *conn_new(struct loop *loop, struct fake_peer *peer, conn_fn *fn, void *arg)
{
	struct conn *c = mem_new(sizeof(*c));

	CHECK(fn != NULL && peer->conn == NULL);
	*c = (struct conn){
		.loop = loop, .peer = peer, .fn = fn, .arg = arg, .input_max = CONN_INPUT_MAX
	};
	c->next = fake_net_of(loop)->conns;
	fake_net_of(loop)->conns = c;
	peer->conn = c;
	loop->pending.conns++;
	return c;
}

/* ---- bytes out ---- */

static uint64_t hash(struct str s)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	return h;
}

/* The bytes of a file are read when they are lent, and again when they go: they must not change. */
static struct str read_file(const struct conn *c, size_t n)
{
	char *p = mem_new(n);

	CHECK(pread(c->file, p, n, (off_t)c->file_at) == (ssize_t)n);
	return (struct str){ .p = p, .n = n };
}

static void check_file(const struct conn *c)
{
	struct str now;

	if (!c->of_file)
		return;
	now = read_file(c, c->borrowed.n);
	CHECK(str_eq(now, c->borrowed));
	mem_free((void *)(uintptr_t)now.p);
}

static void end_borrowed(struct conn *c)
{
	mem_free(c->of_file);
	c->of_file = NULL;
	c->borrowed = (struct str){ 0 };
}

static void fail(struct conn *c, enum err err)
{
	if (c->error == ERR_OK)
		c->error = err;
	fake_conn_look(c);
}

/* The kernel takes the first bytes after the peer's close; the reset that they cause is seen by the next. */
static bool line_takes(struct conn *c)
{
	struct fake_peer *p = c->peer;

	if (p->broken != ERR_OK || p->reset) {
		fail(c, p->reset ? ERR_CLOSED : p->broken);
		return false;
	}
	p->reset = p->hung_up;
	return true;
}

/* Also to a peer that has closed its sending half only, which CONN_CLOSED told. */
static bool may_send(const struct conn *c)
{
	return c->state == CONN_OPEN || (c->state == CONN_ENDED && c->peer->half_closed);
}

static void flush(struct conn *c)
{
	if (!may_send(c) || conn_unsent(c) == 0)
		return;
	if (c->peer->stalled || conn_unsent(c) >= CONN_DRAIN_MARK)
		c->tell_drained = true;
	if (c->peer->stalled || (c->error != ERR_OK && !c->peer->half_closed) || !line_takes(c))
		return;
	c->lost = c->lost || c->peer->hung_up;
	if (!c->peer->hung_up) {
		const struct str out = fake_bytes_str(&c->output);
		const size_t ahead = c->borrowed.n ? c->ahead : out.n;

		check_file(c);
		fake_bytes_add(&c->peer->received, str_head(out, ahead));
		fake_bytes_add(&c->peer->received, c->borrowed);
		fake_bytes_add(&c->peer->received, str_from(out, ahead));
	}
	CHECK(c->borrowed.n == 0 || hash(c->borrowed) == c->borrowed_hash);
	fake_bytes_drop(&c->output, c->output.n);
	end_borrowed(c);
	fake_peer_tell(c->peer);
	fake_conn_look(c);
}

static void drop_view(struct conn *c)
{
	mem_free(c->view);
	c->view = NULL;
	c->view_n = c->view_used = 0;
}

void fake_net_settle(struct loop *loop)
{
	if (!loop->net)
		return;
	for (struct conn *c = loop->net->conns; c; c = c->next) {
		if (c->state == CONN_DEAD)
			continue;
		drop_view(c);
		flush(c);
	}
}

/* ---- one look ---- */

static void tell(struct conn *c, enum conn_event event)
{
	fake_conn_look(c); /* perhaps there is more */
	if (event == CONN_CLOSED) {
		c->state = CONN_ENDED;
		CHECK(c->error != ERR_OK);
	}
	c->fn(c, event, c->arg);
}

static void look_connecting(struct conn *c)
{
	if (!c->peer->accepted)
		return;
	c->state = CONN_OPEN;
	tell(c, CONN_OPENED);
}

static void look_handshake(struct conn *c)
{
	struct fake_peer *p = c->peer;

	if (p->broken != ERR_OK || p->sent.n || p->tls == FAKE_TLS_FAIL) {
		c->error = p->broken != ERR_OK ? p->broken : ERR_TLS;
		tell(c, CONN_CLOSED);
	} else if (fake_peer_ended(p)) {
		c->error = ERR_CLOSED;
		tell(c, CONN_CLOSED);
	} else if (p->tls == FAKE_TLS_OK) {
		c->state = CONN_OPEN;
		c->secure = true;
		fake_peer_tell(p);
		tell(c, CONN_SECURED);
	}
}

static bool take_in(struct conn *c)
{
	struct fake_bytes *sent = &c->peer->sent;
	const size_t space = c->input.n < c->input_max ? c->input_max - c->input.n : 0;
	const size_t n = sent->n < space ? sent->n : space;

	fake_bytes_add(&c->input, str_head(fake_bytes_str(sent), n));
	fake_bytes_drop(sent, n);
	return n != 0;
}

static void look_open(struct conn *c)
{
	if (c->tell_drained && conn_unsent(c) == 0) {
		c->tell_drained = false;
		tell(c, CONN_DRAINED);
	} else if (take_in(c)) {
		tell(c, CONN_INPUT);
	} else if (c->peer->broken != ERR_OK || (fake_peer_ended(c->peer) && !c->peer->sent.n)) {
		c->error = fake_peer_ended(c->peer) ? ERR_CLOSED : c->peer->broken;
		tell(c, CONN_CLOSED);
	}
}

static void look(void *arg)
{
	struct conn *c = arg;

	c->turn = NULL;
	if (c->error != ERR_OK && c->state < CONN_ENDED)
		tell(c, CONN_CLOSED);
	else if (c->state == CONN_CONNECTING)
		look_connecting(c);
	else if (c->state == CONN_HANDSHAKE)
		look_handshake(c);
	else if (c->state == CONN_OPEN)
		look_open(c);
}

void fake_conn_look(struct conn *c)
{
	if (!c->turn && c->state < CONN_ENDED)
		c->turn = fake_post(c->loop, 0, look, c);
}

/* ---- the contract's functions ---- */

struct conn *conn_accept(struct loop *loop, int fd, conn_fn *fn, void *arg)
{
	struct fake_peer *p = fake_net_of(loop)->peers;
	struct conn *c;

	while (p && (p->fd != fd || p->conn))
		p = p->next;
	CHECK(p != NULL); /* fd is a fake client's, and accepted once */
	c = conn_new(loop, p, fn, arg);
	c->state = CONN_OPEN;
	fake_conn_look(c);
	return c;
}

static void ask_listener(void *arg)
{
	struct conn *c = arg;
	struct fake_net *net = fake_net_of(c->loop);

	c->turn = NULL;
	if (net->on_connect)
		net->on_connect(c->peer, &c->to, net->arg);
	else
		fail(c, ERR_REFUSED);
}

struct conn *conn_connect(struct loop *loop, const struct endpoint *to, const struct ip *source,
			  conn_fn *fn, void *arg)
{
	struct conn *c = conn_new(loop, fake_peer_new(loop), fn, arg);

	if (source)
		c->peer->source = *source;
	c->to = *to;
	c->turn = fake_post(loop, 0, ask_listener, c);
	return c;
}

void conn_start_tls(struct conn *c, struct tls *tls, const char *name)
{
	(void)name;
	CHECK(c->state == CONN_OPEN || c->state == CONN_ENDED);
	CHECK(tls != NULL && !c->secure && c->borrowed.n == 0);
	if (c->state == CONN_ENDED)
		return;
	flush(c);
	c->state = CONN_HANDSHAKE;
	fake_bytes_drop(&c->input, c->input.n);
	c->tell_drained = false;
	fake_conn_look(c);
}

bool conn_is_secure(const struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	return c->secure;
}

const struct conn_tls_facts *conn_tls_facts(const struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	return c->secure ? &c->peer->facts : NULL;
}

/* A copy of its own size, so that a read past it or after the callback is seen by the sanitizers. */
struct str conn_input(const struct conn *c)
{
	struct conn *mine = c->peer->conn;

	CHECK(c->state != CONN_DEAD && c->state != CONN_CONNECTING);
	if (!mine->view && c->input.n) {
		mine->view = mem_new(c->input.n);
		mine->view_n = c->input.n;
		memcpy(mine->view, c->input.p, c->input.n);
	}
	if (!mine->view)
		return STR("");
	return (struct str){ .p = c->view + c->view_used, .n = c->view_n - c->view_used };
}

void conn_consume(struct conn *c, size_t n)
{
	CHECK(c->state != CONN_DEAD && n <= c->input.n);
	fake_bytes_drop(&c->input, n);
	if (c->view)
		c->view_used += n;
	fake_conn_look(c);
}

void conn_limit_input(struct conn *c, size_t n)
{
	CHECK(c->state != CONN_DEAD && n > 0 && n <= CONN_STREAM_MAX);
	c->input_max = n;
	fake_conn_look(c);
}

void conn_write(struct conn *c, struct str bytes)
{
	CHECK(c->state != CONN_DEAD);
	if (c->state != CONN_ENDED || c->peer->half_closed)
		fake_bytes_add(&c->output, bytes);
	else
		c->lost = true;
}

void conn_write_borrowed(struct conn *c, struct str bytes)
{
	CHECK(c->state != CONN_DEAD && c->borrowed.n == 0);
	if (c->state == CONN_ENDED && !c->peer->half_closed)
		return;
	c->tell_drained = true;
	fake_conn_look(c);
	c->borrowed = bytes;
	c->ahead = c->output.n;
	c->borrowed_hash = hash(bytes);
}

void conn_write_file(struct conn *c, int fd, uint64_t at, size_t n)
{
	CHECK(!c->secure && n > 0 && c->borrowed.n == 0);
	if (c->state == CONN_ENDED && !c->peer->half_closed)
		return;
	c->file = fd;
	c->file_at = at;
	conn_write_borrowed(c, read_file(c, n));
	c->of_file = (char *)(uintptr_t)c->borrowed.p;
}

size_t conn_unsent(const struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	return c->output.n + c->borrowed.n;
}

enum err conn_error(const struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	return c->error;
}

bool conn_is_broken(const struct conn *c)
{
	return c->error != ERR_OK && !fake_peer_ended(c->peer);
}

bool conn_peer_has_closed(const struct conn *c)
{
	return c->error != ERR_OK || fake_peer_ended(c->peer);
}

/* Who reads confirms at once. */
enum conn_receipt conn_receipt(const struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	if (!c->lost && conn_unsent(c) == 0)
		return CONN_RECEIPT_COMPLETE;
	return c->lost || c->peer->broken != ERR_OK ? CONN_RECEIPT_NONE : CONN_RECEIPT_AWAITED;
}

void conn_end_output(struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	flush(c);
}

const char *conn_error_text(const struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	return err_text(c->error);
}

void conn_close(struct conn *c)
{
	CHECK(c->state != CONN_DEAD);
	flush(c);
	if (c->turn)
		fake_unpost(c->loop, c->turn);
	c->turn = NULL;
	c->state = CONN_DEAD;
	if (c->peer->fd >= 0)
		close(c->peer->fd);
	c->loop->pending.conns--;
	fake_peer_tell(c->peer);
}

void conn_buffers_free(void)
{
}
