/* setup.c - what rule files ask of block lists, as lists and rules that look at their answers. */
#include "base/check.h"
#include "filters/hit.h"
#include "filters/rbl/asked.h"
#include "mail/path.h"

enum function_kind { CHECK_RELAYS, CHECK_PART, CHECK_HOSTS, CHECK_SENDER, CHECK_URIS, CHECK_NAME };

static const struct {
	struct str name;
	enum function_kind kind;
	enum rbl_subject subject; /* CHECK_RELAYS: unless the set's name says otherwise */
	enum rr_type type;
	unsigned least, most; /* arguments */
} functions[] = {
#define RBL(NAME, KIND, SUBJECT, TYPE, LEAST, MOST, ARGUMENTS, ABOUT)                              \
	{ STR_INIT(#NAME), CHECK_##KIND, RBL_##SUBJECT, RR_##TYPE, (LEAST), (MOST) },
#include "filters/rbl/functions.def"
#undef RBL
};

static const struct {
	struct str ending;
	enum rbl_subject subject;
} sets[] = {
	{ STR_INIT("-lastexternal"), RBL_LAST_EXTERNAL },
	{ STR_INIT("-notfirsthop"), RBL_NOT_FIRST_HOP },
	{ STR_INIT("-firsttrusted"), RBL_FIRST_TRUSTED },
	{ STR_INIT("-untrusted"), RBL_UNTRUSTED },
};

/* The words of settings.def that make a lookup. */
static const struct {
	struct str word;
	enum rbl_subject subject;
	uint8_t asks; /* besides those of the rule */
	bool part;    /* with a test behind the type */
} lookups[] = {
	{ STR_INIT("uridnsbl"), RBL_URI_ADDRESSES, 0, false },
	{ STR_INIT("uridnssub"), RBL_URI_ADDRESSES, 0, true },
	{ STR_INIT("urirhsbl"), RBL_URIS, 0, false },
	{ STR_INIT("urirhssub"), RBL_URIS, 0, true },
	{ STR_INIT("urinsrhsbl"), RBL_URI_SERVERS, 0, false },
	{ STR_INIT("urinsrhssub"), RBL_URI_SERVERS, 0, true },
	{ STR_INIT("urifullnsrhsbl"), RBL_URI_SERVERS, CALL_WHOLE, false },
	{ STR_INIT("urifullnsrhssub"), RBL_URI_SERVERS, CALL_WHOLE, true },
};

static const enum filter_phase phases[] = {
#define X(ID, PHASE) [RBL_##ID] = PHASE_##PHASE,
	RBL_SUBJECTS(X)
#undef X
};

struct reader {
	struct filter_setup *setup;
	struct rbl *rbl;
	const struct patterns *patterns;
	unsigned list_room, rule_room;
};

enum filter_phase rbl_phase(enum rbl_subject subject)
{
	return phases[subject];
}

static size_t find_function(struct str name)
{
	size_t i = 0;

	while (i < COUNTOF(functions) && !str_eq(functions[i].name, name))
		i++;
	return i;
}

bool rbl_knows(struct str function)
{
	return find_function(function) < COUNTOF(functions);
}

/* ---- lists and rules ---- */

static bool is_same(const struct rbl_list *a, const struct rbl_list *b)
{
	return a->subject == b->subject && a->type == b->type && a->asks == b->asks &&
	       str_eq(a->set, b->set) && str_ieq(a->zone, b->zone) && str_eq(a->fields, b->fields);
}

static unsigned list_for(struct reader *r, const struct rbl_list *wanted)
{
	struct rbl *c = r->rbl;
	unsigned i = 0;

	while (i < c->list_count && !is_same(&c->lists[i], wanted))
		i++;
	if (i == c->list_count) {
		CHECK(i < r->list_room);
		c->lists[c->list_count++] = *wanted;
	}
	return i;
}

static void complain(struct reader *r, const struct conf_place *at, struct str rule,
		     struct str what, const char *wrong)
{
	conf_error(filter_setup_report(r->setup), at, STR_FMT ": '" STR_FMT "' %s", STR_ARG(rule),
		   STR_ARG(str_head(what, 60)), wrong);
}

/* Without its final dots; empty: it is none, which is reported. */
static struct str read_zone(struct reader *r, const struct conf_place *at, struct str rule,
			    struct str zone)
{
	const struct str written = zone;

	while (str_ends(zone, STR(".")))
		zone.n--;
	if (path_domain_ok(zone) && zone.p[0] != '[' && zone.n < LIMIT_DNS_NAME)
		return zone;
	complain(r, at, rule, written, "is no DNS zone");
	return (struct str){ 0 };
}

typedef bool test_fn(struct str text, struct rbl_test *test, struct regex_error *error);

static bool read_test(struct reader *r, const struct rule_call *call, test_fn *read,
		      struct str text, struct rbl_test *test)
{
	struct regex_error error;

	if (!read(text, test, &error)) {
		complain(r, &call->at, call->rule, text, error.text);
		return false;
	}
	return !test->regex || filter_setup_own(r->setup, test->regex, regex_free);
}

/* number: of the rule; its symbol is made with the first list that it looks at. */
static void add_rule(struct reader *r, const struct rule_call *call, unsigned list,
		     const struct rbl_test *test)
{
	struct rbl *c = r->rbl;
	const struct rbl_rule *before = c->rule_count ? &c->rules[c->rule_count - 1] : NULL;
	struct rbl_rule rule = {
		.number = c->numbers, .list = list, .test = *test, .name = call->rule
	};

	CHECK(c->rule_count < r->rule_room);
	if (before && before->number == c->numbers)
		rule.symbol = before->symbol;
	else
		rule.symbol =
			filter_define_hit(r->setup, call->rule, rbl_phase(c->lists[list].subject));
	c->rules[c->rule_count++] = rule;
}

/* It is known, and not true. */
static void never(struct reader *r, const struct rule_call *call, enum rbl_subject subject)
{
	(void)filter_define_hit(r->setup, call->rule, rbl_phase(subject));
}

/* ---- functions ---- */

static enum rbl_subject subject_of_set(struct str set)
{
	for (size_t i = 0; i < COUNTOF(sets); i++)
		if (str_ends(set, sets[i].ending))
			return sets[i].subject;
	return RBL_RELAYS;
}

/* check_rbl('set', 'zone', 'test') and its like. */
static void read_list(struct reader *r, const struct rule_call *call, size_t function)
{
	struct rbl_list list = { .subject = functions[function].subject,
				 .type = functions[function].type,
				 .asks = call->asks,
				 .set = call->arguments[0] };
	struct rbl_test test;

	if (functions[function].kind == CHECK_RELAYS)
		list.subject = subject_of_set(list.set);
	else if (!str_eq(functions[function].name, STR("check_rbl_from_domain")))
		list.asks |= CALL_WHOLE;
	if (call->count == 4)
		list.fields = call->arguments[3];
	list.zone = read_zone(r, &call->at, call->rule, call->arguments[1]);
	if (list.zone.n && read_test(r, call, rbl_test_read, call->arguments[2], &test))
		add_rule(r, call, list_for(r, &list), &test);
}

/* check_rbl_sub('set', 'test'): of all lists with the name. */
static void read_part(struct reader *r, const struct rule_call *call)
{
	const unsigned before = r->rbl->rule_count;
	struct rbl_test test;

	if (!read_test(r, call, rbl_test_read, call->arguments[1], &test))
		return;
	for (unsigned i = 0; i < r->rbl->list_count; i++)
		if (call->arguments[0].n && str_eq(r->rbl->lists[i].set, call->arguments[0]))
			add_rule(r, call, i, &test);
	if (r->rbl->rule_count == before)
		never(r, call, RBL_RELAYS); /* nobody asks the list */
}

static void read_sender(struct reader *r, const struct rule_call *call)
{
	const struct rbl_list list = { .subject = RBL_SENDER_DNS, .asks = CALL_WHOLE };

	add_rule(r, call, list_for(r, &list), &(struct rbl_test){ .kind = RBL_ANY });
}

/* ---- addresses in the message ---- */

static size_t find_lookup(struct str word)
{
	size_t i = 0;

	while (!str_eq(lookups[i].word, word))
		i++;
	return i;
}

/* "zone type test" behind the rule's name. */
static void read_lookup(struct reader *r, const struct rule_call *call,
			const struct rule_setting *line, struct str rest)
{
	const size_t row = find_lookup(str_z(line->setting->word));
	struct rbl_list list = { .subject = lookups[row].subject,
				 .asks = call->asks | lookups[row].asks,
				 .type = RR_A };
	struct rbl_test test = { .kind = RBL_ANY };
	struct str zone, type, part, more;

	if (list.subject == RBL_URI_ADDRESSES && !(list.asks & (CALL_ADDRESSES | CALL_SERVERS)))
		list.asks |= CALL_SERVERS;
	if (!str_word(&rest, &zone) || !str_word(&rest, &type) ||
	    str_word(&rest, &part) != lookups[row].part || str_word(&rest, &more)) {
		complain(r, &line->at, call->rule, line->text,
			 "is not a rule, a zone, A or TXT, and a test where the word ends in sub");
		return;
	}
	if (str_ieq(type, STR("TXT")))
		list.type = RR_TXT;
	else if (!str_ieq(type, STR("A")))
		complain(r, &line->at, call->rule, type, "is neither A nor TXT");
	list.zone = read_zone(r, &line->at, call->rule, zone);
	if (lookups[row].part && !rbl_test_read_code(part, &test))
		complain(r, &line->at, call->rule, part, "is no address, range, mask or bits");
	else if (list.zone.n)
		add_rule(r, call, list_for(r, &list), &test);
}

/* check_uridnsbl('RULE'): the last line of that name says what it is. */
static void read_uris(struct reader *r, const struct rule_call *call)
{
	const struct rule_setting *last = NULL;
	struct str name, rest, behind = { 0 };

	for (const struct rule_setting *s = r->patterns->settings; s; s = s->next) {
		rest = s->text;
		if (s->setting->kind != SETTING_LOOKUP || !str_word(&rest, &name) ||
		    !str_eq(name, call->arguments[0]))
			continue;
		last = s;
		behind = rest;
	}
	if (last)
		read_lookup(r, call, last, behind);
	else
		conf_note(filter_setup_report(r->setup), CONF_NOTE_OFF, &call->at,
			  "no line says what list that is: " STR_FMT " is off",
			  STR_ARG(call->rule));
}

/* ---- names that are asked for themselves ---- */

/* One question for each; SpamAssassin asks for several as ANY, which servers do not answer any more (RFC 8482). */
static const enum rr_type types[] = {
	RR_A, RR_AAAA, RR_MX, RR_TXT, RR_PTR, RR_NS, RR_SOA, RR_CNAME
};

static void turn_off(struct reader *r, const struct rule_call *call, struct str what,
		     const char *why)
{
	conf_note(filter_setup_report(r->setup), CONF_NOTE_OFF, &call->at,
		  "'" STR_FMT "' %s: " STR_FMT " is off", STR_ARG(str_head(what, 60)), why,
		  STR_ARG(call->rule));
}

/* Of "A,TXT", by their place in `types`, as bits.  0: one is not asked, which is reported. */
static unsigned read_types(struct reader *r, const struct rule_call *call)
{
	struct str rest = call->count > 1 ? call->arguments[1] : STR("A"), word;
	unsigned found = 0;
	bool more;

	do {
		size_t i = 0;

		more = str_cut(rest, ',', &word, &rest);
		while (i < COUNTOF(types) && !str_ieq(word, str_z(rr_type_name(types[i]))))
			i++;
		if (i == COUNTOF(types)) {
			turn_off(r, call, word, "is no type that DNS is asked for");
			return 0;
		}
		found |= 1u << i;
	} while (more);
	return found;
}

/* NULL: reported. */
static struct name_template *read_template(struct reader *r, const struct rule_call *call)
{
	struct name_template *t = arena_new(filter_setup_arena(r->setup), struct name_template);
	struct str wrong;

	if (!t)
		complain(r, &call->at, call->rule, call->arguments[0], "takes too much memory");
	else if (template_read(call->arguments[0], t, &wrong))
		return t;
	else
		turn_off(r, call, wrong, "is no tag, or one too many");
	return NULL;
}

/* What a SOA record says is not read: that it is there is all there is to test. */
static bool looks_into_soa(unsigned found, const struct rbl_test *test)
{
	size_t soa = 0;

	while (types[soa] != RR_SOA)
		soa++;
	return (found >> soa & 1) && test->kind != RBL_ANY && test->kind != RBL_CODES;
}

/* askdns NAME _TAG_.zone types test */
static void read_name(struct reader *r, const struct rule_call *call)
{
	const unsigned found = read_types(r, call);
	const struct name_template *t = found ? read_template(r, call) : NULL;
	struct rbl_list list = { .name = t, .set = call->arguments[0] };
	struct rbl_test test;

	if (!t || !read_test(r, call, rbl_test_read_any, call->arguments[2], &test))
		return;
	if (looks_into_soa(found, &test)) {
		turn_off(r, call, call->arguments[2], "looks into SOA records");
		return;
	}
	list.subject = asked_subject(t);
	list.zone = t->zone;
	for (size_t i = 0; i < COUNTOF(types); i++) {
		list.type = types[i];
		if (found >> i & 1)
			add_rule(r, call, list_for(r, &list), &test);
	}
}

/* ---- all of them ---- */

static void read_call(struct reader *r, const struct rule_call *call, bool parts)
{
	const size_t i = find_function(call->function);

	if (i == COUNTOF(functions) || (functions[i].kind == CHECK_PART) != parts)
		return;
	if (call->weightless || !r->rbl->ask) {
		never(r, call, functions[i].subject);
		return;
	}
	if (call->count < functions[i].least || call->count > functions[i].most) {
		conf_note(filter_setup_report(r->setup), CONF_NOTE_OFF, &call->at,
			  STR_FMT " takes other arguments: " STR_FMT " is off",
			  STR_ARG(call->function), STR_ARG(call->rule));
		return;
	}
	switch (functions[i].kind) {
	case CHECK_RELAYS:
	case CHECK_HOSTS:
		read_list(r, call, i);
		break;
	case CHECK_PART:
		read_part(r, call);
		break;
	case CHECK_SENDER:
		read_sender(r, call);
		break;
	case CHECK_URIS:
		read_uris(r, call);
		break;
	case CHECK_NAME:
		read_name(r, call);
		break;
	}
	r->rbl->numbers++;
}

/* At most so many lists are made of a call. */
static unsigned lists_of(const struct rule_call *call)
{
	const size_t i = find_function(call->function);

	if (i == COUNTOF(functions) || functions[i].kind == CHECK_PART)
		return 0;
	return functions[i].kind == CHECK_NAME ? (unsigned)COUNTOF(types) : 1;
}

/* At most so many rules: one for each list, of a part for each of those that may be the set's. */
static unsigned rules_of(const struct patterns *patterns, const struct rule_call *call)
{
	const size_t i = find_function(call->function);
	unsigned n = 0;

	if (i == COUNTOF(functions) || functions[i].kind != CHECK_PART)
		return lists_of(call);
	for (size_t k = 0; k < patterns->call_count; k++)
		if (str_eq(patterns->calls[k].arguments[0], call->arguments[0]))
			n += lists_of(&patterns->calls[k]);
	return n;
}

void rbl_read(struct filter_setup *s, struct rbl *c, const struct patterns *patterns)
{
	struct reader r = {
		.setup = s, .rbl = c, .patterns = patterns, .list_room = 1, .rule_room = 1
	};
	struct arena *arena = filter_setup_arena(s);
	bool any = false;

	for (size_t i = 0; i < patterns->call_count; i++) {
		any = any || rbl_knows(patterns->calls[i].function);
		r.list_room += lists_of(&patterns->calls[i]);
		r.rule_room += rules_of(patterns, &patterns->calls[i]);
	}
	if (!any)
		return;
	c->lists = arena_alloc(arena, r.list_room * sizeof(*c->lists));
	c->rules = arena_alloc(arena, r.rule_room * sizeof(*c->rules));
	if (!c->lists || !c->rules) {
		conf_error(filter_setup_report(s), &patterns->calls[0].at,
			   "too much memory for block lists");
		return;
	}
	rbl_skip_read(s, c, patterns);
	for (unsigned parts = 0; parts < 2; parts++)
		for (size_t i = 0; i < patterns->call_count; i++)
			read_call(&r, &patterns->calls[i], parts);
	rbl_block_read(s, c, patterns);
}
