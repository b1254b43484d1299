/* relays.c - functions that look at the way a message came. */
#include "filters/evals/eval.h"

#include "base/check.h"

static const struct relays *all(struct eval_mail *m)
{
	return relays_of(m->run, m->facts);
}

bool eval_check_all_trusted(struct eval_mail *m, const struct eval_args *args)
{
	const struct relays *r = all(m);

	(void)args;
	return r->trusted && r->trusted == r->count && !r->unreadable;
}

bool eval_check_no_relays(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return all(m)->count == 0 && !all(m)->unreadable;
}

bool eval_check_relays_unparseable(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return all(m)->unreadable > 0;
}

/* The oldest that is not private is what counts. */
bool eval_check_for_no_rdns_dotcom_helo(struct eval_mail *m, const struct eval_args *args)
{
	const struct relays *r = all(m);

	(void)args;
	for (unsigned i = r->count; i-- > r->trusted;) {
		const struct received *relay = &r->items[i].received;

		if (!r->items[i].private_ip)
			return relay->rdns.n == 0 && relay->looked_up &&
			       eval_matches(m, EXPRESSION_LARGE_PROVIDER, relay->helo);
	}
	return false;
}

static bool public_v4(struct str s, struct ip *ip)
{
	return ip_parse(s, ip) && ip->family == IP_V4 && !ip_is_private(ip);
}

bool eval_check_for_numeric_helo(struct eval_mail *m, const struct eval_args *args)
{
	const struct relays *r = all(m);
	struct ip ip;

	(void)args;
	for (unsigned i = r->trusted; i < r->count; i++)
		if (ip_parse(r->items[i].received.helo, &ip) && ip.family == IP_V4)
			return !ip_is_private(&ip);
	return false;
}

/* Another /24. */
bool eval_helo_ip_mismatch(struct eval_mail *m, const struct eval_args *args)
{
	const struct relays *r = all(m);
	struct ip helo;

	(void)args;
	for (unsigned i = r->trusted; i < r->count; i++) {
		const struct relay *relay = &r->items[i];

		if (public_v4(relay->received.helo, &helo) && !relay->private_ip &&
		    relay->received.address.family == IP_V4 &&
		    memcmp(helo.bytes, relay->received.address.bytes, 3) != 0)
			return true;
	}
	return false;
}

bool eval_check_for_sender_no_reverse(struct eval_mail *m, const struct eval_args *args)
{
	const struct relays *r = all(m);
	const struct relay *oldest = &r->items[r->count ? r->count - 1 : 0];

	(void)args;
	return r->count > r->trusted && !oldest->private_ip &&
	       str_has(oldest->received.rdns, STR("."));
}

/* ---- one after the other ---- */

/* Two labels, three where the last is short; an address is one. */
static struct str to_domain(struct str host)
{
	static const struct str countries[] = { STR_INIT("ie"), STR_INIT("fr"), STR_INIT("de") };
	size_t dots[3];
	unsigned n = 0;
	bool large;
	struct str last;

	for (size_t i = host.n; i-- > 0 && n < 3;)
		if (host.p[i] == '.')
			dots[n++] = i;
	if (n == 0)
		return host;
	last = str_from(host, dots[0] + 1);
	large = last.n >= 3;
	for (size_t i = 0; i < COUNTOF(countries); i++)
		large = large || str_ieq(last, countries[i]);
	if (large)
		return n > 1 ? str_from(host, dots[1] + 1) : host;
	return n > 2 ? str_from(host, dots[2] + 1) : host;
}

static struct str host_domain(struct str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (ascii_alpha(host.p[i]))
			return to_domain(host);
	return host;
}

/* Who wrote the field is who is said to have connected in the next newer one. */
static bool breaks(struct eval_mail *m, const struct received *newer, const struct received *relay)
{
	const struct str by = host_domain(relay->by), from = host_domain(newer->rdns);

	if (str_eq(newer->ip, STR("127.0.0.1")) && eval_matches(m, EXPRESSION_LOCALHOST, from))
		return false;
	return eval_matches(m, EXPRESSION_HOST, by) && eval_matches(m, EXPRESSION_HOST, from) &&
	       !str_ieq(by, from) &&
	       !(str_ieq(by, STR("msn.com")) && str_ieq(from, STR("hotmail.com")));
}

bool eval_check_for_forged_received_trail(struct eval_mail *m, const struct eval_args *args)
{
	const struct relays *r = all(m);
	unsigned broken = 0;

	(void)args;
	for (unsigned i = r->trusted + 1; i < r->count; i++)
		broken += breaks(m, &r->items[i - 1].received, &r->items[i].received);
	return broken > 1;
}

/* Another /16. */
bool eval_check_for_forged_received_ip_helo(struct eval_mail *m, const struct eval_args *args)
{
	const struct relays *r = all(m);
	struct ip helo;

	(void)args;
	for (unsigned i = r->trusted; i < r->count; i++) {
		const struct received *relay = &r->items[i].received;

		if (public_v4(relay->helo, &helo) && relay->address.family == IP_V4 &&
		    memcmp(helo.bytes, relay->address.bytes, 2) != 0 &&
		    eval_matches(m, EXPRESSION_HOST, host_domain(relay->by)))
			return true;
	}
	return false;
}

/* ---- the sender's ---- */

static struct str sender_domain(struct str address)
{
	struct str domain;

	if (!str_find(address, STR("@"), &domain) || str_has(domain, STR("@")) ||
	    !str_has(domain, STR(".")))
		return (struct str){ 0 };
	return domain;
}

static bool is_of(struct eval_mail *m, const struct relay *relay, struct str domain)
{
	const struct str name = relay->received.rdns;

	return name.n && str_eq(eval_organization(m, name), eval_organization(m, domain));
}

/* The relay that trust ends at; any, when all are trusted. */
bool eval_check_mailfrom_matches_rcvd(struct eval_mail *m, const struct eval_args *args)
{
	const struct str domain = sender_domain(relays_sender(m->run, m->facts));
	const struct relays *r = all(m);

	(void)args;
	if (domain.n == 0)
		return false;
	if (r->count > r->trusted)
		return is_of(m, &r->items[r->trusted], domain);
	for (unsigned i = 0; i < r->count; i++)
		if (is_of(m, &r->items[i], domain))
			return true;
	return false;
}

/* Whether a relay has a name of the domain, and another one has it from there. */
static bool came_by(struct eval_mail *m, struct str domain)
{
	const struct relays *r = all(m);

	for (unsigned i = 0; i < r->count; i++)
		if (str_iends(r->items[i].received.rdns, domain) &&
		    str_iends(r->items[i].received.by, domain))
			return true;
	return false;
}

bool eval_check_for_from_domain_in_received_headers(struct eval_mail *m,
						    const struct eval_args *args)
{
	const struct str from = eval_text(m, VIEW_FROM_ADDRESS), domain = args->text[0];
	size_t at = 0;

	while (at < from.n && !str_istarts(str_from(from, at), domain))
		at++;
	if (domain.n == 0 || at == from.n || (at > 0 && ascii_alnum(from.p[at - 1])))
		return false;
	return came_by(m, domain) == str_eq(args->text[1], STR("true"));
}

bool eval_check_for_illegal_ip(struct eval_mail *m, const struct eval_args *args)
{
	(void)m;
	(void)args;
	return false;
}
