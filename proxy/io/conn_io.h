/* conn_io.h - the inside of a connection, shared by conn*.c and tls.c only.
 *
 * conn.c holds the buffers and says when to read and write; how bytes pass the socket is one
 * of two ops tables, conn_plain and conn_tls. */
#ifndef IO_CONN_IO_H
#define IO_CONN_IO_H

#include "io/conn.h"

#include <openssl/types.h>

enum conn_state {
	STATE_CONNECTING,   /* connect() is under way */
	STATE_OPEN,         /* bytes flow */
	STATE_STARTING_TLS, /* what was written before still goes out in the clear */
	STATE_HANDSHAKING,
	STATE_ENDED, /* the peer sends no more, CONN_CLOSED is told or due; it may still listen */
	STATE_OVER,  /* nothing passes any more, CONN_CLOSED is told or due */
};

/* Events to be told by the wake. */
enum {
	DUE_SECURED = 1,
	DUE_READ = 2, /* TLS holds bytes that no readiness announces */
	DUE_DRAINED = 4,
	DUE_CLOSED = 8
};

enum io_step {
	IO_DONE,   /* read: bytes came; write: all is with the kernel; handshake: complete */
	IO_AGAIN,  /* the socket takes or gives no more now */
	IO_END,    /* the peer has ended its half in good order */
	IO_FAILED, /* see conn->error */
};

struct conn_ops {
	enum io_step (*read)(struct conn *c, char *to, size_t room, size_t *n);
	/* *sent is set in every case. */
	enum io_step (*write)(struct conn *c, const struct str *runs, unsigned count, size_t *sent);
	/* NULL: it cannot. */
	enum io_step (*write_file)(struct conn *c, int fd, uint64_t at, size_t n, size_t *sent);
	bool (*holds_input)(const struct conn *c); /* bytes already taken from the socket */
	void (*say_goodbye)(struct conn *c);       /* before the socket is closed */
};

extern const struct conn_ops conn_plain, conn_tls;

struct conn {
	struct watch watch;
	struct wake wake;
	const struct conn_ops *ops;
	conn_fn *fn;
	void *arg;
	SSL *ssl;
	struct conn_tls_facts *facts; /* not NULL: the handshake is done */
	struct str in; /* not consumed: in the shared buffer during CONN_INPUT, else in kept */
	char *kept;
	size_t kept_cap;
	char *out; /* gathered: out_n bytes from out_at; no buffer when empty */
	size_t out_at, out_n, out_cap;
	size_t in_max; /* conn_limit_input() */
	struct str
		borrowed; /* goes out after the first `ahead` bytes of `out`; p == NULL: from the file */
	int file;
	uint64_t file_at;
	size_t ahead;   /* while something is borrowed */
	size_t clear_n; /* STATE_STARTING_TLS: so much goes out before the handshake */
	const char *error_text;
	bool finished; /* the peer has closed in order, and nothing has failed since */
	enum err error;
	enum conn_state state;
	unsigned due;
	bool in_callback;
	bool in_shared; /* `in` lies in the shared buffer: set by a read, cleared by keep_rest() */
	bool released;  /* conn_close() was called inside the callback */
	bool lost;      /* what was written was dropped */
	bool broken;  /* a write failed: what is written is dropped, the read side tells the end */
	bool blocked; /* the socket was full: nothing is tried before it is writable */
	bool read_blocked; /* the same for reads: TLS must write first */
	bool dry;          /* what TLS holds is no whole record: wait for readiness */
	bool tell_drained; /* somebody waits for CONN_DRAINED */
};

/* For the ops, each returns its step.  The text is static. */
enum io_step conn_ended(struct conn *c);
enum io_step conn_failed(struct conn *c, enum err err, const char *text);
enum io_step conn_failed_errno(struct conn *c, int error);

struct conn *conn_new(struct loop *loop, int fd, conn_fn *fn, void *arg);
void conn_fail(struct conn *c);               /* CONN_CLOSED follows */
void conn_due(struct conn *c, unsigned what); /* DUE_..., told by the wake */
void conn_touch(struct conn *c);              /* something changed: settle before the loop sleeps */
bool conn_should_read(const struct conn *c);

void conn_flush(struct conn *c);
void conn_drop_output(struct conn *c);

/* The result of connect(), once the socket is writable. */
enum io_step conn_connected(struct conn *c);

enum io_step conn_tls_handshake(struct conn *c);
void conn_tls_free(struct conn *c);
/* A new session of tls.c's configuration on the socket. */
SSL *tls_session(struct tls *tls, int fd, const char *name);

#endif
