/* lmdb/packed.h: what is written reads the same, and nothing else reads. */
#include "lmdb/packed.h"

#include "base/check.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct packed samples[] = {
	{ .key = STR_INIT("k"), .record = { .expires_ms = 1 } },
	{ .key = STR_INIT("192.0.2.0/24 a@example.org b@example.net"),
	  .record = { .expires_ms = PACKED_EXPIRES_MAX,
		      .fields = { INT64_MAX, 0, INT64_MIN, -1, 127 },
		      .label = STR_INIT("192.0.2.7 a@example.org") } },
	{ .key = STR_INIT("a tuple"),
	  .record = { .expires_ms = 1800000000000, .fields = { 1799999000000, 128 } } },
	{ .key = STR_INIT("a cluster"),
	  .record = { .expires_ms = 1800000000000,
		      .label = STR_INIT("its label"),
		      .body = STR_INIT("\0\1\2\0") } },
};

static void reads_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(samples); i++) {
		const struct packed *p = &samples[i];
		char bytes[PACKED_MAX];
		const size_t n = packed_write(p, bytes);
		struct packed q;

		assert_true(packed_read((struct str){ .p = bytes, .n = n }, &q));
		assert_true(str_eq(q.key, p->key));
		assert_true(str_eq(q.record.label, p->record.label));
		assert_true(str_eq(q.record.body, p->record.body));
		assert_true(q.record.expires_ms == p->record.expires_ms);
		for (unsigned f = 0; f < STORE_FIELDS; f++)
			assert_true(q.record.fields[f] == p->record.fields[f]);
	}
}

/* A tuple costs what stands in the header file. */
static void is_small(void **state)
{
	char bytes[PACKED_MAX];

	(void)state;
	assert_int_equal(packed_write(&samples[2], bytes), 1 + 6 + 1 + 6 + 2 + 7);
}

static void the_largest_fits(void **state)
{
	char *text = mem_new(LIMIT_STORE_BODY), bytes[PACKED_MAX];
	struct packed p = { .record = { .expires_ms = INT64_MAX } }, q;
	size_t n;

	(void)state;
	memset(p.record.fields, 0xff, sizeof(p.record.fields));
	p.key = (struct str){ .p = text, .n = LIMIT_STORE_KEY };
	p.record.label = (struct str){ .p = text, .n = LIMIT_STORE_LABEL };
	p.record.body = (struct str){ .p = text, .n = LIMIT_STORE_BODY };
	n = packed_write(&p, bytes);
	assert_true(packed_read((struct str){ .p = bytes, .n = n }, &q));
	assert_int_equal(q.key.n, LIMIT_STORE_KEY);
	assert_int_equal(q.record.label.n, LIMIT_STORE_LABEL);
	assert_int_equal(q.record.body.n, LIMIT_STORE_BODY);
	assert_true(q.record.expires_ms == PACKED_EXPIRES_MAX);
	mem_free(text);
}

/* Cut anywhere before the label, of another version, with a number that has no end or too many bits. */
static void nothing_else_reads(void **state)
{
	static const char *const wrong[] = {
		"",
		"\x20\1\2\3\4\5\6",
		"\x10\1\2\3\4\5\6\1k", /* another version */
		"\x30\1\2\3\4\5\6\1k",
		"\x2f\1\2\3\4\5\6\1k", /* more fields than there are */
		"\x20\1\2\3\4\5\6\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1k",
		"\x21\1\2\3\4\5\6\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\2k",
		"\x20\1\2\3\4\5\6\x81\1k", /* a key of 129 */
		"\x20\1\2\3\4\5\6\2k",
		"\x28\1\2\3\4\5\6\1k",         /* a body that is not there, */
		"\x28\1\2\3\4\5\6\1\x81\x0ck", /* or too large */
	};
	const struct packed p = { .key = STR("key"),
				  .record = { .expires_ms = 300, .fields = { 1, 2, 3, 4, 5 } } };
	char bytes[PACKED_MAX];
	const size_t n = packed_write(&p, bytes);
	struct packed q;

	(void)state;
	for (size_t i = 0; i < COUNTOF(wrong); i++)
		assert_false(packed_read(str_z(wrong[i]), &q));
	for (size_t i = 0; i < n; i++)
		assert_false(packed_read((struct str){ .p = bytes, .n = i }, &q));
}

/* When to throw away what cannot be read: what a later program has written has its time, too. */
static void other_versions_expire(void **state)
{
	static const char later[] = "\x7f\1\2\0\0\0\0 whatever";

	(void)state;
	assert_true(packed_expires_ms((struct str){ .p = later, .n = sizeof(later) }) == 0x201);
	assert_true(packed_expires_ms((struct str){ .p = later, .n = 7 }) == 0x201);
	assert_true(packed_expires_ms((struct str){ .p = later, .n = 6 }) == 0);
	assert_true(packed_expires_ms(STR("\x1f\1\2\3\4\5\6 an older one")) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_same),        cmocka_unit_test(is_small),
		cmocka_unit_test(the_largest_fits),      cmocka_unit_test(nothing_else_reads),
		cmocka_unit_test(other_versions_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
