#include "daemon/descriptors.h"

enum {
	OWN = 40,  /* event loop, signals, log, name servers, listening sockets, a few files */
	FEW = 1000 /* sessions; with less than that the operator is told, asked for or not */
};

size_t descriptors_sessions(size_t have, size_t connections)
{
	const size_t free = have > OWN + 2 ? have - OWN : 2;
	size_t kept = connections;

	if (kept < free / 8)
		kept = free / 8;
	if (kept > free / 2)
		kept = free / 2;
	return free - kept;
}

static size_t count_connections(const struct setup *s)
{
	const struct conf_section *b;
	size_t n = 0;

	for (b = conf_first(s->conf, &block_backend); b; b = conf_next(b))
		n += (size_t)((const struct conf_backend *)b->values)->connections;
	return n;
}

static void warn(const struct setup_listener *l, size_t have, struct conf_report *report)
{
	const struct conf_place at = conf_place_of(l->section, "sessions_max");
	const bool asked_for = at.line != l->section->at.line || at.column != l->section->at.column;

	if (asked_for || l->sessions_max < FEW)
		conf_warn(report, &at,
			  "%zu sessions a worker at most, not %lld: it may open %zu files "
			  "(see ulimit -n, or LimitNOFILE of the unit)",
			  l->sessions_max, (long long)l->conf->sessions_max, have);
}

void descriptors_share(struct setup *s, size_t have, struct conf_report *report)
{
	const size_t most = descriptors_sessions(have, count_connections(s));
	size_t wanted = 0;

	for (size_t i = 0; i < s->listener_count; i++)
		wanted += (size_t)s->listeners[i].conf->sessions_max;
	for (size_t i = 0; i < s->listener_count; i++) {
		struct setup_listener *l = &s->listeners[i];

		l->sessions_max = (size_t)l->conf->sessions_max;
		if (wanted <= most)
			continue;
		l->sessions_max = l->sessions_max * most / wanted;
		if (l->sessions_max == 0)
			l->sessions_max = 1;
		warn(l, have, report);
	}
}
