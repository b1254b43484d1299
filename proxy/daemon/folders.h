/* folders.h - the folders a configuration names must be there, or able to be made, and writable for the
 * workers: found out by `check` and before a start, not by the first mail. */
#ifndef DAEMON_FOLDERS_H
#define DAEMON_FOLDERS_H

#include "daemon/privileges.h"
#include "setup/setup.h"

/* Reports what will not do; false when something did. */
bool folders_check(const struct setup *s, const struct privileges *p,
		   struct conf_report *report) NODISCARD;

#endif
