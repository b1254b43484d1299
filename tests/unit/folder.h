/* folder.h - a folder in /tmp for a test, as cmocka's setup and teardown, and files. */
#ifndef UNIT_FOLDER_H
#define UNIT_FOLDER_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64]; /* its path */

static inline int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/postern-unit-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

/* And works in it: paths are as a config may have them. */
static inline int enter_folder(void **state)
{
	return make_folder(state) == 0 ? chdir(folder) : -1;
}

/* With all that is in it. */
static inline int remove_folder(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static inline int leave_folder(void **state)
{
	return chdir("/") == 0 ? remove_folder(state) : -1;
}

static inline void write_file(const char *path, struct str bytes)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	assert_int_equal(fclose(f), 0);
}

#endif
