#include "scan/scan_walk.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* ---- Maildir ---- */

enum { IN_A_MAILDIR = 1 }; /* fts_number of the folder */

static bool has_folder(const char *path, const char *name)
{
	char text[PATH_MAX];
	struct stat st;

	return snprintf(text, sizeof(text), "%s/%s", path, name) < (int)sizeof(text) &&
	       stat(text, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_maildir(const char *path)
{
	return has_folder(path, "cur") && has_folder(path, "new") && has_folder(path, "tmp");
}

/* Beside cur and new are the mail reader's own files, and its other folders, which are Maildirs themselves. */
static bool is_no_mail(const FTSENT *e)
{
	return e->fts_parent->fts_number == IN_A_MAILDIR &&
	       (e->fts_info != FTS_D || strcmp(e->fts_name, "tmp") == 0);
}

/* ---- one entry ---- */

static bool fail(const FTSENT *e, scan_item_fn *fn, void *arg)
{
	const struct scan_item item = { .path = e->fts_path };

	return fn(arg, &item, strerror(e->fts_errno ? e->fts_errno : ENOENT));
}

/* A pipe, a socket, a device.  Who names one himself waits for what comes, as with cat; one that lies among mails
 * would hold up all behind it. */
static bool skip(const FTSENT *e, scan_item_fn *fn, void *arg)
{
	const struct scan_item item = { .path = e->fts_path, .skipped = true };

	return fn(arg, &item, "is no file, passed over");
}

static bool visit(FTS *tree, FTSENT *e, scan_item_fn *fn, void *arg)
{
	if (is_no_mail(e)) {
		if (e->fts_info == FTS_D)
			fts_set(tree, e, FTS_SKIP);
		return true;
	}
	switch (e->fts_info) {
	case FTS_D:
		if (is_maildir(e->fts_path))
			e->fts_number = IN_A_MAILDIR;
		return true;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
	case FTS_SLNONE:
		return fail(e, fn, arg);
	case FTS_F:
		return scan_file(e->fts_path, fn, arg);
	case FTS_DEFAULT:
		return e->fts_level == FTS_ROOTLEVEL ? scan_file(e->fts_path, fn, arg)
						     : skip(e, fn, arg);
	default:
		return true;
	}
}

bool scan_walk(char *path, scan_item_fn *fn, void *arg)
{
	char *const roots[] = { path, NULL };
	const struct scan_item itself = { .path = path };
	bool more = true;
	FTS *tree;

	if (strcmp(path, "-") == 0)
		return scan_file(path, fn, arg);
	tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!tree)
		return fn(arg, &itself, strerror(errno));
	for (FTSENT *e; more && (e = fts_read(tree)) != NULL;)
		more = visit(tree, e, fn, arg);
	fts_close(tree);
	return more;
}
