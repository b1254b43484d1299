/* scan_walk.h - the files that a path stands for. */
#ifndef SCAN_SCAN_WALK_H
#define SCAN_SCAN_WALK_H

#include "scan/scan_file.h"

/* The messages of a file, or of the files in a folder and its folders, sorted by name; "-" is itself.  Of a Maildir (a
 * folder with cur, new and tmp) those in cur and new: what lies beside them is the mail reader's, and in tmp are mails
 * that are still being written.  What is no file is read only when it is the path itself.  False when fn said that it wants no more. */
bool scan_walk(char *path, scan_item_fn *fn, void *arg);

#endif
