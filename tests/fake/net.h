/* net.h - a connection and its far end, as conn.c and peer.c share them. */
#ifndef FAKE_NET_H
#define FAKE_NET_H

#include "fake/inside.h"

enum conn_state {
	CONN_CONNECTING,
	CONN_OPEN,
	CONN_HANDSHAKE,
	CONN_ENDED, /* CONN_CLOSED was told; conn_close() must come */
	CONN_DEAD,  /* conn_close() was called: any further call is a bug */
};

struct conn {
	struct conn *next;
	struct loop *loop;
	struct fake_peer *peer;
	conn_fn *fn;
	void *arg;
	enum conn_state state;
	struct endpoint to; /* of an outgoing one; its texts only until the listener was asked */
	struct fake_post *turn; /* not NULL: fake_conn_turn is posted */
	bool secure;
	bool lost;         /* what was written reached nobody */
	bool tell_drained; /* CONN_DRAINED is due once all is out */
	enum err error;    /* ERR_OK: none yet */
	struct fake_bytes input, output;
	size_t input_max;
	struct str borrowed;
	char *of_file; /* the borrowed bytes, when they are conn_write_file()'s */
	int file;
	uint64_t file_at;
	uint64_t borrowed_hash;
	size_t ahead; /* bytes of output in front of the borrowed ones */
	char *view;   /* what conn_input() gave out in this callback */
	size_t view_n, view_used;
};

struct fake_peer {
	struct fake_peer *next;
	struct loop *loop;
	struct conn *conn; /* NULL: a client that was not accepted yet */
	int fd;            /* a client's */
	struct ip source;  /* a server's: where the connection comes from */
	fake_peer_fn *fn;
	void *arg;
	struct fake_post *call;
	struct fake_bytes sent, received;
	size_t taken; /* of received */
	bool accepted, hung_up, half_closed, reset, stalled;
	enum err broken; /* ERR_OK: not */
	enum fake_tls tls;
	struct conn_tls_facts facts; /* of its handshakes */
};

struct fake_net {
	struct conn *conns;
	struct fake_peer *peers;
	fake_connect_fn *on_connect;
	void *arg;
};

struct fake_net *fake_net_of(struct loop *loop);
struct fake_peer *fake_peer_new(struct loop *loop);
void fake_peer_tell(struct fake_peer *p);

static inline bool fake_peer_ended(const struct fake_peer *p)
{
	return p->hung_up || p->half_closed;
}

/* Something changed: the connection looks at it in the loop. */
void fake_conn_look(struct conn *c);

#endif
