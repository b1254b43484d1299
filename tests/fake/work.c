#include "fake/work.h"

#include "base/work.h"

static int64_t now_ns = 1000000000, look_ns;

void fake_work_each_look(int64_t ns)
{
	look_ns = ns;
}

int64_t work_ns(void)
{
	return now_ns += look_ns;
}

int64_t work_most_ns(void)
{
	return now_ns += look_ns;
}

int64_t work_about_ns(void)
{
	return now_ns += look_ns;
}
