/* world.h - what filters see of the proxy, in virtual time: a table of DNS answers, the symbols by
 * name, a store, the findings, and the sources that finished.  Nothing happens inside the call that asked. */
#ifndef UNIT_FILTERS_WORLD_H
#define UNIT_FILTERS_WORLD_H

#include "filters/run.h"
#include "filters/set.h"
#include "store/record.h"

enum {
	WORLD_ROWS = 64,
	WORLD_SYMBOLS = 512,
	WORLD_FINDINGS = 512,
	WORLD_RECORDS = 64,
	WORLD_ARENA = LIMIT_SESSION_ARENA
};

struct world_row {
	const char *name;
	enum rr_type type;
	enum dns_status status;
	struct rr records[64];
	unsigned count;
	int64_t delay_ms;
};

struct world_question;

/* What the store keeps. */
struct world_record {
	enum store_procedure procedure;
	char key[LIMIT_STORE_KEY + 1], label[LIMIT_STORE_LABEL + 1];
	struct store_record record; /* its label is the one above */
};

struct world {
	int64_t now_ms;
	struct arena arena; /* of the scope */
	size_t taken;       /* of it, before the runner */
	struct filter_facts facts;
	struct filter_services services;
	struct filter_worker_services worker_services;
	struct filter_registry registry;
	struct filter_runner *runner;

	struct world_row rows[WORLD_ROWS];
	unsigned row_count, asked, open;
	struct world_question *questions;
	int fail_nth; /* this question is answered with a failure; -1: none */
	bool fail_all;

	struct world_record records[WORLD_RECORDS];
	unsigned record_count;
	int64_t store_delay_ms;
	enum store_status
		store_status; /* of the answers to come; STORE_FAILED: notes are lost too */

	char symbols[WORLD_SYMBOLS][80];
	unsigned symbol_count, defer_on_count;
	filter_symbol defer_on[8];

	struct {
		filter_symbol symbol;
		char detail[LIMIT_FINDING_DETAIL + 1];
	} findings[WORLD_FINDINGS];
	unsigned finding_count;
	unsigned finished[FILTER_SOURCES_MAX];
	bool progress, cancel_on_report, cancel_on_finish;
	int64_t tick_at_ms; /* -1: no timer */

	char config[16384];
	struct conf *conf;
	struct filter_set *set;
	char complaints[4096];
	struct out said;
};

/* The text of each complaint as a line, without its place. */
struct conf_report world_report(struct out *said);

/* The set of a config; w->set is NULL when it was refused (w->said has the complaints). */
struct world *world_new(const char *conf);
void world_free(struct world *w); /* everything open must be over */

void world_dns(struct world *w, const char *name, enum rr_type type, const char *value);
void world_dns_status(struct world *w, const char *name, enum rr_type type, enum dns_status status);
void world_dns_delay(struct world *w, const char *name, enum rr_type type, int64_t ms);
void world_dns_clear(struct world *w);

/* A fresh scope: findings and finished sources are forgotten. */
void world_open(struct world *w, enum filter_scope scope);
void world_close(struct world *w); /* cancels and resets the arena */
/* One event: a turn of the runner when it asked for one, else the next answer.  False: nothing to do. */
bool world_step(struct world *w);
static inline void world_drain(struct world *w)
{
	while (world_step(w))
		continue;
}
/* Opens, reaches the phase, steps until nothing is left. */
void world_run(struct world *w, enum filter_phase phase);
/* A message from MAIL to its end, with facts.header and this body; nothing is left. */
void world_message(struct world *w, struct str body);
void world_client(struct world *w, const char *ip);

/* Details of a symbol joined by "|"; NULL: not found. */
const char *world_found(const struct world *w, const char *symbol);

/* The worker's timer: lets time pass up to its next tick and answers everything. */
void world_settle(struct world *w);
void world_tick(struct world *w, struct filter_worker *worker);

#endif
