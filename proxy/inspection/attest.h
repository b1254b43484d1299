/* attest.h - what Postern tells of who sent a message, from what its inspection has found. */
#ifndef INSPECTION_ATTEST_H
#define INSPECTION_ATTEST_H

#include "base/arena.h"
#include "filters/auth_results.h"

struct conf_authentication_results;
struct inspection;

struct attest_message {
	struct str header;
	int64_t unix_ms;
};

/* The name results are signed with. */
struct str attest_id(const struct conf_authentication_results *conf, struct str hostname);

/* Everything is a view of the inspection. */
struct auth_report attest_report(const struct inspection *i, struct str id);

/* The value of Authentication-Results on one line. */
struct str attest_line(struct arena *arena, const struct auth_report *r);

/* The fields of a message that is accepted, each with CRLF: an ARC set when it is to be sealed, Authentication-Results,
 * Received-SPF; empty when none are to be written.  header: as it goes to the backend behind them.  False: no memory. */
bool attest_fields(struct arena *arena, const struct conf_authentication_results *conf,
		   const struct auth_report *r, const struct attest_message *message,
		   struct str *fields) NODISCARD;

#endif
