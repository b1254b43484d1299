/* folder.h - a folder in /tmp for a test, as cmocka's setup and teardown. */
#ifndef TESTS_UNIT_LMDB_FOLDER_H
#define TESTS_UNIT_LMDB_FOLDER_H

#include <sys/resource.h>

extern char folder[64]; /* its path */

int make_folder(void **state);
int remove_folder(void **state); /* with the files in it */

/* No file of the process may grow past it: the disk is full. */
void may_write(rlim_t bytes);

#endif
