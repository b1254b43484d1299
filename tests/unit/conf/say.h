/* say.h - a report that gathers complaints in a buffer: "line:column text\n". */
#ifndef UNIT_CONF_SAY_H
#define UNIT_CONF_SAY_H

#include "base/check.h"
#include "base/out.h"
#include "base/limits.h"
#include "conf/blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct said {
	char text[32768];
	struct out out;
	struct conf_report report;
};

static inline void said_add(struct conf_report *r, enum conf_severity severity,
			    const struct conf_place *at, const char *text)
{
	struct said *s = r->arg;

	out_printf(&s->out, "%u:%u %s%s\n", at->line, at->column,
		   severity == CONF_WARNING ? "warning " : "", text);
}

static inline struct conf_report *said_start(struct said *s)
{
	*s = (struct said){ .report = { .say = said_add, .arg = s } };
	s->out = (struct out){ .p = s->text, .cap = sizeof(s->text) - 1 };
	return &s->report;
}

/* With the blocks of conf/ itself. */
static inline struct conf *core_parse(const char *text, struct said *said)
{
	size_t n;
	const struct conf_block *const *blocks = conf_blocks(&n);

	return conf_parse(str_z(text), "test.conf", blocks, n, said_start(said));
}

/* All that is said of a config, by the parser or the check behind it. */
static inline const char *complaints(const char *text, struct said *said)
{
	struct conf *conf = core_parse(text, said);

	if (conf && conf_check(conf, &said->report))
		assert_int_equal(said->report.errors, 0);
	conf_free(conf);
	return said->text;
}

#endif
