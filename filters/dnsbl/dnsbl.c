/* dnsbl.c - DNS block and allow lists (RFC 5782): one instance per list, so that no list waits
 * for another.  Whether a listing weighs, blocks or protects is policy's choice. */
#include "base/check.h"
#include "filters/dnsbl/code.h"
#include "filters/dnsbl/health.h"
#include "filters/filter.h"
#include "filters/symbolname.h"
#include "mail/path.h"

enum { REVERSED_MAX = 64, NAME_MAX_TEXT = 253 }; /* 32 nibbles and dots; RFC 1035 2.3.4 as text */

struct dnsbl_conf {
	struct filter_common common;
	struct conf_text symbol;
	struct conf_list codes;
	bool allow, ipv4, ipv6, txt;
};

struct meaning {
	struct dnsbl_code code;
	filter_symbol symbol;
};

struct dnsbl {
	const struct dnsbl_conf *conf;
	struct str zone; /* NUL-terminated */
	filter_symbol symbol;
	struct meaning *meanings;
	size_t meaning_count;
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

static const char *about(const struct dnsbl *c)
{
	return c->conf->allow ? "the client is on a DNS allow list"
			      : "the client is on a DNS block list";
}

static void read_zone(struct filter_setup *s, const struct conf_text *title, struct dnsbl *c)
{
	c->zone = title->text;
	if (c->zone.n && c->zone.p[c->zone.n - 1] == '.')
		c->zone.n--;
	if (!path_domain_ok(c->zone) || c->zone.p[0] == '[' ||
	    c->zone.n > NAME_MAX_TEXT - REVERSED_MAX)
		conf_error(filter_setup_report(s), &title->at,
			   "\"" STR_FMT "\" is not a DNS zone of at most %d bytes",
			   STR_ARG(title->text), NAME_MAX_TEXT - REVERSED_MAX);
	c->zone = arena_str(filter_setup_arena(s), c->zone);
}

static void read_codes(struct filter_setup *s, struct dnsbl *c)
{
	const struct conf_list *codes = &c->conf->codes;
	const char *why;

	c->meanings = arena_alloc(filter_setup_arena(s), (codes->count + 1) * sizeof(*c->meanings));
	for (size_t i = 0; c->meanings && i < codes->count; i++) {
		struct meaning *m = &c->meanings[c->meaning_count];

		if (!dnsbl_code_parse(codes->items[i].text, &m->code, &why)) {
			conf_error(filter_setup_report(s), &codes->items[i].at,
				   "\"" STR_FMT "\": %s", STR_ARG(codes->items[i].text), why);
			continue;
		}
		m->symbol = filter_define(s, m->code.symbol, PHASE_CONNECT, about(c));
		c->meaning_count++;
	}
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct dnsbl *c = arena_new(filter_setup_arena(s), struct dnsbl);

	if (!c)
		return NULL;
	c->conf = section->values;
	read_zone(s, &section->title, c);
	if (!c->conf->ipv4 && !c->conf->ipv6)
		conf_error(filter_setup_report(s), &section->at,
			   "with ipv4 = no and ipv6 = no this list is never asked");
	c->symbol = filter_define_named(s, &c->conf->symbol,
					c->conf->allow ? STR("DNSWL") : STR("DNSBL"), c->zone,
					PHASE_CONNECT, about(c));
	read_codes(s, c);
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
	char bytes[128];
	struct out why = OUT(bytes);

	if (!answered) {
		probe(watch, c, 1, &h->clear);
		probe(watch, c, 2, &h->listed);
		return 0;
	}
	switch (dnsbl_probe_judge(&h->clear, &h->listed, &why)) {
	case DNSBL_FINE:
		dnsbl_switch_on(h, c->zone.p);
		break;
	case DNSBL_BROKEN:
		dnsbl_switch_off(h, c->zone.p, out_text(&why));
		break;
	case DNSBL_UNKNOWN:
		break;
	}
	return h->off ? LIMIT_DNSBL_REPROBE_MS : LIMIT_DNSBL_PROBE_MS;
}

/* ---- a client ---- */

static bool is_asked_for(const struct dnsbl *c, const struct ip *ip)
{
	return (ip->family == IP_V4 && c->conf->ipv4) || (ip->family == IP_V6 && c->conf->ipv6);
}

static void say_off(struct filter_run *run, const struct dnsbl *c)
{
	char bytes[LIMIT_DNS_NAME + 32];
	struct out what = OUT(bytes);

	out_str(&what, c->zone);
	out_str(&what, STR(" is switched off"));
	filter_unavailable(run, out_text(&what));
}

static void note_broken(struct filter_run *run, const struct dnsbl *c, const struct ip *answer,
			const struct ip *client)
{
	char bytes[128];
	struct out why = OUT(bytes);

	out_str(&why, STR("it answers "));
	ip_print(&why, answer);
	out_str(&why, STR(" for "));
	ip_print(&why, client);
	dnsbl_switch_off(filter_watched(run), c->zone.p, out_text(&why));
	filter_watch_soon(run, LIMIT_DNSBL_REPROBE_MS);
}

/* "zen.example 127.0.0.4, 127.0.0.10 the list's text": the answers that mean m, NULL: all.  False: none. */
static bool report(struct filter_run *run, const struct dnsbl_state *s, const struct meaning *m)
{
	const struct dnsbl *c = filter_conf(run);
	char bytes[LIMIT_FINDING_DETAIL];
	struct out detail = OUT(bytes);
	unsigned said = 0;

	out_str(&detail, c->zone);
	for (unsigned i = 0; i < s->answer.count && i < LIMIT_DNSBL_CODES; i++) {
		const struct ip *ip = &s->answer.records[i].ip;

		if (m && !dnsbl_code_has(&m->code, ip))
			continue;
		out_str(&detail, said++ ? STR(", ") : STR(" "));
		ip_print(&detail, ip);
	}
	if (!said)
		return false;
	if (s->text.count) {
		out_char(&detail, ' ');
		out_str(&detail, str_head(s->text.records[0].text, LIMIT_DNSBL_TEXT));
	}
	filter_report(run, m ? m->symbol : c->symbol, out_text(&detail));
	return true;
}

static enum filter_step report_all(struct filter_run *run, const struct dnsbl_state *s)
{
	const struct dnsbl *c = filter_conf(run);

	if (!report(run, s, NULL))
		return FILTER_DONE;
	for (size_t i = 0; i < c->meaning_count; i++)
		if (c->meanings[i].symbol != c->symbol)
			(void)report(run, s, &c->meanings[i]);
	return FILTER_DONE;
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
		note_broken(run, c, broken, client);
	if (h->off) {
		filter_forgive(run);
		say_off(run, c);
		return FILTER_DONE;
	}
	if (s->answer.count && c->conf->txt) {
		ask(run, client, RR_TXT, &s->text);
		s->step = READ_TEXT;
		return FILTER_WAIT;
	}
	return report_all(run, s);
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
			say_off(run, c);
			return FILTER_DONE;
		}
		ask(run, &facts->client_ip, RR_A, &s->answer);
		s->step = READ;
		return FILTER_WAIT;
	case READ:
		return read_answer(run, &facts->client_ip, s);
	case READ_TEXT:
		filter_forgive(run); /* a text that cannot be had is no failure */
		return report_all(run, s);
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
