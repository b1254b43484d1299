/* base/bulk.h: what leads to a cluster, keys, and ids as people type them. */
#include "base/bulk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bulk_sighting mail(void)
{
	struct bulk_sighting s = { .has_text = true,
				   .signs = { { .kind = BULK_LINKS, .hash = 7 },
					      { .kind = BULK_LINKS_SUBJECT, .hash = 7 } },
				   .sign_count = 2 };

	for (unsigned i = 0; i < BULK_VALUES; i++)
		s.text[i] = 1000 + i / 2;
	return s;
}

/* One value of the text is one band; the same number is another way in each band, and of each kind. */
static void each_way_is_its_own(void **state)
{
	struct bulk_sighting s = mail();
	uint64_t before[BULK_BANDS + BULK_SIGNS], after[BULK_BANDS + BULK_SIGNS];

	(void)state;
	assert_int_equal(bulk_ways(&s, before), BULK_BANDS + 2);
	for (unsigned i = 0; i < BULK_BANDS + 2; i++)
		for (unsigned j = 0; j < i; j++)
			assert_true(before[i] != before[j]);
	s.text[9]++;
	assert_int_equal(bulk_ways(&s, after), BULK_BANDS + 2);
	for (unsigned i = 0; i < BULK_BANDS + 2; i++)
		assert_int_equal(before[i] == after[i], i != 4);
	s.has_text = false;
	assert_int_equal(bulk_ways(&s, after), 2);
	assert_memory_equal(after, before + BULK_BANDS, 2 * sizeof(after[0]));
}

/* What a cluster keeps of a sign says what it is. */
static void the_way_of_a_sign_names_it(void **state)
{
	struct bulk_sighting s = mail();
	uint64_t ways[BULK_BANDS + BULK_SIGNS], before;

	(void)state;
	s.has_text = false;
	for (unsigned kind = BULK_TEXT + 1; kind < BULK_KIND_COUNT; kind++) {
		s.signs[0] = (struct bulk_sign){ .kind = (enum bulk_kind)kind, .hash = kind };
		assert_int_equal(bulk_ways(&s, ways), 2);
		assert_int_equal(bulk_way_kind(ways[0]), kind);
		assert_true(bulk_way_leads(ways[0]));
		before = ways[0];
		s.signs[0].leads_nowhere = true;
		assert_int_equal(bulk_ways(&s, ways), 2);
		assert_int_equal(bulk_way_kind(ways[0]), kind);
		assert_false(bulk_way_leads(ways[0]));
		assert_true(ways[0] != before);
	}
	assert_int_equal(bulk_way_kind(0), BULK_KIND_COUNT);
	assert_int_equal(bulk_way_kind(UINT64_MAX), BULK_KIND_COUNT);
}

/* By its text where it has one: the same on every machine, today and tomorrow. */
static void a_mail_has_one_key(void **state)
{
	struct bulk_sighting s = mail();
	char one[BULK_KEY], other[BULK_KEY], text[BULK_ID_TEXT];

	(void)state;
	assert_true(bulk_print_id(bulk_key_id(bulk_mail_key(&s, one)), text).n == BULK_ID_TEXT);
	assert_memory_equal(text, "1c28ca6ce724f61a", BULK_ID_TEXT);
	s.sign_count = 1;
	assert_true(str_eq(bulk_mail_key(&s, one), bulk_mail_key(&s, other)));
	s.text[0]++;
	assert_false(str_eq(bulk_mail_key(&s, other), (struct str){ .p = one, .n = BULK_KEY }));
	s.has_text = false;
	assert_false(str_eq(bulk_mail_key(&s, one), (struct str){ .p = other, .n = BULK_KEY }));
}

static void keys_are_of_clusters_or_domains(void **state)
{
	char key[BULK_KEY];

	(void)state;
	assert_true(bulk_key_id(bulk_cluster_key(0xfedcba9876543210, key)) == 0xfedcba9876543210);
	assert_false(bulk_key_is_domain((struct str){ .p = key, .n = BULK_KEY }));
	assert_true(bulk_key_id(bulk_domain_key(5, key)) == 0);
	assert_true(bulk_key_is_domain((struct str){ .p = key, .n = BULK_KEY }));
	assert_true(bulk_key_id(STR("cluster")) == 0);
}

static void ids_are_typed(void **state)
{
	char text[BULK_ID_TEXT];
	uint64_t id;

	(void)state;
	assert_true(bulk_read_id(bulk_print_id(0x0123456789abcdef, text), &id));
	assert_true(id == 0x0123456789abcdef);
	assert_true(bulk_read_id(STR("0123456789ABCDEF"), &id));
	assert_false(bulk_read_id(STR("0000000000000000"), &id));
	assert_false(bulk_read_id(STR("0123456789abcde"), &id));
	assert_false(bulk_read_id(STR("0123456789abcdef0"), &id));
	assert_false(bulk_read_id(STR("0123456789abcdeg"), &id));
	assert_false(bulk_read_id(STR(""), &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_is_its_own),
		cmocka_unit_test(the_way_of_a_sign_names_it),
		cmocka_unit_test(a_mail_has_one_key),
		cmocka_unit_test(keys_are_of_clusters_or_domains),
		cmocka_unit_test(ids_are_typed),
	};

	return cmocka_run_group_tests_name("base/bulk", tests, NULL, NULL);
}
