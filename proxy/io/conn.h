/* conn.h - a buffered stream connection, plain or TLS, accepted or connecting.
 *
 *   - The callback is called from the loop only, never from inside a conn_* call.
 *   - conn_input() shows what arrived and was not consumed; the bytes stay until
 *     conn_consume() and the view is valid until the callback returns.
 *   - conn_write() only gathers; the bytes go out when the callback returns (or at the end
 *     of the loop's turn), so replies to a pipelined group leave in one segment.
 *   - While conn_input() is full nothing is read: back-pressure instead of buffers.
 *   - conn_close() may be called at any time, also from the callback; after it the
 *     callback is never called again and the pointer is dead.  What was written goes out
 *     first if the socket takes it at once. */
#ifndef IO_CONN_H
#define IO_CONN_H

#include "base/attr.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "io/loop.h"

#include <stdbool.h>
#include <stddef.h>

struct conn;
struct tls; /* io/tls.h: a TLS configuration */

enum conn_event {
	CONN_OPENED,  /* an outgoing connection stands */
	CONN_SECURED, /* the TLS handshake is complete */
	CONN_INPUT,   /* conn_input() has grown */
	CONN_DRAINED, /* all that was written is with the kernel: told after a borrowed write, a write
			 that the socket did not take at once, or CONN_DRAIN_MARK bytes; never
			 after a small reply that just went out */
	/* The last event: the peer has gone or an error came; see conn_error().  Input that was not
	 * consumed stays; where the peer has only closed its sending half, what is written still
	 * goes out (no CONN_DRAINED tells so). */
	CONN_CLOSED,
};

typedef void conn_fn(struct conn *c, enum conn_event event, void *arg);

/* Where to connect: an address and port, or a unix socket's path. */
struct endpoint {
	struct ip ip;
	uint16_t port;
	const char *unix_path; /* not NULL: a unix socket */
	const char *host;      /* as configured: TLS name, log */
};

enum {
	/* Unconsumed input never exceeds this, or what conn_limit_input() says; at the limit nothing is
	 * read. */
	CONN_INPUT_MAX = 65536,
	/* The highest limit, for a stream that is consumed as it comes: a large read costs less than
	 * several. */
	CONN_STREAM_MAX = 262144,
	/* Who gathers much with conn_write() stops when conn_unsent() reaches this, and goes on at
	 * CONN_DRAINED. */
	CONN_DRAIN_MARK = 16384
};

/* Takes over fd (non-blocking).  The callback comes with CONN_INPUT, CONN_CLOSED ... */
struct conn *conn_accept(struct loop *loop, int fd, conn_fn *fn, void *arg);

/* CONN_OPENED or CONN_CLOSED follows; what is written before goes out first.  `source` may be NULL; it is ours, or a
 * stranger's when we have CAP_NET_RAW and the answers are routed to us (ip(7), IP_TRANSPARENT). */
struct conn *conn_connect(struct loop *loop, const struct endpoint *to, const struct ip *source,
			  conn_fn *fn, void *arg);

/* Drops unread plain input (nothing is consumed of it after this), then handshakes; CONN_SECURED or CONN_CLOSED
 * follows.  What was written before goes out in the clear first (the 220 to STARTTLS, a PROXY header).  `name`
 * (client side) is sent as SNI and verified when `tls` verifies; NULL for the server side. */
void conn_start_tls(struct conn *c, struct tls *tls, const char *name);
bool conn_is_secure(const struct conn *c);

/* What the handshake has settled. */
struct conn_tls_facts {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* OpenSSL's name of it: "ECDHE-RSA-AES128-GCM-SHA256" */
	const char *suite;   /* IANA's: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" */
	/* Of an accepted connection alone: */
	struct str server_name; /* that the client asked for (SNI), its own words; empty: none */
	struct str
		fingerprint; /* of the client's certificate: SHA-256 in lower-case hex; empty: none shown */
	bool vouched; /* its chain ends in one of tls_server_options.client_ca */
	bool resumed;
};
/* NULL when plain. */
const struct conn_tls_facts *conn_tls_facts(const struct conn *c);

struct str conn_input(const struct conn *c);
void conn_consume(struct conn *c, size_t n);
/* From now on nothing is read while n bytes or more wait to be consumed (CONN_INPUT_MAX at first): what is
 * behind them stays with the kernel, where conn_start_tls() finds it. */
void conn_limit_input(struct conn *c, size_t n);

void conn_write(struct conn *c, struct str bytes);
/* As conn_write(), without copying: the bytes must stay until CONN_DRAINED or conn_close().
 * One at a time until CONN_DRAINED; what conn_write() adds meanwhile goes out behind them, in the same system
 * call where nothing hinders. */
void conn_write_borrowed(struct conn *c, struct str bytes);
/* As conn_write_borrowed(), n > 0 bytes of a file: the kernel sends them without a copy, so they may be
 * neither written over nor cut off from now on, not even after CONN_DRAINED.  Not over TLS. */
void conn_write_file(struct conn *c, int fd, uint64_t at, size_t n);
size_t conn_unsent(const struct conn *c);

/* Why CONN_CLOSED: ERR_CLOSED is the peer's own end, ERR_FILE has nothing to do with it: see conn_write_file(). */
enum err conn_error(const struct conn *c);
/* Not by the peer's own end in order (FIN): what was written last may never have been read.  Who closes a socket
 * without having read all resets the connection (RFC 2525 2.17), which is not in order. */
bool conn_is_broken(const struct conn *c);
/* The peer's own end is here, also where it is not read yet (the input is full): a system call. */
bool conn_peer_has_closed(const struct conn *c);

/* Whether the peer's machine has confirmed all that was written (SIOCOUTQ): a system call or two. */
enum conn_receipt {
	CONN_RECEIPT_COMPLETE,
	CONN_RECEIPT_AWAITED,
	CONN_RECEIPT_NONE, /* it never will: the connection is dead, or what was written could not be sent */
};
enum conn_receipt conn_receipt(const struct conn *c);
/* No more will be written: what was goes out if the socket takes it at once, and our end (FIN) behind it. */
void conn_end_output(struct conn *c);
const char *conn_error_text(const struct conn *c); /* detail for the log: "Connection refused" */
void conn_close(struct conn *c);

/* The worker's own buffers (one per loop), given back at the end. */
void conn_buffers_free(void);

#endif
