/* server.h - a real redis-server (or Sentinel) of the test's own, in a folder of its own, ended by its pid. */
#ifndef UNIT_REDIS_SERVER_H
#define UNIT_REDIS_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SERVER_WORDS = 24 };

struct server {
	char folder[32];
	char socket[64]; /* with `port` 0 */
	uint16_t port;
	pid_t pid; /* 0: it does not run */
	int log;   /* what it prints */
	const char *const *words;
};

/* Whether redis-server is installed. */
bool server_is_there(void);

/* A port of the loopback that nobody has now. */
uint16_t server_free_port(void);

/* Starts it: on 127.0.0.1, or, with port 0, on a socket in its folder; and returns when it takes connections.  `words`:
 * further arguments, NULL-terminated, which stay; the first may be a file, a Sentinel's. */
void server_start(struct server *s, uint16_t port, const char *const *words);
/* Reads what it prints until that is seen in a line. */
void server_wait_line(struct server *s, const char *text);
void server_kill(struct server *s);  /* at once, stopped or not */
void server_again(struct server *s); /* the same, as it was started */
void server_end(struct server *s);   /* kills it, if it lives; its folder goes too */

#endif
