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
	X(CROWD, "From names more authors than are looked at")                                     \
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
	struct str *domains; /* room for LIMIT_FROM_DOMAINS */
	unsigned domain_count, fields, addresses;
	struct str wrong; /* the first field that is malformed; p == NULL: none */
	bool more;        /* than were looked at */
};

static bool is_known(const struct authors *a, struct str domain)
{
	for (unsigned i = 0; i < a->domain_count; i++)
		if (str_ieq(a->domains[i], domain))
			return true;
	return false;
}

static void add_domain(struct authors *a, struct str domain)
{
	if (is_known(a, domain))
		return;
	if (a->domain_count == LIMIT_FROM_DOMAINS)
		a->more = true;
	else
		a->domains[a->domain_count++] = domain;
}

static bool may_read(struct authors *a)
{
	a->more |= ++a->addresses > LIMIT_FROM_ADDRESSES;
	return !a->more;
}

/* ---- fields that are malformed ---- */

/* What is left of it from the right that is a name: its policy covers whatever stands before. */
static struct str name_in(struct arena *arena, struct str text)
{
	struct str name;

	while (text.n && text.p[text.n - 1] == '.')
		text.n--;
	while ((name = domain_ascii(arena, text)).n == 0 && text.n)
		text = domain_parent(text);
	return name;
}

static void guess_domains(struct authors *a, struct str value)
{
	struct address address;

	while (address_guess(&value, &address) && may_read(a)) {
		const struct str name = is_known(a, address.domain)
						? (struct str){ 0 }
						: name_in(a->arena, address.domain);

		if (name.n)
			add_domain(a, name);
	}
}

/* ---- fields ---- */

/* False: there is none that could be, or it is none. */
static bool note_address(struct authors *a, const struct address *address)
{
	const struct str domain = domain_ascii(a->arena, address->domain);

	if (address->domain.n == 0 || address->domain.p[0] == '[')
		return true;
	if (domain.n)
		add_domain(a, domain);
	return domain.n > 0;
}

/* Is a name in quotes that looks like an address all there is of one? */
static bool only_seems_to_have_one(const struct authors *a, struct str value)
{
	struct address address;

	return a->domain_count == 0 && address_guess(&value, &address) &&
	       address.domain.p[0] != '[';
}

static void read_field(struct authors *a, struct str value)
{
	struct address address;
	struct str rest = value;
	enum address_next next;
	bool wrong = false;

	a->fields++;
	while (!wrong && (next = address_next(&rest, &address)) != ADDRESS_END && may_read(a))
		wrong = next == ADDRESS_WRONG ||
			(next == ADDRESS_FOUND && !note_address(a, &address));
	if (!wrong && !only_seems_to_have_one(a, value))
		return;
	a->wrong = a->wrong.p ? a->wrong : value;
	guess_domains(a, value);
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

	if (a->fields > 1)
		filter_report(run, c->symbols[FROM_SEVERAL], (struct str){ 0 });
	if (a->domain_count > 1)
		filter_report(run, c->symbols[FROM_DOMAINS], a->domains[1]);
	if (a->more)
		filter_report(run, c->symbols[FROM_CROWD], (struct str){ 0 });
	if (a->wrong.p)
		filter_report(run, c->symbols[FROM_INVALID],
			      str_head(str_trim(a->wrong), LIMIT_FINDING_DETAIL / 2));
	if (a->fields > 1 || a->domain_count > 1 || a->more || a->wrong.p)
		return AUTH_AUTHOR_UNCLEAR;
	if (a->domain_count)
		return AUTH_AUTHOR_ONE;
	filter_report(run, c->symbols[FROM_MISSING], (struct str){ 0 });
	return AUTH_AUTHOR_NONE;
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	struct authors a = { .arena = filter_arena(run) };
	struct auth *auth = facts->auth;

	(void)state;
	a.domains = arena_alloc(a.arena, LIMIT_FROM_DOMAINS * sizeof(a.domains[0]));
	if (!a.domains) {
		auth->author = AUTH_AUTHOR_UNCLEAR;
		filter_unavailable(run, STR("no memory"));
		return FILTER_DONE;
	}
	read_header(&a, facts->header);
	auth->author = judge(run, &a);
	auth->from_domains = a.domains;
	auth->from_domain_count = a.domain_count;
	if (auth->author == AUTH_AUTHOR_ONE)
		auth->from_domain = a.domains[0];
	return FILTER_DONE;
}

const struct filter filter_from = {
	.name = "from",
	.about = "who the message says wrote it",
	.block = &block_from,
	.setup = setup,
	.on = { [PHASE_HEADER] = on_header },
};
