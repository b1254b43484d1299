#include "net/dnshunt.h"

#include "base/check.h"
#include "net/dnswire.h"

enum { ANSWER_CEILING = 262144 };

static void on_timer(struct timer *t, void *arg)
{
	struct dns_hunt *h = arg;

	(void)t;
	h->expired = true;
	h->stirred(h);
}

void dns_hunt_init(struct dns_hunt *h)
{
	h->start_ms = loop_now_ms(h->group->loop);
	h->known.err = ERR_TIMEOUT;
	arena_init(&h->arena, ANSWER_CEILING);
	timer_init(&h->timer, h->group->loop, on_timer, h);
}

void dns_hunt_free(struct dns_hunt *h)
{
	dns_tries_drop(&h->tries);
	timer_stop(&h->timer);
	arena_reset(&h->arena);
}

bool dns_hunt_was_long(const struct dns_hunt *h)
{
	return loop_now_ms(h->group->loop) - h->start_ms >= h->group->timeout_ms / 2;
}

/* A failure of the zone is kept; of servers that are down or were given no time, not. */
static uint32_t failure_ttl(const struct dns_hunt *h, enum err err)
{
	if (h->group->state != DNS_GROUP_FINE)
		return 0;
	if (err == ERR_SERVFAIL || (err == ERR_TIMEOUT && dns_hunt_was_long(h)))
		return LIMIT_DNS_FAIL_TTL_S;
	return 0;
}

void dns_hunt_end(struct dns_hunt *h, enum err err)
{
	CHECK(h->state != DNS_HUNT_ENDED);
	h->state = DNS_HUNT_ENDED;
	h->known.err = err;
	if (err != ERR_OK)
		h->known.answer = (struct dns_answer){
			.status = DNS_FAILED,
			.rcode = err == ERR_SERVFAIL ? h->known.answer.rcode : 0,
			.ttl_s = failure_ttl(h, err),
		};
	timer_stop(&h->timer);
	h->stirred(h);
}

static void on_try(struct dns_try *attempt, enum err err, struct str packet)
{
	struct dns_hunt *h = attempt->arg;
	const size_t i = dns_group_index(h->group, attempt->peer);

	if (h->state == DNS_HUNT_ENDED)
		return;
	if (err == ERR_PROTOCOL) {
		h->sent[i]--;
	} else if (err == ERR_OK) {
		err = dnswire_parse(packet, h->key.name, h->key.type, &h->arena, &h->known.answer);
		if (err == ERR_OK) {
			dns_hunt_end(h, ERR_OK);
			return;
		}
		arena_reset(&h->arena);
		h->failed[i] = true;
		h->known.err = ERR_SERVFAIL;
	} else if (h->known.err != ERR_SERVFAIL) {
		h->known.err = err;
	}
	h->stirred(h);
}

static void send_to(struct dns_hunt *h, size_t i)
{
	h->sent[i]++;
	dns_peer_send(h->group->peers[i],
		      (struct dns_packet){ .key = h->key, .stranger = h->stranger }, &h->tries,
		      on_try, h);
}

/* Server i should be asked before the other one. */
static bool is_better(const struct dns_hunt *h, size_t i, size_t other)
{
	const bool mute = dns_peer_is_mute(h->group->peers[i]);

	if (mute != dns_peer_is_mute(h->group->peers[other]))
		return !mute;
	return h->sent[i] < h->sent[other];
}

/* The living server that was sent the fewest packets of this hunt; mute ones are last.  group->count: none is left. */
static size_t next_server(const struct dns_hunt *h)
{
	const struct dns_group *group = h->group;
	size_t best = group->count;

	for (size_t i = 0; i < group->count; i++) {
		if (h->failed[i] || h->sent[i] == LIMIT_DNS_TRIES ||
		    dns_peer_is_dead(group->peers[i]))
			continue;
		if (best == group->count || is_better(h, i, best))
			best = i;
	}
	return best;
}

/* Whether one that is mute still is shows only when it is asked. */
static void ask_the_mute(struct dns_hunt *h)
{
	for (size_t i = 0; i < h->group->count; i++)
		if (h->sent[i] == 0 && dns_peer_is_due(h->group->peers[i]))
			send_to(h, i);
}

static bool waits_for_the_living(const struct dns_hunt *h)
{
	for (const struct dns_try *t = h->tries; t; t = t->next)
		if (!dns_peer_is_dead(t->peer))
			return true;
	return false;
}

void dns_hunt_doubt(const struct dns_hunt *h)
{
	for (struct dns_try *t = h->tries; t; t = t->next)
		dns_try_doubt(t);
}

static void give_up(struct dns_hunt *h)
{
	const bool silent = h->tries && h->known.err == ERR_UNREACHABLE;

	dns_hunt_end(h, silent ? ERR_TIMEOUT : h->known.err);
}

/* All servers are dead or mute: each gets one packet, then a moment for the answer; longer those that live, for one
 * that has its line back may have to ask others. */
static void ask_all(struct dns_hunt *h, bool expired)
{
	const int64_t try_ms = h->group->try_ms;

	if (h->state == DNS_HUNT_HURRIED) {
		if (expired || !h->tries)
			give_up(h);
		return;
	}
	h->state = DNS_HUNT_HURRIED;
	timer_start(&h->timer, h->group->state == DNS_GROUP_MUTE ? try_ms : try_ms / 5);
	for (size_t i = 0; i < h->group->count; i++)
		if (h->sent[i] == 0)
			send_to(h, i);
}

static void ask_the_living(struct dns_hunt *h, bool expired, int64_t left_ms)
{
	const size_t i = next_server(h);
	const bool any = i < h->group->count;
	const bool waits = waits_for_the_living(h);

	h->state = DNS_HUNT_ASKING;
	if (any && (expired || (h->sent[i] == 0 && !waits))) {
		timer_start(&h->timer, left_ms < h->group->try_ms ? left_ms : h->group->try_ms);
		send_to(h, i);
		ask_the_mute(h);
	} else if (!any && !waits) {
		give_up(h);
	} else if (!timer_active(&h->timer)) {
		timer_start(&h->timer, left_ms);
	}
}

void dns_hunt_advance(struct dns_hunt *h)
{
	const int64_t now_ms = loop_now_ms(h->group->loop);
	const int64_t left_ms = h->start_ms + h->group->timeout_ms - now_ms;
	const bool expired = h->expired;

	CHECK(h->state != DNS_HUNT_ENDED);
	h->expired = false;
	if (expired)
		dns_hunt_doubt(h);
	if (left_ms <= 0)
		give_up(h);
	else if (h->group->state != DNS_GROUP_FINE)
		ask_all(h, expired);
	else
		ask_the_living(h, expired, left_ms);
}
