#define _GNU_SOURCE /* O_TMPFILE */
#include "io/spool_file.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/out.h"
#include "io/spool_room.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static struct spool_file kept[LIMIT_SPOOL_FILES];
static unsigned kept_n;

/* Not every file system can make a file without a name. */
static int open_unlinked(const char *folder)
{
	char path[PATH_MAX];
	struct out o = { .p = path, .cap = sizeof(path) - 1 };
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	out_printf(&o, "%s/spool.XXXXXX", folder);
	if (o.full)
		return -1;
	path[o.n] = '\0';
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

void spool_file_open(struct spool_file *f, const char *folder)
{
	for (unsigned i = 0; i < kept_n; i++) {
		if (kept[i].folder != folder)
			continue;
		*f = kept[i];
		kept[i] = kept[--kept_n];
		return;
	}
	*f = (struct spool_file){ .folder = folder,
				  .fd = open_unlinked(folder),
				  .made_ms = clock_ms(CLOCK_MONOTONIC) };
}

/* A large one would hold its disk space, and an old one is about to be written to the disk, where nobody
 * needs it (Linux does that after 30 s, vm.dirty_expire_centisecs). */
static bool worth_keeping(const struct spool_file *f)
{
	return kept_n < LIMIT_SPOOL_FILES &&
	       clock_ms(CLOCK_MONOTONIC) - f->made_ms < LIMIT_SPOOL_FILE_MS &&
	       f->bytes <= LIMIT_SPOOL_FILE && spool_room_is_ample(f->fd);
}

static void drop(const struct spool_file *f)
{
	spool_room_give(f->bytes);
	close(f->fd);
}

void spool_file_close(struct spool_file *f, bool again)
{
	if (again && worth_keeping(f))
		kept[kept_n++] = *f;
	else
		drop(f);
	f->fd = -1;
}

void spool_files_free(void)
{
	while (kept_n)
		drop(&kept[--kept_n]);
}
