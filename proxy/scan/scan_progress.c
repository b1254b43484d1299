#include "scan/scan_progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum { EVERY_MS = 500 };

/* ESC [K clears what a longer line has left. */
static void show(struct scan_progress *p, int64_t now, const char *end)
{
	const uint64_t ms = now > p->began_ms ? (uint64_t)(now - p->began_ms) : 1;

	fprintf(stderr, "\r%" PRIu64 " messages, %" PRIu64 " a second\033[K%s", p->count,
		p->count * 1000 / ms, end);
	p->shown_ms = now;
}

void scan_progress_begin(struct scan_progress *p)
{
	p->began_ms = p->shown_ms = clock_ms(CLOCK_MONOTONIC);
}

void scan_progress_step(struct scan_progress *p)
{
	const int64_t now = p->shows ? clock_ms(CLOCK_MONOTONIC) : 0;

	p->count++;
	if (p->shows && now - p->shown_ms >= EVERY_MS)
		show(p, now, "");
}

void scan_progress_clear(const struct scan_progress *p)
{
	if (p->shown_ms != p->began_ms)
		fprintf(stderr, "\r\033[K");
}

void scan_progress_end(struct scan_progress *p)
{
	if (p->shows && p->count)
		show(p, clock_ms(CLOCK_MONOTONIC), "\n");
}
