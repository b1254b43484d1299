/* The first line as a rule on the message, the rest as a header section: whatever both are, the text that the rule looks
 * at fits, and looking at it has an end. */
#define _GNU_SOURCE /* memmem */
#include "base/check.h"
#include "filters/pattern/view.h"
#include "filters/regex/regex.h"
#include "policy/policy.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 4096 };

/* As the filter does it for a message. */
static void look(const struct pattern *p, const struct regex *regex, struct str header)
{
	static struct regex_engine *engine;
	struct view v = { .pattern = p->view };
	struct view_index index = { .count = 0 };
	struct view_names *names;
	struct arena arena;
	char bytes[ROOM];
	struct out o = OUT(bytes);

	if (!engine)
		engine = regex_engine_new();
	arena_init(&arena, SIZE_MAX);
	names = view_names_new(&arena);
	CHECK(names && view_prepare(names, &arena, &v));
	view_index_open(&index, names);
	view_index_fill(&index, names, header);
	CHECK(index.count <= LIMIT_PATTERN_FIELDS);
	view_put(&v, &index, &o);
	CHECK(o.n <= sizeof(bytes));
	if (regex)
		CHECK(regex_count(engine, regex, out_text(&o), p->most) <= (int)p->most);
	view_index_close(&index);
	arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_report report = { .errors = 0 };
	struct regex *regex = NULL;
	struct regex_error error;
	struct policy *p = policy_new();
	struct str line, header;
	struct patterns all;

	str_cut((struct str){ .p = (const char *)data, .n = size }, '\n', &line, &header);
	if (!memmem(line.p, line.n, "include",
		    7)) /* what files there are is not this target's business */
		policy_parse_rules(p, line, "r.cf", &report);
	all = policy_patterns(p, &report);
	for (size_t i = 0; i < all.count; i++) {
		const struct pattern *pattern = &all.items[i];

		if (pattern->when != PATTERN_EXISTS)
			regex = regex_compile(pattern->regex, pattern->flags, &error);
		CHECK(regex || pattern->when == PATTERN_EXISTS || error.text[0]);
		look(pattern, regex, header);
		if (regex)
			regex_free(regex);
	}
	policy_free(p);
	return 0;
}
