/* control_status.c - what a worker does for `postern status`: it tells what all of them have counted, for people or as
 * Prometheus reads it. */
#include "control/control.h"

#include "base/check.h"
#include "base/version.h"

#include <inttypes.h>

struct told {
	struct control_figure figures[CONTROL_FIGURES];
	size_t count;
};

static void ask_host(struct control_request *r)
{
	const struct control_host *host = r->host;
	struct told *t = r->state;

	t->count = host->figures ? host->figures(host->figures_of, t->figures) : 0;
}

static void begin_show(struct control_request *r)
{
	const struct told *t = r->state;

	ask_host(r);
	for (const struct control_figure *f = t->figures; f < t->figures + t->count; f++)
		control_say(r, "%-20s %12" PRIu64 "  %s", f->name, f->value, f->about);
	control_end(r);
}

/* The text format of Prometheus, version 0.0.4. */
static void begin_metrics(struct control_request *r)
{
	const struct told *t = r->state;

	ask_host(r);
	control_say(r, "# HELP postern_build_info which version this is");
	control_say(r, "# TYPE postern_build_info gauge");
	control_say(r, "postern_build_info{version=\"%s\"} 1", POSTERN_VERSION);
	for (const struct control_figure *f = t->figures; f < t->figures + t->count; f++) {
		const char *total = f->level ? "" : "_total";

		control_say(r, "# HELP postern_%s%s %s", f->name, total, f->about);
		control_say(r, "# TYPE postern_%s%s %s", f->name, total,
			    f->level ? "gauge" : "counter");
		control_say(r, "postern_%s%s %" PRIu64, f->name, total, f->value);
	}
	control_end(r);
}

/* All is said at the beginning. */
static void turn(struct control_request *r)
{
	(void)r;
}

static const struct control_verb verbs[] = {
	{ .word = "show", .wants = "no more", .begin = begin_show },
	{ .word = "metrics", .wants = "no more", .begin = begin_metrics },
};

const struct control_command control_command_status = {
	.name = "status",
	.verbs = verbs,
	.verb_count = COUNTOF(verbs),
	.state_size = sizeof(struct told),
	.turn = turn,
};
