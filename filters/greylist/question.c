#include "filters/greylist/question.h"

#include "base/arena.h"
#include "mail/domain.h"

enum { NETWORK_V4_BITS = 24, NETWORK_V6_BITS = 64 };

struct store_question greylist_about_mail(const struct greylist_conf *c, struct str key,
					  enum greylist_do what)
{
	return (struct store_question){
		.procedure = STORE_GREYLIST,
		.key = key,
		.args = { what, c->delay_ms, c->window_ms, c->lifetime_ms },
	};
}

struct store_question greylist_about_source(const struct greylist_conf *c, struct str key,
					    enum source_do what)
{
	const bool said = what == SOURCE_ALLOW || what == SOURCE_BLOCK;

	return (struct store_question){ .procedure = STORE_SOURCE,
					.key = key,
					.args = { what,
						  said ? STORE_LIFETIME_MAX_MS : c->lifetime_ms } };
}

static uint8_t bits_of(const struct ip *ip)
{
	return ip->family == IP_V4 ? NETWORK_V4_BITS : NETWORK_V6_BITS;
}

void greylist_network(struct out *o, const struct ip *ip)
{
	const struct ip_net net = { .base = *ip, .bits = bits_of(ip) };
	const struct ip_net first = { .base = ip_net_first(&net), .bits = net.bits };

	ip_net_print(o, &first);
}

static bool domain(struct str text, struct out *o)
{
	struct arena arena;
	struct str name;

	arena_init(&arena, 4096);
	name = domain_ascii(&arena, text);
	out_str(o, name);
	arena_reset(&arena);
	return name.n > 0 && !o->full;
}

bool greylist_source(struct str text, struct out *o)
{
	struct ip_net net;
	struct ip ip;

	if (ip_parse(text, &ip))
		greylist_network(o, &ip);
	else if (!memchr(text.p ? text.p : "", '/', text.n))
		return domain(text, o);
	else if (ip_net_parse(text, &net) && net.bits == bits_of(&net.base))
		greylist_network(o, &net.base);
	else
		return false;
	return !o->full;
}
