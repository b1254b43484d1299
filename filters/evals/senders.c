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
