#define _GNU_SOURCE 1 /* setresuid */

#include "daemon/privileges.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool copy_name(char to[PRIVILEGES_NAME_MAX], struct str name)
{
	if (name.n == 0 || name.n >= PRIVILEGES_NAME_MAX)
		return false;
	memcpy(to, name.p, name.n);
	to[name.n] = '\0';
	return true;
}

static bool find_user(struct str user, struct privileges *p)
{
	const struct passwd *account;
	uint64_t number;

	if (str_u64(user, UINT32_MAX - 1, &number)) {
		account = getpwuid((uid_t)number);
		p->uid = (uid_t)number;
		p->gid = account ? account->pw_gid : (gid_t)number;
		if (account && !copy_name(p->name, str_z(account->pw_name)))
			p->name[0] = '\0';
		return true;
	}
	if (!copy_name(p->name, user))
		return false;
	account = getpwnam(p->name);
	if (!account)
		return false;
	p->uid = account->pw_uid;
	p->gid = account->pw_gid;
	return true;
}

static bool find_group(struct str group, gid_t *gid)
{
	char name[PRIVILEGES_NAME_MAX];
	const struct group *entry;
	uint64_t number;

	if (str_u64(group, UINT32_MAX - 1, &number)) {
		*gid = (gid_t)number;
		return true;
	}
	if (!copy_name(name, group))
		return false;
	entry = getgrnam(name);
	if (entry)
		*gid = entry->gr_gid;
	return entry != NULL;
}

bool privileges_find(struct str user, struct privileges *p, struct out *why)
{
	struct str name, group;
	bool has_group;

	*p = (struct privileges){ .drop = geteuid() == 0 };
	if (user.n == 0) {
		if (!find_user(STR("postern"), p) && !find_user(STR("nobody"), p)) {
			out_printf(why, "there is neither an account 'postern' nor 'nobody'");
			return false;
		}
		return true;
	}
	has_group = str_cut(user, ':', &name, &group);
	if (!find_user(name, p)) {
		out_printf(why, "there is no account '" STR_FMT "'", STR_ARG(name));
		return false;
	}
	if (has_group && !find_group(group, &p->gid)) {
		out_printf(why, "there is no group '" STR_FMT "'", STR_ARG(group));
		return false;
	}
	if (p->uid == 0) {
		out_printf(why, "workers do not run as root: name another account");
		return false;
	}
	return true;
}

/* ---- capabilities: glibc has no call for them ---- */

struct rights {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];
};

bool privileges_may_be_foreign(void)
{
	struct rights r = { .head = { .version = _LINUX_CAPABILITY_VERSION_3 } };

	if (syscall(SYS_capget, &r.head, r.set) != 0)
		return false;
	return (r.set[0].effective & (1u << CAP_NET_RAW | 1u << CAP_NET_ADMIN)) != 0;
}

/* Of this thread, the only one that connects. */
static bool keep_foreign(void)
{
	struct rights r = {
		.head = { .version = _LINUX_CAPABILITY_VERSION_3 },
		.set = { { .effective = 1u << CAP_NET_RAW, .permitted = 1u << CAP_NET_RAW } },
	};

	return syscall(SYS_capset, &r.head, r.set) == 0;
}

static bool become(const struct privileges *p)
{
	/* The groups of the account too: a socket of the backend may be open to one of them. */
	if (p->name[0] ? initgroups(p->name, p->gid) : setgroups(1, &p->gid))
		return false;
	if (p->foreign_addresses && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return false;
	if (setresgid(p->gid, p->gid, p->gid) != 0 || setresuid(p->uid, p->uid, p->uid) != 0)
		return false;
	return !p->foreign_addresses || keep_foreign();
}

bool privileges_drop(const struct privileges *p, struct out *why)
{
	if (p->drop && !become(p)) {
		out_printf(why, "cannot become user %lu: %s", (unsigned long)p->uid,
			   strerror(errno));
		return false;
	}
	CHECK(!p->drop || setresuid(0, 0, 0) != 0); /* there is no way back */
	return true;
}

int privileges_may(const struct privileges *p, int at, const char *path, int what)
{
	char text[256];
	struct out why = OUT(text);
	int status;
	pid_t pid;

	if (!p->drop)
		return faccessat(at, path, what, 0) == 0 ? 0 : errno;
	pid = fork();
	if (pid == 0) {
		if (!privileges_drop(p, &why))
			_exit(EPERM);
		_exit(faccessat(at, path, what, 0) == 0 ? 0 : errno);
	}
	/* What could not be tried out is found out by the first who writes. */
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 0;
	return WEXITSTATUS(status);
}

bool privileges_forbid_new(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

size_t privileges_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1024;
	if (limit.rlim_cur < limit.rlim_max) {
		const rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return before;
	}
	return limit.rlim_cur;
}
