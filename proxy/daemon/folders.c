#define _GNU_SOURCE 1 /* O_PATH */

#include "daemon/folders.h"

#include "daemon/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folders {
	const struct privileges *privileges;
	struct conf_report *report;
};

/* "tmp/x" to "tmp", "/x" to "/", "x" to ".". */
static struct str parent_of(struct str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	while (path.n && path.p[path.n - 1] != '/')
		path.n--;
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path.n ? path : STR(".");
}

/* 0: that is a folder; else what stat() says.  z: the path with its NUL. */
static int look(struct str path, char z[PATH_MAX])
{
	struct stat st;

	if (path.n >= PATH_MAX)
		return ENAMETOOLONG;
	memcpy(z, path.p, path.n);
	z[path.n] = '\0';
	if (stat(z, &st) != 0)
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

static int may_i_write(const char *folder)
{
	return access(folder, W_OK | X_OK) == 0 ? 0 : errno;
}

static void complain(const struct folders *f, const struct conf_text *text, const char *folder,
		     int reason)
{
	const struct privileges *p = f->privileges;

	if (reason == EACCES && p->drop)
		conf_error(f->report, &text->at,
			   "the workers (user %s, %lu) cannot write to %s: %s", p->name,
			   (unsigned long)p->uid, folder, strerror(reason));
	else
		conf_error(f->report, &text->at, "cannot write to %s: %s", folder,
			   strerror(reason));
}

/* What belongs to root is given to the workers (delivery/maildir.c), what belongs to others must be open to
 * them; what is missing is made. */
static int look_at_part(const struct folders *f, int top, const char *name)
{
	const int part = openat(top, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const bool drop = f->privileges->drop;
	struct stat st;
	int reason = 0;

	if (part < 0 && errno == ENOENT)
		return drop || faccessat(top, ".", W_OK | X_OK, 0) == 0 ? 0 : errno;
	if (part < 0 || fstat(part, &st) != 0)
		reason = errno;
	else if (st.st_uid != 0 || !drop)
		reason = privileges_may(f->privileges, part, ".", W_OK | X_OK);
	if (part >= 0)
		close(part);
	return reason;
}

static void check_parts(const struct folders *f, const struct conf_text *text)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	const int top = open(text->text.p, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int reason = top < 0 ? errno : 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !reason; i++)
		reason = look_at_part(f, top, parts[i]);
	if (reason)
		complain(f, text, text->text.p, reason);
	if (top >= 0)
		close(top);
}

/* What is missing is made by us, below the nearest folder that is there. */
static void check_maildir(const struct folders *f, const struct conf_text *text)
{
	struct str path = text->text;
	char z[PATH_MAX];
	int reason = look(path, z);

	if (reason == 0) {
		check_parts(f, text);
		return;
	}
	while (reason == ENOENT && !str_eq(path, parent_of(path))) {
		path = parent_of(path);
		reason = look(path, z);
	}
	if (reason == 0 && !f->privileges->drop)
		reason = may_i_write(z);
	if (reason)
		complain(f, text, z, reason);
}

/* 0, or why workers could not make files in that folder, which the master makes when it is not there. */
static int look_for_files(const struct folders *f, struct str path, char z[PATH_MAX])
{
	int reason = look(path, z);

	if (reason == 0)
		reason = privileges_may(f->privileges, AT_FDCWD, z, W_OK | X_OK);
	else if (reason == ENOENT && path.n && look(parent_of(path), z) == 0)
		reason = f->privileges->drop ? 0 : may_i_write(z);
	else
		(void)look(path, z);
	return reason;
}

static void check_spool(const struct folders *f, const struct conf_text *text)
{
	char z[PATH_MAX];
	const int reason = look_for_files(f, text->text, z);

	if (reason)
		complain(f, text, z, reason);
}

/* Its files are opened by the workers; those that are not there are made by the master (daemon/state.c). */
static int look_into_store(const struct folders *f, const char *path)
{
	const int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int reason = folder < 0 ? errno : privileges_may(f->privileges, folder, ".", X_OK);
	struct stat st;

	for (size_t i = 0; i < STATE_FILES && !reason; i++) {
		if (fstatat(folder, state_files[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			reason = S_ISREG(st.st_mode) ? privileges_may(f->privileges, folder,
								      state_files[i], R_OK | W_OK)
						     : EINVAL;
		else if (errno != ENOENT)
			reason = errno;
		else if (!f->privileges->drop)
			reason = faccessat(folder, ".", W_OK | X_OK, 0) == 0 ? 0 : errno;
	}
	if (folder >= 0)
		close(folder);
	return reason;
}

/* One that nobody asked for may be unusable: what is to be remembered is then in memory. */
static void check_store(const struct folders *f, const struct setup *s)
{
	const struct conf_store *conf = conf_values(s->conf, &block_store);
	const struct str path = setup_store_folder(s);
	char z[PATH_MAX];
	int reason;

	if (path.n == 0)
		return;
	reason = look(path, z);
	if (reason == 0)
		reason = look_into_store(f, z);
	else if (reason == ENOENT && look(parent_of(path), z) == 0)
		reason = f->privileges->drop ? 0 : may_i_write(z);
	if (reason && setup_store_is_asked_for(s))
		complain(f, &conf->url, z, reason);
	else if (reason)
		conf_warn(
			f->report, &conf->url.at,
			"what is remembered is lost with the program, for it cannot write to " STR_FMT
			" (%s): see \"url\" of block store",
			STR_ARG(path), strerror(reason));
}

static void check_journal(const struct folders *f, const struct setup *s)
{
	const struct conf_journal *conf = conf_values(s->conf, &block_journal);
	const struct str path = conf->path.text;
	char z[PATH_MAX];
	int reason;

	if (!conf->enabled)
		return;
	reason = look_for_files(f, path, z);
	/* The one that it is in is made, too (daemon/state.c). */
	if (reason == ENOENT)
		reason = look_for_files(f, parent_of(path), z);
	if (reason && setup_journal_is_asked_for(s))
		complain(f, &conf->path, z, reason);
	else if (reason)
		conf_warn(f->report, &conf->path.at,
			  "no journal is kept, for it cannot write to " STR_FMT
			  " (%s): see \"path\" of block journal",
			  STR_ARG(path), strerror(reason));
}

bool folders_check(const struct setup *s, const struct privileges *p, struct conf_report *report)
{
	const struct folders f = { .privileges = p, .report = report };
	const unsigned errors = report->errors;
	const struct conf_section *i;

	check_spool(&f, &s->global->spool);
	check_store(&f, s);
	check_journal(&f, s);
	for (i = conf_first(s->conf, &block_backend); i; i = conf_next(i)) {
		const struct conf_backend *b = i->values;

		if (b->maildir.text.n)
			check_maildir(&f, &b->maildir);
	}
	return report->errors == errors;
}
