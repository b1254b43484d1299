#include "io/spool_room.h"

#include "base/limits.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/statvfs.h>

enum {
	KEPT_SHARE = 4, /* a quarter of the room at most */
	KEPT_MOST = LIMIT_SPOOL_FILES * LIMIT_SPOOL_FILE
};

static struct {
	uint64_t max, min_free; /* 0: none */
	_Atomic uint64_t held;
	_Atomic int64_t unlooked; /* may be granted before the disk is looked at */
} room;

void spool_room_bound(uint64_t max, uint64_t min_free)
{
	room.max = max;
	room.min_free = min_free;
	room.unlooked = 0;
}

static bool is_over(uint64_t held)
{
	return room.max && held > room.max;
}

/* What may be written without coming under min_free.  A disk that does not tell has to say itself that it is full. */
static uint64_t left_on(int failed, const struct statvfs *v)
{
	const uint64_t free = v->f_bavail * v->f_frsize;

	if (failed)
		return UINT64_MAX;
	return free > room.min_free ? free - room.min_free : 0;
}

static bool is_low(int fd, uint64_t more)
{
	struct statvfs v = { .f_frsize = 0 };
	uint64_t left;

	if (room.min_free == 0 || atomic_fetch_sub(&room.unlooked, (int64_t)more) >= (int64_t)more)
		return false;
	left = left_on(fstatvfs(fd, &v), &v);
	room.unlooked = left < more                      ? 0
			: left - more < LIMIT_SPOOL_LOOK ? (int64_t)(left - more)
							 : LIMIT_SPOOL_LOOK;
	return left < more;
}

int spool_room_take(int fd, uint64_t more)
{
	int error = 0;

	if (is_over(atomic_fetch_add(&room.held, more) + more))
		error = SPOOL_ROOM_MAX;
	else if (is_low(fd, more))
		error = SPOOL_ROOM_DISK;
	if (error)
		spool_room_give(more);
	return error;
}

void spool_room_give(uint64_t bytes)
{
	atomic_fetch_sub(&room.held, bytes);
}

int spool_room_for(const char *folder, uint64_t size)
{
	struct statvfs v = { .f_frsize = 0 };

	if (is_over(room.held + size))
		return SPOOL_ROOM_MAX;
	return room.min_free && left_on(statvfs(folder, &v), &v) < size ? SPOOL_ROOM_DISK : 0;
}

bool spool_room_is_ample(int fd)
{
	struct statvfs v = { .f_frsize = 0 };

	if (room.max && room.held > room.max / KEPT_SHARE)
		return false;
	return !room.min_free || left_on(fstatvfs(fd, &v), &v) >= KEPT_MOST;
}

const char *spool_room_text(int error)
{
	switch (error) {
	case SPOOL_ROOM_MAX:
		return "the worker's spool files are as large as spool_max lets them";
	case SPOOL_ROOM_DISK:
		return "less than spool_min_free would be free";
	default:
		return strerror(error);
	}
}
