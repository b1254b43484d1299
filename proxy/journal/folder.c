#include "journal/folder.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "journal/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- which there are ---- */

static int by_time(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int journal_hours_list(const char *folder, struct journal_hours *hours)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	uint32_t room = 0;
	int64_t hour;

	*hours = (struct journal_hours){ 0 };
	if (!dir)
		return errno;
	while (hours->count < LIMIT_JOURNAL_FILES && (entry = readdir(dir))) {
		if (!journal_file_hour(entry->d_name, &hour))
			continue;
		hours->at = mem_grow(hours->at, &room, (uint32_t)hours->count + 1, sizeof(hour));
		hours->at[hours->count++] = hour;
	}
	closedir(dir);
	if (hours->count)
		qsort(hours->at, hours->count, sizeof(hour), by_time);
	return 0;
}

void journal_hours_free(struct journal_hours *hours)
{
	mem_free(hours->at);
	*hours = (struct journal_hours){ 0 };
}

/* ---- which have to go ---- */

static uint64_t size_of(int folder, int64_t hour)
{
	char name[JOURNAL_NAME_MAX];
	struct stat st;

	journal_file_name(hour, name);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	return (uint64_t)st.st_blocks * 512; /* stat(2): whatever a block of the disk is */
}

static bool remove_hour(int folder, int64_t hour)
{
	char name[JOURNAL_NAME_MAX];

	journal_file_name(hour, name);
	return unlinkat(folder, name, 0) == 0;
}

static unsigned remove_some(int folder, const struct journal_hours *hours,
			    const struct journal_bounds *bounds, int64_t unix_ms)
{
	const int64_t now = unix_ms / HOUR_MS;
	const int64_t oldest = (unix_ms - bounds->keep_ms) / HOUR_MS;
	uint64_t size = 0;
	unsigned early = 0;

	for (size_t i = 0; i < hours->count; i++)
		size += size_of(folder, hours->at[i]);
	for (size_t i = 0; i < hours->count; i++) {
		const int64_t hour = hours->at[i];
		const uint64_t its = size_of(folder, hour);

		if (hour >= now || (hour >= oldest && size <= bounds->size_max))
			break;
		size -= its < size ? its : size;
		if (remove_hour(folder, hour))
			early += hour >= oldest;
	}
	return early;
}

unsigned journal_tidy(const char *folder, const struct journal_bounds *bounds, int64_t unix_ms)
{
	const int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct journal_hours hours = { 0 };
	unsigned early = 0;

	if (dir >= 0 && journal_hours_list(folder, &hours) == 0)
		early = remove_some(dir, &hours, bounds, unix_ms);
	journal_hours_free(&hours);
	if (dir >= 0)
		close(dir);
	return early;
}

/* ---- by the clock ---- */

struct journal_tidier {
	struct loop *loop;
	struct jobs *jobs;
	const char *folder; /* the config's */
	struct journal_bounds bounds;
	struct timer timer;
	struct ops ops;
	struct op op;
	/* The job's, while the op runs. */
	int64_t unix_ms;
	unsigned early;
};

static enum err do_tidy(void *arg)
{
	struct journal_tidier *t = arg;

	t->early = journal_tidy(t->folder, &t->bounds, t->unix_ms);
	return ERR_OK;
}

/* Freed while the job was at work. */
static void drop(void *arg)
{
	mem_free(arg);
}

static void tidied(struct op *op, enum err err, const void *result)
{
	struct journal_tidier *t = op->arg;

	(void)err;
	(void)result;
	if (t->early)
		log_note("journal", "size_max", "%u hours were removed before their time",
			 t->early);
	timer_start(&t->timer, LIMIT_JOURNAL_TIDY_MS);
}

static void due(struct timer *timer, void *arg)
{
	struct journal_tidier *t = arg;

	(void)timer;
	t->unix_ms = loop_unix_ms(t->loop);
	t->op = (struct op){ .label = "journal", .done = tidied, .arg = t };
	job_start(t->jobs, &t->ops, &t->op, do_tidy, drop, t);
}

struct journal_tidier *journal_tidier_new(struct loop *loop, struct jobs *jobs, const char *folder,
					  const struct journal_bounds *bounds)
{
	struct journal_tidier *t = mem_new(sizeof(*t));

	t->loop = loop;
	t->jobs = jobs;
	t->folder = folder;
	t->bounds = *bounds;
	timer_init(&t->timer, loop, due, t);
	timer_start(&t->timer, 0);
	return t;
}

void journal_tidier_free(struct journal_tidier *t)
{
	if (!t)
		return;
	timer_stop(&t->timer);
	if (op_running(&t->op))
		op_cancel(&t->op);
	else
		mem_free(t);
}
