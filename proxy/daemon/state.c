#define _GNU_SOURCE 1 /* O_PATH */

#include "daemon/state.h"

#include "base/check.h"
#include "store/lmdb_env.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0750, FILE_MODE = 0600 };

const char *const state_files[STATE_FILES] = { LMDB_FILE, LMDB_FILE "-lock" };

/* The folder may be the workers': what is new is ours to give away, and nothing else, whatever it is a link to. */
static void make_file(int folder, const char *name, const struct privileges *p)
{
	const int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			      FILE_MODE);

	if (fd < 0)
		return;
	if (p->drop && fchown(fd, p->uid, p->gid) != 0)
		(void)unlinkat(folder, name, 0);
	close(fd);
}

void state_make(const struct setup *s, const struct privileges *p)
{
	const struct str path = setup_store_folder(s);
	int folder;

	if (path.n == 0)
		return;
	/* What fails here, the open below says too. */
	if (mkdir(path.p, FOLDER_MODE) == 0 && p->drop && lchown(path.p, p->uid, p->gid) != 0)
		(void)rmdir(path.p);
	folder = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < STATE_FILES && folder >= 0; i++)
		make_file(folder, state_files[i], p);
	if (folder >= 0)
		close(folder);
}
