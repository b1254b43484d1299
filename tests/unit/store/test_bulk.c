/* store/bulk.h and store/cluster.h: mails of families are counted as what they are, whatever else comes. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/cluster.h"
#include "store/memory.h"
#include "unit/dice.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, ALIKE = 14 };

#define HOUR (INT64_C(60) * MINUTE)

static struct shop shop;
static struct dice dice = { .state = DICE_SEED };

static uint64_t any(uint64_t below)
{
	return dice_any(&dice) % below;
}

static int open_shop(void **state)
{
	struct loop *loop = loop_new();

	(void)state;
	shop_open(&shop, loop, store_memory(loop, LIMIT_STORE_MEMORY));
	return 0;
}

static int close_shop(void **state)
{
	(void)state;
	shop_close(&shop);
	return 0;
}

/* ---- mails ---- */

static struct bulk_sighting mail_of(uint32_t family)
{
	struct bulk_sighting s = { .has_text = true };

	for (unsigned i = 0; i < BULK_VALUES; i++)
		s.text[i] = family * 1000 + i;
	return s;
}

/* The first `n` values are its own. */
static struct bulk_sighting varied(struct bulk_sighting s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		s.text[i] = (uint32_t)any(UINT32_MAX);
	return s;
}

static struct bulk_seen ask(enum bulk_do what, const struct bulk_sighting *s, int64_t lifetime)
{
	char key[BULK_KEY];
	const struct store_question q = { .procedure = STORE_BULK,
					  .key = bulk_mail_key(s, key),
					  .label = STR("a subject"),
					  .args = { what, HOUR, lifetime, ALIKE },
					  .sighting = s };
	struct store_answer answer;

	assert_int_equal(shop_ask(&shop, &q, &answer), ERR_OK);
	return answer.bulk;
}

static struct bulk_seen note(struct bulk_sighting s)
{
	return ask(BULK_NOTE, &s, 24 * HOUR);
}

static struct bulk_seen of_cluster(uint64_t id, enum bulk_do what, int64_t a, int64_t b)
{
	char key[BULK_KEY];
	const struct store_question q = { .procedure = STORE_BULK,
					  .key = bulk_cluster_key(id, key),
					  .args = { what, a, b } };
	struct store_answer answer;

	assert_int_equal(shop_ask(&shop, &q, &answer), ERR_OK);
	return answer.bulk;
}

/* ---- families, against a plain count ---- */

enum { FAMILIES = 12, MAILS = 5000, DIFFERENT = 40 };

struct family {
	uint64_t id;
	uint32_t messages, with_domain, outcomes[BULK_OUTCOME_COUNT];
	bool seen[BULK_SET_COUNT][DIFFERENT];
};

static uint64_t hash_of(uint64_t number)
{
	return bulk_hash((struct str){ .p = (const char *)&number, .n = sizeof(number) });
}

/* One of so many, or none. */
static uint64_t any_hash(struct family *f, enum bulk_set set, uint64_t below)
{
	const uint64_t number = any(below);

	if (number)
		f->seen[set][number] = true;
	return number ? hash_of(number) : 0;
}

static void expect_about(uint32_t have, uint32_t want)
{
	if (want <= TALLY_VALUES)
		assert_int_equal(have, want);
	else
		assert_in_range(have, want * 2 / 3, want * 3 / 2);
}

static void compare(const struct family *f, const struct bulk_seen *seen)
{
	assert_true(seen->id == f->id);
	assert_int_equal(seen->messages, f->messages);
	assert_int_equal(seen->with_domain, f->with_domain);
	assert_memory_equal(seen->outcomes, f->outcomes, sizeof(f->outcomes));
	for (unsigned set = 0; set < BULK_SET_COUNT; set++) {
		uint32_t n = 0;

		for (unsigned i = 0; i < DIFFERENT; i++)
			n += f->seen[set][i];
		expect_about(seen->distinct[set], n);
	}
}

static void one_mail(struct family families[FAMILIES])
{
	const uint32_t number = (uint32_t)any(FAMILIES);
	struct family *f = &families[number];
	struct bulk_sighting s = varied(mail_of(number), (unsigned)any(BULK_VALUES - ALIKE));
	struct bulk_seen seen;

	/* The last families are of few. */
	const uint64_t different = number < FAMILIES / 2 ? DIFFERENT : 8;

	s.network = any_hash(f, BULK_OF_NETWORKS, different);
	s.envelope = any_hash(f, BULK_OF_ENVELOPES, different);
	s.from = any_hash(f, BULK_OF_FROMS, different);
	if (any(3) == 0)
		s.domain = any_hash(f, BULK_OF_DOMAINS, different);
	for (unsigned i = 0; i < 3; i++)
		s.recipients[i] = any_hash(f, BULK_OF_RECIPIENTS, different);
	f->messages++;
	f->with_domain += s.domain != 0;
	seen = note(s);
	assert_int_equal(seen.is_new, f->id == 0);
	if (seen.is_new)
		f->id = seen.id;
	compare(f, &seen);
	if (any(4) == 0) {
		const enum bulk_outcome o = (enum bulk_outcome)any(BULK_OUTCOME_COUNT);

		f->outcomes[o]++;
		seen = of_cluster(f->id, BULK_TELL, o, 0);
		compare(f, &seen);
	}
}

/* Between them, as many mails of which each is its own. */
static void families_are_counted(void **state)
{
	struct family families[FAMILIES] = { { .id = 0 } };

	(void)state;
	for (unsigned i = 0; i < MAILS; i++) {
		one_mail(families);
		assert_true(note(varied(mail_of(0), BULK_VALUES)).is_new);
		shop.now_ms += (int64_t)any(MINUTE);
	}
	for (unsigned i = 0; i < FAMILIES; i++)
		for (unsigned j = 0; j < i; j++)
			assert_true(families[i].id != families[j].id);
}

/* ---- what is the same ---- */

/* Each is like the one before; the first is like none of those far behind. */
static void a_cluster_does_not_drift(void **state)
{
	struct bulk_sighting s = mail_of(1);
	const uint64_t id = note(s).id;

	(void)state;
	for (unsigned i = 0; i < BULK_VALUES; i++) {
		const struct bulk_seen seen = note(s);

		assert_int_equal(seen.id == id, i <= BULK_VALUES - ALIKE);
		s.text[i] += 500;
	}
}

static void text_comes_before_signs_and_signs_in_order(void **state)
{
	struct bulk_sighting s = mail_of(1);
	struct bulk_seen seen;
	uint64_t of_text, of_links, of_subject;

	(void)state;
	of_text = note(s).id;
	s.has_text = false;
	s.sign_count = 1;
	s.signs[0] = (struct bulk_sign){ .kind = BULK_LINKS, .hash = 1 };
	of_links = note(s).id;
	s.signs[0] = (struct bulk_sign){ .kind = BULK_LINKS_SUBJECT, .hash = 1 };
	of_subject = note(s).id;
	s = varied(mail_of(1), 4);
	s.sign_count = 2;
	s.signs[0] = (struct bulk_sign){ .kind = BULK_LINKS_SUBJECT, .hash = 1 };
	s.signs[1] = (struct bulk_sign){ .kind = BULK_LINKS, .hash = 1 };
	seen = note(s);
	assert_true(seen.id == of_text);
	assert_int_equal(seen.by, BULK_TEXT);
	assert_int_equal(seen.alike, BULK_VALUES - 4);
	s = varied(s, BULK_VALUES);
	seen = note(s);
	assert_true(seen.id == of_subject);
	assert_int_equal(seen.by, BULK_LINKS_SUBJECT);
	s.signs[0].hash = 2;
	seen = note(s);
	assert_true(seen.id == of_links);
	assert_int_equal(seen.by, BULK_LINKS);
	s.signs[1].hash = 2;
	assert_true(note(s).is_new);
}

/* It is none that finds a cluster; of one that is found it is told. */
static void a_sign_that_leads_nowhere_is_common(void **state)
{
	struct bulk_sighting s = mail_of(1);
	struct bulk_seen seen;
	uint64_t id;

	(void)state;
	s.sign_count = 2;
	s.signs[0] = (struct bulk_sign){ .kind = BULK_ATTACHMENT, .hash = 1 };
	s.signs[1] =
		(struct bulk_sign){ .kind = BULK_LINKS_SKELETON, .hash = 1, .leads_nowhere = true };
	seen = note(s);
	id = seen.id;
	assert_int_equal(seen.common, 0);
	assert_int_equal(seen.signs,
			 1u << BULK_TEXT | 1u << BULK_ATTACHMENT | 1u << BULK_LINKS_SKELETON);
	seen = note(varied(s, 4));
	assert_true(seen.id == id);
	assert_int_equal(seen.common, seen.signs);
	s.signs[1].hash = 2;
	assert_int_equal(note(s).common, 1u << BULK_TEXT | 1u << BULK_ATTACHMENT);
	s.has_text = false;
	s.signs[1].hash = 1;
	seen = note(s);
	assert_true(seen.id == id && seen.by == BULK_ATTACHMENT);
	assert_int_equal(seen.common, 1u << BULK_ATTACHMENT | 1u << BULK_LINKS_SKELETON);
	s.signs[0].hash = 2;
	assert_true(note(s).is_new);
}

/* What has a text and other signs as well; a mail without text is found by one of them. */
static void the_signs_of_the_first_are_the_clusters(void **state)
{
	struct bulk_sighting s = mail_of(1);
	uint64_t id;

	(void)state;
	s.sign_count = 1;
	s.signs[0] = (struct bulk_sign){ .kind = BULK_ATTACHMENT, .hash = 1 };
	id = note(s).id;
	s.signs[0].hash = 2;
	assert_true(note(s).id == id);
	s.has_text = false;
	assert_true(note(s).is_new); /* a member's sign is not the cluster's */
	s.signs[0].hash = 1;
	assert_true(note(s).id == id);
}

/* ---- mail that comes again ---- */

static struct bulk_seen hold(struct bulk_sighting s)
{
	struct store_answer a;
	char key[BULK_KEY];
	const struct store_question q = { .procedure = STORE_BULK,
					  .key = bulk_mail_key(&s, key),
					  .sighting = &s,
					  .now_ms = shop.now_ms,
					  .args = { BULK_HOLD, 12 * HOUR, 0, ALIKE } };

	assert_int_equal(shop_ask(&shop, &q, &a), ERR_OK);
	return a.bulk;
}

static void mail_that_was_held_is_counted_once(void **state)
{
	struct bulk_sighting s = mail_of(1), other;
	uint64_t id;

	(void)state;
	s.again = 7;
	other = varied(s, 4);
	other.again = 8;
	assert_int_equal(hold(s).id, 0); /* nobody has heard of it */
	assert_false(note(s).again);
	id = note(other).id;
	assert_int_equal(note(s).messages, 3); /* it was not held */
	assert_true(hold(s).id == id);
	for (unsigned i = 0; i < 3; i++) {
		shop.now_ms += 3 * HOUR;
		assert_true(note(s).again);
		assert_int_equal(note(s).messages, 3);
	}
	assert_false(note(other).again);
	assert_int_equal(note(s).messages, 4);
	shop.now_ms += 4 * HOUR;
	assert_false(note(s).again); /* that was too long ago */
	hold(s);
	of_cluster(id, BULK_FORGET, 0, 0);
	assert_int_equal(note(s).messages, 1); /* whatever it was, that has not counted it */
}

/* ---- time ---- */

/* Members that have some bands in common with the first, and not always the same. */
static void a_cluster_lives_while_its_members_come(void **state)
{
	const int64_t lifetime = 48 * HOUR;
	const struct bulk_sighting first = mail_of(1);
	struct bulk_seen seen = ask(BULK_NOTE, &first, lifetime);
	const uint64_t id = seen.id;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		const struct bulk_sighting s = varied(first, 16);

		shop.now_ms += lifetime / 3;
		seen = ask(BULK_NOTE, &s, lifetime);
		assert_true(seen.id == id && !seen.is_new);
	}
	assert_int_equal(seen.messages, 101);
	shop.now_ms += lifetime;
	assert_true(ask(BULK_LOOK, &first, lifetime).is_new);
	assert_true(of_cluster(id, BULK_SHOW, HOUR, 0).id == 0);
}

static void the_window_slides(void **state)
{
	const struct bulk_sighting s = mail_of(1);
	struct bulk_seen seen;

	(void)state;
	for (unsigned minute = 0; minute < 300; minute++) {
		for (unsigned i = 0; i < 10; i++)
			seen = note(s);
		if (minute >= 120)
			assert_in_range(seen.in_window, 590, 610);
		shop.now_ms += MINUTE;
	}
	assert_int_equal(seen.messages, 3000);
	shop.now_ms += HOUR;
	seen = of_cluster(seen.id, BULK_SHOW, HOUR, 0);
	assert_in_range(seen.in_window, 0, 600);
	shop.now_ms += HOUR;
	assert_int_equal(of_cluster(seen.id, BULK_SHOW, HOUR, 0).in_window, 0);
}

/* ---- how many different ones ---- */

static void a_sketch_is_about_right(void **state)
{
	struct cluster c = cluster_new(&(struct bulk_sighting){ .has_text = true }, NULL, 1);
	struct bulk_seen seen = { .id = 0 };

	(void)state;
	for (uint32_t n = 1; n <= 20000; n++) {
		const struct bulk_sighting s = { .network = hash_of(n) };
		char bytes[CLUSTER_MAX];

		cluster_add(&c, &s, 1, 1);
		cluster_add(&c, &s, 1, 1); /* once more is not another */
		assert_true(cluster_read(cluster_write(&c, bytes), &c));
		cluster_tell_all(&c, 1, 1, &seen);
		expect_about(seen.distinct[BULK_OF_NETWORKS], n);
	}
}

/* Cut anywhere, with too many of anything, of another version. */
static void no_other_bytes_are_a_cluster(void **state)
{
	struct bulk_sighting s = mail_of(1);
	struct cluster c = cluster_new(&s, NULL, 1), read;
	char bytes[CLUSTER_MAX + 1];
	struct str body;

	(void)state;
	s.network = 1;
	cluster_add(&c, &s, 1, 1);
	body = cluster_write(&c, bytes);
	for (size_t i = 0; i < body.n; i++)
		assert_false(cluster_read(str_head(body, i), &read));
	bytes[body.n] = 0;
	assert_false(cluster_read((struct str){ .p = bytes, .n = body.n + 1 }, &read));
	for (unsigned i = 0; i < 4; i++) {
		const char kept = bytes[i];

		bytes[i] = 99;
		if (i != 2) /* has a text, or more so */
			assert_false(cluster_read(body, &read));
		bytes[i] = kept;
	}
	bytes[body.n - 9] = TALLY_VALUES + 1;
	assert_false(cluster_read(body, &read));
}

/* ---- what people say ---- */

static void what_was_said_is_told(void **state)
{
	struct bulk_sighting s = mail_of(1);
	const struct store_question q = { .procedure = STORE_BULK,
					  .key = bulk_domain_key(7, (char[BULK_KEY]){ 0 }),
					  .args = { BULK_SAY, BULK_SAID_ALLOW, 1000 * HOUR } };
	struct store_answer answer;
	const uint64_t id = note(s).id;

	(void)state;
	assert_int_equal(of_cluster(id, BULK_SAY, BULK_SAID_BLOCK, 1000 * HOUR).said,
			 BULK_SAID_BLOCK);
	assert_int_equal(shop_ask(&shop, &q, &answer), ERR_OK);
	shop.now_ms += 500 * HOUR;
	assert_int_equal(note(s).domain_said, BULK_SAID_NOTHING);
	s.from = 7;
	assert_int_equal(note(s).domain_said, BULK_SAID_NOTHING);
	s.domain = 7;
	assert_int_equal(note(s).domain_said, BULK_SAID_ALLOW);
	assert_int_equal(note(s).said, BULK_SAID_BLOCK);
	assert_true(of_cluster(id, BULK_FORGET, 0, 0).id == id);
	assert_true(of_cluster(id, BULK_FORGET, 0, 0).id == 0);
	assert_true(note(s).is_new);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, open_shop, close_shop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(families_are_counted),
		TEST(a_cluster_does_not_drift),
		TEST(text_comes_before_signs_and_signs_in_order),
		TEST(mail_that_was_held_is_counted_once),
		TEST(a_sign_that_leads_nowhere_is_common),
		TEST(the_signs_of_the_first_are_the_clusters),
		TEST(a_cluster_lives_while_its_members_come),
		TEST(the_window_slides),
		TEST(a_sketch_is_about_right),
		TEST(no_other_bytes_are_a_cluster),
		TEST(what_was_said_is_told),
	};

	return cmocka_run_group_tests_name("store/bulk", tests, NULL, NULL);
}
