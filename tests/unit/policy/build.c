#include "build.h"

static void collect(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		    const char *text)
{
	struct complaints *c = r->arg;

	if (at->file)
		out_printf(&c->out, "%s:%u:%u: ", at->file, at->line, at->column);
	out_printf(&c->out, "%s%s\n", severity == CONF_WARNING ? "warning: " : "", text);
}

void complaints_init(struct complaints *c)
{
	*c = (struct complaints){ .report = { .say = collect, .arg = c } };
	c->out = (struct out){ .p = c->bytes, .cap = sizeof(c->bytes) - 1 };
}

const char *complaints_text(struct complaints *c)
{
	c->bytes[c->out.n] = '\0';
	return c->bytes;
}

static void define(struct policy *p)
{
	policy_fact(p, STR("AUTHENTICATED"), "logged in");
	policy_fact(p, STR("CLIENT_TLS"), "encrypted");
	policy_symbol(p, STR("HELO_BAD"), SOURCE_HELO, STAGE_RCPT, "HELO is bad");
	policy_symbol(p, STR("RDNS_NONE"), SOURCE_HELO, STAGE_RCPT, "no reverse DNS");
	policy_symbol(p, STR("RDNS_CONFIRMED"), SOURCE_HELO, STAGE_RCPT, "reverse DNS");
	policy_symbol(p, STR("DNSBL_ZEN"), SOURCE_DNSBL, STAGE_RCPT, "listed");
	policy_symbol(p, STR("DNSBL_SBL"), SOURCE_DNSBL, STAGE_RCPT, "listed");
	policy_symbol(p, STR("SPF_FAIL"), SOURCE_BODY, STAGE_END, "SPF fails");
	policy_symbol(p, STR("SPF_PASS"), SOURCE_HELO, STAGE_RCPT, "SPF passes");
	policy_symbol(p, STR("LOCATION_AS"), SOURCE_HELO, STAGE_RCPT, "AS");
	policy_symbol(p, STR("DKIM_PASS"), SOURCE_BODY, STAGE_END, "DKIM passes");
	policy_symbol(p, STR("GREYLIST_NEW"), SOURCE_GREYLIST, STAGE_RCPT, "new");
	policy_symbol(p, STR("GREYLIST_EARLY"), SOURCE_GREYLIST, STAGE_RCPT, "early");
	policy_symbol(p, STR("BODY_BAD"), SOURCE_BODY, STAGE_END, "bad words");
}

struct policy *build_rules(const char *rules, struct complaints *c)
{
	struct policy *p = policy_new();

	complaints_init(c);
	policy_parse_rules(p, str_z(rules), "r.cf", &c->report);
	return p;
}

void build_open(struct build *b, const char *rules, const char *conf)
{
	build_open_with(b, CONF_SCORES_NETWORK, rules, conf);
}

void build_open_with(struct build *b, enum conf_scores scores, const char *rules, const char *conf)
{
	static const struct conf_block *const blocks[] = { &block_verdict, &block_recipients };

	*b = (struct build){ .policy = policy_new() };
	complaints_init(&b->complaints);
	arena_init(&b->arena, 1 << 20);
	define(b->policy);
	policy_choose_scores(b->policy, scores);
	if (rules)
		policy_parse_rules(b->policy, str_z(rules), "r.cf", &b->complaints.report);
	b->conf = conf_parse(str_z(conf ? conf : ""), "c", blocks, COUNTOF(blocks),
			     &b->complaints.report);
	if (b->conf)
		b->ok = policy_compile(b->policy, b->conf, &b->complaints.report);
}

void build_close(struct build *b)
{
	if (b->conf)
		conf_free(b->conf);
	policy_free(b->policy);
	arena_reset(&b->arena);
}

static bool text_of(const void *ctx, enum policy_text text, unsigned i, struct str *value)
{
	static const char *const texts[POLICY_TEXT_COUNT][3] = {
		[POLICY_TEXT_CLIENT_NAME] = { "mx.example" },
		[POLICY_TEXT_HELO] = { "helo\r\nhost" },
		[POLICY_TEXT_MAIL_FROM] = { "a@sender.example" },
		[POLICY_TEXT_MAIL_FROM_DOMAIN] = { "sender.example" },
		[POLICY_TEXT_CLIENT_AS] = { "AS64500 An Operator" },
		[POLICY_TEXT_SPF_DOMAIN] = { "sender.example" },
		[POLICY_TEXT_DKIM_DOMAINS] = { "list.example", "mail.example.org",
					       "mx.xn--BCHER-kva.example." },
	};

	(void)ctx;
	if (i >= 3 || !texts[text][i])
		return false;
	*value = str_z(texts[text][i]);
	return true;
}

struct asked {
	const char *found, *rcpt;
	uint64_t outstanding;
	unsigned canary;
	uint64_t *seen;
};

static struct judgement judge(struct build *b, const struct asked *asked)
{
	struct findings findings = { 0 };
	const struct findings *const lists[] = { &findings };
	const struct ip client = { .family = IP_V4, .bytes = { 192, 0, 2, 1 } };
	const struct evidence e = {
		.lists = lists,
		.list_count = 1,
		.outstanding = asked->outstanding,
		.stage = asked->outstanding ? STAGE_RCPT : STAGE_END,
		.names = { .rcpt = str_z(asked->rcpt), .id = STR("ID-1") },
		.seen = asked->seen,
		.client_ip = client,
		.shown_ip = client,
		.text = text_of,
	};
	struct str rest = str_z(asked->found), word, name, detail;
	struct judgement j;

	while (rest.n) {
		str_cut(rest, ' ', &word, &rest);
		str_cut(word, '=', &name, &detail);
		CHECK(policy_find(b->policy, name) != SYMBOL_NONE);
		findings_add(&findings, &b->arena, policy_find(b->policy, name), detail);
	}
	policy_judge(b->policy, &e, policy_class(b->policy, e.names.rcpt), asked->canary, &b->arena,
		     &j);
	return j;
}

struct judgement build_judge_for(struct build *b, const char *found, uint64_t outstanding,
				 const char *rcpt, unsigned canary)
{
	return judge(b, &(struct asked){ .found = found,
					 .rcpt = rcpt,
					 .outstanding = outstanding,
					 .canary = canary });
}

struct judgement build_judge_seen(struct build *b, const char *found, uint64_t *seen)
{
	return judge(
		b, &(struct asked){
			   .found = found, .rcpt = "r@rcpt.example", .canary = 50, .seen = seen });
}

struct judgement build_judge(struct build *b, const char *found, uint64_t outstanding)
{
	return build_judge_for(b, found, outstanding, "r@rcpt.example", 50);
}
