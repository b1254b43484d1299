/* welcome.c - functions that look into lists of senders and recipients: those who are welcome, and those who are not. */
#include "filters/evals/eval.h"
#include "filters/uri/uris.h"

#include "base/check.h"
#include "mail/path.h"

/* Any of these people is in the list. */
static bool any_in(struct eval_mail *m, const struct globs *list, enum person_role role)
{
	const struct people *people;

	if (!list || list->count == 0)
		return false;
	people = eval_people(m);
	for (unsigned i = 0; i < people->count; i++)
		if ((people->items[i].roles & role) && globs_have(list, people->items[i].address))
			return true;
	return false;
}

#define IN_LIST(NAME, ROLE, LIST)                                                                  \
	bool eval_##NAME(struct eval_mail *m, const struct eval_args *args)                        \
	{                                                                                          \
		(void)args;                                                                        \
		return any_in(m, eval_lists(m)->of[LIST_##LIST], PERSON_##ROLE);                   \
	}
IN_LIST(check_from_in_blocklist, FROM, BLOCK_FROM)
IN_LIST(check_to_in_blocklist, TO, BLOCK_TO)
IN_LIST(check_to_in_welcomelist, TO, WELCOME_TO)
IN_LIST(check_to_in_more_spam, TO, MORE_SPAM_TO)
IN_LIST(check_to_in_all_spam, TO, ALL_SPAM_TO)
#undef IN_LIST

bool eval_check_from_in_list(struct eval_mail *m, const struct eval_args *args)
{
	return any_in(m, lists_addresses(eval_lists(m), args->text[0]), PERSON_FROM);
}

bool eval_check_to_in_list(struct eval_mail *m, const struct eval_args *args)
{
	return any_in(m, lists_addresses(eval_lists(m), args->text[0]), PERSON_TO);
}

bool eval_check_replyto_in_list(struct eval_mail *m, const struct eval_args *args)
{
	return any_in(m, lists_addresses(eval_lists(m), args->text[0]), PERSON_REPLY);
}

/* ---- the relay that it must come by ---- */

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", and "192.0.2" as "192.0.2.0/24". */
static bool read_net(struct str text, struct ip_net *net)
{
	char bytes[IP_TEXT_MAX + 8];
	struct out o = OUT(bytes);
	unsigned numbers = 1;

	if (ip_net_parse(text, net))
		return true;
	while (str_ends(text, STR(".")))
		text.n--;
	for (size_t i = 0; i < text.n; i++)
		numbers += text.p[i] == '.';
	out_str(&o, text);
	for (unsigned i = numbers; i < 4; i++)
		out_str(&o, STR(".0"));
	out_printf(&o, "/%u", 8 * numbers);
	return numbers < 4 && !o.full && ip_net_parse(out_text(&o), net);
}

/* "example.org": its name is that or below; "[192.0.2.0/24]" or "[192.0.2.0]/24": its address is of these. */
static bool is_relay(const struct received *relay, struct str wanted)
{
	const struct str name = relay->rdns;
	char bytes[IP_TEXT_MAX + 8];
	struct out o = OUT(bytes);
	struct str address, bits;
	struct ip_net net;

	if (!str_starts(wanted, STR("[")))
		return str_iends(name, wanted) &&
		       (name.n == wanted.n || name.p[name.n - wanted.n - 1] == '.');
	if (!str_cut(str_from(wanted, 1), ']', &address, &bits))
		return false;
	out_str(&o, address);
	out_str(&o, bits);
	return !o.full && read_net(out_text(&o), &net) && ip_net_has(&net, &relay->address);
}

/* By the relay that trust ends at; where all are trusted, by any. */
static bool came_by(struct eval_mail *m, struct str wanted)
{
	const struct relays *r = relays_of(m->run, m->facts);
	const unsigned from = r->count > r->trusted ? r->trusted : 0;
	const unsigned to = r->count > r->trusted ? r->trusted + 1 : r->count;

	for (unsigned i = from; i < to; i++)
		if (is_relay(&r->items[i].received, wanted))
			return true;
	return false;
}

enum standing { FORGED = -1, UNKNOWN, WELCOME };

/* FORGED: it is in the list, and came by somebody else, which it may not. */
static enum standing stands(struct eval_mail *m, struct str address, enum eval_list list)
{
	struct globs_search search = { .text = address };
	enum standing standing = UNKNOWN;

	for (const struct glob *g; (g = globs_next(eval_lists(m)->of[list], &search));) {
		if (came_by(m, g->with))
			return WELCOME;
		standing = FORGED;
	}
	return standing == FORGED && globs_have(eval_lists(m)->of[LIST_ANY_RELAY], address)
		       ? UNKNOWN
		       : standing;
}

static enum standing look_up(struct eval_mail *m, enum eval_list list)
{
	const struct people *people;
	enum standing standing = UNKNOWN;

	if (eval_lists(m)->of[list]->count == 0 || relays_of(m->run, m->facts)->count == 0)
		return UNKNOWN;
	people = eval_people(m);
	for (unsigned i = 0; i < people->count && standing != WELCOME; i++) {
		enum standing one = UNKNOWN;

		if (people->items[i].roles & PERSON_FROM)
			one = stands(m, people->items[i].address, list);
		standing = one == UNKNOWN ? standing : one;
	}
	return standing;
}

static double sender_stands(struct eval_mail *m)
{
	return any_in(m, eval_lists(m)->of[LIST_WELCOME_FROM], PERSON_FROM)
		       ? WELCOME
		       : look_up(m, LIST_WELCOME_RELAY);
}

static double sender_stands_by_default(struct eval_mail *m)
{
	return look_up(m, LIST_DEF_WELCOME_RELAY);
}

/* As the files' own list says, and as the stock one says. */
static enum standing standing_of(struct eval_mail *m)
{
	return (enum standing)eval_once(m, MEMO_WELCOME, sender_stands);
}

static enum standing default_standing_of(struct eval_mail *m)
{
	return (enum standing)eval_once(m, MEMO_DEF_WELCOME, sender_stands_by_default);
}

bool eval_check_from_in_welcomelist(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return standing_of(m) == WELCOME;
}

bool eval_check_from_in_default_welcomelist(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return default_standing_of(m) == WELCOME;
}

bool eval_check_forged_in_welcomelist(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return standing_of(m) == FORGED && default_standing_of(m) == UNKNOWN;
}

bool eval_check_forged_in_default_welcomelist(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return default_standing_of(m) == FORGED && standing_of(m) == UNKNOWN;
}

/* ---- what must be proven of the sender ---- */

static bool sender_in(struct eval_mail *m, enum eval_list list, struct str address)
{
	return globs_have(eval_lists(m)->of[list], address);
}

static bool spf_proves(struct eval_mail *m, enum eval_list list, enum eval_list any)
{
	const struct auth_spf *spf = &m->facts->auth->spf;
	struct people *people = eval_spare(m);

	if (!spf->checked || spf->result != AUTH_PASS || m->facts->mail_from.n == 0)
		return false;
	people_clear(people);
	people_add(people, m->facts->mail_from, 0);
	return people->count && (sender_in(m, list, people->items[0].address) ||
				 sender_in(m, any, people->items[0].address));
}

/* Whose signature is wanted: "example.org", "*.example.org" or ".example.org" for what is below it, or an address of it;
 * empty: the author's domain. */
static bool signs_for(struct str signer, struct str wanted, struct str author)
{
	const struct str domain = path_domain(wanted).n ? path_domain(wanted) : wanted;

	if (wanted.n == 0)
		return str_ieq(signer, path_domain(author));
	if (str_starts(domain, STR("*.")))
		return str_iends(signer, str_from(domain, 1));
	if (str_starts(domain, STR(".")))
		return str_iends(signer, domain);
	return str_ieq(signer, domain);
}

static bool is_signed(struct eval_mail *m, struct str wanted, struct str author)
{
	for (const struct auth_dkim *d = m->facts->auth->dkim; d; d = d->next)
		if (!d->domainkeys && d->result == AUTH_PASS && d->trusted &&
		    signs_for(d->domain, wanted, author))
			return true;
	return false;
}

static bool author_is_signed(struct eval_mail *m, enum eval_list list, struct str author)
{
	struct globs_search search = { .text = author };

	for (const struct glob *g; (g = globs_next(eval_lists(m)->of[list], &search));)
		if (is_signed(m, g->with, author))
			return true;
	return false;
}

static bool dkim_proves(struct eval_mail *m, enum eval_list list, enum eval_list any)
{
	const struct people *people;

	if (!m->facts->auth->dkim)
		return false;
	people = eval_people(m);
	for (unsigned i = 0; i < people->count; i++)
		if ((people->items[i].roles & PERSON_AUTHOR) &&
		    (author_is_signed(m, list, people->items[i].address) ||
		     author_is_signed(m, any, people->items[i].address)))
			return true;
	return false;
}

#define PROVEN(NAME, PROVES, LIST, ANY)                                                            \
	bool eval_##NAME(struct eval_mail *m, const struct eval_args *args)                        \
	{                                                                                          \
		(void)args;                                                                        \
		return PROVES(m, LIST_##LIST, LIST_##ANY);                                         \
	}
PROVEN(check_for_spf_welcomelist_from, spf_proves, WELCOME_SPF, WELCOME_AUTH)
PROVEN(check_for_def_spf_welcomelist_from, spf_proves, DEF_WELCOME_SPF, DEF_WELCOME_AUTH)
PROVEN(check_for_dkim_welcomelist_from, dkim_proves, WELCOME_DKIM, WELCOME_AUTH)
PROVEN(check_for_def_dkim_welcomelist_from, dkim_proves, DEF_WELCOME_DKIM, DEF_WELCOME_AUTH)

/* ---- hosts of addresses in the message ---- */

static bool any_host_in(struct eval_mail *m, struct str name)
{
	const struct globs *hosts = lists_hosts(eval_lists(m), name);
	const struct uris *uris = m->facts->uris;

	for (uint32_t i = 0; hosts && uris && i < uris->site_count; i++)
		if (!(uris->sites[i].traits & URI_MAIL) &&
		    lists_host_is_in(hosts, uris_text(uris, uris->sites[i].text)))
			return true;
	return false;
}

bool eval_check_uri_host_listed(struct eval_mail *m, const struct eval_args *args)
{
	return any_host_in(m, args->text[0]);
}

#define HOSTS(NAME, LIST)                                                                          \
	bool eval_##NAME(struct eval_mail *m, const struct eval_args *args)                        \
	{                                                                                          \
		(void)args;                                                                        \
		return any_host_in(m, STR(LIST));                                                  \
	}
HOSTS(check_uri_host_in_blocklist, "BLOCK")
HOSTS(check_uri_host_in_welcomelist, "WELCOME")
