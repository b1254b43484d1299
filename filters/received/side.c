/* side.c - relays as rules look at them, see filters/received/relays.h. */
#include "filters/received/relays.h"

#include "base/check.h"

/* RFC 6890: no address of the Internet. */
bool relay_is_private(const struct ip *ip)
{
	static const struct ip_net nets[] = {
		{ { IP_V4, { 10 } }, 8 },          { { IP_V4, { 127 } }, 8 },
		{ { IP_V4, { 100, 64 } }, 10 },    { { IP_V4, { 169, 254 } }, 16 },
		{ { IP_V4, { 172, 16 } }, 12 },    { { IP_V4, { 192, 168 } }, 16 },
		{ { IP_V6, { 0xfe, 0x80 } }, 10 }, { { IP_V6, { [15] = 1 } }, 128 },
	};

	for (size_t i = 0; i < COUNTOF(nets); i++)
		if (ip_net_has(&nets[i], ip))
			return true;
	return false;
}

struct relays_range relays_side(const struct relays *relays, enum relays_side side)
{
	switch (side) {
	case RELAYS_TRUSTED:
		return (struct relays_range){ 0, relays->trusted };
	case RELAYS_UNTRUSTED:
		return (struct relays_range){ relays->trusted, relays->count };
	case RELAYS_INTERNAL:
		return (struct relays_range){ 0, relays->internal };
	case RELAYS_EXTERNAL:
		break;
	}
	return (struct relays_range){ relays->internal, relays->count };
}

static void put(struct out *o, const char *key, struct str value)
{
	out_str(o, str_z(key));
	out_str(o, value);
}

void relays_put(const struct relays *relays, enum relays_side side, struct out *o)
{
	const struct relays_range range = relays_side(relays, side);

	for (unsigned i = range.from; i < range.to; i++) {
		const struct received *r = &relays->items[i].received;

		put(o, i > range.from ? " [ ip=" : "[ ip=", r->ip);
		put(o, " rdns=", r->rdns);
		put(o, " helo=", r->helo);
		put(o, " by=", r->by);
		put(o, " ident=", r->ident);
		put(o, " envfrom=", r->mail_from);
		put(o, " intl=", i < relays->internal ? STR("1") : STR("0"));
		put(o, " id=", r->id);
		put(o, " auth=", r->auth);
		put(o, " msa=", relays->items[i].msa ? STR("1") : STR("0"));
		out_str(o, STR(" ]"));
	}
}
