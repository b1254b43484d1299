#define _GNU_SOURCE 1 /* O_PATH */

#include "daemon/state.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "lmdb/lmdb_env.h"
#include "lmdb/lmdb_ways.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FOLDER_MODE = 0750, FILE_MODE = 0600 };

const char *const state_files[STATE_FILES] = { LMDB_FILE, LMDB_FILE "-lock", LMDB_WAYS_FILE };

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

/* What fails here, whoever opens it says too. */
static void make_folder(const char *path, const struct privileges *p)
{
	if (mkdir(path, FOLDER_MODE) == 0 && p->drop && lchown(path, p->uid, p->gid) != 0)
		(void)rmdir(path);
}

void state_make_store(const struct setup *s, const struct privileges *p)
{
	const struct str path = setup_store_folder(s);
	int folder;

	if (path.n == 0)
		return;
	make_folder(path.p, p);
	folder = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < STATE_FILES && folder >= 0; i++)
		make_file(folder, state_files[i], p);
	if (folder >= 0)
		close(folder);
}

/* By default it is in the store's, which may be elsewhere: the one that it is in is made, too. */
void state_make_journal(const struct setup *s, const struct privileges *p)
{
	const struct conf_journal *conf = conf_values(s->conf, &block_journal);
	const struct str path = conf->path.text;
	char copy[PATH_MAX];

	if (!conf->enabled || path.n >= sizeof(copy))
		return;
	memcpy(copy, path.p, path.n + 1);
	make_folder(dirname(copy), p);
	make_folder(path.p, p);
}

/* ---- a file that cannot be trusted ---- */

#define NEW     LMDB_FILE ".new"
#define LOCK    "-lock"
#define DAMAGED LMDB_FILE ".damaged"

static noreturn void be_surveyor(struct str folder, const struct privileges *p,
				 enum lmdb_occasion occasion)
{
	char file[PATH_MAX], copy[PATH_MAX], text[256];
	struct out why = OUT(text), a = OUT(file), b = OUT(copy);

	out_printf(&a, STR_FMT "/" LMDB_FILE, STR_ARG(folder));
	out_printf(&b, STR_FMT "/" NEW, STR_ARG(folder));
	out_char(&a, '\0');
	out_char(&b, '\0');
	if (a.full || b.full || !privileges_drop(p, &why))
		_exit(SURVEY_FAILED);
	_exit((int)lmdb_survey(file, copy, clock_ms(CLOCK_REALTIME), occasion));
}

/* A crash is an answer too. */
static enum lmdb_survey survey(struct str folder, const struct privileges *p,
			       enum lmdb_occasion occasion)
{
	int status;
	pid_t pid;

	log_flush();
	pid = fork();
	if (pid == 0)
		be_surveyor(folder, p, occasion);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return SURVEY_FAILED;
	return WIFEXITED(status) ? (enum lmdb_survey)WEXITSTATUS(status) : SURVEY_DAMAGED;
}

static void remove_new(int folder)
{
	(void)unlinkat(folder, NEW, 0);
	(void)unlinkat(folder, NEW LOCK, 0);
}

/* The lock goes with its file. */
static bool put_in_place(int folder, bool keep_old)
{
	if (keep_old && renameat(folder, LMDB_FILE, folder, DAMAGED) != 0)
		return false;
	return unlinkat(folder, LMDB_FILE LOCK, 0) == 0 &&
	       renameat(folder, NEW LOCK, folder, LMDB_FILE LOCK) == 0 &&
	       renameat(folder, NEW, folder, LMDB_FILE) == 0;
}

/* A sound one that was only doubted stays: other workers have it open, and would go on with it by themselves. */
static void act_on(enum lmdb_survey found, enum lmdb_occasion occasion, int folder, struct str path)
{
	const bool damaged = found == SURVEY_DAMAGED;
	const bool doubted = occasion == SURVEY_IN_DOUBT;

	if (found == SURVEY_FAILED)
		log_note("error", "store",
			 STR_FMT "/" LMDB_FILE
				 " could not be looked at; is there space for a copy of it?",
			 STR_ARG(path));
	if (found == SURVEY_COPIED && doubted)
		log_note("store", "sound", STR_FMT "/" LMDB_FILE ": every record was read",
			 STR_ARG(path));
	if (!damaged && (found != SURVEY_COPIED || doubted))
		return;
	if (!put_in_place(folder, damaged))
		log_note("error", "store", STR_FMT "/" LMDB_FILE ": %s", STR_ARG(path),
			 strerror(errno));
	else if (damaged)
		log_note("error", "store",
			 STR_FMT "/" LMDB_FILE " was damaged and is " DAMAGED
				 " now; what could be read of it is kept",
			 STR_ARG(path));
	else
		log_note("store", "copied",
			 STR_FMT "/" LMDB_FILE
				 ": the machine was down; every record was read, and copied",
			 STR_ARG(path));
}

void state_survey(const struct setup *s, const struct privileges *p, enum lmdb_occasion occasion)
{
	const struct str path = setup_store_folder(s);
	const int folder = path.n ? open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	enum lmdb_survey found;

	if (folder < 0)
		return;
	remove_new(folder);
	make_file(folder, NEW, p);
	make_file(folder, NEW LOCK, p);
	found = survey(path, p, occasion);
	(void)flock(folder, LOCK_EX);
	act_on(found, occasion, folder, path);
	remove_new(folder);
	close(folder);
}
