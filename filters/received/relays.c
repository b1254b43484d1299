/* relays.c - the filter: whom the operator trusts to say where mail comes from (filters/received/relays.h).
 *
 * It reports nothing and reads nothing until somebody asks.  When nothing is said of trust, hosts with private addresses
 * are trusted, and who has logged in there. */
#include "filters/received/relays.h"

#include "base/check.h"
#include "filters/auth.h"
#include "filters/filter.h"
#include "mail/header.h"

struct relays_conf {
	struct filter_common common;
	struct conf_list trusted, internal, msa, originating;
};

struct relays_filter {
	struct relays_conf conf;
	struct ip_nets trusted, internal, msa;
	bool inferred; /* nothing is said of trust */
};

#define RELAYS(MEMBER) .offset = offsetof(struct relays_conf, MEMBER)

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(relays_conf),
	{ .name = "trusted",
	  .type = CONF_LIST,
	  RELAYS(trusted),
	  .fallback = "[]",
	  .example = "[\"192.0.2.0/28\"]",
	  .about = "hosts whose Received fields are true; none: those with private addresses" },
	{ .name = "internal",
	  .type = CONF_LIST,
	  RELAYS(internal),
	  .fallback = "[]",
	  .example = "[\"192.0.2.1\"]",
	  .about = "of these, our own: what they get from others is external; none: all of these" },
	{ .name = "msa",
	  .type = CONF_LIST,
	  RELAYS(msa),
	  .fallback = "[]",
	  .example = "[\"192.0.2.7\"]",
	  .about =
		  "of these, those that take mail only from who has logged in: all behind them are trusted" },
	{ .name = "originating",
	  .type = CONF_LIST,
	  RELAYS(originating),
	  .fallback =
		  "[\"X-Yahoo-Post-IP\", \"X-Originating-IP\", \"X-Apparently-From\", \"X-SenderIP\"]",
	  .about =
		  "fields with the address of who gave the message to a web page: the oldest relay" },
};

const struct conf_block block_relays = {
	.name = "relays",
	.about = "whom to believe what Received fields say, for rules that look at relays",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct relays_conf),
	.always = true,
};

/* ---- setup ---- */

static struct ip_nets read_nets(struct filter_setup *s, const struct conf_list *list)
{
	struct ip_nets nets = { .count = 0 };

	nets.items = arena_alloc(filter_setup_arena(s), list->count * sizeof(*nets.items) + 1);
	for (size_t i = 0; nets.items && i < list->count; i++) {
		if (ip_net_parse(list->items[i].text, &nets.items[nets.count]))
			nets.count++;
		else
			conf_error(filter_setup_report(s), &list->items[i].at,
				   "'" STR_FMT "' is no address or network",
				   STR_ARG(list->items[i].text));
	}
	return nets;
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct relays_filter *f = arena_new(filter_setup_arena(s), struct relays_filter);

	if (!f)
		return NULL;
	f->conf = *(const struct relays_conf *)section->values;
	f->trusted = read_nets(s, &f->conf.trusted);
	f->internal = read_nets(s, &f->conf.internal);
	f->msa = read_nets(s, &f->conf.msa);
	f->inferred = f->trusted.count == 0 && f->internal.count == 0;
	if (f->trusted.count == 0)
		f->trusted = f->internal;
	if (f->internal.count == 0)
		f->internal = f->trusted;
	return f;
}

/* ---- who is who ---- */

struct reading {
	struct relays *relays;
	const struct relays_filter *filter;
	struct arena *arena;
	bool in_trusted, in_internal, behind_msa;
};

/* Whether who is added now is still trusted, and ours. */
static void judge(struct reading *r, struct relay *relay)
{
	const struct relays_filter *f = r->filter;
	const struct ip *ip = &relay->received.address;
	const bool known = relay->received.auth.n > 0;

	if (!r->in_trusted || r->behind_msa)
		return;
	if (f->inferred) {
		r->in_trusted = r->in_internal = known || relay->private_ip;
		return;
	}
	/* What comes from this machine itself is of those who are trusted anyway. */
	r->in_trusted = known || ip_is_loopback(ip) || ip_nets_have(&f->trusted, ip);
	r->in_internal = r->in_internal && r->in_trusted &&
			 (known || ip_is_loopback(ip) || ip_nets_have(&f->internal, ip));
	relay->msa = r->in_trusted && ip_nets_have(&f->msa, ip);
	r->behind_msa = relay->msa;
}

static void add(struct reading *r, const struct received *received)
{
	struct relays *all = r->relays;
	struct relay *relay = &all->items[all->count];

	if (all->count == all->room)
		return;
	*relay = (struct relay){ .received = *received,
				 .private_ip = ip_is_private(&received->address) };
	judge(r, relay);
	all->count++;
	if (r->in_trusted)
		all->trusted = all->count;
	if (r->in_internal)
		all->internal = all->count;
}

/* What was fetched from a mailbox of ours did not come by the relays that fetched it. */
static void start_again(struct reading *r)
{
	if (!r->in_trusted)
		return;
	r->relays->count = r->relays->trusted = r->relays->internal = 0;
	r->relays->connected = false;
}

/* ---- the header section ---- */

static void read_field(struct reading *r, struct str value)
{
	const size_t room = (value.n < LIMIT_RECEIVED_FIELD ? value.n : LIMIT_RECEIVED_FIELD) * 2;
	struct out o = { .p = arena_alloc(r->arena, room + 1), .cap = room };
	struct received received;

	if (!o.p)
		return;
	switch (received_read(str_head(value, LIMIT_RECEIVED_FIELD), &o, &received)) {
	case RECEIVED_RELAY:
		add(r, &received);
		break;
	case RECEIVED_FETCHED:
		start_again(r);
		break;
	case RECEIVED_UNREADABLE:
		r->relays->unreadable++;
		break;
	case RECEIVED_LOCAL:
		break;
	}
	r->relays->fields++;
	if (r->in_trusted)
		r->relays->trusted_fields++;
	if (r->in_internal)
		r->relays->internal_fields++;
}

/* The first address in the last field of that name. */
static void read_originating(struct reading *r, struct str header, struct str name)
{
	struct received received = { .looked_up = false };
	struct header_field field;
	struct str value = { 0 };
	struct ip ip;

	while (header_next(&header, &field))
		if (str_ieq(field.name, name))
			value = field.value;
	for (size_t i = 0; i < value.n; i++) {
		size_t n = i;

		while (n < value.n && (ascii_alnum(value.p[n]) || strchr(".:", value.p[n])))
			n++;
		received.ip = str_head(str_from(value, i), n - i);
		if (received.ip.n > 6 && ip_parse(received.ip, &ip)) {
			received.address = ip;
			add(r, &received);
			return;
		}
		i = n;
	}
}

/* A copy that can be no relay of its own. */
static struct str masked(struct arena *arena, struct str s)
{
	struct out o = { .p = arena_alloc(arena, s.n + 1), .cap = s.n };

	if (!o.p)
		return (struct str){ 0 };
	out_str(&o, s);
	received_mask(o.p, o.n);
	return out_text(&o);
}

/* The connection. */
static void add_client(struct reading *r, const struct filter_facts *facts)
{
	struct received client = { .address = facts->client_ip,
				   .mail_from = masked(r->arena, facts->mail_from),
				   .helo = masked(r->arena, facts->helo) };
	char bytes[IP_TEXT_MAX];
	struct out ip = OUT(bytes);

	/* Everybody has that address (WRONG_VANTAGE): what a stranger tells is not to be believed. */
	if (facts->client_ip.family == IP_NONE && facts->client_port)
		r->in_trusted = r->in_internal = facts->authenticated;
	if (facts->client_ip.family == IP_NONE)
		return;
	ip_print(&ip, &facts->client_ip);
	client.ip = arena_str(r->arena, out_text(&ip));
	if (facts->client) {
		client.rdns = masked(r->arena, facts->client->name);
		client.looked_up = facts->client->looked_up;
	}
	if (facts->authenticated)
		client.auth = STR("ESMTPA");
	add(r, &client);
	r->relays->connected = true;
}

static unsigned count_fields(struct str header)
{
	struct header_field field;
	unsigned n = 0;

	while (n < LIMIT_RECEIVED_HOPS && header_next(&header, &field))
		n += str_ieq(field.name, STR("Received"));
	return n;
}

static void read_all(struct reading *r, const struct filter_facts *facts)
{
	const struct conf_list *originating = &r->filter->conf.originating;
	const unsigned fields = count_fields(facts->header);
	struct str header = facts->header;
	struct header_field field;

	r->relays->room = 1 + fields + (unsigned)originating->count;
	r->relays->items = arena_alloc(r->arena, r->relays->room * sizeof(struct relay));
	if (!r->relays->items)
		return;
	add_client(r, facts);
	while (r->relays->fields < fields && header_next(&header, &field))
		if (str_ieq(field.name, STR("Received")))
			read_field(r, field.value);
	for (size_t i = 0; i < originating->count; i++)
		read_originating(r, facts->header, originating->items[i].text);
}

void relays_read(struct relays *relays, struct arena *arena, const struct filter_facts *facts)
{
	struct reading r = { .relays = relays,
			     .filter = relays->filter,
			     .arena = arena,
			     .in_trusted = true,
			     .in_internal = true };

	if (!relays->read && r.filter)
		read_all(&r, facts);
	relays->read = true;
}

const struct relays *relays_of(struct filter_run *run, const struct filter_facts *facts)
{
	relays_read(facts->relays, filter_arena(run), facts);
	return facts->relays;
}

/* Where all are trusted, the oldest has it from who wrote the mail. */
struct str relays_sender(struct filter_run *run, const struct filter_facts *facts)
{
	const struct relays *relays;
	unsigned i;

	if (facts->client_ip.family != IP_NONE)
		return facts->mail_from;
	relays = relays_of(run, facts);
	i = relays->trusted < relays->count ? relays->trusted : relays->count - 1;
	if (relays->count && str_has(relays->items[i].received.mail_from, STR("@")))
		return relays->items[i].received.mail_from;
	return facts->mail_from;
}

/* ---- the filter ---- */

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	(void)state;
	if (facts->relays)
		facts->relays->filter = filter_conf(run);
	return FILTER_DONE;
}

const struct filter filter_relays = {
	.name = "relays",
	.about = "whom to believe what Received fields say",
	.block = &block_relays,
	.setup = setup,
	.on = { [PHASE_HEADER] = on_header },
};
