/* dkim.c - the filter: what the DKIM signatures of a message are worth (RFC 6376, 8301, 8463), in the words of RFC
 * 8601.
 *
 * At the end of the header section all that can be known of the signatures without keys is known; the keys are asked
 * for, each once, while the body is hashed.  PHASE_END has the keys, and evaluates.
 *
 * A signature that RFC 6376 takes and that says less than it seems to is no pass: `policy` (RFC 8601 2.7.1), so that
 * nobody behind us trusts it either.  That is one that leaves the end of the body unsigned (8.2), and one of a message
 * with several From fields (8.15). */
#include "filters/dkim/gather.h"

#include "base/check.h"
#include "filters/filter.h"

/* what a signature's result is called, what it means */
#define RESULTS(X)                                                                                 \
	X(NONE, "the message has no DKIM signature")                                               \
	X(PASS, "a DKIM signature is good")                                                        \
	X(FAIL, "a DKIM signature does not match the message")                                     \
	X(NEUTRAL, "a DKIM signature cannot be understood")                                        \
	X(TEMPERROR, "DNS did not answer for the key of a DKIM signature")                         \
	X(PERMERROR, "a DKIM signature cannot be verified")                                        \
	X(POLICY, "a DKIM signature is not to be trusted")

struct dkim_conf {
	struct filter_common common;
};

struct dkim {
	const struct dkim_conf *conf;
	struct dkim_library *library;
	filter_symbol results[AUTH_RESULT_COUNT], remarks[DKIM_REMARK_COUNT];
};

struct dkim_state {
	bool begun;
	struct dkim_message message;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(dkim_conf),
};

const struct conf_block block_dkim = {
	.name = "dkim",
	.about = "what a message's DKIM signatures are worth (RFC 6376)",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct dkim_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct dkim *c = arena_new(filter_setup_arena(s), struct dkim);

	if (!c)
		return NULL;
	c->conf = section->values;
	c->library = dkim_library_new();
	CHECK(c->library); /* takes memory and nothing else */
	if (!filter_setup_own(s, c->library, dkim_library_free))
		return NULL;
#define X(ID, ABOUT) c->results[AUTH_##ID] = filter_define(s, STR("DKIM_" #ID), PHASE_END, ABOUT);
	RESULTS(X)
#undef X
#define X(ID, ABOUT)                                                                               \
	c->remarks[DKIM_REMARK_##ID] = filter_define(s, STR("DKIM_" #ID), PHASE_END, ABOUT);
	DKIM_REMARKS(X)
#undef X
	return c;
}

static void hash_body(struct filter_run *run, struct dkim_message *m)
{
	for (unsigned i = 0; i < m->case_count; i++) {
		struct dkim_case *at = m->cases[i];

		at->body = filter_body_hash(run, at->signature.relaxed_body, at->signature.length);
		if (!at->body)
			filter_unavailable(run, STR("no memory"));
	}
}

/* ---- keys ---- */

static const struct dkim_one *same_key(const struct dkim_message *m, const struct dkim_case *at)
{
	const struct str *tags = at->signature.tags;

	for (unsigned i = 0; i < m->case_count && m->cases[i] != at; i++) {
		const struct str *others = m->cases[i]->signature.tags;

		if (str_ieq(others[DKIM_TAG_D], tags[DKIM_TAG_D]) &&
		    str_ieq(others[DKIM_TAG_S], tags[DKIM_TAG_S]))
			return dkim_one_of(m->cases[i]);
	}
	return NULL;
}

static void ask_keys(struct filter_run *run, struct dkim_message *m)
{
	for (unsigned i = 0; i < m->case_count; i++) {
		const struct str *tags = m->cases[i]->signature.tags;
		struct dkim_one *one = dkim_one_of(m->cases[i]);
		char bytes[LIMIT_DOMAIN];
		struct out name = OUT(bytes);

		one->asker = same_key(m, m->cases[i]);
		if (one->asker)
			continue;
		out_str(&name, tags[DKIM_TAG_S]);
		out_str(&name, STR("._domainkey."));
		out_str(&name, tags[DKIM_TAG_D]);
		filter_dns(run, out_text(&name), RR_TXT, &one->answer);
	}
}

/* The first record that will do. */
static void choose_key(struct dkim_one *one)
{
	const struct dns_answer *answer = one->asker ? &one->asker->answer : &one->answer;
	enum auth_result result = AUTH_PERMERROR;
	const char *problem = "there is no key";

	if (answer->status == DNS_FAILED) {
		dkim_set_aside(one, AUTH_TEMPERROR, "DNS did not answer for the key");
		return;
	}
	for (unsigned i = 0; problem && i < answer->count && i < LIMIT_KEY_RECORDS; i++) {
		result = AUTH_PERMERROR;
		problem = pubkey_parse(answer->records[i].text, &one->key);
		if (!problem)
			problem = dkim_signature_fits(&one->at.signature, &one->key, &result);
	}
	if (!problem) {
		one->at.key = one->at.body ? &one->key : NULL;
		return;
	}
	if (result == AUTH_POLICY)
		one->remark = DKIM_REMARK_WEAK_KEY;
	dkim_set_aside(one, result, problem);
}

/* ---- results ---- */

static void report(struct filter_run *run, const struct dkim_one *one)
{
	const struct dkim *c = filter_conf(run);
	const struct auth_dkim *told = one->told;
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	if (told->domain.n)
		out_printf(&o, "d=" STR_FMT " s=" STR_FMT " a=" STR_FMT,
			   STR_ARG(str_head(told->domain, 160)),
			   STR_ARG(str_head(told->selector, 100)),
			   STR_ARG(str_head(told->algorithm, 40)));
	if (told->domain.n && told->reason.n)
		out_str(&o, STR(": "));
	out_str(&o, told->reason);
	filter_report(run, c->results[told->result], out_text(&o));
	if (one->remark != DKIM_REMARK_NONE)
		filter_report(run, c->remarks[one->remark], out_text(&o));
}

static void conclude(struct filter_run *run, const struct dkim_one *one)
{
	const struct dkim_signature *signature = &one->at.signature;
	struct auth_dkim *told = one->told;

	told->result = one->at.result;
	told->trusted = told->result == AUTH_PASS;
	told->testing = one->key.testing;
	told->domain = signature->tags[DKIM_TAG_D];
	told->selector = signature->tags[DKIM_TAG_S];
	told->algorithm = signature->tags[DKIM_TAG_A];
	told->identity = signature->tags[DKIM_TAG_I];
	told->b = arena_str(filter_arena(run), str_z(signature->b));
	told->reason = str_z(one->at.reason);
	if (one->key.testing && !told->trusted)
		told->reason =
			arena_printf(filter_arena(run), "%s (a key under test)", one->at.reason);
	report(run, one);
}

static void report_rest(struct filter_run *run, const struct dkim_message *m)
{
	const struct dkim *c = filter_conf(run);
	char bytes[64];
	struct out o = OUT(bytes);

	if (m->total == 0)
		filter_report(run, c->results[AUTH_NONE], (struct str){ 0 });
	if (m->historic)
		filter_report(run, c->remarks[DKIM_REMARK_DOMAINKEYS], (struct str){ 0 });
	if (m->total > m->count) {
		out_printf(&o, "%u signatures, %u evaluated", m->total, m->count);
		filter_report(run, c->remarks[DKIM_REMARK_TOO_MANY], out_text(&o));
	}
}

/* ---- the phases ---- */

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	const struct dkim *c = filter_conf(run);
	struct dkim_state *s = state;

	if (s->begun)
		return FILTER_DONE;
	s->begun = true;
	if (!dkim_gather(&s->message, c->library, filter_arena(run),
			 (uint64_t)filter_unix_ms(run) / 1000, facts->header, &facts->auth->dkim))
		filter_unavailable(run, STR("no memory"));
	if (s->message.case_count == 0)
		return FILTER_DONE;
	hash_body(run, &s->message);
	ask_keys(run, &s->message);
	return FILTER_WAIT;
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	struct dkim_message *m = &((struct dkim_state *)state)->message;

	for (unsigned i = 0; i < m->case_count; i++)
		choose_key(dkim_one_of(m->cases[i]));
	dkim_message_evaluate(m);
	for (unsigned i = 0; i < m->count; i++)
		conclude(run, m->ones[i]);
	report_rest(run, m);
	facts->auth->dkim_checked = true;
	return FILTER_DONE;
}

static void end(void *state)
{
	dkim_message_end(&((struct dkim_state *)state)->message);
}

const struct filter filter_dkim = {
	.name = "dkim",
	.about = "what a message's DKIM signatures are worth (RFC 6376)",
	.block = &block_dkim,
	.strangers = true,
	.state_size = sizeof(struct dkim_state),
	.setup = setup,
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end },
	.hashes_body = true,
	.end = end,
};
