/* peer.c - the far ends: clients and servers as a test plays them. */
#include "base/check.h"
#include "base/mem.h"
#include "fake/net.h"

#include <fcntl.h>
#include <unistd.h>

void fake_bytes_add(struct fake_bytes *b, struct str s)
{
	if (s.n > b->cap - b->n) {
		b->cap = (b->n + s.n) * 2;
		b->p = mem_resize(b->p, b->cap);
	}
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void fake_bytes_drop(struct fake_bytes *b, size_t n)
{
	CHECK(n <= b->n);
	if (n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void fake_bytes_free(struct fake_bytes *b)
{
	mem_free(b->p);
	*b = (struct fake_bytes){ 0 };
}

struct fake_net *fake_net_of(struct loop *loop)
{
	if (!loop->net)
		loop->net = mem_new(sizeof(*loop->net));
	return loop->net;
}

struct fake_peer *fake_peer_new(struct loop *loop)
{
	struct fake_peer *p = mem_new(sizeof(*p));

	*p = (struct fake_peer){ .loop = loop,
				 .fd = -1,
				 .facts = { .version = "TLSv1.3",
					    .cipher = "TLS_AES_256_GCM_SHA384",
					    .suite = "TLS_AES_256_GCM_SHA384" } };
	p->next = fake_net_of(loop)->peers;
	fake_net_of(loop)->peers = p;
	return p;
}

static void free_conn(struct conn *c)
{
	fake_bytes_free(&c->input);
	fake_bytes_free(&c->output);
	mem_free(c->view);
	mem_free(c->of_file);
	mem_free(c);
}

static void free_peer(struct fake_peer *p)
{
	if (p->fd >= 0 && !p->conn && fcntl(p->fd, F_GETFD) >= 0)
		close(p->fd); /* a client nobody accepted */
	fake_bytes_free(&p->sent);
	fake_bytes_free(&p->received);
	mem_free(p);
}

void fake_net_free(struct loop *loop)
{
	struct fake_net *net = loop->net;

	if (!net)
		return;
	while (net->conns) {
		struct conn *c = net->conns;

		net->conns = c->next;
		free_conn(c);
	}
	while (net->peers) {
		struct fake_peer *p = net->peers;

		net->peers = p->next;
		free_peer(p);
	}
	mem_free(net);
	loop->net = NULL;
}

/* ---- news for the peer ---- */

static void call_peer(void *arg)
{
	struct fake_peer *p = arg;

	p->call = NULL;
	p->fn(p, p->arg);
}

void fake_peer_tell(struct fake_peer *p)
{
	if (p->fn && !p->call)
		p->call = fake_post(p->loop, 0, call_peer, p);
}

void fake_peer_watch(struct fake_peer *p, fake_peer_fn *fn, void *arg)
{
	p->fn = fn;
	p->arg = arg;
	if (!fn && p->call) {
		fake_unpost(p->loop, p->call);
		p->call = NULL;
	}
}

/* ---- what a test does ---- */

static void look(struct fake_peer *p)
{
	if (p->conn)
		fake_conn_look(p->conn);
}

struct fake_peer *fake_client(struct loop *loop)
{
	struct fake_peer *p = fake_peer_new(loop);

	p->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	p->accepted = true;
	CHECK(p->fd >= 0);
	return p;
}

int fake_client_fd(const struct fake_peer *p)
{
	return p->fd;
}

void fake_on_connect(struct loop *loop, fake_connect_fn *fn, void *arg)
{
	fake_net_of(loop)->on_connect = fn;
	fake_net_of(loop)->arg = arg;
}

struct ip fake_source(const struct fake_peer *p)
{
	return p->source;
}

void fake_accept(struct fake_peer *p)
{
	p->accepted = true;
	look(p);
}

void fake_refuse(struct fake_peer *p, enum err err)
{
	CHECK(!p->accepted);
	p->conn->error = err;
	look(p);
}

void fake_send(struct fake_peer *p, struct str bytes)
{
	CHECK(!fake_peer_ended(p));
	fake_bytes_add(&p->sent, bytes);
	look(p);
}

struct str fake_received(const struct fake_peer *p)
{
	return str_from(fake_bytes_str(&p->received), p->taken);
}

void fake_take(struct fake_peer *p, size_t n)
{
	CHECK(n <= p->received.n - p->taken);
	p->taken += n;
	if (p->taken < p->received.n / 2)
		return; /* moved together now and then, not for every line */
	fake_bytes_drop(&p->received, p->taken);
	p->taken = 0;
}

void fake_hang_up(struct fake_peer *p)
{
	p->hung_up = true;
	look(p);
}

void fake_half_close(struct fake_peer *p)
{
	p->half_closed = true;
	look(p);
}

void fake_break(struct fake_peer *p, enum err e)
{
	CHECK(e != ERR_OK);
	p->broken = e;
	look(p);
}

void fake_stall(struct fake_peer *p, bool stall)
{
	p->stalled = stall;
	look(p);
}

bool fake_is_closed(const struct fake_peer *p)
{
	if (p->conn)
		return p->conn->state == CONN_DEAD;
	return p->fd >= 0 && fcntl(p->fd, F_GETFD) < 0;
}

bool fake_is_secure(const struct fake_peer *p)
{
	return p->conn && p->conn->secure;
}

void fake_set_certificate(struct fake_peer *p, struct str fingerprint, bool vouched)
{
	p->facts.fingerprint = fingerprint;
	p->facts.vouched = vouched;
}

void fake_set_tls(struct fake_peer *p, enum fake_tls how)
{
	p->tls = how;
	look(p);
}
