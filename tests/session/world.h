/* world.h - a whole gate in virtual time: the server under test on the fakes, a fake mail server behind it. */
#ifndef SESSION_WORLD_H
#define SESSION_WORLD_H

#include "daemon/watches.h"
#include "fake/inside.h"
#include "fake/mta.h"
#include "fake/store.h"
#include "setup/setup.h"
#include "smtp/server.h"

enum { WORLD_BACKENDS_MAX = 8 };

struct world {
	const struct setup *setup;
	struct loop *loop;
	struct dns *dns;
	enum fake_store_state store_state;
	struct store *store;
	struct watches *watches; /* NULL: not started */
	struct jobs *jobs;
	struct backend *backends[WORLD_BACKENDS_MAX];
	size_t backend_count;
	struct tally *tally;
	struct smtp_server *server; /* of the first listener */
	struct smtp_counters counters;
	uint64_t *hits; /* of verdicts and symbols */
	struct mta *mta;
	struct fake_bytes log;
	struct journal *journal;
	struct fake_bytes records; /* of the journal */
};

/* The config as `run` would take it.  False: `why` says what it lacks. */
bool world_setup(struct setup *s, const char *conf_path, struct out *why) NODISCARD;
/* False: `why` says what is wrong; world_close() is due all the same.  setup outlives it. */
bool world_open(struct world *w, const struct setup *setup, struct out *why) NODISCARD;
/* The filters' own work begins: block lists are probed. */
void world_watch(struct world *w);
void world_connect(struct world *w, struct fake_peer *client, const struct ip *ip);
/* Sessions are open, or something is still to be told to the store. */
bool world_is_busy(const struct world *w);
/* Ends the server.  False: something was left behind, or the journal has not a record of each transaction, told in `why`; the world is then not freed. */
bool world_close(struct world *w, struct out *why) NODISCARD;

#endif
