/* A whole DMARC evaluation in which every answer is the input's: the first line is the author's domain, the second the
 * domains that were authenticated, every further one a record of the next name asked.  It ends, asks no name twice and
 * no more than the RFC allows, and says what it may say. */
#include "base/check.h"
#include "filters/dmarc/eval.h"
#include "mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1 << 20, ROUNDS = 5, ASKED_MAX = LIMIT_DMARC_NAMES + 1 };

struct dns {
	struct str script;
	unsigned asked;
	struct str names[ASKED_MAX];
	struct rr txts[ASKED_MAX][2];
};

/* "!": failed, "~": no data, "-" or the end: no such name; "+record": twice. */
static void answer(struct dns *dns, struct dmarc_question *q)
{
	struct rr *txt = dns->txts[dns->asked];
	struct str line;

	CHECK(dns->asked < ASKED_MAX);
	for (unsigned i = 0; i < dns->asked && q->type == RR_TXT; i++)
		CHECK(!str_eq(dns->names[i], q->name));
	CHECK(q->name.n <= LIMIT_DNS_NAME - 2);
	dns->names[dns->asked++] = q->type == RR_TXT ? q->name : (struct str){ 0 };
	str_cut(dns->script, '\n', &line, &dns->script);
	q->answer = (struct dns_answer){ .status = DNS_NXDOMAIN };
	if (line.n == 0 || line.p[0] == '-')
		return;
	q->answer.status = line.p[0] == '!' ? DNS_FAILED : line.p[0] == '~' ? DNS_NODATA : DNS_OK;
	if (q->answer.status != DNS_OK)
		return;
	q->answer.count = line.p[0] == '+' ? 2 : 1;
	q->answer.records = txt;
	txt[0].text = txt[1].text = str_from(line, line.p[0] == '+');
}

static void ask(struct dns *dns, struct dmarc_eval *e, unsigned *rounds)
{
	struct dmarc_question *q;

	CHECK(++*rounds <= ROUNDS);
	while ((q = dmarc_tree_open(e->tree)))
		answer(dns, q);
}

static void add(struct dmarc_eval *e, struct arena *arena, struct str names)
{
	struct str name;
	unsigned count = 0;

	while (names.n && count++ < LIMIT_DMARC_IDENTIFIERS + 2) {
		str_cut(names, ' ', &name, &names);
		dmarc_eval_add(e, (struct dmarc_identifier){ .domain = domain_ascii(arena, name),
							     .dkim = count % 3 != 0,
							     .doubtful = count % 4 == 0 });
	}
}

static void check(struct dmarc_eval *e, const struct dmarc_outcome *o)
{
	CHECK(o->result == AUTH_NONE || o->result == AUTH_PASS || o->result == AUTH_FAIL ||
	      o->result == AUTH_TEMPERROR);
	CHECK((o->result == AUTH_PASS) == (o->dkim_aligned.n || o->spf_aligned.n));
	CHECK(o->policy <= AUTH_POLICY_REJECT);
	CHECK(o->result == AUTH_NONE || o->result == AUTH_TEMPERROR || o->published.n);
	CHECK(o->organization.n == 0 || domain_has(o->organization, e->author));
	CHECK(o->published.n == 0 || domain_has(o->published, e->author));
}

static void evaluate(struct dns *dns, struct str author, struct str names, unsigned method)
{
	static struct suffixes *psl;
	struct arena arena;
	struct dmarc_tree tree = { .arena = &arena };
	struct dmarc_eval e;
	unsigned rounds = 0;

	if (!psl)
		psl = suffixes_new();
	CHECK(psl);
	arena_init(&arena, MEMORY);
	author = domain_ascii(&arena, author);
	if (author.n) {
		dmarc_eval_begin(&e, &tree, author, method ? psl : NULL, method != 1);
		while (dmarc_eval_policy(&e) == DMARC_ASK)
			ask(dns, &e, &rounds);
		CHECK(method || dns->asked <= LIMIT_DMARC_QUERIES + 1);
		add(&e, &arena, names);
		while (dmarc_eval_align(&e) == DMARC_ASK)
			ask(dns, &e, &rounds);
		for (unsigned i = 0; i < e.method_count; i++) {
			const struct dmarc_outcome o = dmarc_eval_outcome(&e, i);

			check(&e, &o);
		}
	}
	arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns dns;
	struct str text = { .p = (const char *)data, .n = size }, author, names;

	str_cut(text, '\n', &author, &text);
	str_cut(text, '\n', &names, &text);
	for (unsigned method = 0; method < 3; method++) {
		dns = (struct dns){ .script = text };
		evaluate(&dns, author, names, method);
	}
	return 0;
}
