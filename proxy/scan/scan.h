/* scan.h - judges a message as the SMTP session would, without a client and without a backend.
 *
 * One message at a time: the scopes are run from connect to end of data by the inspection that
 * sessions use.  Unlike a session, a scan lets every filter finish even when the verdict is known
 * before, so that score and symbols are whole. */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "base/id.h"
#include "inspection/inspection.h"
#include "setup/setup.h"

/* What the command line says of the client and the envelope. */
struct scan_envelope {
	struct ip client_ip; /* IP_NONE: not known, filters of the address have nothing to say */
	struct str client_name, helo;
	struct str mail_from; /* p == NULL: as the message notes it (mail/noted.h) */
	struct str rcpt;      /* the first one: its recipient class is what verdicts see */
	int64_t unix_ms;
	bool received_then; /* unix_ms is when it was received; false: only the message itself may say when */
};

struct scan_result {
	struct id id;
	struct judgement judgement;        /* the verdict, and the score of everything */
	struct str authentication_results; /* the field's value on one line; empty: no memory */
	uint64_t cpu_us;
	const struct inspection_recipient
		*recipient; /* NULL: there is none, or no filter looks at him */
};

struct scanner;

struct scanner *scanner_new(const struct setup *setup, const struct scan_envelope *envelope);
void scanner_free(struct scanner *s);

/* nth: of this scan, from 0, for its id.  message: with CRLF line ends.  The result, and what scanner_inspection()
 * shows, is valid until the next call.  ERR_NOMEM: over the budget of a transaction. */
enum err scanner_judge(struct scanner *s, uint64_t nth, struct str message,
		       struct scan_result *result) NODISCARD;
struct inspection *scanner_inspection(struct scanner *s);

#endif
