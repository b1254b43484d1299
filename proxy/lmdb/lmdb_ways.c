#include "lmdb/lmdb_ways.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/out.h"
#include "store/bucket.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0600 };

/* Four lines of a cache. */
struct place {
	unsigned char entries;
	char bytes[BUCKET_ENTRIES * BUCKET_ENTRY];
	char spare[8];
};

static_assert(sizeof(struct place) == 256, "none lies on two pages");

struct lmdb_ways {
	struct place *places;
	uint32_t count; /* a power of two */
};

/* The largest power of two that fits, and no more than there are buckets. */
static uint32_t places_in(size_t bytes)
{
	uint32_t count = BUCKETS;

	while (count > 1 && count * sizeof(struct place) > bytes)
		count /= 2;
	return count;
}

/* One that is there keeps its size: others have it open. */
static uint32_t make(int fd, size_t bytes)
{
	const off_t wanted = (off_t)(places_in(bytes) * sizeof(struct place));
	struct stat st;

	if (flock(fd, LOCK_EX) != 0 || fstat(fd, &st) != 0)
		return 0;
	if (st.st_size == 0 && posix_fallocate(fd, 0, wanted) != 0) {
		if (ftruncate(fd, 0) != 0)
			log_note("error", "store", LMDB_WAYS_FILE " cannot be emptied");
		return 0;
	}
	if (fstat(fd, &st) != 0)
		return 0;
	return st.st_size < (off_t)sizeof(struct place) ? 0 : places_in((size_t)st.st_size);
}

struct lmdb_ways *lmdb_ways_open(struct str folder, size_t bytes)
{
	char path[PATH_MAX];
	struct out o = OUT(path);
	struct lmdb_ways *w = NULL;
	uint32_t count;
	void *map;
	int fd;

	out_printf(&o, STR_FMT "/" LMDB_WAYS_FILE, STR_ARG(folder));
	out_char(&o, '\0');
	fd = o.full ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
	if (fd < 0)
		return NULL;
	count = make(fd, bytes);
	(void)flock(fd, LOCK_UN); /* the map would keep it */
	map = count ? mmap(NULL, count * sizeof(struct place), PROT_READ | PROT_WRITE, MAP_SHARED,
			   fd, 0)
		    : MAP_FAILED;
	if (map != MAP_FAILED) {
		w = mem_new(sizeof(*w));
		w->places = map;
		w->count = count;
	}
	close(fd);
	return w;
}

void lmdb_ways_close(struct lmdb_ways *w)
{
	if (!w)
		return;
	munmap(w->places, w->count * sizeof(struct place));
	mem_free(w);
}

/* What lies there may be anything, and change. */
struct str lmdb_ways_get(const struct lmdb_ways *w, uint32_t bucket)
{
	const struct place *p = &w->places[bucket & (w->count - 1)];
	const size_t n = __atomic_load_n(&p->entries, __ATOMIC_RELAXED);

	return (struct str){ .p = p->bytes,
			     .n = (n < BUCKET_ENTRIES ? n : BUCKET_ENTRIES) * BUCKET_ENTRY };
}

void lmdb_ways_put(struct lmdb_ways *w, uint32_t bucket, struct str body)
{
	struct place *p = &w->places[bucket & (w->count - 1)];

	memcpy(p->bytes, body.p, body.n);
	p->entries = (unsigned char)(body.n / BUCKET_ENTRY);
}
