/* arc.c - ARC (RFC 8617): does the chain of those who passed a message on hold, and is its last link trusted.
 *
 * The chain is read when the header section is there; keys are asked for at once, the body is hashed while it comes,
 * and everything is verified at its end.  A chain that fails by its looks asks nothing.
 *
 * Trust goes from the newest sealer back to older ones for as long as the operator names them: whoever passes a
 * message on can change it, and vouches for what he saw and not for what those before him did.  So one named sealer
 * at the end is enough for the message as he saw it, and a chain of them for what the first of them saw. */
#include "base/check.h"
#include "filters/arc/digest.h"
#include "filters/arc/seal.h"
#include "filters/filter.h"
#include "filters/pubkey.h"
#include "mail/path.h"

#include <openssl/evp.h>

struct arc_conf {
	struct filter_common common;
	struct conf_list trusted;
	bool seal;
	struct conf_text domain, selector, key;
};

#define RESULTS(X)                                                                                 \
	X(NONE, "nobody has sealed the message (ARC)")                                             \
	X(PASS, "the chain of those who passed the message on holds (ARC)")                        \
	X(FAIL, "the chain of those who passed the message on is broken (ARC)")                    \
	X(TEMPERROR, "DNS did not answer for the key of a seal (ARC)")

struct arc {
	const struct arc_conf *conf;
	struct arc_sealer sealer; /* key NULL: we seal nothing */
	filter_symbol results[AUTH_RESULT_COUNT], trusted;
};

/* A key that several signatures may have been made with. */
struct key {
	struct str domain, selector;
	struct dns_answer answer;
};

/* Of a message with fields of ARC. */
struct work {
	struct arc_chain chain;
	const struct body_hash *body;        /* of the newest message signature */
	struct key keys[LIMIT_ARC_SETS + 1]; /* every seal, and the newest message signature */
	unsigned key_count;
	bool asked;
};

struct arc_state {
	struct work *work;           /* NULL: there are none */
	const struct body_hash *own; /* the body as we sign it; NULL: we seal nothing */
	bool begun, no_memory;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(arc_conf),
	{ .name = "trusted",
	  .type = CONF_LIST,
	  .offset = offsetof(struct arc_conf, trusted),
	  .fallback = "[]",
	  .example = "[\"lists.example.org\"]",
	  .about =
		  "sealers (d= of ARC-Seal) that are believed what they say of a message they pass on: "
		  "ARC_TRUSTED" },
	{ .name = "seal",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct arc_conf, seal),
	  .fallback = "no",
	  .about =
		  "add a set of our own to mail that is accepted, unless its chain is broken already" },
	{ .name = "domain",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct arc_conf, domain),
	  .optional = true,
	  .example = "\"example.org\"",
	  .about = "who seals (d=)" },
	{ .name = "selector",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct arc_conf, selector),
	  .optional = true,
	  .example = "\"gate\"",
	  .about = "where the public key is in DNS: selector._domainkey.domain (s=)" },
	{ .name = "key",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct arc_conf, key),
	  .optional = true,
	  .example = "\"/etc/postern/arc.key\"",
	  .about = "file of the private key, PEM: RSA or Ed25519" },
};

const struct conf_block block_arc = {
	.name = "arc",
	.about = "the chain of those who passed a message on (ARC, RFC 8617)",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct arc_conf),
	.always = true,
};

static void drop_key(void *key)
{
	EVP_PKEY_free(key);
}

/* False: reported. */
static bool set_up_sealer(struct filter_setup *s, const struct conf_section *section,
			  struct arc_sealer *sealer)
{
	const struct arc_conf *conf = section->values;
	struct conf_report *report = filter_setup_report(s);
	const struct conf_place at = conf_place_of(section, "key");
	const char *why;

	if (!path_domain_ok(conf->domain.text) || !path_domain_ok(conf->selector.text) ||
	    !conf->key.text.n) {
		conf_error(report, &section->at, "seal = yes needs domain, selector and key");
		return false;
	}
	sealer->domain = conf->domain.text;
	sealer->selector = conf->selector.text;
	if (arc_sealer_read(conf->key.text.p, sealer, &why))
		return filter_setup_own(s, sealer->key, drop_key);
	conf_error(report, &at, STR_FMT " %s", STR_ARG(conf->key.text), why);
	return false;
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct arc *c = arena_new(filter_setup_arena(s), struct arc);

	if (!c)
		return NULL;
	c->conf = section->values;
	if (c->conf->seal && !set_up_sealer(s, section, &c->sealer))
		return NULL;
#define X(ID, ABOUT) c->results[AUTH_##ID] = filter_define(s, STR("ARC_" #ID), PHASE_END, ABOUT);
	RESULTS(X)
#undef X
	c->trusted = filter_define(s, STR("ARC_TRUSTED"), PHASE_END,
				   "passed on unbroken by sealers that are trusted (ARC)");
	return c;
}

/* ---- asking ---- */

static struct key *key_of(struct work *w, const struct arc_signature *s)
{
	for (unsigned i = 0; i < w->key_count; i++)
		if (str_ieq(w->keys[i].domain, s->domain) &&
		    str_ieq(w->keys[i].selector, s->selector))
			return &w->keys[i];
	CHECK(w->key_count < COUNTOF(w->keys));
	w->keys[w->key_count] = (struct key){ .domain = s->domain, .selector = s->selector };
	return &w->keys[w->key_count++];
}

static const struct arc_set *newest(const struct work *w)
{
	return &w->chain.sets[w->chain.count - 1];
}

static void ask(struct filter_run *run, struct work *w)
{
	for (unsigned i = 0; i < w->chain.count; i++)
		key_of(w, &w->chain.sets[i].seal);
	key_of(w, &newest(w)->message);
	for (unsigned i = 0; i < w->key_count; i++) {
		struct key *k = &w->keys[i];
		const struct str name =
			arena_printf(filter_arena(run), STR_FMT "._domainkey." STR_FMT,
				     STR_ARG(k->selector), STR_ARG(k->domain));

		k->answer.status = DNS_FAILED;
		if (name.n > LIMIT_DOMAIN)
			k->answer.status = DNS_NXDOMAIN;
		else if (name.p)
			filter_dns(run, name, RR_TXT, &k->answer);
	}
	w->asked = true;
}

/* A message that begins with a folded line has no header section for those behind us, as our fields stand before it. */
static bool begins_folded(struct str header)
{
	return header.n && ascii_wsp(header.p[0]);
}

static void begin_own(struct filter_run *run, const struct filter_facts *facts, struct arc_state *s)
{
	const struct arc *c = filter_conf(run);

	if (!c->sealer.key || begins_folded(facts->header))
		return;
	s->own = filter_body_hash(run, true, UINT64_MAX);
	facts->auth->arc.seals = s->own != NULL;
}

static enum filter_step no_memory(struct filter_run *run, struct arc_state *s)
{
	s->no_memory = true;
	filter_unavailable(run, STR("no memory"));
	return FILTER_DONE;
}

static enum filter_step on_header(struct filter_run *run, const struct filter_facts *facts,
				  void *state)
{
	struct arc_state *s = state;
	struct work *w;

	if (s->begun)
		return FILTER_DONE;
	s->begun = true;
	begin_own(run, facts, s);
	if (!arc_chain_present(facts->header))
		return FILTER_DONE;
	w = s->work = arena_new(filter_arena(run), struct work);
	if (!w)
		return no_memory(run, s);
	if (!arc_chain_read(facts->header, &w->chain))
		return FILTER_DONE;
	w->body = filter_body_hash(run, newest(w)->message.relaxed_body, newest(w)->message.length);
	if (!w->body)
		return no_memory(run, s);
	ask(run, w);
	return FILTER_WAIT;
}

/* ---- verifying ---- */

static bool fails(struct auth_arc *a, enum auth_result result, struct str reason)
{
	a->result = result;
	a->reason = reason;
	return false;
}

static const char *read_key(struct pubkey *key, struct str record, enum arc_algorithm algorithm)
{
	const char *wrong = pubkey_parse(record, key);

	if (!wrong && key->ed25519 != (algorithm == ARC_ED25519_SHA256))
		wrong = "the key is of another kind";
	if (!wrong && pubkey_is_weak(key))
		wrong = "the key has less than 1024 bits (RFC 8301)";
	return wrong;
}

/* By the first record that is a key for it. */
static bool verify(struct work *w, const struct arc_signature *s, const struct sha256 *digest,
		   struct auth_arc *a)
{
	const struct dns_answer *answer = &key_of(w, s)->answer;
	const char *wrong = "there is no key";
	struct pubkey key;

	if (answer->status == DNS_FAILED)
		return fails(a, AUTH_TEMPERROR, STR("DNS does not answer for a key"));
	for (unsigned i = 0; wrong && i < answer->count && i < LIMIT_KEY_RECORDS; i++)
		wrong = read_key(&key, answer->records[i].text, s->algorithm);
	if (wrong)
		return fails(a, AUTH_FAIL, str_z(wrong));
	return pubkey_verifies(&key, s->b, digest) ||
	       fails(a, AUTH_FAIL, STR("a signature is wrong"));
}

static bool verify_message(struct work *w, struct str header, struct auth_arc *a)
{
	const struct arc_signature *s = &newest(w)->message;
	struct sha256 digest;

	if (!sha256_is(&w->body->digest, s->bh))
		return fails(a, AUTH_FAIL, STR("the body was changed"));
	if (s->length != UINT64_MAX && s->length > w->body->body)
		return fails(a, AUTH_FAIL, STR("l= is longer than the body"));
	arc_digest_message(header, s, &digest);
	return verify(w, s, &digest, a);
}

/* RFC 8617 5.2: the newest message signature, then the seals from the newest to the first. */
static void validate(struct work *w, struct str header, struct auth_arc *a)
{
	struct sha256 seals[LIMIT_ARC_SETS];

	if (!verify_message(w, header, a))
		return;
	arc_digest_seals(&w->chain, seals);
	for (unsigned i = w->chain.count; i-- > 0;)
		if (!verify(w, &w->chain.sets[i].seal, &seals[i], a))
			return;
	a->result = AUTH_PASS;
}

/* ---- trust ---- */

static bool is_named(const struct arc_conf *conf, struct str domain)
{
	for (size_t i = 0; i < conf->trusted.count; i++)
		if (str_ieq(conf->trusted.items[i].text, domain))
			return true;
	return false;
}

/* What the named sealers at the end of the chain have seen of DMARC, the best of it.  None of it counts for a body of
 * which only a part was signed. */
static void trust(const struct arc_conf *conf, const struct work *w, struct auth_arc *a)
{
	unsigned i = w->chain.count;

	if (w->body->length < w->body->body || !is_named(conf, newest(w)->seal.domain))
		return;
	a->dmarc = AUTH_NONE;
	for (; i > 0 && a->dmarc != AUTH_PASS && is_named(conf, w->chain.sets[i - 1].seal.domain);
	     i--) {
		const enum auth_result seen = arc_results_dmarc(w->chain.sets[i - 1].results.value);

		if (seen != AUTH_NONE)
			a->dmarc = seen;
	}
	a->trusted = a->dmarc == AUTH_PASS || a->dmarc == AUTH_NONE;
}

/* ---- our own seal ---- */

/* A chain that is broken stays so, whoever adds to it: it gets no set of ours.  One that could not be verified does not
 * either (RFC 8617 5.1: a seal says what the chain is worth). */
static struct arc_sealing *sealing(struct filter_run *run, struct arc_state *s,
				   const struct auth_arc *a)
{
	const struct arc *c = filter_conf(run);
	struct arc_sealing *sealing;

	if (!s->own || (a->result != AUTH_PASS && a->result != AUTH_NONE) ||
	    a->instance >= LIMIT_ARC_SETS)
		return NULL;
	sealing = arena_new(filter_arena(run), struct arc_sealing);
	if (!sealing)
		return NULL;
	sealing->sealer = &c->sealer;
	sealing->chain = s->work ? &s->work->chain : arena_new(filter_arena(run), struct arc_chain);
	sealing->body = s->own;
	return sealing->chain ? sealing : NULL;
}

static void report(struct filter_run *run, const struct arc *c, const struct auth_arc *a)
{
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	if (a->instance)
		out_printf(&o, "i=%u " STR_FMT, a->instance,
			   STR_ARG(str_head(a->domain, LIMIT_DOMAIN)));
	if (a->reason.n)
		out_printf(&o, "%s" STR_FMT, o.n ? ": " : "", STR_ARG(a->reason));
	filter_report(run, c->results[a->result], out_text(&o));
	if (a->trusted)
		filter_report(run, c->trusted, a->domain);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	const struct arc *c = filter_conf(run);
	struct arc_state *s = state;
	struct work *w = s->work;
	struct auth_arc *a = &facts->auth->arc;

	if (s->no_memory)
		return FILTER_DONE;
	a->checked = true;
	a->result = AUTH_NONE;
	if (w && !w->asked) {
		fails(a, AUTH_FAIL, w->chain.wrong);
	} else if (w) {
		a->instance = w->chain.count;
		a->domain = newest(w)->seal.domain;
		validate(w, facts->header, a);
		if (a->result == AUTH_PASS)
			trust(c->conf, w, a);
	}
	a->sealing = sealing(run, s, a);
	report(run, c, a);
	return FILTER_DONE;
}

const struct filter filter_arc = {
	.name = "arc",
	.about = "the chain of those who passed a message on (ARC, RFC 8617)",
	.block = &block_arc,
	.strangers = true,
	.state_size = sizeof(struct arc_state),
	.setup = setup,
	.on = { [PHASE_HEADER] = on_header, [PHASE_END] = on_end },
	.hashes_body = true,
};
