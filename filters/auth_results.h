/* auth_results.h - writes Authentication-Results (RFC 8601) and Received-SPF (RFC 7208 9.1), pure.
 *
 * Whatever a stranger wrote leaves as a token, an address or a quoted string, in printable ASCII: it cannot end a
 * line, open a comment or add a result. */
#ifndef FILTERS_AUTH_RESULTS_H
#define FILTERS_AUTH_RESULTS_H

#include "base/ip.h"
#include "base/out.h"
#include "filters/auth.h"

/* What is told of one message.  Empty texts are not known. */
struct auth_report {
	struct str id; /* authserv-id */
	struct ip client_ip;
	struct str helo, mail_from;
	const struct auth_spf *helo_spf;
	const struct auth *auth;
	bool iprev_checked;
	enum auth_result iprev;
	bool authenticated;
	struct str login;
};

enum auth_results_form {
	AUTH_RESULTS_LINE,
	AUTH_RESULTS_FOLDED, /* over lines of about 76 bytes, none of 998 or more (RFC 5322 2.1.1), behind the field's name */
};

/* A field's value.  What does not fit is left out by whole results, DKIM signatures first. */
void auth_results_write(struct out *o, const struct auth_report *r, enum auth_results_form form);

/* Result and evidence of SPF for the sender, without one of the greeting, folded; nothing when neither was checked. */
void auth_received_spf_write(struct out *o, const struct auth_report *r);

/* Does an Authentication-Results field with this value say that `id` wrote it, to any reader? */
bool auth_results_claims(struct str value, struct str id);

#endif
