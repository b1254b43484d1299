/* rbl.c - the filter: what rule files ask DNS (check_rbl, urirhsbl, askdns and their like) over the resolver.
 *
 * Lists of relays and senders are asked when the header section is there, those of addresses in the message at its end,
 * names made of what signatures say behind that.
 * Without such rules, or when the scores of all of them are 0, nobody is asked.  Their zones are the rule files' choice,
 * not the operator's: nothing is known of how they are, so that an answer that no list gives is none. */
#include "filters/rbl/rbl.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/hit.h"
#include "filters/uri/host.h"

/* Of relays and senders, and of these and the addresses in the message, and of all. */
enum {
	MOST_OF_HEADER = 60,
	MOST_OF_MESSAGE = 120,
	MOST_QUESTIONS = 140,
	MOST_SERVERS = LIMIT_FILTER_SERVERS
};
static_assert((int)MOST_QUESTIONS < (int)LIMIT_FILTER_LOOKUPS, "no lookup fails for its number");

/* CPU time of expressions on a message's answers: strangers write them. */
enum { CPU_NS = 5000000 };

struct rbl_conf {
	struct filter_common common;
	bool ask;
};

/* Names of servers lead to addresses, addresses to what a list says of them. */
enum want { WANT_SERVERS, WANT_ADDRESSES, WANT_LISTING, WANT_ANYTHING };

struct question {
	struct question *next;
	unsigned list;
	enum want want;
	bool read;
	struct dns_answer answer;
};

struct rbl_state {
	struct question *first, **last; /* of the phase at work */
	unsigned count, most;           /* questions ever, and how many there may be */
	int64_t worked_ns;              /* on answers, ever */
	bool *hits;                     /* by number of the rule; NULL: the phase has not begun */
	bool cut, anybody;              /* more was to be asked; strangers' zones have been asked */
	const struct rbl_list *failed;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(rbl_conf),
	{ .name = "ask",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct rbl_conf, ask),
	  .fallback = "yes",
	  .about = "no: such rules hit nothing, and nobody is asked" },
};

const struct conf_block block_rbl = {
	.name = "rbl",
	.about =
		"what rule files ask DNS (check_rbl, urirhsbl, askdns and their like), when such rules have a score",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct rbl_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct rbl *c = arena_new(filter_setup_arena(s), struct rbl);

	if (!c)
		return NULL;
	c->ask = ((const struct rbl_conf *)section->values)->ask;
	for (unsigned phase = PHASE_HEADER; phase <= PHASE_ALIGN; phase++)
		c->limit = filter_define(s, STR("RBL_LIMIT"), (enum filter_phase)phase,
					 "rules would ask more of DNS than is asked");
	return c;
}

static void drop_scratch(void *scratch)
{
	struct rbl_scratch *x = scratch;

	regex_engine_free(x->engine);
	mem_free(x);
}

static void patterns(struct filter_setup *s, void *conf, const struct patterns *patterns)
{
	struct rbl *c = conf;
	struct rbl_scratch *x;

	rbl_read(s, c, patterns);
	if (c->rule_count == 0)
		return;
	c->suffixes = filter_setup_suffixes(s, &patterns->calls[0].at);
	if (!c->suffixes)
		return;
	x = mem_new(sizeof(*x));
	x->engine = regex_engine_new();
	x->blocked_until_ms =
		arena_alloc(filter_setup_arena(s), c->list_count * sizeof(*x->blocked_until_ms));
	if (filter_setup_own(s, x, drop_scratch) && x->blocked_until_ms)
		c->scratch = x;
}

/* ---- questions ---- */

static void ask(struct filter_run *run, struct rbl_state *s, const struct question *what,
		struct str name, enum rr_type type)
{
	struct question *q;

	if (s->count >= s->most) {
		s->cut = true;
		return;
	}
	q = arena_new(filter_arena(run), struct question);
	if (!q)
		return;
	*q = *what;
	*s->last = q;
	s->last = &q->next;
	s->count++;
	filter_dns(run, name, type, &q->answer);
}

/* Of a name in front of the list's zone; of one that is too long nothing is known. */
static void ask_list(struct filter_run *run, struct rbl_state *s, unsigned list, struct str name)
{
	const struct rbl *c = filter_conf(run);
	const struct question what = { .list = list, .want = WANT_LISTING };
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	out_str(&o, name);
	out_char(&o, '.');
	out_str(&o, c->lists[list].zone);
	if (!o.full && o.n <= LIMIT_DNS_NAME - 2)
		ask(run, s, &what, out_text(&o), c->lists[list].type);
}

/* Reversed, as four numbers, or as 32 nibbles: no top level is of one letter. */
static bool is_address(struct str name)
{
	struct ip ip;

	return ip_parse(name, &ip) || (name.n == 63 && name.p[61] == '.');
}

/* A name of the message's, which is where the way to the list begins. */
static void ask_about(struct filter_run *run, struct rbl_state *s, unsigned list, struct str name)
{
	const struct rbl_list *l = &((const struct rbl *)filter_conf(run))->lists[list];
	struct question what = { .list = list };

	if ((l->asks & CALL_ONLY_IPS) && !is_address(name))
		return;
	what.want = WANT_LISTING;
	if (l->name)
		ask(run, s, &what, name, l->type);
	else if (l->subject == RBL_SENDER_DNS) {
		what.want = WANT_ANYTHING;
		ask(run, s, &what, name, RR_MX);
		ask(run, s, &what, name, RR_A);
		ask(run, s, &what, name, RR_AAAA);
	} else if (l->subject != RBL_URI_SERVERS && l->subject != RBL_URI_ADDRESSES) {
		ask_list(run, s, list, name);
	} else if (!is_address(name)) {
		what.want = WANT_ADDRESSES;
		if (l->asks & CALL_ADDRESSES)
			ask(run, s, &what, name, RR_A);
		what.want = WANT_SERVERS;
		if (l->subject == RBL_URI_SERVERS || (l->asks & CALL_SERVERS))
			ask(run, s, &what, name, RR_NS);
	}
}

static void ask_all(struct filter_run *run, const struct filter_facts *facts, struct rbl_state *s,
		    enum filter_phase phase)
{
	const struct rbl *c = filter_conf(run);
	struct names *names = &c->scratch->names;

	for (unsigned i = 0; i < c->list_count; i++) {
		if (rbl_phase(c->lists[i].subject) != phase ||
		    (c->lists[i].subject == RBL_ASKED_OF_ANYBODY) != s->anybody ||
		    rbl_is_blocked(run, i))
			continue;
		rbl_gather(run, facts, &c->lists[i], names);
		s->cut = s->cut || names->cut;
		for (unsigned k = 0; k < names->count; k++)
			ask_about(run, s, i, name_text(&names->items[k]));
	}
}

/* ---- answers ---- */

static void hit(struct filter_run *run, struct rbl_state *s, const struct rbl_rule *rule)
{
	if (!s->hits[rule->number]) {
		filter_hit(run, rule->symbol, 1);
		rbl_block(run, rule);
	}
	s->hits[rule->number] = true;
}

/* A list of names that are asked for themselves says anything, another one only what lists say. */
static bool is_hit(const struct rbl *c, const struct rbl_rule *rule, const struct dns_answer *a)
{
	struct regex_engine *engine = c->scratch->engine;
	bool found = rbl_test_has_code(&rule->test, a);

	for (unsigned k = 0; k < a->count && !found; k++)
		found = c->lists[rule->list].name
				? rbl_test_has_any(&rule->test, engine, &a->records[k])
				: rbl_test_has(&rule->test, engine, &a->records[k]);
	return found;
}

/* Of a zone of strangers it says nothing that it does not answer. */
static void judge(struct filter_run *run, struct rbl_state *s, const struct question *q)
{
	const struct rbl *c = filter_conf(run);

	if (q->answer.status == DNS_FAILED && c->lists[q->list].zone.n)
		s->failed = &c->lists[q->list];
	for (unsigned i = 0; i < c->rule_count; i++) {
		const struct rbl_rule *rule = &c->rules[i];

		if (rule->list == q->list && !s->hits[rule->number] && is_hit(c, rule, &q->answer))
			hit(run, s, rule);
	}
}

static void follow_server(struct filter_run *run, struct rbl_state *s, const struct question *q,
			  struct str server)
{
	const struct rbl *c = filter_conf(run);
	const struct rbl_list *l = &c->lists[q->list];
	const struct question what = { .list = q->list, .want = WANT_ADDRESSES };
	struct uri_host host;

	if (l->subject == RBL_URI_ADDRESSES)
		ask(run, s, &what, server, RR_A);
	else if (uri_host_read(server, c->suffixes, NULL, &host) && host.domain.n)
		ask_list(run, s, q->list, l->asks & CALL_WHOLE ? host.name : host.domain);
}

static void follow_address(struct filter_run *run, struct rbl_state *s, const struct question *q,
			   const struct ip *ip)
{
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	ip_print_reversed(&o, ip);
	ask_list(run, s, q->list, out_text(&o));
}

/* Answers to which nobody has looked; questions that they lead to stand behind them, for the next turn. */
static void read_answers(struct filter_run *run, struct rbl_state *s)
{
	const struct question *end = NULL;

	for (struct question *q = s->first; q; q = q->next)
		end = q;
	for (struct question *q = s->first; q; q = q->next) {
		for (unsigned i = 0; !q->read && i < q->answer.count && i < MOST_SERVERS; i++) {
			if (q->want == WANT_SERVERS)
				follow_server(run, s, q, q->answer.records[i].text);
			else if (q->want == WANT_ADDRESSES)
				follow_address(run, s, q, &q->answer.records[i].ip);
		}
		if (!q->read && q->want == WANT_LISTING)
			judge(run, s, q);
		q->read = true;
		if (q == end)
			break;
	}
}

static void read_in_time(struct filter_run *run, struct rbl_state *s)
{
	struct regex_engine *engine = ((const struct rbl *)filter_conf(run))->scratch->engine;

	regex_engine_allow(engine, CPU_NS - s->worked_ns);
	read_answers(run, s);
	s->worked_ns = CPU_NS - regex_engine_left(engine);
}

/* The sender's domain has nothing that mail could be sent to. */
static void judge_sender(struct filter_run *run, struct rbl_state *s)
{
	const struct rbl *c = filter_conf(run);

	for (unsigned i = 0; i < c->rule_count; i++) {
		unsigned asked = 0, there = 0;

		if (c->lists[c->rules[i].list].subject != RBL_SENDER_DNS)
			continue;
		for (const struct question *q = s->first; q; q = q->next) {
			asked += q->list == c->rules[i].list;
			there += q->list == c->rules[i].list &&
				 (q->answer.count || q->answer.status == DNS_FAILED);
		}
		if (asked && !there)
			hit(run, s, &c->rules[i]);
	}
}

/* What strangers' own servers do not answer says nothing of a list. */
static enum filter_step over(struct filter_run *run, struct rbl_state *s)
{
	const struct rbl *c = filter_conf(run);

	judge_sender(run, s);
	filter_forgive(run);
	if (s->failed)
		filter_unavailable(run, s->failed->zone);
	if (s->worked_ns >= CPU_NS)
		filter_unavailable(run, STR("no time is left for all answers"));
	if (s->cut)
		filter_report(run, c->limit, (struct str){ 0 });
	*s = (struct rbl_state){ .count = s->count, .worked_ns = s->worked_ns };
	return FILTER_DONE;
}

static bool begin(struct filter_run *run, struct rbl_state *s, enum filter_phase phase)
{
	static const unsigned most[PHASE_COUNT] = { [PHASE_HEADER] = MOST_OF_HEADER,
						    [PHASE_END] = MOST_OF_MESSAGE,
						    [PHASE_ALIGN] = MOST_QUESTIONS };
	const struct rbl *c = filter_conf(run);

	s->hits = arena_alloc(filter_arena(run), c->numbers + 1);
	s->last = &s->first;
	s->most = most[phase];
	if (!s->hits)
		filter_unavailable(run, STR("memory"));
	return s->hits;
}

/* Zones of strangers are asked last of all: what they answer takes no room from what lists do. */
static enum filter_step run_phase(struct filter_run *run, const struct filter_facts *facts,
				  struct rbl_state *s, enum filter_phase phase)
{
	const struct rbl *c = filter_conf(run);
	const unsigned before = s->count;

	if (!c->scratch)
		return FILTER_DONE;
	if (s->hits)
		read_in_time(run, s);
	else if (begin(run, s, phase))
		ask_all(run, facts, s, phase);
	else
		return FILTER_DONE;
	if (s->count == before && !s->anybody) {
		s->anybody = true;
		ask_all(run, facts, s, phase);
	}
	return s->count > before ? FILTER_WAIT : over(run, s);
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	return run_phase(run, facts, state, PHASE_HEADER);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	return run_phase(run, facts, state, PHASE_END);
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *state)
{
	return run_phase(run, facts, state, PHASE_ALIGN);
}

const struct filter filter_rbl = {
	.name = "rbl",
	.about = "what rule files ask DNS",
	.block = &block_rbl,
	.strangers = true,
	.state_size = sizeof(struct rbl_state),
	.setup = setup,
	.patterns = patterns,
	.answers = rbl_knows,
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end, [PHASE_ALIGN] = on_align },
};
