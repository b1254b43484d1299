/* account.h - who the workers of a configuration will be, and that they can have the rights it needs. */
#ifndef DAEMON_ACCOUNT_H
#define DAEMON_ACCOUNT_H

#include "daemon/privileges.h"
#include "setup/setup.h"

/* EX_OK; EX_CONFIG: no such account; EX_NOPERM: a right that this process does not have itself.  Reported. */
int account_find(const struct setup *s, struct privileges *p, struct conf_report *report) NODISCARD;

#endif
