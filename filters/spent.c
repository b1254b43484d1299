#include "filters/spent.h"

#include "base/work.h"

enum { SHORT_NS = 200000 }; /* of work that may not be measured by the CPU's clock */

int64_t spent_lately_ns(const struct spent *s)
{
	const int64_t wall = work_most_ns() - s->began_ns;

	if (wall < SHORT_NS)
		return wall;
	return s->began_cpu ? work_ns() - s->began_cpu : SHORT_NS;
}

void spent_begin(struct spent *s, bool for_long)
{
	s->began_ns = work_most_ns();
	s->began_cpu = for_long ? work_ns() : 0;
}

void spent_end(struct spent *s)
{
	s->worked_ns += spent_lately_ns(s);
}
