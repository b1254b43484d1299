/* log.h - one line per event: the event's word, then key=value, always with id=.
 *
 *	verdict id=5K2M9QX0-1 action=reject score=7.5 symbols="DNSBL_ZEN,HELO_BARE_IP" ms=212
 *
 * A value with anything but plain printable ASCII, or with a space, a quote or '=', is quoted
 * and escaped (\" \\ \xNN), so that nothing a stranger sends can begin a line or a key.  A key that
 * does not fit is left out, and `cut=yes` ends the line.  Lines are gathered; the loop writes them
 * when there are many, or LOG_DELAY_MS later (io/loop.h). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/attr.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/out.h"
#include "base/str.h"

#include <stdatomic.h>

enum {
	LOG_LINE_MAX = 4096,
	LOG_DELAY_MS = 50,
	LOG_MANY = 16384, /* bytes */
	LOG_ROOM = 65536, /* bytes: the most that waits */
};
enum { LOG_SAID_MAX = 280 }; /* an address or a host name, and not four times that in escapes */

struct log_line {
	struct out out;
	bool cut; /* a key was left out: it did not fit */
	char bytes[LOG_LINE_MAX];
};

/* Where finished lines go.  NULL: standard error.  Tests catch them here. */
typedef void log_sink_fn(struct str lines, void *arg);
void log_to(log_sink_fn *sink, void *arg);

/* id "-": the process itself (start, reload, a list switched off). */
void log_begin(struct log_line *l, const char *event, struct str id);
void log_str(struct log_line *l, const char *key, struct str value);
/* Of what a stranger says no more than LOG_SAID_MAX bytes: the line has room for the rest. */
void log_said(struct log_line *l, const char *key, struct str value);
void log_z(struct log_line *l, const char *key, const char *value);
void log_u64(struct log_line *l, const char *key, uint64_t value);
void log_tenths(struct log_line *l, const char *key, double value);
void log_ip(struct log_line *l, const char *key, const struct ip *ip);
void log_fmt(struct log_line *l, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);
void log_end(struct log_line *l);

void log_flush(void);
size_t log_waiting(void); /* bytes not yet written */

/* Where lines are gathered.  In memory that is shared with another process they outlive this one. */
struct log_room {
	atomic_size_t written,
		n; /* of bytes: what is out, what there is; whole lines at any moment */
	char bytes[LOG_ROOM];
};
/* Empty and of this process alone, from now on. */
void log_gather_in(struct log_room *room);
/* The process it was of is dead: what is left there is written, behind our own lines. */
void log_inherit(struct log_room *room);

/* For the common short event of the process itself: log_note("degraded", "dns", "all servers dead").  A worker
 * adds `worker=` and its index: the others may say the same of themselves. */
void log_note(const char *event, const char *what, const char *format, ...) PRINTF_LIKE(3, 4);
void log_worker(unsigned index); /* this process is one, from now on */

#endif
