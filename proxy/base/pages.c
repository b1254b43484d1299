#include "base/pages.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* of Linux 6.1; older headers lack it */
#endif

enum { LINE = 512 }; /* of /proc/self/maps: longer ones are of files */

/* A mapping of the process. */
struct mapping {
	unsigned long from, to;
	char access[8], name[LINE];
	unsigned long inode; /* 0: there is no file */
};

static bool read_mapping(struct mapping *m, const char *line)
{
	m->name[0] = '\0';
	return sscanf(line, "%lx-%lx %7s %*s %*s %lu %511s", &m->from, &m->to, m->access, &m->inode,
		      m->name) >= 4;
}

static bool is_ours(const struct mapping *m)
{
	return m->inode == 0 && (strcmp(m->access, "rwxp") == 0 || strcmp(m->name, "[heap]") == 0);
}

/* What the kernel cannot do does not matter. */
static size_t make_large(const struct mapping *m)
{
	const size_t n = m->to - m->from;
	void *const p = (void *)m->from;

	(void)madvise(p, n, MADV_HUGEPAGE);
	(void)madvise(p, n, MADV_COLLAPSE);
	return n;
}

size_t pages_make_large(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	struct mapping m;
	char line[LINE];
	size_t sum = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (read_mapping(&m, line) && is_ours(&m))
			sum += make_large(&m);
	fclose(f);
	return sum;
}
