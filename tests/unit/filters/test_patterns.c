/* Rules of rule files, when their time is up: what is known without it is found all the same. */
#include "base/check.h"
#include "conf/pattern.h"
#include "fake/work.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct pattern rules[] = {
	{ .rule = STR_INIT("MATCHES"),
	  .view = { .source = PATTERN_FIELD, .field = STR_INIT("Subject") },
	  .regex = STR_INIT("hello"),
	  .most = 1 },
	{ .rule = STR_INIT("EXISTS"),
	  .view = { .source = PATTERN_FIELD, .field = STR_INIT("Date") },
	  .when = PATTERN_EXISTS },
	{ .rule = STR_INIT("IS_NOT_THERE"),
	  .view = { .source = PATTERN_FIELD, .field = STR_INIT("Sender") },
	  .when = PATTERN_EXISTS },
	{ .rule = STR_INIT("DIFFERS"),
	  .view = { .source = PATTERN_FIELD, .field = STR_INIT("Date") },
	  .when = PATTERN_DIFFERS,
	  .regex = STR_INIT("1999"),
	  .most = 1 },
};

static struct world *judge(int64_t each_look)
{
	const struct patterns patterns = { .items = rules, .count = COUNTOF(rules) };
	struct conf_report report = { .errors = 0 };
	struct world *w = world_new("patterns { }\n");

	CHECK(w->set);
	world_client(w, "192.0.2.1");
	w->facts.header = STR("Subject: hello\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\n");
	filter_set_patterns(w->set, w->conf, &w->registry, &patterns, &report);
	fake_work_each_look(each_look);
	world_message(w, STR("text\r\n"));
	fake_work_each_look(0);
	return w;
}

static void finish(struct world *w)
{
	world_close(w);
	world_free(w);
}

static void all_of_them_are_looked_for(void **state)
{
	struct world *w = judge(0);

	(void)state;
	assert_non_null(world_found(w, "MATCHES"));
	assert_non_null(world_found(w, "EXISTS"));
	assert_non_null(world_found(w, "DIFFERS"));
	assert_null(world_found(w, "IS_NOT_THERE"));
	finish(w);
}

static void without_time_a_field_is_there_or_not(void **state)
{
	struct world *w = judge(INT64_C(1000000000));

	(void)state;
	assert_null(world_found(w, "MATCHES"));
	assert_null(world_found(w, "DIFFERS")); /* it is not known */
	assert_non_null(world_found(w, "EXISTS"));
	assert_null(world_found(w, "IS_NOT_THERE"));
	finish(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_them_are_looked_for),
		cmocka_unit_test(without_time_a_field_is_there_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
