/* lookup.h - the lookups of one owner (a filter's run, a watch): asked, counted, kept. */
#ifndef FILTERS_LOOKUP_H
#define FILTERS_LOOKUP_H

#include "filters/run.h"

enum lookup_state { LOOKUP_OPEN, LOOKUP_FAILED, LOOKUP_OVER };

struct lookup {
	struct lookups *of;
	struct lookup *next;
	struct str name;
	enum rr_type type;
	filter_wanted_fn *wanted; /* TXT records; NULL: all */
	struct dns_answer *out;
	struct store_answer *stored; /* instead: a question to the store */
	enum lookup_state state;
};

struct lookups {
	struct arena *arena;
	filter_dns_fn *dns;
	filter_store_fn *store;       /* NULL: it has none */
	void *ctx;                    /* of dns and store */
	bool strangers;               /* struct filter's */
	void (*settled)(void *owner); /* the last one pending has ended */
	void *owner;
	struct ops ops;
	struct lookup *first, *last; /* since lookups_forget() */
	unsigned count;              /* ever */
	size_t share;                /* bytes that addresses may take, and texts */
	size_t addresses, texts;     /* of answers kept, ever */
	bool no_memory;              /* a failure that could not even be noted */
	bool local;                  /* the store's answer was a local one, ever */
};

struct lookup_dns {
	struct str name;
	enum rr_type type;
	filter_wanted_fn *wanted; /* see filter_dns_txt(); NULL: all */
};

/* left_ms <= 0: the deadline is over.  *out is DNS_FAILED until an answer comes. */
void lookups_dns(struct lookups *l, const struct lookup_dns *what, int64_t left_ms,
		 struct dns_answer *out);
/* As lookups_dns(); counted with them. */
void lookups_store(struct lookups *l, const struct store_question *question, int64_t left_ms,
		   struct store_answer *out);
/* A failure without a question. */
void lookups_fail(struct lookups *l, struct str what);
void lookups_forgive(struct lookups *l);
void lookups_forget(struct lookups *l);
/* The names of failed ones into o; false: there are none. */
bool lookups_failed(const struct lookups *l, struct out *o);

#endif
