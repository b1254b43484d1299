/* uribl.c - DNS block lists of names (RFC 5782 3): the hosts of a message's addresses, and who has sent it; one instance
 * per list, so that no list waits for another.
 *
 * The sender's and the client's names are asked about before RCPT is answered, the message's addresses when it is there,
 * and signatures when they are verified. */
#include "base/check.h"
#include "filters/auth.h"
#include "filters/uribl/uribl.h"
#include "mail/path.h"

enum { POINTERS = 2 }; /* reverse names that are looked at */

struct question {
	const struct name_one *name;
	struct dns_answer answer, text;
};

struct uribl_state {
	enum { BEGIN, POINTERS_ASKED, ASKED, TEXT_ASKED } step;
	struct names *names; /* of the phase at work */
	struct question *questions;
	struct dns_answer pointers;
};

/* ---- health ---- */

static struct str query_name(const struct uribl *c, struct str name, struct out *o)
{
	out_str(o, name);
	out_char(o, '.');
	out_str(o, c->zone);
	return out_text(o);
}

static void probe(struct filter_watch *watch, const struct uribl *c, struct str name,
		  struct dns_answer *answer)
{
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	if (name.n)
		filter_watch_dns(watch, query_name(c, name, &o), RR_A, answer);
}

static int64_t watch_list(struct filter_watch *watch, void *watched, bool answered)
{
	const struct uribl *c = filter_watch_conf(watch);
	struct dnsbl_health *h = watched;
	const struct dnsbl_entries entries = { .clear = STR("invalid"), /* RFC 5782 5 */
					       .listed = c->conf->test.text };

	if (answered)
		return dnsbl_probe_end(h, &entries, c->zone.p);
	probe(watch, c, entries.clear, &h->clear);
	probe(watch, c, entries.listed, &h->listed);
	return 0;
}

/* ---- what is asked ---- */

static void gather_client(struct names *names, const struct uribl *c,
			  const struct filter_facts *facts, const struct uribl_state *s)
{
	if (c->sources & 1u << NAME_SENDER)
		names_add(names, &c->style, path_domain(facts->mail_from), NAME_SENDER);
	if (c->sources & 1u << NAME_HELO)
		names_add(names, &c->style, facts->helo, NAME_HELO);
	if (!(c->sources & 1u << NAME_RDNS))
		return;
	names_add(names, &c->style, facts->client_name, NAME_RDNS);
	for (unsigned i = 0; i < s->pointers.count && i < POINTERS; i++)
		names_add(names, &c->style, s->pointers.records[i].text, NAME_RDNS);
}

static void gather_message(struct names *names, const struct uribl *c,
			   const struct filter_facts *facts)
{
	if (c->sources & 1u << NAME_FROM)
		names_add(names, &c->style, facts->auth->from_domain, NAME_FROM);
	if (c->sources & 1u << NAME_URI)
		names_add_uris(names, &c->style, facts->uris);
}

static void gather_signatures(struct names *names, const struct uribl *c,
			      const struct filter_facts *facts)
{
	for (const struct auth_dkim *d = facts->auth->dkim; d; d = d->next)
		if (d->result == AUTH_PASS)
			names_add(names, &c->style, d->domain, NAME_DKIM);
}

/* ---- answers ---- */

static enum filter_step over(struct uribl_state *s)
{
	*s = (struct uribl_state){ .step = BEGIN };
	return FILTER_DONE;
}

static void ask(struct filter_run *run, const struct name_one *name, enum rr_type type,
		struct dns_answer *answer)
{
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	query_name(filter_conf(run), name_text(name), &o);
	if (o.n <= LIMIT_DNS_NAME - 2) /* of one that is too long nothing is known */
		filter_dns(run, out_text(&o), type, answer);
}

static enum filter_step ask_all(struct filter_run *run, struct uribl_state *s)
{
	const struct names *names = s->names;

	if (names->count == 0)
		return over(s);
	s->questions = arena_alloc(filter_arena(run), names->count * sizeof(*s->questions));
	if (!s->questions) {
		filter_unavailable(run, STR("memory"));
		return over(s);
	}
	for (unsigned i = 0; i < names->count; i++) {
		s->questions[i].name = &names->items[i];
		ask(run, s->questions[i].name, RR_A, &s->questions[i].answer);
	}
	s->step = ASKED;
	return FILTER_WAIT;
}

static void report(struct filter_run *run, const struct question *q)
{
	const struct uribl *c = filter_conf(run);
	const struct list_answer answer = {
		.zone = c->zone,
		.asked = name_text(q->name),
		.codes = &q->answer,
		.text = q->text.count ? q->text.records[0].text : STR(""),
	};

	for (unsigned i = 0; i < NAME_SOURCE_COUNT; i++)
		if (q->name->sources & 1u << i)
			list_report(run, &c->symbols[i], &answer);
}

static enum filter_step report_all(struct filter_run *run, struct uribl_state *s)
{
	for (unsigned i = 0; i < s->names->count; i++)
		report(run, &s->questions[i]);
	return over(s);
}

static bool ask_texts(struct filter_run *run, struct uribl_state *s)
{
	bool any = false;

	for (unsigned i = 0; i < s->names->count; i++) {
		struct question *q = &s->questions[i];

		if (q->answer.count == 0)
			continue;
		ask(run, q->name, RR_TXT, &q->text);
		any = true;
	}
	return any;
}

static enum filter_step read_answers(struct filter_run *run, struct uribl_state *s)
{
	const struct uribl *c = filter_conf(run);
	const struct dnsbl_health *h = filter_watched(run);

	for (unsigned i = 0; i < s->names->count; i++) {
		const struct ip *broken = dnsbl_broken_answer(&s->questions[i].answer);

		if (broken)
			list_note_broken(run, c->zone, broken, name_text(s->questions[i].name));
	}
	if (h->off) {
		filter_forgive(run);
		list_say_off(run, c->zone);
		return over(s);
	}
	if (c->conf->txt && ask_texts(run, s)) {
		s->step = TEXT_ASKED;
		return FILTER_WAIT;
	}
	return report_all(run, s);
}

/* Behind the names that are asked about. */
static enum filter_step go_on(struct filter_run *run, struct uribl_state *s)
{
	switch (s->step) {
	case BEGIN:
	case POINTERS_ASKED:
		return ask_all(run, s);
	case ASKED:
		return read_answers(run, s);
	case TEXT_ASKED:
		filter_forgive(run); /* a text that cannot be had is no failure */
		return report_all(run, s);
	}
	UNREACHABLE();
}

/* False: there is nothing to do in this phase. */
static bool begin(struct filter_run *run, struct uribl_state *s)
{
	const struct uribl *c = filter_conf(run);
	const struct dnsbl_health *h = filter_watched(run);

	if (h->off) {
		list_say_off(run, c->zone);
		return false;
	}
	s->names = arena_new(filter_arena(run), struct names);
	if (!s->names)
		filter_unavailable(run, STR("memory"));
	return s->names;
}

/* ---- the phases ---- */

static bool ask_pointers(struct filter_run *run, const struct filter_facts *facts,
			 struct uribl_state *s)
{
	const struct uribl *c = filter_conf(run);
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	if (!(c->sources & 1u << NAME_RDNS) || facts->client_name.n ||
	    facts->client_ip.family == IP_NONE)
		return false;
	ip_print_reversed(&o, &facts->client_ip);
	out_str(&o, facts->client_ip.family == IP_V4 ? STR(".in-addr.arpa") : STR(".ip6.arpa"));
	filter_dns(run, out_text(&o), RR_PTR, &s->pointers);
	s->step = POINTERS_ASKED;
	return true;
}

static enum filter_step on_mail(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	struct uribl_state *s = state;

	if (s->step == BEGIN) {
		if (!begin(run, s))
			return over(s);
		if (ask_pointers(run, facts, s))
			return FILTER_WAIT;
	}
	if (s->step == POINTERS_ASKED)
		filter_forgive(run); /* without it, it has no name */
	if (s->step == BEGIN || s->step == POINTERS_ASKED)
		gather_client(s->names, filter_conf(run), facts, s);
	return go_on(run, s);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	const struct uribl *c = filter_conf(run);
	struct uribl_state *s = state;

	if (s->step == BEGIN) {
		if (!begin(run, s))
			return over(s);
		gather_message(s->names, c, facts);
		if (s->names->cut)
			filter_report(run, c->limit, c->zone);
	}
	return go_on(run, s);
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *state)
{
	struct uribl_state *s = state;

	if (s->step == BEGIN) {
		if (!begin(run, s))
			return over(s);
		gather_signatures(s->names, filter_conf(run), facts);
	}
	return go_on(run, s);
}

const struct filter filter_uribl = {
	.name = "uribl",
	.about = "DNS block lists of names",
	.block = &block_uribl,
	.strangers = true,
	.state_size = sizeof(struct uribl_state),
	.watched_size = sizeof(struct dnsbl_health),
	.setup = uribl_setup,
	.phases = uribl_phases,
	.watch = watch_list,
	.on = { [PHASE_MAIL] = on_mail, [PHASE_END] = on_end, [PHASE_ALIGN] = on_align },
};
