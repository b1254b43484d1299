/* each.h - for programs that show tests what a filter sees: every message of the files named. */
#ifndef INTEGRATION_EACH_H
#define INTEGRATION_EACH_H

#include "scan/scan_file.h"

#include <stdio.h>

/* message: as it would come over the wire; until it returns. */
typedef void each_fn(struct str message, void *arg);

struct each {
	each_fn *show;
	void *arg;
};

static inline bool each_item(void *arg, const struct scan_item *item, const char *error)
{
	const struct each *each = arg;
	struct str message;

	if (error) {
		fprintf(stderr, "%s: %s\n", item->path, error);
		return false;
	}
	message = scan_wire(item);
	each->show(message, each->arg);
	scan_forget(&message);
	return true;
}

/* False: one cannot be read, which is said. */
static inline bool each_message(int argc, char **argv, each_fn *show, void *arg)
{
	struct each each = { .show = show, .arg = arg };
	bool ok = true;

	for (int i = 1; ok && i < argc; i++)
		ok = scan_file(argv[i], each_item, &each);
	return ok;
}

#endif
