/* filters/lookup.h: what a filter sees of the answers of strangers, and what they cannot crowd out. */
#include "base/check.h"
#include "filters/spf/record.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Asks once for all that its test put down. */
static struct asked {
	const char *name;
	enum rr_type type;
	filter_wanted_fn *wanted;
	struct dns_answer answer;
} asked[LIMIT_FILTER_LOOKUPS];
static unsigned asked_count;
static bool is_asked;

static enum filter_step on_mail(struct filter_run *run, const struct filter_facts *facts,
				void *state)
{
	(void)facts;
	(void)state;
	if (is_asked)
		return FILTER_DONE;
	is_asked = true;
	for (unsigned i = 0; i < asked_count; i++) {
		struct asked *a = &asked[i];

		if (a->wanted)
			filter_dns_txt(run, str_z(a->name), a->wanted, &a->answer);
		else
			filter_dns(run, str_z(a->name), a->type, &a->answer);
	}
	return FILTER_WAIT;
}

static const struct filter asker = { .name = "asker", .on = { [PHASE_MAIL] = on_mail } };
static const struct filter_common common = { .enabled = true, .deadline_ms = 1000 };

static struct {
	struct filter_set set;
	struct filter_instance instance;
	struct filter_right rights[1];
} stage;

enum { UNAVAILABLE = 2 };

static struct world *world(void)
{
	struct world *w = world_new(NULL);

	stage.rights[0] = (struct filter_right){ .symbol = UNAVAILABLE, .phase = PHASE_MAIL };
	stage.instance = (struct filter_instance){ .filter = &asker,
						   .common = &common,
						   .unavailable = UNAVAILABLE,
						   .defer = UNAVAILABLE,
						   .rights = stage.rights };
	stage.set = (struct filter_set){ .first = &stage.instance, .count = 1 };
	w->set = &stage.set;
	asked_count = 0;
	is_asked = false;
	return w;
}

static const struct dns_answer *will_ask(const char *name, enum rr_type type,
					 filter_wanted_fn *wanted)
{
	struct asked *a = &asked[asked_count++];

	*a = (struct asked){ .name = name, .type = type, .wanted = wanted };
	return &a->answer;
}

static void run(struct world *w)
{
	world_open(w, SCOPE_TRANSACTION);
	filter_runner_reach(w->runner, PHASE_MAIL);
	world_drain(w);
}

static void end(struct world *w)
{
	world_close(w);
	w->set = NULL;
	world_free(w);
}

static char large[LIMIT_DNS_TXT + 1];

/* However many other texts a name has, and wherever the one is. */
static void what_is_wanted_is_seen(void **state)
{
	struct world *w = world();
	const struct dns_answer *all = will_ask("many.test", RR_TXT, NULL);
	const struct dns_answer *one = will_ask("many.test", RR_TXT, spf_record_is);
	const struct dns_answer *none = will_ask("other.test", RR_TXT, spf_record_is);

	(void)state;
	for (unsigned i = 0; i < LIMIT_FILTER_RECORDS + 8; i++) {
		world_dns(w, "many.test", RR_TXT, "verification=1");
		world_dns(w, "other.test", RR_TXT, large);
	}
	world_dns(w, "many.test", RR_TXT, "v=spf1 -all");
	run(w);
	assert_int_equal(all->count, LIMIT_FILTER_RECORDS);
	assert_true(all->cut);
	assert_int_equal(one->count, 1);
	assert_false(one->cut);
	assert_true(str_eq(one->records[0].text, STR("v=spf1 -all")));
	assert_int_equal(none->count, 0);
	assert_false(none->cut);
	end(w);
}

static void several_are_two(void **state)
{
	struct world *w = world();
	const struct dns_answer *answer = will_ask("a.test", RR_TXT, spf_record_is);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		world_dns(w, "a.test", RR_TXT, "v=spf1 -all");
	run(w);
	assert_int_equal(answer->count, 2);
	assert_true(answer->cut);
	end(w);
}

/* The large one of a stranger is cut, and nothing fails: not it, nor what is asked beside it. */
static void large_answers(void **state)
{
	struct world *w = world();

	(void)state;
	for (unsigned i = 0; i < 15; i++)
		world_dns(w, "large.test", RR_TXT, large);
	world_dns(w, "key.test", RR_TXT, "p=");
	for (unsigned i = 0; i < LIMIT_DKIM_SIGNATURES - 1; i++)
		will_ask("large.test", RR_TXT, NULL);
	will_ask("key.test", RR_TXT, NULL);
	run(w);
	for (unsigned i = 0; i < asked_count - 1; i++) {
		assert_int_equal(asked[i].answer.status, DNS_OK);
		assert_int_equal(asked[i].answer.count, LIMIT_FILTER_ANSWER / LIMIT_DNS_TXT);
		assert_true(asked[i].answer.cut);
	}
	assert_int_equal(asked[asked_count - 1].answer.count, 1);
	assert_null(world_found(w, "UNAVAILABLE"));
	end(w);
}

/* Names of servers, however long and many, take nothing from what a list says. */
static void names_and_addresses(void **state)
{
	struct world *w = world();

	(void)state;
	large[LIMIT_DNS_NAME - 2] = '\0';
	for (unsigned i = 0; i < 32; i++)
		world_dns(w, "servers.test", RR_NS, large);
	world_dns(w, "listed.test", RR_A, "127.0.0.2");
	for (unsigned i = 0; i < 50; i++)
		will_ask("servers.test", RR_NS, NULL);
	will_ask("listed.test", RR_A, NULL);
	run(w);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(asked[i].answer.count, LIMIT_FILTER_SERVERS);
	assert_int_equal(asked[50].answer.count, 1);
	end(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_is_seen),
		cmocka_unit_test(several_are_two),
		cmocka_unit_test(large_answers),
		cmocka_unit_test(names_and_addresses),
	};

	memset(large, 'x', sizeof(large) - 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
