/* asked.c - what the tags of a template stand for (tags.def). */
#include "filters/rbl/asked.h"

#include "base/check.h"
#include "filters/auth.h"
#include "filters/received/relays.h"
#include "filters/uri/host.h"
#include "mail/header.h"
#include "mail/path.h"

struct asking {
	struct filter_run *run;
	const struct filter_facts *facts;
	const struct rbl *rbl;
	struct names *names; /* scratch here */
	struct template_values *values;
};

typedef void tag_fn(struct asking *a, struct str argument);

/* Once each. */
static void add(struct asking *a, struct str value)
{
	struct template_values *v = a->values;
	struct str copy;

	value = str_trim_lines(value);
	for (unsigned i = 0; i < v->count; i++)
		if (str_ieq(v->items[i], value))
			return;
	if (value.n == 0 || value.n > LIMIT_DNS_NAME)
		return;
	if (v->count == TEMPLATE_VALUES) {
		v->cut = true;
		return;
	}
	copy = arena_str(filter_arena(a->run), value);
	if (copy.p)
		v->items[v->count++] = copy;
}

/* ---- senders ---- */

static void tag_SENDERDOMAIN(struct asking *a, struct str argument)
{
	(void)argument;
	add(a, path_domain(relays_sender(a->run, a->facts)));
}

static void add_people(struct asking *a, struct str field, bool domains)
{
	struct people *people = &a->rbl->scratch->people;

	people_read_field(people, a->facts->header, field);
	for (unsigned i = 0; i < people->count; i++) {
		const struct str host = path_domain(people->items[i].address);
		struct uri_host read;

		if (!domains)
			add(a, host);
		else if (uri_host_read(host, a->rbl->suffixes, NULL, &read))
			add(a, read.domain);
	}
}

static void tag_AUTHORDOMAIN(struct asking *a, struct str argument)
{
	(void)argument;
	add_people(a, STR("From"), false);
}

static void tag_HEADER(struct asking *a, struct str argument)
{
	static const struct str host = STR_INIT(":addr:host"), domain = STR_INIT(":addr:domain");
	struct str header = a->facts->header;
	struct header_field f;

	if (str_ends(argument, host)) {
		add_people(a, str_head(argument, argument.n - host.n), false);
		return;
	}
	if (str_ends(argument, domain)) {
		add_people(a, str_head(argument, argument.n - domain.n), true);
		return;
	}
	while (header_next(&header, &f))
		if (str_ieq(f.name, argument))
			add(a, f.value);
}

/* ---- signatures ---- */

static void add_signatures(struct asking *a, bool selectors)
{
	for (const struct auth_dkim *d = a->facts->auth->dkim; d; d = d->next)
		if (!d->domainkeys && d->result == AUTH_PASS && d->trusted)
			add(a, selectors ? d->selector : d->domain);
}

static void tag_DKIMDOMAIN(struct asking *a, struct str argument)
{
	(void)argument;
	add_signatures(a, false);
}

static void tag_DKIMSELECTOR(struct asking *a, struct str argument)
{
	(void)argument;
	add_signatures(a, true);
}

/* ---- relays ---- */

static const struct received *last_external(const struct asking *a)
{
	const struct relays *relays = relays_of(a->run, a->facts);
	const struct relays_range range = relays_side(relays, RELAYS_EXTERNAL);

	return range.from < range.to ? &relays->items[range.from].received : NULL;
}

static const struct received *first_trusted(const struct asking *a)
{
	const struct relays *relays = relays_of(a->run, a->facts);
	const struct relays_range range = relays_side(relays, RELAYS_TRUSTED);

	return range.from < range.to ? &relays->items[range.to - 1].received : NULL;
}

static void add_address(struct asking *a, const struct received *r, bool reversed)
{
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	if (!r || r->address.family == IP_NONE)
		return;
	if (reversed)
		ip_print_reversed(&o, &r->address);
	else
		ip_print(&o, &r->address);
	add(a, out_text(&o));
}

#define ADDRESS(NAME, RELAY, REVERSED)                                                             \
	static void tag_##NAME(struct asking *a, struct str argument)                              \
	{                                                                                          \
		(void)argument;                                                                    \
		add_address(a, RELAY(a), REVERSED);                                                \
	}
ADDRESS(LASTEXTERNALIP, last_external, false)
ADDRESS(LASTEXTERNALREVIP, last_external, true)
ADDRESS(FIRSTTRUSTEDIP, first_trusted, false)
ADDRESS(FIRSTTRUSTEDREVIP, first_trusted, true)
#undef ADDRESS

static void tag_LASTEXTERNALRDNS(struct asking *a, struct str argument)
{
	const struct received *r = last_external(a);

	(void)argument;
	if (r)
		add(a, r->rdns);
}

static void tag_LASTEXTERNALHELO(struct asking *a, struct str argument)
{
	const struct received *r = last_external(a);

	(void)argument;
	if (r)
		add(a, r->helo);
}

/* ---- addresses in the message ---- */

static void add_hosts(struct asking *a, bool whole)
{
	const struct name_style style = { .suffixes = a->rbl->suffixes,
					  .whole = whole,
					  .skip = &a->rbl->skip,
					  .most = TEMPLATE_VALUES };

	if (!a->facts->uris)
		return;
	a->names->count = 0;
	names_add_uris(a->names, &style, a->facts->uris);
	for (unsigned i = 0; i < a->names->count; i++)
		add(a, name_text(&a->names->items[i]));
	a->names->count = 0;
}

static void tag_URIHOSTS(struct asking *a, struct str argument)
{
	(void)argument;
	add_hosts(a, true);
}

static void tag_URIDOMAINS(struct asking *a, struct str argument)
{
	(void)argument;
	add_hosts(a, false);
}

/* ---- all of them ---- */

static const struct {
	enum filter_phase phase;
	tag_fn *add;
} tags[] = {
#define TAG(NAME, PHASE, ABOUT) [FACT_##NAME] = { PHASE_##PHASE, tag_##NAME },
#include "filters/rbl/tags.def"
#undef TAG
};

enum rbl_subject asked_subject(const struct name_template *t)
{
	if (t->zone.n == 0)
		return RBL_ASKED_OF_ANYBODY;
	for (unsigned i = 0; i < t->tag_count; i++)
		if (tags[t->tags[i].fact].phase == PHASE_ALIGN)
			return RBL_ASKED_LATE;
	return RBL_ASKED;
}

void asked_gather(struct filter_run *run, const struct filter_facts *facts,
		  const struct rbl_list *l, struct names *names)
{
	const struct name_template *t = l->name;
	struct template_values values[TEMPLATE_TAGS] = { { .count = 0 } };
	struct asking a = { .run = run, .facts = facts, .rbl = filter_conf(run), .names = names };

	for (unsigned i = 0; i < t->tag_count; i++) {
		a.values = &values[i];
		tags[t->tags[i].fact].add(&a, t->tags[i].argument);
	}
	template_put(t, values, filter_arena(run), names);
}
