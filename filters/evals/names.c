/* names.c - functions that look for another's address in the name that stands beside From's. */
#include "filters/evals/eval.h"

#include "base/out.h"
#include "filters/people.h"
#include "mail/header.h"
#include "mail/path.h"

/* What was found, as bits. */
enum {
	NAME_HAS_ADDRESS = 1,
	NAME_ADDRESS_DIFFERS = 2,
	NAME_DOMAIN_DIFFERS = 4,
	NAME_OWNER_DIFFERS = 8,
	NAME_IS_RECIPIENT = 16,
	NAME_IS_REPLY = 32,
};

/* ---- an address in a text ---- */

static bool is_word(char c)
{
	return ascii_alnum(c) || c == '_';
}

static bool is_local(char c)
{
	return is_word(c) || (c && strchr(".!#$%&'*+/=?^`{|}~-", c));
}

/* Of what stands in front of "@", where it begins: where a word does, or ends. */
static size_t local_begin(struct str s, size_t at)
{
	size_t from = at;

	while (from > 0 && is_local(s.p[from - 1]))
		from--;
	if (from == at || is_word(s.p[from]))
		return from;
	for (from++; from < at; from++)
		if (is_word(s.p[from]) != is_word(s.p[from - 1]))
			break;
	return from;
}

/* Of "host.name" behind "@"; 0: it is none. */
static size_t domain_length(struct str s)
{
	size_t n = 0, dot;

	while (n < s.n && (is_word(s.p[n]) || (s.p[n] == '-' && n)))
		n++;
	dot = n;
	if (n == 0 || n + 1 >= s.n || s.p[n] != '.' || !is_word(s.p[n + 1]))
		return 0;
	while (n < s.n && (is_word(s.p[n]) || s.p[n] == '.' || s.p[n] == '-'))
		n++;
	return n > dot + 2 && is_word(s.p[n - 1]) ? n : 0;
}

static struct str address_in(struct str s)
{
	for (size_t at = 0; at < s.n; at++) {
		size_t from, n;

		if (s.p[at] != '@')
			continue;
		from = local_begin(s, at);
		n = domain_length(str_from(s, at + 1));
		if (from < at && n)
			return str_head(str_from(s, from), at + 1 + n - from);
	}
	return (struct str){ 0 };
}

/* ---- whose it is ---- */

static struct str lower(struct str s, struct out *o)
{
	for (size_t i = 0; i < s.n; i++)
		out_char(o, ascii_lower(s.p[i]));
	return out_text(o);
}

static const struct glob *first_of(const struct globs *owners, struct str address)
{
	struct globs_search search = { .text = address };

	return globs_next(owners, &search);
}

/* As rule files say; or else the first label of its registered domain. */
static struct str owner_of(struct eval_mail *m, struct str address, struct str domain)
{
	const struct globs *owners = eval_lists(m)->of[LIST_OWNERS];
	const struct glob *found = first_of(owners, address);
	char bytes[GLOBS_TEXT];
	struct out o = OUT(bytes);
	struct str local, label, rest;

	str_cut(address, '@', &local, &rest);
	if (!found && !str_eq(rest, domain)) {
		out_str(&o, local);
		out_char(&o, '@');
		out_str(&o, domain);
		found = first_of(owners, out_text(&o));
	}
	if (found)
		return found->with;
	str_cut(domain, '.', &label, &rest);
	return label;
}

/* ---- what it says ---- */

static bool is_ignored(const struct eval_mail *m)
{
	const struct eval_lists *lists = eval_lists(m);
	struct str rest = m->facts->header;
	struct header_field f;

	for (const struct auth_dkim *s = m->facts->auth->dkim; s; s = s->next)
		if (s->result == AUTH_PASS && globs_have(lists->of[LIST_NAME_SIGNERS], s->domain))
			return true;
	while (lists->of[LIST_NAME_FIELDS]->count && header_next(&rest, &f)) {
		char bytes[GLOBS_TEXT];
		struct out o = OUT(bytes);

		if (globs_have(lists->of[LIST_NAME_FIELDS], lower(f.name, &o)))
			return true;
	}
	return false;
}

/* Marks count twice: there is little else than the address in the name. */
static bool is_close(struct str name, struct str address, uint64_t most)
{
	size_t marks = 0;

	for (size_t i = 0; i < name.n; i++)
		marks += !ascii_alnum(name.p[i]);
	for (size_t i = 0; i < address.n; i++)
		marks -= !ascii_alnum(address.p[i]);
	return name.n + marks - address.n <= most;
}

static bool is_recipient(struct eval_mail *m, struct str address)
{
	const struct people *people = eval_people(m);

	for (unsigned i = 0; i < people->count; i++)
		if (people->items[i].roles & PERSON_TO && str_eq(people->items[i].address, address))
			return true;
	return false;
}

static unsigned compare(struct eval_mail *m, struct str address, struct str from)
{
	char bytes[GLOBS_TEXT];
	struct out o = OUT(bytes);
	const struct str reply = lower(eval_line(m, VIEW_REPLY_TO_ADDRESS), &o);
	const struct str domain = eval_organization(m, path_domain(address));
	const struct str from_domain = eval_organization(m, path_domain(from));
	unsigned is = NAME_HAS_ADDRESS;

	is |= str_eq(address, from) ? 0 : NAME_ADDRESS_DIFFERS;
	is |= str_eq(domain, from_domain) ? 0 : NAME_DOMAIN_DIFFERS;
	if (!str_ieq(owner_of(m, address, domain), owner_of(m, from, from_domain)))
		is |= NAME_OWNER_DIFFERS;
	is |= str_eq(address, reply) ? NAME_IS_REPLY : 0;
	is |= is_recipient(m, address) ? NAME_IS_RECIPIENT : 0;
	return is;
}

static double look(struct eval_mail *m)
{
	char from_bytes[GLOBS_TEXT], name_bytes[LIMIT_SUBJECT];
	struct out from_o = OUT(from_bytes), name_o = OUT(name_bytes);
	const struct str from = lower(eval_line(m, VIEW_FROM_ADDRESS), &from_o);
	const struct str name = lower(eval_line(m, VIEW_FROM_NAME), &name_o);
	const struct str address = address_in(name);

	if (is_ignored(m) || path_domain(from).n == 0 || address.n == 0 || from_o.full ||
	    address.n >= GLOBS_TEXT)
		return 0;
	if (!is_close(name, address, eval_lists(m)->numbers[NUMBER_NAME_EXTRA]))
		return NAME_HAS_ADDRESS;
	return compare(m, address, from);
}

static bool says(struct eval_mail *m, unsigned all)
{
	return ((unsigned)eval_once(m, MEMO_NAME, look) & all) == all;
}

bool eval_check_fromname_spoof(struct eval_mail *m, const struct eval_args *args)
{
	static const unsigned levels[] = { 0, NAME_OWNER_DIFFERS, NAME_DOMAIN_DIFFERS };
	uint64_t level = eval_lists(m)->numbers[NUMBER_NAME_CHECK];

	if (args->count && args->number[0] >= 0 && args->number[0] <= 2)
		level = (uint64_t)args->number[0];
	return says(m, NAME_ADDRESS_DIFFERS | levels[level < 3 ? level : 1]);
}

#define NAME(FUNCTION, BIT)                                                                        \
	bool eval_check_fromname_##FUNCTION(struct eval_mail *m, const struct eval_args *args)     \
	{                                                                                          \
		(void)args;                                                                        \
		return says(m, (BIT));                                                             \
	}
NAME(different, NAME_ADDRESS_DIFFERS)
NAME(domain_differ, NAME_DOMAIN_DIFFERS)
NAME(owners_differ, NAME_OWNER_DIFFERS)
NAME(contains_email, NAME_HAS_ADDRESS)
NAME(equals_to, NAME_IS_RECIPIENT)
NAME(equals_replyto, NAME_IS_REPLY)
#undef NAME
