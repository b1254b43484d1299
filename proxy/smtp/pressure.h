/* pressure.h - a worker near its limits.
 *
 * Stress: a listener has nearly as many sessions as it may.  Clients then have to be quick, those that have said nothing
 * yet most of all, nobody is kept in the tarpit, and who talks stays served.  Scarce: the worker's memory is over its
 * ceiling (memory_max); new connections and mails are turned away until some has been given back.  Both last until
 * there is ample room again, and both are said in the log as they come and go.
 *
 * Spool files have all the room they may (spool_max, spool_min_free): what does not fit into memory is turned away, which
 * is said in the log. */
#ifndef SMTP_PRESSURE_H
#define SMTP_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

struct smtp_server;
struct smtp_session;

void pressure_open(struct smtp_server *s);
void pressure_close(struct smtp_server *s);

/* The number of sessions has changed. */
void pressure_count(struct smtp_server *s);
bool pressure_is_on(const struct smtp_server *s); /* stress */
/* How long this client may be silent now. */
int64_t pressure_idle_ms(const struct smtp_session *s);

bool pressure_on_memory(struct smtp_server *s); /* scarce */

/* Whether a message of this size would find no room in a spool file now. */
bool pressure_on_spool(struct smtp_server *s, uint64_t size);
/* One has found none. */
void pressure_say_spool(struct smtp_server *s, const char *why);

#endif
