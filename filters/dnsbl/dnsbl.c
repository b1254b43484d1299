/* dnsbl.c - DNS block and allow lists (RFC 5782): one instance per list, so that no list waits
 * for another.  Whether a listing weighs, blocks or protects is policy's choice. */
#include "base/check.h"
#include "filters/dnsbl/list.h"

enum { REVERSED_MAX = 64 }; /* 32 nibbles and dots */

struct dnsbl_conf {
	struct filter_common common;
	struct conf_text symbol;
	struct conf_list codes;
	bool allow, ipv4, ipv6, txt;
};

struct dnsbl {
	const struct dnsbl_conf *conf;
	struct str zone; /* NUL-terminated */
	struct list_symbols symbols;
};

struct dnsbl_state {
	enum { ASK, READ, READ_TEXT } step;
	struct dns_answer answer, text;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(dnsbl_conf),
	{ .name = "symbol",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct dnsbl_conf, symbol),
	  .optional = true,
	  .example = "DNSBL_ZEN",
	  .about = "reported for every listing; left out: made of the zone's name" },
	{ .name = "codes",
	  .type = CONF_LIST,
	  .offset = offsetof(struct dnsbl_conf, codes),
	  .optional = true,
	  .example = "[\"127.0.0.2 DNSBL_SBL\", \"127.0.0.4-7 DNSBL_XBL\"]",
	  .about = "a symbol more for an answer, a range or a network (127.0.2.0/24) of them" },
	{ .name = "allow",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct dnsbl_conf, allow),
	  .fallback = "no",
	  .about = "it lists those who are good" },
	{ .name = "ipv4",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct dnsbl_conf, ipv4),
	  .fallback = "yes",
	  .about = "asked for IPv4 clients" },
	{ .name = "ipv6",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct dnsbl_conf, ipv6),
	  .fallback = "yes",
	  .about = "asked for IPv6 clients" },
	{ .name = "txt",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct dnsbl_conf, txt),
	  .fallback = "no",
	  .about = "fetch the list's text about a listed client" },
};

const struct conf_block block_dnsbl = {
	.name = "dnsbl",
	.about = "a DNS block list or allow list; the title is its zone",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct dnsbl_conf),
	.title = CONF_TITLED,
	.repeated = true,
	.sample = "#dnsbl \"zen.spamhaus.org\" {\n"
		  "\t#symbol = DNSBL_ZEN\n"
		  "\t#codes = [\"127.0.0.2 DNSBL_SBL\", \"127.0.0.4-7 DNSBL_XBL\"]\n"
		  "#}\n",
};

/* ---- setup ---- */

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct dnsbl *c = arena_new(filter_setup_arena(s), struct dnsbl);

	if (!c)
		return NULL;
	c->conf = section->values;
	c->zone = list_zone(s, &section->title, REVERSED_MAX);
	if (!c->conf->ipv4 && !c->conf->ipv6)
		conf_error(filter_setup_report(s), &section->at,
			   "with ipv4 = no and ipv6 = no this list is never asked");
	list_define(s,
		    &(struct list_names){
			    .symbol = &c->conf->symbol,
			    .codes = &c->conf->codes,
			    .prefix = c->conf->allow ? STR("DNSWL") : STR("DNSBL"),
			    .zone = c->zone,
			    .about = c->conf->allow ? "the client is on a DNS allow list"
						    : "the client is on a DNS block list",
		    },
		    PHASE_CONNECT, &c->symbols);
	return c;
}

/* ---- health ---- */

/* RFC 5782 5: 127.0.0.1 and 127.0.0.2, or ::FFFF:7F00:1 and ::FFFF:7F00:2. */
static struct ip test_entry(const struct dnsbl *c, uint8_t last)
{
	if (c->conf->ipv4)
		return (struct ip){ .family = IP_V4, .bytes = { 127, 0, 0, last } };
	return (struct ip){
		.family = IP_V6,
		.bytes = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = last },
	};
}

static struct str query_name(const struct dnsbl *c, const struct ip *ip, struct out *o)
{
	ip_print_reversed(o, ip);
	out_char(o, '.');
	out_str(o, c->zone);
	CHECK(!o->full);
	return out_text(o);
}

static void probe(struct filter_watch *watch, const struct dnsbl *c, uint8_t last,
		  struct dns_answer *answer)
{
	const struct ip ip = test_entry(c, last);
	char bytes[LIMIT_DNS_NAME];
	struct out name = OUT(bytes);

	filter_watch_dns(watch, query_name(c, &ip, &name), RR_A, answer);
}

static int64_t watch_list(struct filter_watch *watch, void *watched, bool answered)
{
	const struct dnsbl *c = filter_watch_conf(watch);
	struct dnsbl_health *h = watched;
	const struct dnsbl_entries entries = { .clear = STR("127.0.0.1"),
					       .listed = STR("127.0.0.2") };

	if (!answered) {
		probe(watch, c, 1, &h->clear);
		probe(watch, c, 2, &h->listed);
		return 0;
	}
	return dnsbl_probe_end(h, &entries, c->zone.p);
}

/* ---- a client ---- */

static bool is_asked_for(const struct dnsbl *c, const struct ip *ip)
{
	return (ip->family == IP_V4 && c->conf->ipv4) || (ip->family == IP_V6 && c->conf->ipv6);
}

static enum filter_step report(struct filter_run *run, const struct dnsbl_state *s)
{
	const struct dnsbl *c = filter_conf(run);

	list_report(run, &c->symbols,
		    &(struct list_answer){
			    .zone = c->zone,
			    .codes = &s->answer,
			    .text = s->text.count ? s->text.records[0].text : STR(""),
		    });
	return FILTER_DONE;
}

/* It has answered of this client what no list answers. */
static void note_broken(struct filter_run *run, const struct ip *answer, const struct ip *client)
{
	const struct dnsbl *c = filter_conf(run);
	char bytes[IP_TEXT_MAX];
	struct out name = OUT(bytes);

	ip_print(&name, client);
	list_note_broken(run, c->zone, answer, out_text(&name));
}

static void ask(struct filter_run *run, const struct ip *ip, enum rr_type type,
		struct dns_answer *answer)
{
	char bytes[LIMIT_DNS_NAME];
	struct out name = OUT(bytes);

	filter_dns(run, query_name(filter_conf(run), ip, &name), type, answer);
}

static enum filter_step read_answer(struct filter_run *run, const struct ip *client,
				    struct dnsbl_state *s)
{
	const struct dnsbl *c = filter_conf(run);
	const struct dnsbl_health *h = filter_watched(run);
	const struct ip *broken = dnsbl_broken_answer(&s->answer);

	if (broken)
		note_broken(run, broken, client);
	if (h->off) {
		filter_forgive(run);
		list_say_off(run, c->zone);
		return FILTER_DONE;
	}
	if (s->answer.count && c->conf->txt) {
		ask(run, client, RR_TXT, &s->text);
		s->step = READ_TEXT;
		return FILTER_WAIT;
	}
	return report(run, s);
}

static enum filter_step on_connect(struct filter_run *run, const struct filter_facts *facts,
				   void *state)
{
	const struct dnsbl *c = filter_conf(run);
	const struct dnsbl_health *h = filter_watched(run);
	struct dnsbl_state *s = state;

	switch (s->step) {
	case ASK:
		if (!is_asked_for(c, &facts->client_ip))
			return FILTER_DONE;
		if (h->off) {
			list_say_off(run, c->zone);
			return FILTER_DONE;
		}
		ask(run, &facts->client_ip, RR_A, &s->answer);
		s->step = READ;
		return FILTER_WAIT;
	case READ:
		return read_answer(run, &facts->client_ip, s);
	case READ_TEXT:
		filter_forgive(run); /* a text that cannot be had is no failure */
		return report(run, s);
	}
	UNREACHABLE();
}

const struct filter filter_dnsbl = {
	.name = "dnsbl",
	.about = "DNS block lists and allow lists",
	.block = &block_dnsbl,
	.state_size = sizeof(struct dnsbl_state),
	.watched_size = sizeof(struct dnsbl_health),
	.setup = setup,
	.watch = watch_list,
	.on = { [PHASE_CONNECT] = on_connect },
};
