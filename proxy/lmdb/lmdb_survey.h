/* lmdb_survey.h - whether the file of the embedded store can be trusted after the machine went down under it.
 *
 * Nothing waits for the disk: whatever becomes of processes, the file is as the last commit left it, but of a machine
 * that dies the disk has some pages of the last seconds and not others.  The library would not notice, and crash over
 * it at any time later.  So the file says which boot of the machine it belongs to, and after another one (or when
 * it is doubted) every record that can be read is copied into a new file.
 *
 * For a process that may crash, before the workers start.  What it has copied until then is good. */
#ifndef LMDB_LMDB_SURVEY_H
#define LMDB_LMDB_SURVEY_H

#include <stdint.h>

enum lmdb_survey {
	SURVEY_FINE,    /* of this boot, empty, or not there */
	SURVEY_COPIED,  /* the copy has all */
	SURVEY_DAMAGED, /* the copy has what could be read */
	SURVEY_FAILED,  /* the world does not play along: nothing is known */
};

enum lmdb_occasion {
	SURVEY_AT_START, /* a file of this boot is fine */
	SURVEY_IN_DOUBT, /* it is read, too */
};

/* The copy is there, and empty. */
enum lmdb_survey lmdb_survey(const char *path, const char *copy, int64_t now_ms,
			     enum lmdb_occasion occasion);

#endif
