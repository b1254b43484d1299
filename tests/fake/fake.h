/* fake.h - a world in virtual time behind io/loop.h, io/conn.h, io/tls.h, io/job.h and net/dns.h;
 * base/mem.h is counted.
 *
 * A test that includes this header is linked with the fakes instead of the real ones.  Everything
 * belongs to a loop: loop_new() makes an empty world at time 0, loop_free() takes it down and CHECKs
 * that the program left no timer, wake, watch, connection, question or job in it.
 *
 * Nothing happens by itself: the test sends bytes, sets answers, and lets time pass.  The fakes check the
 * contracts of the headers: a call on a closed connection, a second borrowed write, borrowed bytes that
 * change, a view of input that is kept (its memory is gone when the callback returns), an op started twice. */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include "io/conn.h"
#include "io/job.h"
#include "io/loop.h"
#include "io/tls.h"
#include "net/dns.h"

#include <stdio.h>

/* ---- time ---- */

enum { FAKE_EPOCH_S = 1795334400 }; /* loop_unix_ms() at time 0: 22 November 2026, 08:00 UTC */

void fake_turn(struct loop *loop);                /* all that is due now, until nothing is */
void fake_advance(struct loop *loop, int64_t ms); /* lets so much time pass, event by event */
/* What is due now; or else the next thing to come, however late, but not after `until`. */
bool fake_step(struct loop *loop, int64_t until);

/* For fakes of other things: fn runs from the loop.  A post that has run is gone. */
typedef void fake_fn(void *arg);
struct fake_post;
struct fake_post *fake_post(struct loop *loop, int64_t after_ms, fake_fn *fn, void *arg);
void fake_unpost(struct loop *loop, struct fake_post *post);

/* ---- what the program has open ---- */

struct fake_pending {
	unsigned timers, wakes, watches, conns, questions, jobs;
};

struct fake_pending fake_pending(const struct loop *loop);
bool fake_is_idle(const struct loop *loop);
/* "timers=0 wakes=0 ..." */
void fake_print_pending(FILE *to, const struct loop *loop);
/* Blocks of memory (base/mem.h) that were not freed: of the program and the fakes. */
size_t fake_live_blocks(void);
/* What mem_is_scarce() says from now on. */
void fake_memory(bool scarce);

/* ---- the far ends of connections; they live as long as the loop ---- */

struct fake_peer;

/* A client.  Its descriptor is a real one (of /dev/null) for conn_accept(). */
struct fake_peer *fake_client(struct loop *loop);
int fake_client_fd(const struct fake_peer *p);

/* Called from the loop for every conn_connect(): answers with fake_accept(), fake_refuse(), later or
 * never.  Without one everything is refused. */
typedef void fake_connect_fn(struct fake_peer *p, const struct endpoint *to, void *arg);
void fake_on_connect(struct loop *loop, fake_connect_fn *fn, void *arg);
struct ip fake_source(const struct fake_peer *p); /* IP_NONE: the program's own address */
void fake_accept(struct fake_peer *p);
void fake_refuse(struct fake_peer *p, enum err err);

/* Called from the loop when the peer got bytes, became secure, or was closed. */
typedef void fake_peer_fn(struct fake_peer *p, void *arg);
void fake_peer_watch(struct fake_peer *p, fake_peer_fn *fn, void *arg);

void fake_send(struct fake_peer *p, struct str bytes); /* arrives in the next turn */
struct str fake_received(const struct fake_peer *p);   /* what arrived there and was not taken */
void fake_take(struct fake_peer *p, size_t n);
void fake_hang_up(struct fake_peer *p);           /* closes, after what was sent */
void fake_half_close(struct fake_peer *p);        /* sends no more, and still listens */
void fake_break(struct fake_peer *p, enum err e); /* the line is dead, in both directions */
void fake_stall(struct fake_peer *p, bool stall); /* takes no more bytes, or takes them again */
bool fake_is_closed(const struct fake_peer *p);   /* the program has closed it */
bool fake_is_secure(const struct fake_peer *p);

/* How the peer answers a TLS handshake.  Plain bytes during one always make it fail. */
enum fake_tls { FAKE_TLS_OK, FAKE_TLS_FAIL, FAKE_TLS_SILENT };
void fake_set_tls(struct fake_peer *p, enum fake_tls how);
/* What it shows in its handshakes; the text must stay. */
void fake_set_certificate(struct fake_peer *p, struct str fingerprint, bool vouched);

/* ---- DNS: a name that is not set does not exist ---- */

/* One more record: "192.0.2.1", "2001:db8::1", "name" (PTR), "10 name" (MX), text (TXT). */
void fake_dns_record(struct loop *loop, const char *name, enum rr_type type, const char *value);
void fake_dns_status(struct loop *loop, const char *name, enum rr_type type,
		     enum dns_status status);
/* How long this answer takes; -1: it never comes. */
void fake_dns_delay(struct loop *loop, const char *name, enum rr_type type, int64_t ms);

/* Questions are counted from 0; that one fails at once, or is never answered. */
enum fake_dns_fault { FAKE_DNS_FAILS, FAKE_DNS_SILENT };
void fake_dns_fault(struct loop *loop, unsigned nth, enum fake_dns_fault fault);
unsigned fake_dns_asked(const struct loop *loop);

/* ---- jobs run in the next turn, or so much later ---- */

void fake_job_delay(struct loop *loop, int64_t ms);

#endif
