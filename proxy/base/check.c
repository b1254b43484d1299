#include "base/check.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *func, const char *what)
{
	log_flush();
	fprintf(stderr, "panic file=%s:%d function=%s check=\"%s\"\n", file, line, func, what);
	abort();
}
