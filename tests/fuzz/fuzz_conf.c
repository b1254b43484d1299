/* Config text: no bytes may crash the parser; NULL means it said why; what it accepts holds no
 * control characters and stands where it says. */
#include "base/check.h"
#include "base/limits.h"
#include "conf/blocks.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
	bool flag;
	int64_t count, size, time;
	int word;
	struct conf_text text, when;
	struct conf_list list;
	struct conf_rate rate;
};

static const char *const words[] = { "accept", "tag", "reject", NULL };

#define ROW(NAME, TYPE, FIELD)                                                                     \
	.name = NAME, .type = TYPE, .offset = offsetof(struct values, FIELD), .optional = true,    \
	.about = "one of each type"

static const struct conf_option options[] = {
	{ ROW("flag", CONF_BOOL, flag) }, { ROW("count", CONF_INT, count), .min = -10, .max = 10 },
	{ ROW("size", CONF_SIZE, size) }, { ROW("time", CONF_TIME, time), .min = 10 },
	{ ROW("rate", CONF_RATE, rate) }, { ROW("do", CONF_CHOICE, word), .choices = words },
	{ ROW("text", CONF_TEXT, text) }, { ROW("when", CONF_EXPR, when) },
	{ ROW("list", CONF_LIST, list) },
};

static const struct conf_block verdict = {
	.name = "verdict",
	.about = "an option of each type",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct values),
	.title = CONF_TITLED,
	.repeated = true,
};

static const char *said_line(struct str text, unsigned line)
{
	size_t at = 0;

	for (unsigned i = 1; i < line; at++)
		if (text.p[at] == '\n')
			i++;
	return text.p + at;
}

struct input {
	struct str text;
	size_t lines;
};

static void said(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		 const char *text)
{
	const struct input *input = r->arg;

	CHECK(severity == CONF_ERROR || severity == CONF_WARNING);
	CHECK(at->line <= input->lines && at->column <= input->text.n + 1);
	CHECK(*text && !strpbrk(text, "\n\r\033"));
}

static void check_text(struct str whole, const struct conf_text *t, bool expression)
{
	CHECK(t->text.p && t->text.p[t->text.n] == '\0');
	for (size_t i = 0; i < t->text.n; i++)
		CHECK((unsigned char)t->text.p[i] >= ' ' || t->text.p[i] == '\t' ||
		      (expression && t->text.p[i] == '\n'));
	if (!expression || t->at.line == 0)
		return;
	/* The last byte of an expression is where its offset says. */
	const struct conf_place last = conf_place_in(t, t->text.n - 1);

	CHECK(said_line(whole, last.line)[last.column - 1] == t->text.p[t->text.n - 1]);
}

static void check_values(const struct conf *conf, struct str whole)
{
	for (const struct conf_section *s = conf_first(conf, &verdict); s; s = conf_next(s)) {
		const struct values *v = s->values;

		CHECK(v->count >= -10 && v->count <= 10 && v->size >= 0 && v->time >= 0);
		CHECK(v->word >= 0 && v->word < 3);
		CHECK(s->title.text.n && s->title.at.line);
		check_text(whole, &v->text, false);
		check_text(whole, &v->when, true);
		for (size_t i = 0; i < v->list.count; i++)
			check_text(whole, &v->list.items[i], false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { .text = { .p = (const char *)data, .n = size }, .lines = 1 };
	struct conf_report report = { .say = said, .arg = &input };
	const struct conf_block *blocks[32] = { &verdict };
	const struct conf_block *const *core;
	struct conf *conf;
	size_t n;

	for (size_t i = 0; i < size; i++)
		input.lines += data[i] == '\n';
	core = conf_blocks(&n);
	memcpy(blocks + 1, core, n * sizeof(*core));
	conf = conf_parse(input.text, "fuzz", blocks, n + 1, &report);
	CHECK((conf == NULL) == (report.errors > 0));
	CHECK(report.errors <= LIMIT_CONF_ERRORS + 100);
	if (!conf)
		return 0;
	check_values(conf, input.text);
	CHECK(conf_check(conf, &report) == (report.errors == 0));
	conf_free(conf);
	return 0;
}
