/* scan_auth.h - "auth" of scan --json: what is known of who sent a message, in RFC 8601's words. */
#ifndef DAEMON_SCAN_AUTH_H
#define DAEMON_SCAN_AUTH_H

#include "base/json.h"

struct auth;

/* What was not checked is absent. */
void scan_print_auth(struct json *j, const struct auth *auth);

#endif
