/* spool.c - a message in one buffer, past the limit in a file behind a smaller one.
 *
 * The buffer is a window onto the message.  As long as all fits it is the message; then it is
 * written out once, made small, and serves as the write buffer, and later as the read buffer. */
#include "io/spool.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/spool_file.h"
#include "io/spool_room.h"

#include <errno.h>
#include <unistd.h>

enum { FIRST_BYTES = 4096, FILE_WINDOW = 131072 };

struct spool {
	const char *folder;
	size_t memory_max;
	struct spool_file file; /* fd -1: all is in memory */
	bool lent;              /* its pages may be on their way to a peer still */
	char *window;           /* the bytes from window_at on: window_n of them */
	size_t window_n, window_cap;
	uint64_t window_at, size;
	uint64_t stored; /* bytes that are in the file */
	int failed;      /* errno of a write, or no room (spool_room.h): the message is not whole */
	bool dotless;
};

struct spool *spool_new(const char *folder, size_t memory_max)
{
	struct spool *s = mem_new(sizeof(*s));

	*s = (struct spool){ .folder = folder, .memory_max = memory_max, .file.fd = -1 };
	if (s->memory_max < FIRST_BYTES)
		s->memory_max = FIRST_BYTES;
	return s;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	if (s->file.fd >= 0) /* a full disk is given back what it lacks */
		spool_file_close(&s->file, !s->lent && !s->failed);
	mem_free(s->window);
	mem_free(s);
}

static bool take_room(struct spool *s)
{
	const uint64_t end = s->window_at + s->window_n;

	if (end <= s->file.bytes)
		return true;
	s->failed = spool_room_take(s->file.fd, end - s->file.bytes);
	if (s->failed)
		return false;
	s->file.bytes = end;
	return true;
}

static enum err store_window(struct spool *s)
{
	size_t done = 0;

	if (!take_room(s))
		return ERR_IO;
	while (done < s->window_n) {
		const ssize_t n = pwrite(s->file.fd, s->window + done, s->window_n - done,
					 (off_t)(s->window_at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			s->failed = n < 0 ? errno : ENOSPC;
			return ERR_IO;
		}
		done += (size_t)n;
	}
	s->stored = s->window_at + s->window_n;
	return ERR_OK;
}

static void resize_window(struct spool *s, size_t cap)
{
	s->window = mem_resize(s->window, cap);
	s->window_cap = cap;
}

static enum err move_to_file(struct spool *s)
{
	const size_t small = s->memory_max < FILE_WINDOW ? s->memory_max : FILE_WINDOW;
	enum err err;

	spool_file_open(&s->file, s->folder);
	if (s->file.fd < 0) {
		s->failed = errno ? errno : EIO;
		return ERR_IO;
	}
	err = store_window(s);
	s->window_at = s->size;
	s->window_n = 0;
	resize_window(s, small);
	return err;
}

/* Room behind the last byte: at least one byte.  However short memory is, a header section is in it as a whole: it is
 * looked at again with each piece that comes. */
static enum err make_room(struct spool *s, size_t wanted)
{
	size_t cap = s->window_cap ? s->window_cap * 2 : FIRST_BYTES;
	enum err err = ERR_OK;

	if (s->window_at + s->window_n != s->size) { /* it was used to read */
		s->window_at = s->size;
		s->window_n = 0;
	}
	if (s->window_n < s->window_cap)
		return ERR_OK;
	if (s->file.fd >= 0) {
		err = store_window(s);
		s->window_at = s->size;
		s->window_n = 0;
		return err;
	}
	if (s->window_cap == s->memory_max || (cap > LIMIT_MESSAGE_HEADER && mem_is_scarce()))
		return move_to_file(s);
	if (cap < s->window_n + wanted)
		cap = s->window_n + wanted;
	resize_window(s, cap < s->memory_max ? cap : s->memory_max);
	return ERR_OK;
}

enum err spool_append(struct spool *s, struct str bytes)
{
	while (bytes.n && !s->failed) {
		const enum err err = make_room(s, bytes.n);
		size_t n = s->window_cap - s->window_n;

		if (err != ERR_OK)
			return err;
		n = n < bytes.n ? n : bytes.n;
		memcpy(s->window + s->window_n, bytes.p, n);
		s->window_n += n;
		s->size += n;
		bytes = str_from(bytes, n);
	}
	return s->failed ? ERR_IO : ERR_OK;
}

const char *spool_fault(const struct spool *s)
{
	return s->failed ? spool_room_text(s->failed) : NULL;
}

uint64_t spool_size(const struct spool *s)
{
	return s->size;
}

void spool_set_dotless(struct spool *s)
{
	s->dotless = true;
}

bool spool_is_dotless(const struct spool *s)
{
	return s->dotless;
}

static enum err load_window(struct spool *s, uint64_t at)
{
	const uint64_t left = s->size - at; /* the file may be longer: it had another message */
	const size_t most = left < s->window_cap ? (size_t)left : s->window_cap;
	enum err err = ERR_OK;
	ssize_t n;

	if (s->stored < s->size)
		err = store_window(s);
	if (err != ERR_OK)
		return err;
	do
		n = pread(s->file.fd, s->window, most, (off_t)at);
	while (n < 0 && errno == EINTR);
	s->window_at = at;
	s->window_n = n > 0 ? (size_t)n : 0;
	return n > 0 ? ERR_OK : ERR_IO;
}

enum err spool_read(struct spool *s, uint64_t at, struct str *bytes)
{
	const bool here = at >= s->window_at && at < s->window_at + s->window_n;

	*bytes = (struct str){ 0 };
	if (s->failed)
		return ERR_IO;
	if (at >= s->size)
		return ERR_OK;
	if (!here) {
		const enum err err = load_window(s, at);

		if (err != ERR_OK)
			return err;
	}
	*bytes = (struct str){ .p = s->window + (at - s->window_at),
			       .n = (size_t)(s->window_at + s->window_n - at) };
	return ERR_OK;
}

uint64_t spool_lend(struct spool *s, uint64_t at, int *fd, uint64_t *offset)
{
	*fd = s->file.fd;
	*offset = at;
	if (s->failed || at >= s->stored)
		return 0;
	s->lent = true;
	return s->stored - at;
}

void spool_returned(struct spool *s)
{
	s->lent = false;
}
