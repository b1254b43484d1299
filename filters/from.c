/* from.c - who the message says wrote it: the domain of From, which others judge (RFC 5322 3.6.2, RFC 9989 5.3.1).
 *
 * What programs that show mail could read differently is no author: a From that two of them read as two senders is how
 * a forger gets past whoever checks one of them (RFC 9989 11.5). */
#include "base/check.h"
#include "filters/auth.h"
#include "filters/filter.h"
#include "mail/address.h"
#include "mail/domain.h"
#include "mail/header.h"

#define SYMBOLS(X)                                                                                 \
	X(MISSING, "there is no From, or no domain in it")                                         \
	X(SEVERAL, "there is more than one From field")                                            \
	X(DOMAINS, "From names authors of several domains")                                        \
	X(INVALID, "From is malformed")

enum symbol {
#define X(ID, ABOUT) FROM_##ID,
	SYMBOLS(X)
#undef X
		SYMBOL_COUNT
};

struct from_conf {
	struct filter_common common;
};

struct from {
	filter_symbol symbols[SYMBOL_COUNT];
};

static const struct conf_option options[] = { FILTER_COMMON_OPTIONS(from_conf) };

const struct conf_block block_from = {
	.name = "from",
	.about = "who the message says wrote it: the domain of From, which DMARC judges",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct from_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct from *c = arena_new(filter_setup_arena(s), struct from);

	(void)section;
	if (!c)
		return NULL;
#define X(ID, ABOUT)                                                                               \
	c->symbols[FROM_##ID] = filter_define(s, STR("FROM_" #ID), PHASE_HEADER, ABOUT);
	SYMBOLS(X)
#undef X
	return c;
}

/* What the fields say so far. */
struct authors {
	struct arena *arena;
	struct str domain, other; /* the first, and the first that is not the same */
	unsigned fields, addresses;
	struct str wrong; /* the first field that is malformed; p == NULL: none */
};

static void note_domain(struct authors *a, const struct address *address, struct str field)
{
	const struct str domain = domain_ascii(a->arena, address->domain);

	if (address->domain.n == 0 || address->domain.p[0] == '[')
		return;
	if (domain.n == 0)
		a->wrong = field;
	else if (a->domain.n == 0)
		a->domain = domain;
	else if (a->other.n == 0 && !str_eq(domain, a->domain))
		a->other = domain;
}

static void read_field(struct authors *a, struct str value)
{
	struct address address;
	struct str rest = value;
	enum address_next next;

	a->fields++;
	while ((next = address_next(&rest, &address)) != ADDRESS_END && !a->wrong.p) {
		if (next == ADDRESS_WRONG || ++a->addresses > LIMIT_FROM_ADDRESSES)
			a->wrong = value;
		else if (next == ADDRESS_FOUND)
			note_domain(a, &address, value);
	}
}

static void read_header(struct authors *a, struct str header)
{
	struct header_field field;

	while (header_next(&header, &field))
		if (str_ieq(field.name, STR("From")))
			read_field(a, field.value);
}

static enum auth_author judge(struct filter_run *run, const struct authors *a)
{
	const struct from *c = filter_conf(run);
	bool unclear = false;

	if (a->fields > 1) {
		filter_report(run, c->symbols[FROM_SEVERAL], (struct str){ 0 });
		unclear = true;
	}
	if (a->other.n) {
		filter_report(run, c->symbols[FROM_DOMAINS], a->other);
		unclear = true;
	}
	if (a->wrong.p) {
		filter_report(run, c->symbols[FROM_INVALID],
			      str_head(str_trim(a->wrong), LIMIT_FINDING_DETAIL / 2));
		unclear = true;
	}
	if (unclear)
		return AUTH_AUTHOR_UNCLEAR;
	if (a->domain.n)
		return AUTH_AUTHOR_ONE;
	filter_report(run, c->symbols[FROM_MISSING], (struct str){ 0 });
	return AUTH_AUTHOR_NONE;
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	struct authors a = { .arena = filter_arena(run) };

	(void)state;
	read_header(&a, facts->header);
	facts->auth->author = judge(run, &a);
	if (facts->auth->author == AUTH_AUTHOR_ONE)
		facts->auth->from_domain = a.domain;
	return FILTER_DONE;
}

const struct filter filter_from = {
	.name = "from",
	.about = "who the message says wrote it",
	.block = &block_from,
	.setup = setup,
	.on = { [PHASE_HEADER] = on_header },
};
