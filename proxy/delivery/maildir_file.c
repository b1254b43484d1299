#include "delivery/maildir_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool write_piece(struct maildir_file *f)
{
	for (size_t at = 0; at < f->n;) {
		const ssize_t n = write(f->fd, f->piece + at, f->n - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool commit(struct maildir_file *f)
{
	if (fsync(f->fd) != 0)
		return false;
	if (renameat(f->tmp, f->name, f->new, f->name) != 0)
		return false;
	f->in_new = true;
	return fsync(f->new) == 0;
}

enum err maildir_file_work(void *arg)
{
	struct maildir_file *f = arg;

	if (f->fd < 0)
		f->fd = openat(f->tmp, f->name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (f->fd >= 0 && write_piece(f) && (!f->last || commit(f)))
		return ERR_OK;
	f->error = errno;
	return ERR_IO;
}

/* A file whose fsync of the folder failed is taken back: it was not answered 250. */
void maildir_file_drop(void *file)
{
	struct maildir_file *f = file;

	if (f->fd >= 0)
		close(f->fd);
	if (f->in_new ? f->error != 0 : f->fd >= 0)
		unlinkat(f->in_new ? f->new : f->tmp, f->name, 0);
	mem_free(f);
}
