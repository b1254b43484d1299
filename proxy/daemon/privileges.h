/* privileges.h - who the workers are.
 *
 * Started as root, the master stays root (it binds ports and reads keys, and no byte of mail) and
 * workers become an account without rights, for good; but for CAP_NET_RAW, which they keep when a backend is to
 * be called from the clients' addresses, and only then.  Started as somebody else, nothing changes. */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/types.h>

enum { PRIVILEGES_NAME_MAX = 64 };

struct privileges {
	bool drop; /* false: not root, stay who we are */
	uid_t uid;
	gid_t gid;
	bool foreign_addresses;         /* set by the caller: the workers keep CAP_NET_RAW */
	char name[PRIVILEGES_NAME_MAX]; /* of the account, "" when only a number was given */
};

/* `user`: "name", "name:group" or numbers; empty: "postern" when there is such an account, else
 * "nobody".  False with a reason: no such account or group, or it is root. */
bool privileges_find(struct str user, struct privileges *p, struct out *why) NODISCARD;

/* Whether this process may connect from addresses that are not its machine's (ip(7), IP_TRANSPARENT). */
bool privileges_may_be_foreign(void);

/* Irrevocable.  False with a reason. */
bool privileges_drop(const struct privileges *p, struct out *why) NODISCARD;
/* Whether the workers may do this to the path (faccessat(2), W_OK | X_OK: make files in a folder): 0, or errno.
 * Tried out in a child process, so that groups and access lists count. */
int privileges_may(const struct privileges *p, int at, const char *path, int what);
/* From now on no exec gains rights (no_new_privs): before any thread is started, it is per thread. */
bool privileges_forbid_new(void) NODISCARD;

/* Raises the descriptors this process may have to what the system allows; returns that number. */
size_t privileges_raise_descriptors(void);

#endif
