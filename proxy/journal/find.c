#define _GNU_SOURCE 1 /* memmem, memrchr */

#include "journal/find.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/units.h"
#include "journal/file.h"
#include "journal/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A piece of a file that is looked at; a record is never larger. */
enum { PIECE = 4 * LIMIT_JOURNAL_RECORD };
enum { EVENT_MAX = 16 };

static const char before_event[] = "{\"event\":\"";
static const char before_id[] = "\",\"id\":\"";

/* at: where `","id":"` stands, behind an event's word.  The record's begin, or NULL: there is none before it. */
static const char *begin_of(struct str bytes, const char *at)
{
	const struct str begin = { .p = before_event, .n = sizeof(before_event) - 1 };
	const char *word = at;

	while (word > bytes.p && at - word < EVENT_MAX && ascii_alpha(word[-1]))
		word--;
	if ((size_t)(word - bytes.p) < begin.n ||
	    !str_eq((struct str){ .p = word - begin.n, .n = begin.n }, begin))
		return NULL;
	return word - begin.n;
}

/* Behind the id: it ends there, or it is one of a transaction of the session that is asked for. */
static bool ends_well(const struct id *id, char next)
{
	return next == '"' || (next == '-' && !id_is_transaction(id));
}

/* Behind the last line end, if more is to come. */
static size_t where_to_go_on(struct str bytes, enum journal_bytes are)
{
	const char *last_line = bytes.n ? memrchr(bytes.p, '\n', bytes.n) : NULL;

	return are == JOURNAL_LAST ? bytes.n : last_line ? (size_t)(last_line + 1 - bytes.p) : 0;
}

unsigned journal_find_in(struct str bytes, enum journal_bytes are, const struct id *id,
			 size_t *rest, journal_record_fn *fn, void *arg)
{
	char wanted[sizeof(before_id) + ID_MAX];
	struct out o = OUT(wanted);
	const char *const end = bytes.p + bytes.n;
	const char *from = bytes.p;
	unsigned found = 0;

	out_str(&o, (struct str){ .p = before_id, .n = sizeof(before_id) - 1 });
	out_str(&o, id_str(id));
	*rest = where_to_go_on(bytes, are);
	while (from < end) {
		const char *at = memmem(from, (size_t)(end - from), wanted, o.n);
		const char *begin, *line_end;

		if (!at || at + o.n == end)
			break;
		from = at + o.n;
		begin = begin_of(bytes, at);
		if (!begin || !ends_well(id, *from))
			continue;
		line_end = memchr(from, '\n', (size_t)(end - from));
		if (!line_end && are == JOURNAL_PIECE)
			break;
		fn(arg,
		   (struct str){ .p = begin, .n = (size_t)((line_end ? line_end : end) - begin) },
		   line_end != NULL);
		found++;
		from = line_end ? line_end : end;
	}
	return found;
}

/* What a line ends with: a record, behind the pieces of others; empty: none. */
static struct str record_of(struct str line)
{
	const struct str begin = { .p = before_event, .n = sizeof(before_event) - 1 };
	struct str behind = line, record = { .n = 0 };

	while (str_find(behind, begin, &behind)) {
		record.p = behind.p - begin.n;
		record.n = behind.n + begin.n;
	}
	return record;
}

unsigned journal_each_in(struct str bytes, enum journal_bytes are, size_t *rest,
			 journal_record_fn *fn, void *arg)
{
	struct str line, record;
	unsigned found = 0;

	*rest = where_to_go_on(bytes, are);
	while (str_cut(bytes, '\n', &line, &bytes)) {
		record = record_of(line);
		if (!record.n)
			continue;
		fn(arg, record, true);
		found++;
	}
	return found;
}

static void look_in(struct journal_search *s, struct str bytes, enum journal_bytes are,
		    size_t *rest)
{
	s->found += s->id ? journal_find_in(bytes, are, s->id, rest, s->fn, s->arg)
			  : journal_each_in(bytes, are, rest, s->fn, s->arg);
}

/* Moves what is not done with to the front, and reads on behind it.  False: nothing more has come. */
static bool read_on(int fd, struct out *piece, size_t done, int *error)
{
	ssize_t n;

	/* A line longer than any record is no record: stepped over, piece by piece. */
	if (done == 0 && piece->n == piece->cap)
		done = piece->n - piece->cap / 2;
	memmove(piece->p, piece->p + done, piece->n - done);
	piece->n -= done;
	do
		n = read(fd, piece->p + piece->n, piece->cap - piece->n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		*error = errno;
	else
		piece->n += (size_t)n;
	return n > 0;
}

static int find_in_file(struct journal_search *s, int fd, struct out *piece)
{
	size_t done = 0;
	int error = 0;

	piece->n = 0;
	while (read_on(fd, piece, done, &error))
		look_in(s, out_text(piece), JOURNAL_PIECE, &done);
	if (!error)
		look_in(s, out_text(piece), JOURNAL_LAST, &done);
	return error;
}

static int find_in_hour(struct journal_search *s, int folder, int64_t hour, struct out *piece)
{
	char name[JOURNAL_NAME_MAX];
	int fd, error;

	journal_file_name(hour, name);
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : errno; /* tidied away meanwhile */
	s->files++;
	error = find_in_file(s, fd, piece);
	close(fd);
	return error;
}

/* On from the session's hour until they are found.  Of a session there may be more in the next hour; of a
 * transaction there is one record, and what was written with it. */
static int find_in_hours(struct journal_search *s, int folder, const struct journal_hours *hours)
{
	const int64_t first = s->unix_ms / HOUR_MS;
	struct out piece = { .p = mem_array(NULL, PIECE, 1), .cap = PIECE };
	unsigned before = 0;
	int error = 0;

	s->oldest_hour = hours->count ? hours->at[0] : -1;
	for (size_t i = 0; i < hours->count && !error; i++) {
		if (hours->at[i] < first)
			continue;
		if (s->id && s->found && (s->found == before || id_is_transaction(s->id)))
			break;
		before = s->found;
		error = find_in_hour(s, folder, hours->at[i], &piece);
	}
	mem_free(piece.p);
	return error;
}

int journal_find(struct journal_search *s)
{
	const int folder = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct journal_hours hours = { 0 };
	int error = folder < 0 ? errno : journal_hours_list(s->folder, &hours);

	s->found = s->files = 0;
	s->oldest_hour = -1;
	if (!error)
		error = find_in_hours(s, folder, &hours);
	journal_hours_free(&hours);
	if (folder >= 0)
		close(folder);
	return error;
}
