/* judge.h - what clients were promised, compared with what the backend has. */
#ifndef SESSION_JUDGE_H
#define SESSION_JUDGE_H

#include "session/client.h"

/* NULL, or what is wrong.  Promises are used up. */
const char *clients_judge(struct client *clients, size_t count, const struct mta *mta);

#endif
