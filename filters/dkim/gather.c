#include "filters/dkim/gather.h"

#include "base/check.h"
#include "filters/dkim/select.h"
#include "filters/taglist.h"
#include "mail/header.h"

/* While the header section is read. */
struct reader {
	struct dkim_message *m;
	struct arena *arena;
	uint64_t now_s;
	struct auth_dkim **last; /* where the next result goes */
};

struct dkim_one *dkim_one_of(struct dkim_case *at)
{
	return (struct dkim_one *)(void *)((char *)at - offsetof(struct dkim_one, at));
}

void dkim_set_aside(struct dkim_one *one, enum auth_result result, const char *reason)
{
	one->at.result = result;
	one->at.reason = reason;
}

/* ---- the header section ---- */

static struct auth_dkim *tell(struct reader *r)
{
	struct auth_dkim *told = arena_new(r->arena, struct auth_dkim);

	if (!told)
		return NULL;
	*r->last = told;
	r->last = &told->next;
	return told;
}

/* Can it be evaluated, once its key is there? */
static bool read_signature(const struct reader *r, struct dkim_one *one, struct str value)
{
	enum auth_result result;
	const char *problem = dkim_signature_parse(value, &one->at.signature, &result);

	if (!problem) {
		problem = dkim_signature_time(&one->at.signature, r->now_s, &result);
		if (problem && result == AUTH_PERMERROR)
			one->remark = DKIM_REMARK_EXPIRED;
	}
	if (problem)
		dkim_set_aside(one, result, problem);
	return problem == NULL;
}

static bool add_signature(struct reader *r, const struct header_field *field)
{
	struct dkim_message *m = r->m;
	struct dkim_one *one;

	if (m->total++ >= LIMIT_DKIM_SIGNATURES)
		return true;
	one = arena_new(r->arena, struct dkim_one);
	if (!one)
		return false;
	one->told = tell(r);
	if (!one->told)
		return false;
	one->at.field = str_head(field->whole, field->whole.n - 2);
	dkim_set_aside(one, AUTH_TEMPERROR, "no memory"); /* unless something better is known */
	m->ones[m->count++] = one;
	if (read_signature(r, one, field->value))
		m->cases[m->case_count++] = &one->at;
	return true;
}

/* DomainKeys (RFC 4870): told, not evaluated. */
static bool add_historic(struct reader *r, const struct header_field *field)
{
	struct auth_dkim *told;
	struct taglist list;

	if (r->m->historic++ >= LIMIT_DKIM_SIGNATURES)
		return true;
	told = tell(r);
	if (!told)
		return false;
	told->domainkeys = true;
	told->result = AUTH_NEUTRAL;
	told->reason = STR("DomainKeys is historic");
	if (taglist_parse(str_head(field->value, LIMIT_DKIM_FIELD), &list)) {
		told->domain = taglist_get(&list, STR("d"));
		told->selector = taglist_get(&list, STR("s"));
	}
	return true;
}

/* False: no memory. */
static bool read_header(struct reader *r, struct str header)
{
	struct header_field field;
	bool good = true;

	while (good && header_next(&header, &field)) {
		if (str_ieq(field.name, STR("From")))
			r->m->froms++;
		else if (str_ieq(field.name, STR("DKIM-Signature")))
			good = add_signature(r, &field);
		else if (str_ieq(field.name, STR("DomainKey-Signature")))
			good = add_historic(r, &field);
	}
	return good;
}

/* ---- which are evaluated ---- */

/* libopendkim takes every DKIM-Signature field for a signature: it can be shown those that are evaluated only, which
 * is not all that such a signature is about. */
static bool needs_others(const struct dkim_message *m, const struct dkim_case *at)
{
	return m->total != m->case_count &&
	       dkim_signature_signs(&at->signature, STR("DKIM-Signature"));
}

/* One more body to be hashed, behind those of the first `count` cases? */
static bool is_new_body(const struct dkim_message *m, unsigned count, const struct dkim_case *at)
{
	for (unsigned i = 0; i < count; i++) {
		const struct dkim_signature *other = &m->cases[i]->signature;

		if (other->relaxed_body == at->signature.relaxed_body &&
		    other->length == at->signature.length)
			return false;
	}
	return true;
}

static void choose(struct dkim_message *m, struct str header)
{
	const bool nul = header.n && memchr(header.p, '\0', header.n) != NULL;
	unsigned kept = 0, bodies = 0;
	bool others[LIMIT_DKIM_SIGNATURES];

	for (unsigned i = 0; i < m->case_count; i++)
		others[i] = needs_others(m, m->cases[i]);
	for (unsigned i = 0; i < m->case_count; i++) {
		struct dkim_case *at = m->cases[i];
		const bool new_body = is_new_body(m, kept, at);

		if (nul) {
			dkim_set_aside(dkim_one_of(at), AUTH_NEUTRAL,
				       "there is a NUL in the header section");
		} else if (others[i]) {
			dkim_set_aside(dkim_one_of(at), AUTH_NEUTRAL,
				       "it signs DKIM-Signature fields that are not evaluated");
		} else if (new_body && bodies == LIMIT_DKIM_BODIES) {
			dkim_set_aside(dkim_one_of(at), AUTH_POLICY,
				       "too many different body hashes");
		} else {
			bodies += new_body;
			m->cases[kept++] = at;
		}
	}
	m->case_count = kept;
}

/* ---- libopendkim at work ---- */

static bool is_case(const struct dkim_message *m, struct str field)
{
	for (unsigned i = 0; i < m->case_count; i++)
		if (m->cases[i]->field.p == field.p)
			return true;
	return false;
}

static bool select_fields(const struct dkim_message *m, struct arena *arena, struct str header,
			  struct dkim_select *select)
{
	struct header_field field;
	size_t names = 0;

	for (unsigned i = 0; i < m->case_count; i++)
		names += m->cases[i]->signature.name_count;
	if (!dkim_select_new(select, arena, names))
		return false;
	for (unsigned i = 0; i < m->case_count; i++)
		dkim_select_names(select, &m->cases[i]->signature);
	while (header_next(&header, &field))
		dkim_select_count(select, field.name);
	return true;
}

static void show_header(struct dkim_message *m, struct str header, struct dkim_select *select)
{
	struct header_field field;

	while (header_next(&header, &field)) {
		const struct str whole = str_head(field.whole, field.whole.n - 2);
		const bool wanted = dkim_select_take(select, field.name);

		if (str_ieq(field.name, STR("DKIM-Signature")) ? is_case(m, whole) : wanted)
			dkim_check_field(m->check, whole);
	}
	dkim_check_header_end(m->check);
}

bool dkim_gather(struct dkim_message *m, struct dkim_library *library, struct arena *arena,
		 uint64_t now_s, struct str header, struct auth_dkim **told)
{
	struct reader r = { .m = m, .arena = arena, .now_s = now_s, .last = told };
	struct dkim_select select;

	while (*r.last)
		r.last = &(*r.last)->next;
	if (!read_header(&r, header)) {
		m->case_count = 0;
		return false;
	}
	choose(m, header);
	if (m->case_count == 0)
		return true;
	if (select_fields(m, arena, header, &select))
		m->check = dkim_check_new(library, m->cases, m->case_count);
	if (!m->check) {
		m->case_count = 0;
		return false;
	}
	show_header(m, header, &select);
	return true;
}

/* What a signature that passed does not say. */
static void doubt(const struct dkim_message *m, struct dkim_one *one)
{
	if (m->froms != 1) {
		one->remark = DKIM_REMARK_MANY_FROM;
		dkim_set_aside(one, AUTH_POLICY, "there is not exactly one From field");
	} else if (one->at.body->length < one->at.body->body) {
		one->remark = DKIM_REMARK_PARTIAL_BODY;
		dkim_set_aside(one, AUTH_POLICY, "l= leaves the end of the body unsigned");
	}
}

void dkim_message_evaluate(struct dkim_message *m)
{
	if (!m->check)
		return;
	dkim_check_end(m->check);
	dkim_message_end(m);
	for (unsigned i = 0; i < m->case_count; i++)
		if (m->cases[i]->result == AUTH_PASS)
			doubt(m, dkim_one_of(m->cases[i]));
}

void dkim_message_end(struct dkim_message *m)
{
	if (m->check)
		dkim_check_free(m->check);
	m->check = NULL;
}
