/* Literals are told of wherever they are, whatever the case of their letters, each once; nothing else is. */
#include "filters/pattern/heads.h"

#include "base/check.h"
#include "unit/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LITERALS = 3000, MANY = 1000, TEXTS = 60, TEXTS_OF_MANY = 6, TEXT = 1300 };

/* Of an alphabet that is small, so that texts have literals in them; some are alike in their lower six bits. */
static char any_byte(struct dice *d)
{
	static const char few[] = "abcb!\"#\xe1 ";

	return few[dice_below(d, sizeof(few) - 1)];
}

static int compare(const void *a, const void *b)
{
	const struct literal *one = a, *other = b;
	const int d = memcmp(one->bytes, other->bytes, one->n < other->n ? one->n : other->n);

	return d ? d : one->n - other->n;
}

/* Of all lengths; most are long, and some begin alike. */
static uint32_t make_literals(struct dice *d, struct literal *all, uint32_t count)
{
	uint32_t n = 0;

	memset(all, 0, count * sizeof(*all));
	for (uint32_t i = 0; i < count; i++) {
		all[i].n = (uint8_t)(dice_below(d, 8) ? 4 + dice_below(d, LITERAL_LONGEST - 3)
						      : 1 + dice_below(d, LITERAL_LONGEST));
		if (i)
			memcpy(all[i].bytes, all[i - 1].bytes, LITERAL_LONGEST);
		for (unsigned k = dice_below(d, all[i].n); k < LITERAL_LONGEST; k++)
			all[i].bytes[k] = any_byte(d);
		memset(all[i].bytes + all[i].n, 0, LITERAL_LONGEST - all[i].n);
	}
	qsort(all, count, sizeof(*all), compare);
	for (uint32_t i = 0; i < count; i++)
		if (i == 0 || compare(&all[n - 1], &all[i]) != 0)
			all[n++] = all[i];
	return n;
}

static struct heads *heads_of(const struct literal *literals, uint32_t count)
{
	const struct literal *list[LITERALS];
	struct heads *h;

	for (uint32_t i = 0; i < count; i++)
		list[i] = &literals[i];
	h = heads_new(list, count);
	if (!h)
		skip(); /* this machine has none */
	return h;
}

/* Of the texts, some are literals. */
static size_t make_text(struct dice *d, const struct literal *literals, uint32_t count, char *text)
{
	const size_t most = dice_below(d, TEXT - LITERAL_LONGEST);
	size_t n = 0;

	while (n < most) {
		const struct literal *l = &literals[dice_below(d, count)];

		if (dice_below(d, 3)) {
			text[n++] = any_byte(d);
			continue;
		}
		for (unsigned i = 0; i < l->n; i++, n++)
			text[n] = l->bytes[i] >= 'a' && l->bytes[i] <= 'z' && dice_below(d, 2)
					  ? (char)(l->bytes[i] - 'a' + 'A')
					  : l->bytes[i];
	}
	return n;
}

struct told {
	const struct literal *literals;
	struct str text;
	uint8_t at[TEXT][LITERAL_LONGEST + 1]; /* by place and length */
	unsigned count;
};

static bool is_at(const struct literal *l, struct str text, size_t at)
{
	return str_ieq(str_head(str_from(text, at), l->n),
		       (struct str){ .p = l->bytes, .n = l->n });
}

static void tell(void *ctx, uint32_t literal, size_t end)
{
	struct told *told = ctx;
	const struct literal *l = &told->literals[literal];

	assert_true(end >= l->n && end <= told->text.n);
	assert_true(is_at(l, told->text, end - l->n));
	assert_int_equal(told->at[end - l->n][l->n]++, 0);
	told->count++;
}

static unsigned count_all(const struct literal *literals, uint32_t count, struct str text)
{
	unsigned n = 0;

	for (size_t at = 0; at < text.n; at++)
		for (uint32_t i = 0; i < count; i++)
			n += is_at(&literals[i], text, at);
	return n;
}

static void all_are_told_of_once(void **state)
{
	struct dice d = { DICE_SEED };
	static struct literal literals[LITERALS];
	static struct told told;

	(void)state;
	for (uint32_t most = 1; most < LITERALS; most = most * 3 + 5) {
		const uint32_t count = make_literals(&d, literals, most);
		struct heads *h = heads_of(literals, count);

		for (unsigned t = most < MANY ? TEXTS : TEXTS_OF_MANY; t > 0; t--) {
			char bytes[TEXT];
			const struct str text = { .p = bytes,
						  .n = make_text(&d, literals, count, bytes) };
			const size_t seam = dice_below(&d, (uint32_t)text.n + 1);

			told = (struct told){ .literals = literals, .text = text };
			heads_look(h, text, (struct sight_window){ 0, seam }, tell, &told);
			heads_look(h, text, (struct sight_window){ seam, text.n }, tell, &told);
			assert_int_equal(told.count, count_all(literals, count, text));
		}
		heads_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_told_of_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
