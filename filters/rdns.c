/* rdns.c - the client's name by forward-confirmed reverse DNS.
 *
 * PTR of the address, then the address of each name, only of the client's family; as RFC 7208 5.5
 * at most 10 names.  A name that cannot be asked counts as not confirming.  When nothing confirmed
 * and some lookup failed, nothing is said: it is not known. */
#include "base/check.h"
#include "filters/auth.h"
#include "filters/filter.h"
#include "mail/path.h"

struct rdns_conf {
	struct filter_common common;
};

struct rdns {
	struct rdns_conf conf;
	filter_symbol none, unconfirmed, confirmed;
};

struct rdns_state {
	enum { ASK_NAMES, ASK_ADDRESSES, READ } step;
	struct dns_answer names;
	struct str asked[LIMIT_RDNS_NAMES];
	struct dns_answer addresses[LIMIT_RDNS_NAMES];
	unsigned count;
};

static const struct conf_option options[] = { FILTER_COMMON_OPTIONS(rdns_conf) };

const struct conf_block block_rdns = {
	.name = "rdns",
	.about = "the client's name by reverse DNS, confirmed by forward DNS",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct rdns_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct rdns *c = arena_new(filter_setup_arena(s), struct rdns);

	if (!c)
		return NULL;
	c->conf = *(const struct rdns_conf *)section->values;
	c->none = filter_define(s, STR("RDNS_NONE"), PHASE_CONNECT,
				"the client's address has no name in DNS");
	c->unconfirmed = filter_define(s, STR("RDNS_UNCONFIRMED"), PHASE_CONNECT,
				       "the name of the client's address does not lead back to it");
	c->confirmed = filter_define(s, STR("RDNS_CONFIRMED"), PHASE_CONNECT,
				     "the name of the client's address leads back to it");
	return c;
}

static void ask_names(struct filter_run *run, const struct ip *ip, struct rdns_state *s)
{
	char bytes[LIMIT_DNS_NAME];
	struct out name = OUT(bytes);

	ip_print_reversed(&name, ip);
	out_str(&name, ip->family == IP_V4 ? STR(".in-addr.arpa") : STR(".ip6.arpa"));
	CHECK(!name.full);
	filter_dns(run, out_text(&name), RR_PTR, &s->names);
	s->step = ASK_ADDRESSES;
}

static void ask_addresses(struct filter_run *run, const struct ip *ip, struct rdns_state *s)
{
	const enum rr_type type = ip->family == IP_V4 ? RR_A : RR_AAAA;

	for (unsigned i = 0; i < s->names.count && i < LIMIT_RDNS_NAMES; i++) {
		const struct str name = s->names.records[i].text;

		if (!path_domain_ok(name) || name.p[0] == '[')
			continue;
		s->asked[s->count] = name;
		filter_dns(run, name, type, &s->addresses[s->count++]);
	}
	s->step = READ;
}

static bool leads_to(const struct dns_answer *answer, const struct ip *ip)
{
	for (unsigned i = 0; i < answer->count; i++)
		if (ip_eq(&answer->records[i].ip, ip))
			return true;
	return false;
}

/* name: empty, there is none that leads back. */
static void tell(const struct filter_facts *facts, struct str name)
{
	if (facts->client)
		*facts->client = (struct auth_client){ .looked_up = true, .name = name };
}

static void judge(struct filter_run *run, const struct filter_facts *facts,
		  const struct rdns_state *s)
{
	const struct rdns *c = filter_conf(run);
	bool failed = false;

	for (unsigned i = 0; i < s->count; i++) {
		if (leads_to(&s->addresses[i], &facts->client_ip)) {
			filter_forgive(run);
			filter_report(run, c->confirmed, s->asked[i]);
			tell(facts, s->asked[i]);
			return;
		}
		failed = failed || s->addresses[i].status == DNS_FAILED;
	}
	if (failed)
		return;
	tell(facts, (struct str){ 0 });
	filter_report(run, c->unconfirmed, s->names.records[0].text);
}

static enum filter_step on_connect(struct filter_run *run, const struct filter_facts *facts,
				   void *state)
{
	const struct rdns *c = filter_conf(run);
	struct rdns_state *s = state;

	switch (s->step) {
	case ASK_NAMES:
		if (facts->client_name.n) {
			filter_report(run, c->confirmed, facts->client_name);
			tell(facts, facts->client_name);
			return FILTER_DONE;
		}
		if (facts->client_ip.family == IP_NONE)
			return FILTER_DONE;
		ask_names(run, &facts->client_ip, s);
		return FILTER_WAIT;
	case ASK_ADDRESSES:
		if (s->names.count) {
			ask_addresses(run, &facts->client_ip, s);
			return FILTER_WAIT;
		}
		if (s->names.status == DNS_FAILED)
			return FILTER_DONE;
		tell(facts, (struct str){ 0 });
		filter_report(run, c->none, STR(""));
		return FILTER_DONE;
	case READ:
		judge(run, facts, s);
		return FILTER_DONE;
	}
	UNREACHABLE();
}

const struct filter filter_rdns = {
	.name = "rdns",
	.about = "forward-confirmed reverse DNS of the client",
	.block = &block_rdns,
	.strangers = true, /* whoever has the address has its zone */
	.state_size = sizeof(struct rdns_state),
	.setup = setup,
	.on = { [PHASE_CONNECT] = on_connect },
};
