/* Files: read whole, bounded, and what they include, relative to themselves. */
#include "base/mem.h"
#include "conf/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

/* At most one byte over the limit.  -1: errno says why. */
static ssize_t slurp(int fd, char *to)
{
	size_t n = 0;

	while (n <= LIMIT_CONF_FILE) {
		const ssize_t got = read(fd, to + n, LIMIT_CONF_FILE + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static void read_text(struct reader *r, int fd, const struct conf_place *at, const char *path)
{
	char *bytes = mem_new(LIMIT_CONF_FILE + 1);
	const ssize_t n = slurp(fd, bytes);

	if (n < 0)
		conf_error(r->report, at, "cannot read %s: %s", path, strerror(errno));
	else if (n > LIMIT_CONF_FILE)
		conf_error(r->report, at, "%s is longer than %d bytes", path, LIMIT_CONF_FILE);
	else
		parse_text(r, (struct str){ .p = bytes, .n = (size_t)n }, path);
	mem_free(bytes);
}

/* NULL: it may be read. */
static const char *refusal(const struct source *s, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return "it is a folder";
	if (s->includer && !S_ISREG(st->st_mode))
		return "it is not a file";
	if (s->depth > LIMIT_CONF_DEPTH)
		return "too many levels of include";
	for (const struct source *up = s->includer; up; up = up->includer)
		if (up->device == s->device && up->inode == s->inode)
			return "it includes itself";
	return NULL;
}

static void read_open(struct reader *r, int fd, const struct conf_place *at, const char *path)
{
	const struct source *includer = r->source;
	struct source source = { .includer = includer, .path = path };
	const char *why;
	struct stat st;

	if (fstat(fd, &st) != 0) {
		conf_error(r->report, at, "cannot read %s: %s", path, strerror(errno));
		return;
	}
	source.device = st.st_dev;
	source.inode = st.st_ino;
	source.depth = includer ? includer->depth + 1 : 0;
	why = refusal(&source, &st);
	if (why) {
		conf_error(r->report, at, "cannot read %s: %s", path, why);
		return;
	}
	r->source = &source;
	read_text(r, fd, at, path);
	r->source = includer;
}

/* Without O_NONBLOCK a named pipe that matches a glob would hang the start. */
static void read_file(struct reader *r, const struct conf_place *at, const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (r->source ? O_NONBLOCK : 0);
	int fd;

	if (++r->files > LIMIT_CONF_FILES) {
		conf_error(r->report, at, "more than %d files", LIMIT_CONF_FILES);
		r->stopped = true;
		return;
	}
	fd = open(path, flags);
	if (fd < 0) {
		conf_error(r->report, at, "cannot read %s: %s", path, strerror(errno));
		return;
	}
	read_open(r, fd, at, path);
	close(fd);
}

void include_main(struct reader *r, const char *path)
{
	const struct conf_place nowhere = { .file = NULL };

	read_file(r, &nowhere, path);
}

/* The folder of the file we are in, with its slash; empty for a bare name. */
static struct str folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (struct str){ .p = path, .n = slash ? (size_t)(slash - path) + 1 : 0 };
}

static bool wild(int byte)
{
	return byte == '*' || byte == '?' || byte == '[';
}

static bool has_wildcard(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (wild(s.p[i]))
			return true;
	return false;
}

/* Folder and pattern as one; `escape`: the folder's own special characters are no wildcards. */
static char *join(struct str dir, struct str pattern, bool escape)
{
	char *joined = mem_new(dir.n * 2 + pattern.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < dir.n; i++) {
		if (escape && (wild(dir.p[i]) || dir.p[i] == '\\'))
			joined[n++] = '\\';
		joined[n++] = dir.p[i];
	}
	memcpy(joined + n, pattern.p, pattern.n);
	return joined;
}

static void include_glob(struct reader *r, const struct conf_text *pattern, const char *joined)
{
	glob_t found = { 0 };
	const int rc = glob(joined, 0, NULL, &found);

	if (rc == GLOB_NOSPACE || rc == GLOB_ABORTED)
		conf_error(r->report, &pattern->at, "cannot search for %s", joined);
	if (rc == GLOB_NOMATCH)
		conf_warn(r->report, &pattern->at, "no file is named " STR_FMT,
			  STR_ARG(pattern->text));
	for (size_t i = 0; rc == 0 && i < found.gl_pathc && !r->stopped; i++) {
		const struct str path = reader_keep(r, str_z(found.gl_pathv[i]));

		if (!r->stopped)
			read_file(r, &pattern->at, path.p);
	}
	globfree(&found);
}

void include_files(struct reader *r, const struct conf_text *pattern)
{
	const bool wildcard = has_wildcard(pattern->text);
	const bool absolute = pattern->text.n && pattern->text.p[0] == '/';
	struct str path;
	char *joined;

	if (!r->source || pattern->text.n == 0) {
		conf_error(r->report, &pattern->at,
			   r->source ? "include needs the name of a file"
				     : "include works in files only");
		return;
	}
	joined = join(absolute ? STR("") : folder(r->source->path), pattern->text, wildcard);
	path = reader_keep(r, str_z(joined));
	if (wildcard)
		include_glob(r, pattern, joined);
	else if (!r->stopped)
		read_file(r, &pattern->at, path.p);
	mem_free(joined);
}
