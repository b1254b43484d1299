#define _GNU_SOURCE 1 /* strptime, timegm */

#include "journal/file.h"

#include "base/out.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MODE = 0640, HOUR_S = 3600, HOURS_MAX = 24 * 366 * 8000 };

void journal_file_name(int64_t hour, char to[JOURNAL_NAME_MAX])
{
	const time_t at = (time_t)hour * HOUR_S;
	struct tm tm;

	to[0] = '\0';
	if (gmtime_r(&at, &tm))
		(void)strftime(to, JOURNAL_NAME_MAX, "%Y-%m-%dT%H.jsonl", &tm);
}

bool journal_file_hour(const char *name, int64_t *hour)
{
	char same[JOURNAL_NAME_MAX];
	struct tm tm = { 0 };
	const char *rest = strptime(name, "%Y-%m-%dT%H", &tm);

	if (!rest || strcmp(rest, ".jsonl") != 0)
		return false;
	*hour = (int64_t)timegm(&tm) / HOUR_S;
	if (*hour < 0 || *hour > HOURS_MAX)
		return false;
	/* strptime() is lenient: " 2026-1-1T1" would be one, too. */
	journal_file_name(*hour, same);
	return strcmp(name, same) == 0;
}

bool journal_file_init(struct journal_file *f, struct str folder)
{
	*f = (struct journal_file){ .fd = -1 };
	if (folder.n >= sizeof(f->folder)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(f->folder, folder.p, folder.n);
	return true;
}

static int open_hour(struct journal_file *f, int64_t hour)
{
	char path[PATH_MAX + JOURNAL_NAME_MAX], name[JOURNAL_NAME_MAX];
	struct out o = OUT(path);

	journal_file_name(hour, name);
	out_printf(&o, "%s/%s", f->folder, name);
	out_char(&o, '\0');
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
}

ssize_t journal_file_write(struct journal_file *f, struct str bytes, int64_t unix_ms)
{
	const int64_t hour = unix_ms / HOUR_MS;

	if (f->fd >= 0 && hour != f->hour)
		journal_file_close(f);
	if (f->fd < 0)
		f->fd = open_hour(f, hour);
	if (f->fd < 0)
		return -1;
	f->hour = hour;
	return write(f->fd, bytes.p, bytes.n);
}

void journal_file_close(struct journal_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
