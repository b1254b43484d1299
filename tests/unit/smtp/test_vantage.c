/* smtp/vantage.h: when the address that nearly all have is nobody's. */
#include "smtp/vantage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct conf_vantage conf = {
	.guard = true, .window_ms = 600000, .connections = 20, .share = 90
};

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(str_z(text), &ip));
	return ip;
}

/* n clients; what the last one changed. */
static enum vantage_news come(struct vantage *v, const char *text, unsigned n, int64_t now_ms)
{
	const struct ip ip = ip_of(text);
	enum vantage_news news = VANTAGE_SAME;

	while (n--)
		news = vantage_note(v, &conf, &ip, now_ms);
	return news;
}

static bool hides(const struct vantage *v, const char *text)
{
	const struct ip ip = ip_of(text);

	return vantage_hides(v, &ip);
}

static void all_from_one_private_address(void **state)
{
	struct vantage v = { 0 };

	(void)state;
	assert_int_equal(come(&v, "172.17.0.1", 19, 1000), VANTAGE_SAME);
	assert_false(hides(&v, "172.17.0.1"));
	assert_int_equal(come(&v, "172.17.0.1", 1, 2000), VANTAGE_WRONG);
	assert_true(hides(&v, "172.17.0.1"));
	assert_false(hides(&v, "192.0.2.1"));
	assert_false(hides(&v, "172.17.0.2"));
	assert_int_equal(come(&v, "172.17.0.1", 100, 3000), VANTAGE_SAME);
}

static void a_public_address_is_a_client(void **state)
{
	struct vantage v = { 0 };

	(void)state;
	assert_int_equal(come(&v, "192.0.2.1", 1000, 1000), VANTAGE_SAME);
	assert_false(hides(&v, "192.0.2.1"));
}

static void a_few_are_nothing(void **state)
{
	struct vantage v = { 0 };

	/* A program of this machine, a mail every ten minutes or so, for a week. */
	(void)state;
	for (int64_t now = 1000; now < 7 * 86400000LL; now += 500000)
		assert_int_equal(come(&v, "127.0.0.1", 1, now), VANTAGE_SAME);
	/* And three a minute never add up to more than two windows have. */
	v = (struct vantage){ 0 };
	for (int64_t now = 1000; now < 86400000; now += 70000)
		assert_int_equal(come(&v, "127.0.0.1", 1, now), VANTAGE_SAME);
}

static void nearly_all_is_enough(void **state)
{
	struct vantage v = { 0 };

	(void)state;
	come(&v, "192.0.2.1", 3, 1000);
	assert_int_equal(come(&v, "10.0.0.1", 26, 1000), VANTAGE_SAME); /* 26 of 29: 89 % */
	assert_int_equal(come(&v, "10.0.0.1", 1, 1000), VANTAGE_WRONG); /* 27 of 30 */
	/* Not at once back: it would flap. */
	assert_int_equal(come(&v, "192.0.2.1", 3, 1000), VANTAGE_SAME);  /* 27 of 33: 81 % */
	assert_int_equal(come(&v, "192.0.2.1", 1, 1000), VANTAGE_RIGHT); /* 27 of 34: 79 % */
	assert_false(hides(&v, "10.0.0.1"));
}

static void a_local_program_among_clients(void **state)
{
	struct vantage v = { 0 };

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		char text[] = "192.0.2.0";

		text[8] = (char)('0' + i % 10);
		assert_int_equal(come(&v, text, 1, 1000 + i), VANTAGE_SAME);
		assert_int_equal(come(&v, "127.0.0.1", 3, 1000 + i), VANTAGE_SAME);
	}
}

static void the_suspect_may_change(void **state)
{
	struct vantage v = { 0 };

	/* A monitor came first; then the container's bridge takes its place. */
	(void)state;
	come(&v, "127.0.0.1", 5, 1000);
	assert_int_equal(come(&v, "10.0.0.1", 15, 1000), VANTAGE_SAME);
	come(&v, "10.0.0.1", 200, 2000);
	assert_true(hides(&v, "10.0.0.1"));
	assert_false(hides(&v, "127.0.0.1"));
}

static void it_is_said_again_with_each_window(void **state)
{
	struct vantage v = { 0 };

	(void)state;
	assert_int_equal(come(&v, "10.0.0.1", 20, 1000), VANTAGE_WRONG);
	assert_int_equal(come(&v, "10.0.0.1", 5, 600000), VANTAGE_SAME);
	assert_int_equal(come(&v, "10.0.0.1", 1, 601000), VANTAGE_STILL);
	assert_int_equal(come(&v, "10.0.0.1", 1, 601001), VANTAGE_SAME);
	/* A quiet night does not make the address somebody's, nor a first stranger in the morning alone. */
	assert_int_equal(come(&v, "192.0.2.1", 1, 50000000), VANTAGE_STILL);
	assert_int_equal(come(&v, "192.0.2.1", 18, 50000000), VANTAGE_SAME);
	assert_true(hides(&v, "10.0.0.1"));
	assert_int_equal(come(&v, "192.0.2.1", 1, 50000000), VANTAGE_RIGHT);
}

static void who_is_not_known_does_not_count(void **state)
{
	const struct ip none = { 0 };
	struct vantage v = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(vantage_note(&v, &conf, &none, 1000), VANTAGE_SAME);
	assert_false(vantage_hides(&v, &none));
	assert_int_equal(v.all, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_from_one_private_address),
		cmocka_unit_test(a_public_address_is_a_client),
		cmocka_unit_test(a_few_are_nothing),
		cmocka_unit_test(nearly_all_is_enough),
		cmocka_unit_test(a_local_program_among_clients),
		cmocka_unit_test(the_suspect_may_change),
		cmocka_unit_test(it_is_said_again_with_each_window),
		cmocka_unit_test(who_is_not_known_does_not_count),
	};

	return cmocka_run_group_tests_name("vantage", tests, NULL, NULL);
}
