#include "daemon/scan_file.h"

#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 65536 };

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

void scan_walk(char *path, scan_file_fn *fn, void *arg)
{
	char *const roots[] = { path, NULL };
	FTS *tree;

	if (str_eq(str_z(path), STR("-"))) {
		fn(arg, path, NULL);
		return;
	}
	tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!tree) {
		fn(arg, path, strerror(errno));
		return;
	}
	for (const FTSENT *e; (e = fts_read(tree)) != NULL;) {
		if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS ||
		    e->fts_info == FTS_SLNONE)
			fn(arg, e->fts_path, strerror(e->fts_errno ? e->fts_errno : ENOENT));
		else if (e->fts_info == FTS_F ||
			 (e->fts_info == FTS_DEFAULT && e->fts_level == FTS_ROOTLEVEL))
			fn(arg, e->fts_path, NULL); /* a pipe only when it was named itself */
	}
	fts_close(tree);
}

static bool read_all(int fd, struct str *bytes, struct out *why)
{
	char *p = NULL;
	size_t n = 0, size = 0;
	ssize_t got;

	for (;;) {
		if (size - n < READ_BYTES) {
			size = size * 2 + READ_BYTES;
			p = mem_resize(p, size);
		}
		got = read(fd, p + n, size - n);
		if (got <= 0 || n + (size_t)got > LIMIT_MESSAGE)
			break;
		n += (size_t)got;
	}
	*bytes = (struct str){ .p = p, .n = n };
	if (got == 0)
		return true;
	if (got < 0)
		out_str(why, str_z(strerror(errno)));
	else
		out_printf(why, "larger than %d bytes, the most a message may have", LIMIT_MESSAGE);
	mem_free(p);
	return false;
}

static struct str without_mbox_line(struct str s)
{
	struct str line, rest;

	if (str_starts(s, STR("From ")) && str_cut(s, '\n', &line, &rest))
		return rest;
	return s;
}

/* Files have the line ends of their system; mail has CRLF (RFC 5321 2.3.8). */
static struct str with_crlf(struct str in)
{
	size_t lines = 0;
	struct out o = { 0 };

	for (size_t i = 0; i < in.n; i++)
		lines += in.p[i] == '\n';
	o.cap = in.n + lines;
	o.p = mem_resize(NULL, o.cap + 1);
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			out_char(&o, '\r');
		out_char(&o, in.p[i]);
	}
	return out_text(&o);
}

bool scan_read(const char *path, struct str *message, struct out *why)
{
	const bool is_stdin = str_eq(str_z(path), STR("-"));
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct str raw;
	bool ok;

	if (fd < 0) {
		out_str(why, str_z(strerror(errno)));
		return false;
	}
	ok = read_all(fd, &raw, why);
	if (!is_stdin)
		close(fd);
	if (!ok)
		return false;
	*message = with_crlf(without_mbox_line(raw));
	scan_forget(&raw);
	return true;
}

void scan_forget(struct str *message)
{
	union {
		const char *is;
		void *was;
	} p = { .is = message->p };

	mem_free(p.was); /* it was allocated here, writable */
	*message = (struct str){ 0 };
}
