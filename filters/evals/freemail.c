/* freemail.c - functions that look for addresses of providers where anybody gets one: where a mail has two of them, who
 * answers it may write to somebody else than he thinks. */
#include "filters/content/body.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"
#include "filters/uri/uris.h"

#include "base/check.h"

static struct str domain_of(struct str address)
{
	const char *mark = address.n ? memchr(address.p, '@', address.n) : NULL;

	return mark ? str_from(address, (size_t)(mark - address.p)) : (struct str){ 0 };
}

static bool imports(struct eval_mail *m, enum eval_number number, enum eval_list list,
		    struct str address)
{
	return eval_lists(m)->numbers[number] && globs_have(eval_lists(m)->of[list], address);
}

/* Of an address in lower case. */
static bool is_freemail(struct eval_mail *m, struct str address)
{
	const struct eval_lists *lists = eval_lists(m);
	const struct str domain = domain_of(address);
	const struct globs *exempt = lists->of[LIST_FREEMAIL_WELCOME];

	return domain.n && globs_have(lists->of[LIST_FREEMAIL_DOMAINS], domain) &&
	       !globs_find(exempt, address) && !globs_find(exempt, str_from(domain, 1)) &&
	       !eval_matches(m, EXPRESSION_FREEMAIL_ROLE, address) &&
	       !imports(m, NUMBER_IMPORT_AUTH, LIST_WELCOME_AUTH, address) &&
	       !imports(m, NUMBER_IMPORT_DEF_AUTH, LIST_DEF_WELCOME_AUTH, address);
}

/* And matches the function's expression, if it has one. */
static bool is_wanted(struct eval_mail *m, const struct eval_args *args, struct str address)
{
	return is_freemail(m, address) &&
	       (!args->regex || eval_matches_regex(m, args->regex, address));
}

bool eval_check_freemail_from(struct eval_mail *m, const struct eval_args *args)
{
	const struct people *people = eval_people(m);

	for (unsigned i = 0; i < people->count; i++)
		if ((people->items[i].roles & PERSON_FROM) &&
		    is_wanted(m, args, people->items[i].address))
			return true;
	return false;
}

bool eval_check_freemail_header(struct eval_mail *m, const struct eval_args *args)
{
	struct people *people = eval_spare(m);
	struct str name, rest;
	unsigned at = 0;

	str_cut(args->text[0], ':', &name, &rest);
	people_clear(people);
	if (str_ieq(name, STR("EnvelopeFrom")))
		people_add(people, relays_sender(m->run, m->facts), 0);
	else
		while (eval_next_field(m, args, &at, &rest))
			people_add_all(people, rest, 0);
	for (unsigned i = 0; i < people->count; i++)
		if (is_wanted(m, args, people->items[i].address))
			return true;
	return false;
}

/* ---- the body ---- */

/* 0: there is no such number. */
static bool reaches(unsigned count, uint64_t most)
{
	return most && count >= most;
}

/* Those in the text, and what links write to; none where there are so many that nobody is meant to answer. */
static double read_body(struct eval_mail *m)
{
	const struct eval_lists *lists = eval_lists(m);
	struct emails *e = eval_emails(m);
	const struct uris *uris = m->facts->uris;
	const struct body *body = m->facts->text ? m->facts->text->body : NULL;
	unsigned kept = 0;
	bool over;

	people_clear(&e->people);
	e->looked_at = 0;
	for (uint32_t i = 0; uris && i < uris->count; i++)
		if (uris->items[i].origins & URI_IN_LINK)
			emails_read_link(e, eval_suffixes(m), uris_text(uris, uris->items[i].text));
	for (uint32_t i = 0; body && i < body->pieces[BODY_RENDERED].count; i++)
		emails_read(e, eval_suffixes(m), body_piece(&body->pieces[BODY_RENDERED], i));
	over = reaches(e->people.count, lists->numbers[NUMBER_BODY_EMAILS]);
	for (unsigned i = 0; i < e->people.count; i++)
		if (is_freemail(m, e->people.items[i].address))
			e->people.items[kept++] = e->people.items[i];
	over = over || reaches(kept, lists->numbers[NUMBER_BODY_FREEMAILS]);
	e->people.count = over && lists->numbers[NUMBER_SKIP_OVER_MAX] ? 0 : kept;
	return e->people.count;
}

/* Freemail addresses of the body. */
static const struct people *in_body(struct eval_mail *m)
{
	(void)eval_once(m, MEMO_EMAILS, read_body);
	return &eval_emails(m)->people;
}

bool eval_check_freemail_body(struct eval_mail *m, const struct eval_args *args)
{
	const struct people *people = in_body(m);

	for (unsigned i = 0; i < people->count; i++)
		if (!args->regex || eval_matches_regex(m, args->regex, people->items[i].address))
			return true;
	return false;
}

/* ---- answers ---- */

static bool any_is_freemail(struct eval_mail *m, const struct people *people, unsigned role)
{
	for (unsigned i = 0; i < people->count; i++)
		if ((people->items[i].roles & role) && is_freemail(m, people->items[i].address))
			return true;
	return false;
}

static bool has_role(const struct people *people, unsigned role)
{
	for (unsigned i = 0; i < people->count; i++)
		if (people->items[i].roles & role)
			return true;
	return false;
}

/* One of the addresses is in both fields. */
static bool overlap(const struct people *people, unsigned role, unsigned other)
{
	for (unsigned i = 0; i < people->count; i++)
		for (unsigned k = 0; k < people->count; k++)
			if ((people->items[i].roles & role) && (people->items[k].roles & other) &&
			    str_eq(people->items[i].address, people->items[k].address))
				return true;
	return false;
}

/* An address of the body is another than one that is answered to. */
static bool body_differs(struct eval_mail *m, const struct people *people, unsigned role)
{
	const struct people *body = in_body(m);

	for (unsigned i = 0; i < people->count; i++)
		for (unsigned k = 0; (people->items[i].roles & role) && k < body->count; k++)
			if (!str_eq(people->items[i].address, body->items[k].address))
				return true;
	return false;
}

bool eval_check_freemail_replyto(struct eval_mail *m, const struct eval_args *args)
{
	const bool without = args->count && str_eq(args->text[0], STR("reply"));
	const struct people *people;
	bool from, reply;

	if (eval_lists(m)->numbers[NUMBER_SKIP_BULK] &&
	    eval_matches(m, EXPRESSION_BULK_SENDER, relays_sender(m->run, m->facts)))
		return false;
	people = eval_people(m);
	from = any_is_freemail(m, people, PERSON_AUTHOR);
	reply = any_is_freemail(m, people, PERSON_REPLY);
	if (from && reply && !overlap(people, PERSON_AUTHOR, PERSON_REPLY))
		return true;
	if (without ? !from || (!reply && has_role(people, PERSON_REPLY)) : !reply)
		return false;
	return body_differs(m, people, reply ? PERSON_REPLY : PERSON_AUTHOR);
}
