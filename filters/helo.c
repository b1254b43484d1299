/* helo.c - what the client calls itself, by form alone (RFC 5321 4.1.1.1, 4.1.3): no lookups. */
#include "base/check.h"
#include "filters/filter.h"
#include "mail/path.h"

#define SYMBOLS(X)                                                                                 \
	X(BARE_IP, "HELO is an address without brackets")                                          \
	X(NOT_FQDN, "HELO is not a fully qualified name")                                          \
	X(LOCALHOST, "HELO is a name of this machine for itself")                                  \
	X(INVALID, "HELO is neither a name nor an address literal")                                \
	X(LITERAL_MISMATCH, "HELO is an address literal of another address")                       \
	X(OUR_NAME, "HELO is a name of ours")

enum symbol {
	NOTHING,
#define X(ID, ABOUT) HELO_##ID,
	SYMBOLS(X)
#undef X
		SYMBOL_COUNT
};

struct helo_conf {
	struct filter_common common;
	struct conf_list own_names;
};

struct helo {
	const struct helo_conf *conf;
	filter_symbol symbols[SYMBOL_COUNT];
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(helo_conf),
	{ .name = "own_names",
	  .type = CONF_LIST,
	  .offset = offsetof(struct helo_conf, own_names),
	  .optional = true,
	  .example = "[\"mx.example.org\"]",
	  .about = "names that only we may use in HELO" },
};

const struct conf_block block_helo = {
	.name = "helo",
	.about = "the form of the name given in HELO or EHLO",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct helo_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct helo *c = arena_new(filter_setup_arena(s), struct helo);

	if (!c)
		return NULL;
	c->conf = section->values;
	for (size_t i = 0; i < c->conf->own_names.count; i++) {
		const struct conf_text *name = &c->conf->own_names.items[i];

		if (!path_domain_ok(name->text))
			conf_error(filter_setup_report(s), &name->at,
				   "\"" STR_FMT "\" is not a name or an address literal",
				   STR_ARG(name->text));
	}
#define X(ID, ABOUT) c->symbols[HELO_##ID] = filter_define(s, STR("HELO_" #ID), PHASE_HELO, ABOUT);
	SYMBOLS(X)
#undef X
	return c;
}

static bool is_localhost(struct str helo)
{
	return str_ieq(helo, STR("localhost")) || str_iends(helo, STR(".localhost")) ||
	       str_iends(helo, STR(".localdomain"));
}

/* Two labels at least, and the last is not a number (RFC 3696 2). */
static bool is_fqdn(struct str helo)
{
	struct str label, rest = helo;
	uint64_t number;

	if (!str_cut(helo, '.', &label, &rest))
		return false;
	while (str_cut(rest, '.', &label, &rest))
		continue;
	return !str_u64(label, UINT64_MAX, &number);
}

static enum symbol judge_literal(struct str literal, const struct ip *client)
{
	struct ip ip;
	struct str text = { .p = literal.p + 1, .n = literal.n - 2 };

	if (str_istarts(text, STR("IPv6:")))
		text = str_from(text, 5);
	if (!ip_parse(text, &ip))
		return HELO_INVALID;
	return ip_eq(&ip, client) || client->family == IP_NONE ? NOTHING : HELO_LITERAL_MISMATCH;
}

static enum symbol judge(struct str helo, const struct ip *client)
{
	struct ip ip;

	if (ip_parse(helo, &ip))
		return HELO_BARE_IP;
	if (!path_domain_ok(helo))
		return HELO_INVALID;
	if (helo.p[0] == '[')
		return judge_literal(helo, client);
	if (is_localhost(helo))
		return HELO_LOCALHOST;
	return is_fqdn(helo) ? NOTHING : HELO_NOT_FQDN;
}

static bool is_ours(const struct conf_list *names, struct str helo)
{
	for (size_t i = 0; i < names->count; i++)
		if (str_ieq(names->items[i].text, helo))
			return true;
	return false;
}

static enum filter_step on_helo(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	const struct helo *c = filter_conf(run);
	struct str helo = facts->helo;
	enum symbol symbol;

	(void)state;
	if (helo.n == 0)
		return FILTER_DONE; /* a scan that was not told */
	if (helo.n > 1 && helo.p[helo.n - 1] == '.')
		helo.n--; /* the root's dot: odd, harmless */
	symbol = judge(helo, &facts->client_ip);
	if (symbol != NOTHING)
		filter_report(run, c->symbols[symbol], facts->helo);
	if (is_ours(&c->conf->own_names, helo))
		filter_report(run, c->symbols[HELO_OUR_NAME], facts->helo);
	return FILTER_DONE;
}

const struct filter filter_helo = {
	.name = "helo",
	.about = "the form of the name given in HELO or EHLO",
	.block = &block_helo,
	.setup = setup,
	.on = { [PHASE_HELO] = on_helo },
};
