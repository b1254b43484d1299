#include "net/dnsgroup.h"

#include "base/check.h"
#include "base/log.h"
#include "net/dnsresolv.h"

static enum dns_group_state state_of(const struct dns_group *group)
{
	enum dns_group_state state = DNS_GROUP_DEAD;

	for (size_t i = 0; i < group->count; i++) {
		if (dns_peer_is_dead(group->peers[i]))
			continue;
		if (!dns_peer_is_mute(group->peers[i]))
			return DNS_GROUP_FINE;
		state = DNS_GROUP_MUTE;
	}
	return state;
}

static void note(enum dns_group_state state)
{
	switch (state) {
	case DNS_GROUP_FINE:
		log_note("recovered", "dns", "a name server answers");
		return;
	case DNS_GROUP_MUTE:
		log_note("degraded", "dns", "name servers are there, but answer no question");
		return;
	case DNS_GROUP_DEAD:
		log_note("degraded", "dns", "no name server answers");
		return;
	}
	UNREACHABLE();
}

static void on_changed(struct dns_peer *peer, void *arg)
{
	struct dns_group *group = arg;
	const enum dns_group_state before = group->state;

	group->state = state_of(group);
	if (group->state != before)
		note(group->state);
	if (dns_peer_is_dead(peer) || dns_peer_is_mute(peer))
		group->failed(group, group->arg);
}

static void open_peers(struct dns_group *group, const struct dns_server *servers, size_t count)
{
	group->try_ms = group->timeout_ms / (int64_t)(count + 1);
	if (group->try_ms > LIMIT_DNS_TRY_MS)
		group->try_ms = LIMIT_DNS_TRY_MS;
	for (; group->count < count; group->count++) {
		const struct dns_peer_options options = {
			.server = servers[group->count],
			.try_ms = group->try_ms,
			.timeout_ms = group->timeout_ms,
			.changed = on_changed,
			.arg = group,
		};

		group->peers[group->count] = dns_peer_new(group->loop, &options);
	}
}

void dns_group_open(struct dns_group *group, const struct dns_options *options)
{
	struct dns_server system[LIMIT_DNS_SERVERS];
	size_t count = options->server_count;

	CHECK(options->timeout_ms > 0);
	group->timeout_ms = options->timeout_ms;
	group->state = DNS_GROUP_FINE;
	group->count = 0;
	if (count == 0)
		open_peers(group, system, dnsresolv_system(system, COUNTOF(system)));
	else
		open_peers(group, options->servers,
			   count < LIMIT_DNS_SERVERS ? count : LIMIT_DNS_SERVERS);
}

void dns_group_close(struct dns_group *group)
{
	while (group->count > 0)
		dns_peer_free(group->peers[--group->count]);
}

size_t dns_group_index(const struct dns_group *group, const struct dns_peer *peer)
{
	size_t i = 0;

	while (group->peers[i] != peer)
		i++;
	CHECK(i < group->count);
	return i;
}
