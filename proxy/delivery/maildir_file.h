/* maildir_file.h - one file of a Maildir, as the helper thread writes it: tmp/, fsync, new/, fsync.
 *
 * The file belongs to a job while one runs, to the loop otherwise. */
#ifndef DELIVERY_MAILDIR_FILE_H
#define DELIVERY_MAILDIR_FILE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { MAILDIR_PIECE = 256 * 1024, MAILDIR_NAME_MAX = 128 };

struct maildir_file {
	int tmp, new; /* folders */
	int fd;       /* -1: not made yet */
	bool last;    /* the piece is: make it durable */
	bool in_new;
	int error; /* errno of what failed */
	char name[MAILDIR_NAME_MAX];
	size_t n;
	char piece[MAILDIR_PIECE + 2]; /* and a CR held back, on either end */
};

/* Writes the piece; behind the last one the file is on disk in new/.  (A job_fn.) */
enum err maildir_file_work(void *file);

/* Frees it; what was not finished is removed from the folder.  (A job_drop_fn.) */
void maildir_file_drop(void *file);

#endif
