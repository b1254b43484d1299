/* A whole SPF evaluation in which every answer is the input's: lines are TXT records, other answers follow from the
 * names.  It ends, asks no more than RFC 7208 4.6.4 allows, and what it says can be shown. */
#include "base/check.h"
#include "filters/spf/eval.h"
#include "filters/spf/macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1 << 20, STEPS_MAX = 64, ASKED_MAX = 144, HOSTS = 12 };

static struct rr hosts[HOSTS];

static void answer(struct spf_question *q, struct str *script, struct rr *txt)
{
	const unsigned mood = (unsigned)(str_ihash(q->name) % 8);

	q->answer = (struct dns_answer){ .status = DNS_OK };
	if (q->type == RR_TXT) {
		if (script->n == 0) {
			q->answer.status = DNS_NXDOMAIN;
			return;
		}
		str_cut(*script, '\n', &txt->text, script);
		q->answer.count = 1;
		q->answer.records = txt;
	} else if (mood == 0) {
		q->answer.status = DNS_FAILED;
	} else if (mood == 1) {
		q->answer.status = DNS_NODATA;
	} else {
		q->answer.count = mood == 2 ? HOSTS : mood - 2;
		q->answer.records = hosts;
	}
}

static void evaluate(struct str script, const struct spf_identity *who)
{
	struct auth_spf result;
	struct arena arena;
	struct spf_eval e;
	struct rr txts[STEPS_MAX];
	unsigned steps = 0, asked = 0;

	arena_init(&arena, MEMORY);
	spf_eval_begin(&e, &arena, who, &result);
	while (spf_eval_step(&e) == SPF_ASK) {
		CHECK(e.question_count > 0 && e.question_count <= LIMIT_SPF_NAMES);
		CHECK(steps < STEPS_MAX);
		asked += e.question_count;
		for (unsigned i = 0; i < e.question_count; i++)
			answer(&e.questions[i], &script, &txts[steps]);
		steps++;
	}
	CHECK(asked <= ASKED_MAX && result.result < AUTH_RESULT_COUNT);
	for (size_t i = 0; i < result.explanation.n; i++)
		CHECK(result.explanation.p[i] >= ' ' && result.explanation.p[i] < 0x7f);
	arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str script = { .p = (const char *)data, .n = size }, sender, helo;
	struct spf_identity who;

	for (unsigned i = 0; i < HOSTS; i++) {
		static const char names[HOSTS][8] = { "a.test", "b.test", "c.test", "d.test",
						      "e.test", "f.test", "g.test", "h.test",
						      "i.test", "j.test", "k.test", "l.test" };
		const uint8_t bytes[4] = { 192, 0, 2, (uint8_t)i };

		hosts[i].text = str_z(names[i]);
		hosts[i].ip = ip_from_bytes(IP_V4, bytes);
	}
	str_cut(script, '\n', &sender, &script);
	str_cut(script, '\n', &helo, &script);
	who = (struct spf_identity){ .domain = STR("example.org"),
				     .sender = str_head(sender, LIMIT_PATH),
				     .helo = str_head(helo, LIMIT_DOMAIN),
				     .ip = hosts[size % HOSTS].ip };
	evaluate(script, &who);
	return 0;
}
