/* side.c - relays as rules look at them, see filters/received/relays.h. */
#include "filters/received/relays.h"

#include "mail/header.h"

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

/* ---- header fields ---- */

/* Of one of two sides. */
static bool is_ours(enum relays_side side)
{
	return side == RELAYS_TRUSTED || side == RELAYS_INTERNAL;
}

/* The connection is a relay of the other side. */
static bool is_stranger(const struct relays *relays, enum relays_side side)
{
	const bool trust = side == RELAYS_TRUSTED || side == RELAYS_UNTRUSTED;

	return relays->connected && (trust ? relays->trusted : relays->internal) == 0;
}

/* Where the n-th Received field begins, from 0, or what is behind it; the end: there is none. */
static size_t find_received(struct str header, unsigned n, bool behind)
{
	struct str rest = header;
	struct header_field field;

	while (header_next(&rest, &field))
		if (str_ieq(field.name, STR("Received")) && n-- == 0)
			return header.n - rest.n - (behind ? 0 : field.whole.n);
	return header.n;
}

struct str relays_fields(const struct relays *relays, enum relays_side side, struct str header)
{
	const unsigned n = side == RELAYS_TRUSTED || side == RELAYS_UNTRUSTED
				   ? relays->trusted_fields
				   : relays->internal_fields;

	if (is_stranger(relays, side))
		return is_ours(side) ? (struct str){ 0 } : header;
	return is_ours(side) ? str_head(header, find_received(header, n, true))
			     : str_from(header, find_received(header, n, false));
}

void relays_put_own(const struct relays *relays, enum relays_side side, struct out *o)
{
	const struct received *r;

	if (!relays->connected || (!is_ours(side) && !is_stranger(relays, side)))
		return;
	r = &relays->items[0].received;
	put(o, "Received: from ", r->helo);
	put(o, " (", r->rdns.n ? r->rdns : STR("unknown"));
	put(o, " [", r->ip);
	out_str(o, STR("])\n"));
}
