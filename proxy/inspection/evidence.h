/* evidence.h - what is known of a message and what was judged, as JSON: one spelling for `postern scan --json` and the
 * journal.  Each writes a key and its value into an object that is open. */
#ifndef INSPECTION_EVIDENCE_H
#define INSPECTION_EVIDENCE_H

#include "base/json.h"
#include "inspection/inspection.h"

struct auth;
struct bulk_facts;

/* "verdict": what was decided, and what the client hears of it; reply empty: nothing of ours. */
void evidence_verdict(struct json *j, const struct judgement *judgement, struct str reply);
/* "symbols": what was found, without sub-rules (__NAME).  r: whose findings count too, or NULL.  */
void evidence_symbols(struct json *j, struct inspection *i, const struct inspection_recipient *r);
/* "degraded": the filters that could not do their work. */
void evidence_degraded(struct json *j, const struct inspection *i,
		       const struct inspection_recipient *r);
/* "auth": SPF, DKIM, DMARC, ARC, those that were looked at. */
void evidence_auth(struct json *j, const struct auth *auth);
/* "bulk": the cluster of the bulk radar; empty when there is none. */
void evidence_bulk(struct json *j, const struct bulk_facts *facts);

/* One symbol as an object, as "symbols" has it. */
void evidence_symbol(struct json *j, struct str name, double score, struct str detail);
/* "550 5.7.1 text", as the judgement has it; empty when the client hears nothing of it. */
struct str evidence_reply(const struct judgement *judgement, struct out *o);

#endif
