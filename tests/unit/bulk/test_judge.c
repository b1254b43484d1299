/* filters/bulk/judge.h: what a cluster is, by what was counted of it. */
#include "filters/bulk/judge.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { MINUTE = 60 * 1000, NOW = 100 * MINUTE };

static const struct bulk_rules rules = {
	.sizes = { 5, 20, 100, 1000 }, .spread = 8, .wave = 20, .hold_ms = 30 * MINUTE
};

static struct bulk_seen cluster(uint32_t messages)
{
	return (struct bulk_seen){ .id = 1, .messages = messages, .first_ms = 1, .last_ms = NOW };
}

static unsigned judge(const struct bulk_seen *seen, struct bulk_mail mail)
{
	mail.now_ms = NOW;
	return bulk_judge(&rules, seen, &mail);
}

static const struct bulk_mail a_text = { .by_text = true };

#define IS(ID) (1u << BULK_IS_##ID)

static void of_the_sizes_the_largest_is_found(void **state)
{
	static const struct {
		uint32_t messages;
		unsigned found;
	} rows[] = { { 1, 0 },         { 4, 0 },          { 5, IS(FEW) },    { 19, IS(FEW) },
		     { 20, IS(SOME) }, { 100, IS(MANY) }, { 999, IS(MANY) }, { 1000, IS(MASS) } };

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct bulk_seen seen = cluster(rows[i].messages);

		assert_int_equal(judge(&seen, a_text), rows[i].found);
	}
}

static void little_in_common_counts_half(void **state)
{
	struct bulk_seen seen = cluster(9);

	(void)state;
	assert_int_equal(judge(&seen, (struct bulk_mail){ .by_text = false }), 0);
	seen.messages = 10;
	assert_int_equal(judge(&seen, (struct bulk_mail){ .by_text = false }), IS(FEW));
	seen.by = BULK_ATTACHMENT;
	assert_int_equal(judge(&seen, a_text), IS(FEW));
	seen.messages = 9;
	assert_int_equal(judge(&seen, a_text), 0);
}

/* Two things that have nothing to do with each other are not little. */
static void signs_strengthen_each_other(void **state)
{
	const struct bulk_mail little = { .by_text = false };
	struct bulk_seen seen = cluster(5);

	(void)state;
	seen.by = BULK_LINKS_SUBJECT;
	seen.common = 1u << BULK_LINKS_SUBJECT;
	assert_int_equal(judge(&seen, little), 0);
	seen.common |= 1u << BULK_LINKS_SKELETON;
	assert_int_equal(judge(&seen, little), IS(FEW));
	seen.by = BULK_TEXT;
	seen.common = 1u << BULK_TEXT;
	assert_int_equal(judge(&seen, little), 0);
	seen.common |= 1u << BULK_LINKS_SKELETON;
	assert_int_equal(judge(&seen, little), IS(FEW));
	seen.messages = 4;
	assert_int_equal(judge(&seen, little), 0);
}

/* A forgery of an honest mail has its subject and its template: neither does it harm, nor does it profit. */
static void one_sign_says_little_of_honest_mail(void **state)
{
	const struct bulk_mail stranger = { .by_text = false },
			       honest = { .by_text = false, .is_aligned = true };
	struct bulk_seen seen = cluster(9);

	(void)state;
	seen.by = BULK_SKELETON_SUBJECT;
	seen.common = 1u << BULK_SKELETON_SUBJECT;
	seen.outcomes[BULK_REJECTED] = 9;
	assert_int_equal(judge(&seen, stranger), IS(SPAM));
	assert_int_equal(judge(&seen, honest), 0);
	seen.outcomes[BULK_REPORTED] = 1;
	assert_int_equal(judge(&seen, honest), 0);
	seen.said = BULK_SAID_BLOCK;
	assert_int_equal(judge(&seen, stranger), IS(SPAM) | IS(BLOCKED));
	assert_int_equal(judge(&seen, honest), 0);
	seen.said = BULK_SAID_ALLOW;
	assert_int_equal(judge(&seen, stranger), IS(SPAM));
	seen.domain_said = BULK_SAID_ALLOW;
	assert_int_equal(judge(&seen, honest), IS(ALLOWED));
	seen.domain_said = BULK_SAID_NOTHING;
	seen.common |= 1u << BULK_LINKS_SUBJECT;
	assert_int_equal(judge(&seen, stranger), IS(FEW) | IS(ALLOWED));
	seen.said = BULK_SAID_BLOCK;
	assert_int_equal(judge(&seen, honest), IS(FEW) | IS(SPAM) | IS(BLOCKED));
}

static void many_networks_or_domains_are_a_spread(void **state)
{
	static const enum bulk_set sets[] = { BULK_OF_NETWORKS, BULK_OF_ENVELOPES, BULK_OF_FROMS };

	(void)state;
	for (size_t i = 0; i < COUNTOF(sets); i++) {
		struct bulk_seen seen = cluster(10);

		seen.distinct[sets[i]] = 7;
		assert_int_equal(judge(&seen, a_text), IS(FEW));
		seen.distinct[sets[i]] = 8;
		assert_int_equal(judge(&seen, a_text), IS(FEW) | IS(SPREAD));
		assert_int_equal(
			judge(&seen, (struct bulk_mail){ .by_text = true, .is_aligned = true }),
			IS(FEW));
		seen.with_domain = 8; /* two have nobody behind them */
		assert_int_equal(judge(&seen, a_text), IS(FEW) | IS(SPREAD));
		seen.with_domain = 9;
		assert_int_equal(judge(&seen, a_text), IS(FEW));
		seen.with_domain = 0;
		seen.said = BULK_SAID_ALLOW;
		assert_int_equal(judge(&seen, a_text), IS(FEW) | IS(ALLOWED));
		seen.messages = 4;
		assert_int_equal(judge(&seen, a_text), IS(ALLOWED));
	}
}

static void a_known_list_has_one_domain_behind_it(void **state)
{
	const struct bulk_mail list = { .by_text = true, .is_list = true, .is_aligned = true };
	struct bulk_mail other = list;
	struct bulk_seen seen = cluster(40);

	(void)state;
	seen.with_domain = 40;
	seen.distinct[BULK_OF_DOMAINS] = seen.distinct[BULK_OF_FROMS] =
		seen.distinct[BULK_OF_ENVELOPES] = 1;
	assert_int_equal(judge(&seen, list), IS(SOME) | IS(KNOWN_LIST) | IS(SINGLE_SENDER));
	other.is_list = false;
	assert_int_equal(judge(&seen, other), IS(SOME) | IS(SINGLE_SENDER));
	other = list;
	other.is_aligned = false; /* somebody copies it */
	assert_int_equal(judge(&seen, other), IS(SOME) | IS(SINGLE_SENDER));
	seen.distinct[BULK_OF_DOMAINS] = 2;
	seen.distinct[BULK_OF_FROMS] = 2;
	assert_int_equal(judge(&seen, list), IS(SOME));
	/* Who copies it to many does not spoil its name, and has it not. */
	seen.distinct[BULK_OF_DOMAINS] = 1;
	seen.with_domain = 10;
	seen.distinct[BULK_OF_NETWORKS] = 30;
	seen.outcomes[BULK_REJECTED] = 30;
	assert_int_equal(judge(&seen, list), IS(SOME) | IS(KNOWN_LIST));
	assert_int_equal(judge(&seen, a_text), IS(SOME) | IS(SPREAD) | IS(SPAM));
	seen.outcomes[BULK_REPORTED] = 1;
	assert_int_equal(judge(&seen, list), IS(SOME) | IS(KNOWN_LIST) | IS(SPAM));
}

static void what_was_refused_or_reported_is_spam(void **state)
{
	struct bulk_seen seen = cluster(3);

	(void)state;
	seen.outcomes[BULK_REJECTED] = 2;
	assert_int_equal(judge(&seen, a_text), 0);
	seen.outcomes[BULK_REJECTED] = 3;
	assert_int_equal(judge(&seen, a_text), IS(SPAM));
	assert_int_equal(judge(&seen, (struct bulk_mail){ .by_text = false }), 0);
	seen.outcomes[BULK_REJECTED] = 6;
	assert_int_equal(judge(&seen, (struct bulk_mail){ .by_text = false }), IS(SPAM));
	seen.outcomes[BULK_REJECTED] = 3;
	seen.outcomes[BULK_TAGGED] = 2;
	seen.outcomes[BULK_ACCEPTED] = 1;
	assert_int_equal(judge(&seen, a_text), IS(SPAM));
	seen.outcomes[BULK_ACCEPTED] = 2;
	assert_int_equal(judge(&seen, a_text), 0);
	seen.outcomes[BULK_REPORTED] = 1;
	assert_int_equal(judge(&seen, a_text), IS(SPAM));
	seen.domain_said = BULK_SAID_ALLOW;
	assert_int_equal(judge(&seen, a_text), IS(ALLOWED));
	seen.said = BULK_SAID_BLOCK;
	assert_int_equal(judge(&seen, a_text), IS(SPAM) | IS(BLOCKED));
}

static void a_wave_is_young_and_nobodys(void **state)
{
	struct bulk_seen seen = cluster(25);
	struct bulk_mail mail = a_text;

	(void)state;
	seen.in_window = 20;
	seen.first_ms = NOW - 29 * MINUTE;
	assert_int_equal(judge(&seen, mail), IS(SOME) | IS(WAVE));
	mail.is_aligned = true;
	assert_int_equal(judge(&seen, mail), IS(SOME));
	mail.is_aligned = false;
	seen.in_window = 19;
	assert_int_equal(judge(&seen, mail), IS(SOME));
	seen.in_window = 20;
	seen.first_ms = NOW - 30 * MINUTE;
	assert_int_equal(judge(&seen, mail), IS(SOME));
}

static void no_cluster_is_nothing(void **state)
{
	const struct bulk_seen seen = { .messages = 100, .domain_said = BULK_SAID_BLOCK };

	(void)state;
	assert_int_equal(judge(&seen, a_text), IS(BLOCKED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_sizes_the_largest_is_found),
		cmocka_unit_test(little_in_common_counts_half),
		cmocka_unit_test(signs_strengthen_each_other),
		cmocka_unit_test(one_sign_says_little_of_honest_mail),
		cmocka_unit_test(many_networks_or_domains_are_a_spread),
		cmocka_unit_test(a_known_list_has_one_domain_behind_it),
		cmocka_unit_test(what_was_refused_or_reported_is_spam),
		cmocka_unit_test(a_wave_is_young_and_nobodys),
		cmocka_unit_test(no_cluster_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
