/* daemon/descriptors.h: what is left for sessions. */
#include "daemon/descriptors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void a_part_is_kept_for_the_way_out(void **state)
{
	(void)state;
	assert_int_equal(descriptors_sessions(1040, 100), 875);   /* an eighth */
	assert_int_equal(descriptors_sessions(1040, 300), 700);   /* what backends may have */
	assert_int_equal(descriptors_sessions(1040, 10000), 500); /* but at most half */
	assert_int_equal(descriptors_sessions(524288, 100),
			 458717); /* more than anybody asks for */
}

static void there_is_always_one(void **state)
{
	(void)state;
	for (size_t have = 0; have < 64; have++)
		assert_in_range(descriptors_sessions(have, 100), 1, 32);
}

static char said[1024];

static void hear(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		 const char *text)
{
	const size_t n = strlen(said);

	(void)r;
	assert_int_equal(severity, CONF_WARNING);
	snprintf(said + n, sizeof(said) - n, "%u:%u %.30s\n", at->line, at->column, text);
}

static void share(const char *text, size_t have, size_t *first, size_t *second)
{
	struct conf_report report = { .say = hear };
	struct setup_listener listeners[2] = { 0 };
	struct setup s = { .listeners = listeners };
	struct setup_blocks blocks;
	const struct conf_section *i;

	said[0] = '\0';
	setup_blocks(&blocks);
	s.conf = conf_parse(str_z(text), "test.conf", blocks.at, blocks.count, &report);
	assert_non_null(s.conf);
	for (i = conf_first(s.conf, &block_listener); i; i = conf_next(i))
		listeners[s.listener_count++] =
			(struct setup_listener){ .section = i, .conf = i->values };
	descriptors_share(&s, have, &report);
	*first = listeners[0].sessions_max;
	*second = listeners[1].sessions_max;
	conf_free(s.conf);
}

static void listeners_share_and_hear_of_it_when_they_asked(void **state)
{
	size_t a, b;

	(void)state;
	share("listener \"a\" { address = \"127.0.0.1:1\" }\n"
	      "listener \"b\" { address = \"127.0.0.1:2\" }\n",
	      524288, &a, &b);
	assert_int_equal(a, 20000);
	assert_int_equal(b, 20000);
	assert_string_equal(said, "");
	/* The default is no wish: as many as go. */
	share("listener \"a\" { address = \"127.0.0.1:1\" }\n"
	      "listener \"b\" { address = \"127.0.0.1:2\"\nsessions_max = 10000 }\n",
	      16040, &a, &b);
	assert_int_equal(a, 9333);
	assert_int_equal(b, 4666);
	assert_string_equal(said, "3:1 4666 sessions a worker at most\n");
	/* So few that it matters to everybody. */
	share("listener \"a\" { address = \"127.0.0.1:1\" }\n", 1040, &a, &b);
	assert_int_equal(a, 875);
	assert_string_equal(said, "1:1 875 sessions a worker at most,\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_is_kept_for_the_way_out),
		cmocka_unit_test(there_is_always_one),
		cmocka_unit_test(listeners_share_and_hear_of_it_when_they_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
