/* dnsfixture.h - a resolver, two name servers for it and three askers, on one loop. */
#ifndef UNIT_NET_DNSFIXTURE_H
#define UNIT_NET_DNSFIXTURE_H

#include "fakedns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Timeouts of the resolver: with time for a slow machine, and for tests of the timeouts. */
enum { PATIENT_MS = 4000, HASTY_MS = 300 };

/* One asker and what it was told. */
struct asker {
	struct dns_question question;
	unsigned told;
	enum err err;
	enum dns_status status;
	uint32_t ttl_s;
	unsigned count;
	uint8_t last_byte; /* of the first address */
	void (*then)(struct asker *);
};

extern struct loop *loop;
extern struct dns *dns;
extern struct fakedns one, two;
extern struct ops ops;
extern struct asker x, y, z;

int setup(void **state);
int teardown(void **state);
#define T(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

void resolver(unsigned servers, int64_t timeout_ms);
void ask_for(struct asker *a, const char *name, int64_t deadline_ms);
void resolve(struct asker *a, const char *name); /* asks, and runs until it is told */
void is_answered(const struct asker *a);
bool has_logged(const char *text);

/* Runs the loop until it is true; fails after a while. */
typedef bool condition(void);
void run_until(condition *c);
condition nobody_waits, holds_one, one_was_asked;

#endif
