/* state.h - the folders of the embedded store and the journal, which all workers have open (daemon/folders.h looks
 * whether they will do). */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include "daemon/privileges.h"
#include "lmdb/lmdb_survey.h"
#include "setup/setup.h"

/* Its files, under it. */
enum { STATE_FILES = 3 };
extern const char *const state_files[STATE_FILES];

/* While privileged: makes the store's folder and files, and the journal's folder, for the workers.  What is there stays whose
 * it is.  What does not work is left to the workers to say. */
void state_make_store(const struct setup *s, const struct privileges *p);
void state_make_journal(const struct setup *s, const struct privileges *p);

/* Looks whether the file can be trusted (lmdb/lmdb_survey.h), in a child process that may crash over it; what is
 * damaged is kept as LMDB_FILE ".damaged", and what could be read of it is the new one.  Workers that have a damaged one
 * open keep it until they end. */
void state_survey(const struct setup *s, const struct privileges *p, enum lmdb_occasion occasion);

#endif
