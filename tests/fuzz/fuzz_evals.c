/* Any bytes as a message, and every function that rules may call looks at it: nothing but a yes or no comes of it. */
#include "base/check.h"
#include "conf/pattern.h"
#include "filters/auth.h"
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "filters/received/relays.h"
#include "filters/run.h"
#include "filters/uri/uris.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With arguments that fit. */
static const struct rule_call calls[] = {
#define EVAL(NAME, PHASE, ARGUMENTS, ABOUT)                                                        \
	{ .rule = STR_INIT(#NAME), .function = STR_INIT(#NAME) },
#include "filters/evals/evals.def"
#undef EVAL
};
static const char *const wanted[] = {
#define EVAL(NAME, PHASE, ARGUMENTS, ABOUT) (ARGUMENTS),
#include "filters/evals/evals.def"
#undef EVAL
};

enum { MOST_CALLS = 2 * COUNTOF(calls) }; /* one for each choice of a first argument */

/* Lists that bytes may be in, by the row of settings.def. */
static const struct {
	const char *word, *text;
} lines[] = {
	{ "freemail_domains", "free.com f?ee.com *.free.* yahoo.*" },
	{ "freemail_max_body_emails", "30" },
	{ "freemail_import_welcomelist_auth", "1" },
	{ "welcomelist_from", "*a*a*a*a* ?@* *@*.free.com" },
	{ "welcomelist_from_rcvd", "*@free.com [192.0.2]" },
	{ "welcomelist_auth", "*@example.test *" },
	{ "welcomelist_from_dkim", "* *.test" },
	{ "blocklist_to", "*.*.*@*.*" },
	{ "enlist_addrlist", "(user) *@*" },
	{ "adsp_override", "*.test custom_low" },
	{ "fns_add_addrlist", "(user) *@*a*" },
	{ "fns_ignore_headers", "x-*a*b" },
};

struct stage {
	struct conf *conf;
	struct rule_setting settings[COUNTOF(lines)];
	struct filter_set *set;
	struct rule_call calls[MOST_CALLS];
	size_t call_count;
	unsigned symbols;
	bool progress;
};

static filter_symbol symbol(void *ctx, struct str name, unsigned source, enum filter_phase phase,
			    const char *about)
{
	(void)name;
	(void)source;
	(void)phase;
	(void)about;
	return (filter_symbol)((struct stage *)ctx)->symbols++;
}

static void defer_on(void *ctx, filter_symbol symbol)
{
	(void)ctx;
	(void)symbol;
}

static int64_t now(void *ctx)
{
	(void)ctx;
	return 1000;
}

static void report(void *ctx, enum filter_scope scope, filter_symbol symbol, struct str detail)
{
	(void)ctx;
	(void)scope;
	(void)symbol;
	(void)detail;
}

static void hit(void *ctx, filter_symbol symbol, unsigned hits)
{
	CHECK(symbol < ((struct stage *)ctx)->symbols && hits == 1);
}

static void finished(void *ctx, unsigned source)
{
	(void)ctx;
	(void)source;
}

static void progress(void *ctx)
{
	((struct stage *)ctx)->progress = true;
}

/* "{a,b}" is one of these: the n-th. */
static struct str choose(const char **letters, unsigned n)
{
	const char *end = strchr(*letters, '}'), *at = *letters + 1;

	for (; n && at + strcspn(at, ",}") < end; n--)
		at += strcspn(at, ",}") + 1;
	*letters = end;
	return (struct str){ .p = at, .n = strcspn(at, ",}") };
}

static unsigned choices(const char *letters)
{
	unsigned n = 1;

	if (*letters == '{')
		for (; *letters != '}'; letters++)
			n += *letters == ',';
	return n;
}

static void give_arguments(struct rule_call *call, const char *letters, unsigned choice)
{
	for (; *letters && call->count < CALL_ARGUMENTS; letters++) {
		if (*letters == '?')
			continue;
		call->arguments[call->count++] = *letters == '{'   ? choose(&letters, choice)
						 : *letters == 'n' ? STR("1")
						 : *letters == 'd' ? STR("cleaned !~ /user/i")
								   : STR("user");
	}
}

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	(void)r;
	(void)severity;
	(void)at;
	(void)text;
	CHECK(false);
}

static void give_settings(struct rule_setting *to)
{
	for (size_t i = 0; i < COUNTOF(lines); i++) {
		to[i] = (struct rule_setting){ .setting = setting_find(str_z(lines[i].word)),
					       .text = str_z(lines[i].text) };
		to[i].next = i + 1 < COUNTOF(lines) ? &to[i + 1] : NULL;
	}
}

static bool is_wanted(const char *name)
{
	return strcmp(name, "evals") == 0 || strcmp(name, "relays") == 0 ||
	       strcmp(name, "content") == 0 || strcmp(name, "uri") == 0;
}

/* Every filter but those that are wanted is off. */
static void open_stage(struct stage *s)
{
	struct filter_registry registry = { .ctx = s, .symbol = symbol, .defer_on = defer_on };
	struct conf_report r = { .say = complain };
	static char text[4096];
	struct out o = OUT(text);
	size_t n;
	const struct conf_block *const *blocks = filter_blocks(&n);

	for (size_t i = 0; i < n; i++)
		if (blocks[i]->always && !is_wanted(blocks[i]->name))
			out_printf(&o, "%s { enabled = no }\n", blocks[i]->name);
	s->conf = conf_parse(out_text(&o), "fuzz.conf", blocks, n, &r);
	CHECK(s->conf != NULL);
	s->set = filter_set_new(s->conf, &registry, &r);
	CHECK(s->set != NULL);
	for (size_t i = 0; i < COUNTOF(calls); i++) {
		for (unsigned choice = 0; choice < choices(wanted[i]); choice++) {
			struct rule_call *call = &s->calls[s->call_count++];

			CHECK(s->call_count <= MOST_CALLS);
			*call = calls[i];
			give_arguments(call, wanted[i], choice);
		}
	}
	give_settings(s->settings);
	filter_set_patterns(s->set, s->conf, &registry,
			    &(struct patterns){ .calls = s->calls,
						.call_count = s->call_count,
						.settings = s->settings },
			    &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stage s;
	const struct filter_services services = { .ctx = &s,
						  .now_ms = now,
						  .unix_ms = now,
						  .report = report,
						  .hit = hit,
						  .finished = finished,
						  .progress = progress };
	struct auth_dkim dkim = { .result = AUTH_PASS, .trusted = true, .domain = STR("a.test") };
	struct auth auth = { .from_domain = STR("example.test"), .dkim = &dkim };
	struct text text = { .n = 0 };
	struct attachments attachments = { .first = NULL };
	struct uris uris = { .n = 0 };
	const struct str message = { .p = (const char *)data, .n = size };
	const size_t header = header_length(message) ? header_length(message) : size;
	struct relays relays = { .read = false };
	struct filter_facts facts = { .header = str_head(message, header),
				      .mail_from = STR("user@example.test"),
				      .auth = &auth,
				      .text = &text,
				      .attachments = &attachments,
				      .uris = &uris,
				      .relays = &relays };
	struct filter_runner *runner;
	struct arena arena;

	if (!s.set)
		open_stage(&s);
	arena_init(&arena, LIMIT_TRANSACTION_ARENA);
	runner = filter_runner_new(s.set, SCOPE_TRANSACTION, &arena, &services, &facts);
	CHECK(runner != NULL);
	for (unsigned phase = PHASE_HEADER; phase <= PHASE_ALIGN; phase++) {
		filter_runner_reach(runner, (enum filter_phase)phase);
		while (s.progress) {
			s.progress = false;
			filter_runner_turn(runner);
		}
		if (phase == PHASE_HEADER)
			filter_runner_body(runner, str_from(message, header));
	}
	CHECK(filter_runner_idle(runner));
	CHECK(relays.trusted <= relays.count && relays.internal <= relays.trusted);
	filter_runner_cancel(runner);
	arena_reset(&arena);
	return 0;
}
