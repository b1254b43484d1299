/* control_status.c - what a worker does for `postern status`: it tells what all of them have counted, for people or as
 * Prometheus reads it.  Figures are told at once; verdicts and symbols, of which there may be thousands, some a turn. */
#include "control/control.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/version.h"

#include <inttypes.h>

enum { TURN_LINES = 64 };

struct told {
	struct control_figure figures[CONTROL_FIGURES];
	size_t count;
	enum control_hit_kind kind; /* metrics: of the family that is told */
	size_t next;                /* counter */
	struct control_hit top[LIMIT_CONTROL_SYMBOLS];
	size_t top_count;
};

static void ask_host(struct control_request *r)
{
	const struct control_host *host = r->host;
	struct told *t = r->state;

	t->count = host->figures ? host->figures(host->figures_of, t->figures) : 0;
}

static bool hit_at(const struct control_request *r, size_t i, struct control_hit *to)
{
	return r->host->hit && r->host->hit(r->host->hit_of, i, to);
}

/* ---- for people ---- */

/* The most frequent stands first. */
static void rank(struct told *t, const struct control_hit *hit)
{
	size_t at = t->top_count;

	while (at > 0 && t->top[at - 1].since_start < hit->since_start)
		at--;
	if (at == COUNTOF(t->top))
		return;
	if (t->top_count < COUNTOF(t->top))
		t->top_count++;
	memmove(&t->top[at + 1], &t->top[at], (t->top_count - 1 - at) * sizeof(t->top[0]));
	t->top[at] = *hit;
}

/* Until a reload there is no second number. */
static void say_hit(struct control_request *r, const struct control_hit *hit)
{
	char bytes[2 * 24];
	struct out o = OUT(bytes);

	out_printf(&o, "%12" PRIu64, hit->since_start);
	if (r->host->reload_unix_ms)
		out_printf(&o, " %12" PRIu64, hit->since_reload);
	if (hit->kind == CONTROL_SYMBOL)
		control_say(r, STR_FMT "  " STR_FMT, STR_ARG(out_text(&o)), STR_ARG(hit->name));
	else
		control_say(r, STR_FMT "  %-8s  " STR_FMT "%s", STR_ARG(out_text(&o)), hit->action,
			    STR_ARG(hit->name.n ? hit->name : STR("(none was true)")),
			    hit->kind == CONTROL_WOULD ? " (would have: it only watches)" : "");
}

static void print_ago(struct out *o, const struct control_request *r, int64_t unix_ms)
{
	control_print_span(o, loop_unix_ms(r->host->loop) - unix_ms);
	out_str(o, STR(" ago"));
}

static void say_heading(struct control_request *r, const char *what)
{
	char bytes[120];
	struct out since = OUT(bytes);

	out_str(&since, STR("since the start "));
	print_ago(&since, r, r->host->start_unix_ms);
	if (r->host->reload_unix_ms) {
		out_str(&since, STR(", since the reload "));
		print_ago(&since, r, r->host->reload_unix_ms);
	}
	control_say(r, "%s", "");
	control_say(r, "%s, " STR_FMT, what, STR_ARG(out_text(&since)));
}

static void begin_show(struct control_request *r)
{
	struct told *t = r->state;
	struct control_hit hit;

	ask_host(r);
	for (const struct control_figure *f = t->figures; f < t->figures + t->count; f++)
		control_say(r, "%-20s %12" PRIu64 "  %s", f->name, f->value, f->about);
	say_heading(r, "Recipients by verdict");
	for (size_t i = 0; hit_at(r, i, &hit); i++) {
		if (hit.kind == CONTROL_SYMBOL && !hit.hidden && hit.since_start)
			rank(t, &hit);
		else if (hit.kind != CONTROL_SYMBOL && !hit.hidden)
			say_hit(r, &hit);
	}
	say_heading(r, "Transactions by symbol, the most frequent");
	for (size_t i = 0; i < t->top_count; i++)
		say_hit(r, &t->top[i]);
	control_end(r);
}

/* ---- the text format of Prometheus, version 0.0.4 ---- */

static const struct family {
	const char *name, *label, *about;
} families[CONTROL_HIT_KINDS] = {
	[CONTROL_VERDICT] = { "verdicts", "verdict", "recipients that the verdict decided about" },
	[CONTROL_WOULD] = { "verdicts_would", "verdict",
			    "recipients that the verdict would have decided about, if it acted" },
	[CONTROL_SYMBOL] = { "symbols", "symbol", "transactions in which the symbol was found" },
};

static void say_family(struct control_request *r, const char *name, const char *about, bool level)
{
	control_say(r, "# HELP postern_%s%s %s", name, level ? "" : "_total", about);
	control_say(r, "# TYPE postern_%s%s %s", name, level ? "" : "_total",
		    level ? "gauge" : "counter");
}

/* In quotes. */
static void print_label(struct out *o, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			out_char(o, '\\');
		out_char(o, text.p[i]);
	}
}

static void say_series(struct control_request *r, const struct control_hit *hit)
{
	const struct family *f = &families[hit->kind];
	char bytes[LIMIT_CONTROL_LINE / 2];
	struct out o = OUT(bytes);

	out_printf(&o, "%s=\"", f->label);
	print_label(&o, hit->name);
	out_char(&o, '"');
	if (hit->kind != CONTROL_SYMBOL)
		out_printf(&o, ",action=\"%s\"", hit->action);
	if (!o.full)
		control_say(r, "postern_%s_total{" STR_FMT "} %" PRIu64, f->name,
			    STR_ARG(out_text(&o)), hit->since_start);
}

static void say_time(struct control_request *r, const char *name, const char *about,
		     int64_t unix_ms)
{
	say_family(r, name, about, true);
	control_say(r, "postern_%s %lld", name, (long long)(unix_ms / 1000));
}

static void begin_metrics(struct control_request *r)
{
	const struct told *t = r->state;

	ask_host(r);
	say_family(r, "build_info", "which version this is", true);
	control_say(r, "postern_build_info{version=\"%s\"} 1", POSTERN_VERSION);
	say_time(r, "start_time_seconds", "when it was started, since 1970",
		 r->host->start_unix_ms);
	say_time(r, "config_time_seconds", "when the configuration in force was read, since 1970",
		 r->host->reload_unix_ms ? r->host->reload_unix_ms : r->host->start_unix_ms);
	for (const struct control_figure *f = t->figures; f < t->figures + t->count; f++) {
		say_family(r, f->name, f->about, f->level);
		control_say(r, "postern_%s%s %" PRIu64, f->name, f->level ? "" : "_total",
			    f->value);
	}
}

/* Of the family that is at turn, `most` lines at most.  Symbols that nobody has seen yet are not told: there are
 * thousands. */
static unsigned say_some(struct control_request *r, struct told *t, unsigned most)
{
	const struct family *f = &families[t->kind];
	struct control_hit hit;
	unsigned lines = 0;

	if (t->next == 0)
		say_family(r, f->name, f->about, false);
	for (; hit_at(r, t->next, &hit); t->next++) {
		if (lines == most)
			return lines;
		if (hit.kind != t->kind || hit.hidden ||
		    (hit.kind == CONTROL_SYMBOL && !hit.since_start))
			continue;
		say_series(r, &hit);
		lines++;
	}
	t->kind++;
	t->next = 0;
	return lines;
}

static void turn(struct control_request *r)
{
	struct told *t = r->state;
	unsigned lines = 0;

	while (t->kind < CONTROL_HIT_KINDS && lines < TURN_LINES)
		lines += say_some(r, t, TURN_LINES - lines);
	if (t->kind == CONTROL_HIT_KINDS)
		control_end(r);
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
