#include "caught.h"

#include "base/log.h"
#include "base/out.h"

static char lines[8192];

static void catch_lines(struct str more, void *arg)
{
	struct out o = { .p = lines, .n = strlen(lines), .cap = sizeof(lines) - 1 };

	(void)arg;
	out_str(&o, more);
	lines[o.n] = '\0';
}

void log_catch(void)
{
	log_flush();
	lines[0] = '\0';
	log_to(catch_lines, NULL);
}

const char *log_caught(void)
{
	log_flush();
	return lines;
}
