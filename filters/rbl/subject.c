/* subject.c - whom a list is asked about. */
#include "base/check.h"
#include "filters/rbl/asked.h"
#include "filters/received/relays.h"
#include "mail/path.h"

enum { MOST_RELAYS = 9, MOST_NAMES = 20 };

/* Relays of a side, whose addresses become names. */
struct walk {
	const struct relays *relays;
	struct relays_range range;
	struct names *names;
	const struct name_style *style;
};

/* Public ones from the newest to the oldest; skip: so many of the newest; most: so many at most. */
static void add_relays(const struct walk *w, unsigned skip, unsigned most)
{
	for (unsigned i = w->range.from; i < w->range.to && most > 0; i++) {
		const struct relay *relay = &w->relays->items[i];

		if (relay->private_ip || relay->received.address.family == IP_NONE)
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		names_add_ip(w->names, w->style, &relay->received.address, NAME_RDNS);
		most--;
	}
}

static void add_oldest_first(const struct walk *w)
{
	for (unsigned i = w->range.to; i-- > w->range.from;)
		if (!w->relays->items[i].private_ip)
			names_add_ip(w->names, w->style, &w->relays->items[i].received.address,
				     NAME_RDNS);
}

static unsigned count_public(const struct walk *w)
{
	unsigned n = 0;

	for (unsigned i = w->range.from; i < w->range.to; i++)
		n += !w->relays->items[i].private_ip &&
		     w->relays->items[i].received.address.family != IP_NONE;
	return n;
}

/* A name, or an address. */
static void add_host(struct names *names, const struct name_style *style, struct str host)
{
	struct ip ip;

	if (ip_parse(host, &ip))
		names_add_ip(names, style, &ip, NAME_FROM);
	else
		names_add(names, style, host, NAME_FROM);
}

static void add_oldest(const struct walk *w)
{
	const struct received *r;

	if (w->range.to == w->range.from)
		return;
	r = &w->relays->items[w->range.to - 1].received;
	names_add_ip(w->names, w->style, &r->address, NAME_RDNS);
	add_host(w->names, w->style, r->by);
	add_host(w->names, w->style, r->helo);
	add_host(w->names, w->style, r->rdns);
}

static void add_senders(struct names *names, const struct name_style *style,
			const struct people *people)
{
	for (unsigned i = 0; i < people->count; i++)
		if (people->items[i].roles & PERSON_FROM)
			add_host(names, style, path_domain(people->items[i].address));
}

/* "Reply-To,Disposition-Notification-To" */
static void add_fields(struct names *names, const struct name_style *style, struct str fields,
		       struct str header, struct people *people)
{
	struct str field;

	while (fields.n) {
		str_cut(fields, ',', &field, &fields);
		people_read_field(people, header, str_trim(field));
		for (unsigned i = 0; i < people->count; i++)
			add_host(names, style, path_domain(people->items[i].address));
	}
}

/* The addresses asked about are those of hosts, the name servers those of domains. */
static bool wants_hosts(const struct rbl_list *l)
{
	return (l->asks & CALL_WHOLE) ||
	       (l->subject == RBL_URI_ADDRESSES && (l->asks & CALL_ADDRESSES));
}

static struct name_style style_of(const struct rbl *c, const struct rbl_list *l)
{
	return (struct name_style){
		.suffixes = c->suffixes,
		.whole = wants_hosts(l),
		.ips = !(l->asks & CALL_ONLY_NAMES),
		.skip = &c->skip,
		.most = rbl_phase(l->subject) == PHASE_END ? MOST_NAMES : MOST_RELAYS,
	};
}

void rbl_gather(struct filter_run *run, const struct filter_facts *facts, const struct rbl_list *l,
		struct names *names)
{
	const struct rbl *c = filter_conf(run);
	const struct name_style style = style_of(c, l);
	struct walk w = { .relays = relays_of(run, facts), .names = names, .style = &style };

	names->count = 0;
	names->cut = false;
	w.range = relays_side(w.relays,
			      l->subject == RBL_LAST_EXTERNAL || l->subject == RBL_NOT_FIRST_HOP
				      ? RELAYS_EXTERNAL
				      : RELAYS_UNTRUSTED);
	switch (l->subject) {
	case RBL_RELAYS:
		add_oldest_first(&w);
		break;
	case RBL_LAST_EXTERNAL:
	case RBL_FIRST_TRUSTED:
		add_relays(&w, 0, 1);
		break;
	case RBL_NOT_FIRST_HOP:
		add_relays(&w, 0, count_public(&w) > 1 ? count_public(&w) - 1 : 1);
		break;
	case RBL_UNTRUSTED:
		add_relays(&w, 1, MOST_RELAYS);
		break;
	case RBL_OLDEST:
		add_oldest(&w);
		break;
	case RBL_FROM:
		people_read(&c->scratch->people, facts->header, relays_sender(run, facts));
		add_senders(names, &style, &c->scratch->people);
		break;
	case RBL_FIELDS:
		add_fields(names, &style, l->fields, facts->header, &c->scratch->people);
		break;
	case RBL_ENVELOPE:
	case RBL_SENDER_DNS:
		add_host(names, &style, path_domain(relays_sender(run, facts)));
		break;
	case RBL_URIS:
	case RBL_URI_SERVERS:
	case RBL_URI_ADDRESSES:
		if (facts->uris)
			names_add_uris(names, &style, facts->uris);
		break;
	case RBL_ASKED:
	case RBL_ASKED_LATE:
	case RBL_ASKED_OF_ANYBODY:
		asked_gather(run, facts, l, names);
		break;
	}
}
