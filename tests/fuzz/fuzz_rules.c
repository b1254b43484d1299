/* Any bytes as a rule file, and its first line as the condition of a verdict: no crash, and what
 * compiles judges any evidence without an undecided end. */
#define _GNU_SOURCE /* memmem */
#include "base/check.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "A", "B", "RDNS_NONE", "HELO_BAD" };

/* What source 1 finds is another text before it has finished: nothing may rest on it. */
static bool text_of(const void *ctx, enum policy_text text, unsigned i, struct str *value)
{
	const uint64_t *outstanding = ctx;

	*value = str_z(i ? "b.example" : "a");
	if (text == POLICY_TEXT_SPF_DOMAIN && *outstanding)
		*value = STR("x");
	return i < 2;
}

static void judge(const struct policy *p, unsigned found, uint64_t outstanding, struct judgement *j,
		  struct arena *arena)
{
	struct findings f = { 0 };
	const struct findings *const lists[] = { &f };
	const struct evidence e = { .lists = lists,
				    .list_count = 1,
				    .outstanding = outstanding,
				    .stage = outstanding ? STAGE_RCPT : STAGE_END,
				    .text = text_of,
				    .texts = &outstanding };

	for (unsigned i = 0; i < COUNTOF(names); i++)
		if (found >> i & 1)
			findings_add(&f, arena, policy_find(p, str_z(names[i])), str_z(names[i]));
	policy_judge(p, &e, UINT64_MAX, 0, arena, j);
}

static void judge_all(const struct policy *p)
{
	for (unsigned found = 0; found < 16; found++) {
		struct judgement early, late;
		struct arena arena;

		arena_init(&arena, 1 << 16);
		judge(p, found, 0, &late, &arena);
		CHECK(late.decided);
		judge(p, found & 3, 2, &early, &arena); /* source 1 not yet told */
		CHECK(!early.decided ||
		      (early.action == late.action && str_eq(early.reply, late.reply)));
		arena_reset(&arena);
	}
}

static struct conf *verdicts(struct str line, struct conf_report *report)
{
	static const struct conf_block *const blocks[] = { &block_verdict, &block_recipients };
	static const char before[] = "verdict \"a\" { do = reject\n when = ";
	static const char behind[] = "\n}\nverdict \"b\" { do = defer\n when = score > 2 }\n";
	char text[1024];
	struct out o = OUT(text);

	out_str(&o, str_z(before));
	out_str(&o, line);
	out_str(&o, str_z(behind));
	return o.full ? NULL : conf_parse(out_text(&o), "c", blocks, COUNTOF(blocks), report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { .p = (const char *)data, .n = size };
	struct conf_report report = { .errors = 0 };
	struct policy *p;
	struct str line, rules;
	struct conf *conf;

	if (memmem(data, size, "include", 7))
		return 0; /* what files there are is not this target's business */
	p = policy_new();
	str_cut(text, '\n', &line, &rules);
	for (unsigned i = 0; i < COUNTOF(names); i++)
		policy_symbol(p, str_z(names[i]), i / 2, i / 2 ? STAGE_END : STAGE_RCPT, "x");
	policy_symbol(p, STR("SPF_PASS"), 1, STAGE_END, "finds spf.domain");
	policy_parse_rules(p, rules, "r.cf", &report);
	conf = verdicts(line, &report);
	if (conf && policy_compile(p, conf, &report))
		judge_all(p);
	if (conf)
		conf_free(conf);
	policy_free(p);
	return 0;
}
