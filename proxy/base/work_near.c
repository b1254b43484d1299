#include "base/work.h"

#include "base/check.h"

#include <pthread.h>

enum { NEAR_NS = 200000 };

/* What this thread's clock said when it was read last; 0: it was not. */
static _Thread_local struct {
	int64_t cpu, most;
} last;

/* A process that was forked begins with a clock of its own. */
static void forget(void)
{
	last.most = 0;
}

static void forget_in_children(void)
{
	CHECK(pthread_atfork(NULL, NULL, forget) == 0);
}

int64_t work_near_ns(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const int64_t now = work_most_ns();

	if (last.most == 0 || now - last.most > NEAR_NS) {
		CHECK(pthread_once(&once, forget_in_children) == 0);
		last.most = now;
		last.cpu = work_ns();
	}
	return last.cpu + (now - last.most);
}
