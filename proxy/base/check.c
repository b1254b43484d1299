#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *func, const char *what)
{
	fprintf(stderr, "panic file=%s:%d function=%s check=\"%s\"\n", file, line, func, what);
	abort();
}
