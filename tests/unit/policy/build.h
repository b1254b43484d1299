/* build.h - a policy from text, and what it says of some evidence: shared by the tests of policy/. */
#ifndef UNIT_POLICY_BUILD_H
#define UNIT_POLICY_BUILD_H

#include "base/check.h"
#include "policy/policy.h"

/* Complaints, one "file:line:column: text" per line, warnings with "warning: ". */
struct complaints {
	struct out out;
	char bytes[8192];
	struct conf_report report;
};

void complaints_init(struct complaints *c);
const char *complaints_text(struct complaints *c); /* NUL-terminated */

/* Symbols of three filters: HELO_BAD, RDNS_NONE, RDNS_CONFIRMED, SPF_PASS, LOCATION_AS (source 0, RCPT), DNSBL_ZEN,
 * DNSBL_SBL (source 1, RCPT), SPF_FAIL, BODY_BAD, DKIM_PASS (source 2, END), and the facts AUTHENTICATED and
 * CLIENT_TLS.  Nobody finds client.country and from.domain.  Of a recipient: GREYLIST_NEW, GREYLIST_EARLY (source 3,
 * RCPT). */
enum build_source { SOURCE_HELO, SOURCE_DNSBL, SOURCE_BODY, SOURCE_GREYLIST };

struct build {
	struct policy *policy;
	struct conf *conf;
	struct complaints complaints;
	struct arena arena;
	bool ok;
};

/* A policy of these rules alone ("r.cf"), and what was said of them. */
struct policy *build_rules(const char *rules, struct complaints *c);

/* rules, conf: NULL for none. */
void build_open(struct build *b, const char *rules, const char *conf);
void build_open_with(struct build *b, enum conf_scores scores, const char *rules, const char *conf);
void build_close(struct build *b);

/* found: "DNSBL_ZEN=127.0.0.2 HELO_BAD", separated by spaces.  outstanding: sources as bits. */
struct judgement build_judge(struct build *b, const char *found, uint64_t outstanding);
/* seen: as in struct evidence. */
struct judgement build_judge_seen(struct build *b, const char *found, uint64_t *seen);
struct judgement build_judge_for(struct build *b, const char *found, uint64_t outstanding,
				 const char *rcpt, unsigned canary);

#endif
