/* full_disk.h - a disk that is full, for this process. */
#ifndef UNIT_LMDB_FULL_DISK_H
#define UNIT_LMDB_FULL_DISK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>

#include <cmocka.h>

/* No file of the process may grow past it. */
static inline void may_write(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#endif
