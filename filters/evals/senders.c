/* senders.c - functions that look at what is known of who sent a message (filters/auth.h). */
#include "filters/evals/eval.h"

#include "base/check.h"
#include "mail/path.h"

static bool spf_is(const struct auth_spf *spf, enum auth_result result)
{
	return spf && spf->checked && spf->result == result;
}

#define SPF(WORD, RESULT)                                                                          \
	bool eval_check_for_spf_##WORD(struct eval_mail *m, const struct eval_args *args)          \
	{                                                                                          \
		(void)args;                                                                        \
		return spf_is(&m->facts->auth->spf, AUTH_##RESULT);                                \
	}                                                                                          \
	bool eval_check_for_spf_helo_##WORD(struct eval_mail *m, const struct eval_args *args)     \
	{                                                                                          \
		(void)args;                                                                        \
		return spf_is(m->facts->helo_spf, AUTH_##RESULT);                                  \
	}
SPF(none, NONE)
SPF(neutral, NEUTRAL)
SPF(pass, PASS)
SPF(fail, FAIL)
SPF(softfail, SOFTFAIL)
SPF(permerror, PERMERROR)
SPF(temperror, TEMPERROR)
#undef SPF

/* ---- DKIM ---- */

static bool is_valid(const struct auth_dkim *s)
{
	return !s->domainkeys && s->result == AUTH_PASS && s->trusted;
}

/* A valid one of the domain; empty: of any. */
static bool has_valid(const struct eval_mail *m, struct str domain)
{
	for (const struct auth_dkim *s = m->facts->auth->dkim; s; s = s->next)
		if (is_valid(s) && (domain.n == 0 || str_ieq(s->domain, domain)))
			return true;
	return false;
}

bool eval_check_dkim_signed(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return m->facts->auth->dkim != NULL;
}

bool eval_check_dkim_valid(struct eval_mail *m, const struct eval_args *args)
{
	if (args->count == 0)
		return has_valid(m, (struct str){ 0 });
	for (unsigned i = 0; i < args->count; i++)
		if (args->text[i].n && has_valid(m, args->text[i]))
			return true;
	return false;
}

bool eval_check_dkim_valid_author_sig(struct eval_mail *m, const struct eval_args *args)
{
	const struct str domain = m->facts->auth->from_domain;

	(void)args;
	return domain.n && has_valid(m, domain);
}

bool eval_check_dkim_valid_envelopefrom(struct eval_mail *m, const struct eval_args *args)
{
	const struct str domain = path_domain(m->facts->mail_from);

	(void)args;
	return domain.n && has_valid(m, domain);
}

bool eval_check_dkim_verified(struct eval_mail *m, const struct eval_args *args)
{
	return eval_check_dkim_valid(m, args);
}

bool eval_check_dkim_testing(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	for (const struct auth_dkim *s = m->facts->auth->dkim; s; s = s->next)
		if (s->testing)
			return true;
	return false;
}

bool eval_check_dkim_dependable(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return m->facts->auth->dkim_checked;
}

/* ---- what a domain says of mail without its signature (RFC 5617, historic): as rule files say ---- */

/* Of the domain, or else of what it is below: "*.example.org". */
static const struct glob *practice_of(const struct globs *all, struct str domain)
{
	const struct glob *found = globs_find(all, domain);
	char bytes[LIMIT_DNS_NAME + 2];

	for (size_t dot = 0; !found && dot < domain.n; dot++) {
		struct out o = OUT(bytes);

		if (domain.p[dot] != '.')
			continue;
		out_char(&o, '*');
		out_str(&o, str_from(domain, dot));
		found = globs_find(all, out_text(&o));
	}
	return found;
}

/* "N" nxdomain, "U" unknown, "A" all, "D" discardable, "1" "2" "3" of an operator's own. */
static char letter_of(struct str practice)
{
	static const struct {
		struct str word;
		char letter;
	} own[] = { { STR_INIT("custom_low"), '1' },
		    { STR_INIT("custom_med"), '2' },
		    { STR_INIT("custom_high"), '3' } };

	for (size_t i = 0; i < COUNTOF(own); i++)
		if (str_eq(practice, own[i].word))
			return own[i].letter;
	return practice.n == 0 ? 'D' : (char)(practice.p[0] - 'a' + 'A');
}

static bool is_late(const struct eval_mail *m, struct str domain)
{
	for (const struct auth_dkim *s = m->facts->auth->dkim; s; s = s->next)
		if (s->result == AUTH_TEMPERROR && str_ieq(s->domain, domain))
			return true;
	return false;
}

static bool is_one_of(const struct eval_args *args, unsigned first, struct str domain)
{
	for (unsigned i = first; i < args->count; i++) {
		const struct str s = args->text[i];
		const size_t star = str_starts(s, STR("*.")), dot = star || str_starts(s, STR("."));

		if (dot ? str_ieq(domain, str_from(s, star + 1)) ||
				    str_iends(domain, str_from(s, star))
			: str_ieq(domain, s))
			return true;
	}
	return args->count <= first;
}

static bool asks_for(const struct eval_mail *m, struct str letters)
{
	const struct str domain = m->facts->auth->from_domain;
	const struct glob *practice;
	char letter;

	if (!m->facts->auth->dkim_checked || domain.n == 0 || has_valid(m, domain) ||
	    is_late(m, domain))
		return false;
	practice = practice_of(eval_lists(m)->of[LIST_ADSP], domain);
	if (!practice)
		return false;
	letter = letter_of(practice->with);
	return str_eq(letters, STR("*")) ? letter != 'U'
					 : memchr(letters.p, letter, letters.n) != NULL;
}

bool eval_check_dkim_adsp(struct eval_mail *m, const struct eval_args *args)
{
	return args->text[0].n && asks_for(m, args->text[0]) &&
	       is_one_of(args, 1, m->facts->auth->from_domain);
}

bool eval_check_dkim_signall(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return asks_for(m, STR("A"));
}

/* It is true of all mail, SpamAssassin says, and never says it. */
bool eval_check_dkim_signsome(struct eval_mail *m, const struct eval_args *args)
{
	(void)m;
	(void)args;
	return false;
}

/* ---- ARC ---- */

bool eval_check_arc_signed(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return m->facts->auth->arc.checked && m->facts->auth->arc.result != AUTH_NONE;
}

bool eval_check_arc_valid(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return m->facts->auth->arc.checked && m->facts->auth->arc.result == AUTH_PASS;
}
