#include "unit/store/conformance.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "store/procedures.h"
#include "unit/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 12, STEPS = 4000, TOGETHER = 200, SECOND = 1000, MINUTE = 60 * SECOND };

/* ---- the shop ---- */

struct waiting {
	struct store_call call;
	struct shop *shop;
	enum err err;
	bool answered;
};

void shop_open(struct shop *s, struct loop *loop, struct store_side side)
{
	*s = (struct shop){ .loop = loop, .now_ms = loop_unix_ms(loop) };
	s->store = store_new(side, NULL);
}

void shop_close(struct shop *s)
{
	ops_cancel_all(&s->ops);
	store_free(s->store);
	loop_free(s->loop);
}

static void on_answer(struct op *op, enum err err, const void *result)
{
	struct waiting *w = op->arg;

	assert_ptr_equal(result, &w->call.answer);
	w->err = err;
	w->answered = true;
	if (w->shop->ops.pending == 0)
		loop_stop(w->shop->loop);
}

static void start(struct shop *s, struct waiting *w, const struct store_question *q)
{
	*w = (struct waiting){ .shop = s, .call.question = *q, .call.deadline_ms = 10 * SECOND };
	w->call.question.now_ms = s->now_ms;
	w->call.op.done = on_answer;
	w->call.op.arg = w;
	store_ask(s->store, &s->ops, &w->call);
	assert_false(w->answered);
}

enum err shop_ask(struct shop *s, const struct store_question *q, struct store_answer *answer)
{
	struct waiting w;

	start(s, &w, q);
	loop_run(s->loop);
	assert_true(w.answered);
	*answer = w.call.answer;
	return w.err;
}

/* ---- against the procedures themselves ---- */

struct model {
	struct store_record records[STORE_PROCEDURE_COUNT][KEYS];
	struct dice dice;
};

static uint64_t any(struct model *m, uint64_t below)
{
	return dice_any(&m->dice) % below;
}

static int64_t any_time(struct model *m)
{
	static const int64_t times[] = { 1, 7, SECOND, MINUTE + 1, 3600 * SECOND, 86400 * SECOND };

	return times[any(m, COUNTOF(times))];
}

static void any_question(struct model *m, struct store_question *q)
{
	q->procedure = (enum store_procedure)any(m, STORE_BULK);
	for (unsigned i = 0; i < STORE_ARGS; i++)
		q->args[i] = 0;
	switch (q->procedure) {
	case STORE_GREYLIST:
		q->args[0] = (int64_t)any(m, 8) == 0 ? GREYLIST_RELEASE + (int64_t)any(m, 2)
						     : (int64_t)any(m, 2);
		q->args[1] = (int64_t)any(m, 2) ? any_time(m) : 0;
		q->args[2] = any_time(m);
		q->args[3] = any_time(m);
		break;
	case STORE_SOURCE:
		q->args[0] = (int64_t)any(m, SOURCE_FORGET + 1);
		q->args[1] = any_time(m);
		break;
	case STORE_BUCKET:
		q->args[0] = (int64_t)any(m, 4) > 0;
		q->args[1] = 1 + (int64_t)any(m, 30);
		q->args[2] = any_time(m);
		q->args[3] = (int64_t)any(m, 4);
		break;
	case STORE_REPUTATION:
		q->args[0] = any_time(m);
		for (unsigned i = 1; i < 4; i++)
			q->args[i] = (int64_t)any(m, 3) == 0 ? (int64_t)any(m, 1000) : 0;
		break;
	case STORE_MARK:
		q->args[0] = (int64_t)any(m, 3) == 0;
		q->args[1] = any_time(m);
		break;
	case STORE_BULK: /* in conformance_bulk.c */
	case STORE_PROCEDURE_COUNT:
		break;
	}
}

static void model_run(struct model *m, const struct store_question *q, unsigned key,
		      int64_t results[STORE_RESULTS])
{
	struct store_record *r = &m->records[q->procedure][key], next;

	if (r->expires_ms <= q->now_ms)
		*r = (struct store_record){ .expires_ms = 0 };
	next = *r; /* what was not to be written is not kept */
	if (store_procedure_run(q, &next, results))
		*r = next;
}

static void any_questions(struct shop *s)
{
	struct model m = { .dice.state = DICE_SEED };
	char key[32];

	for (unsigned i = 0; i < STEPS; i++) {
		const unsigned k = (unsigned)any(&m, KEYS);
		struct store_question q = { .label = STR("what it is for") };
		int64_t expected[STORE_RESULTS];
		struct store_answer answer;

		q.key = (struct str){ .p = key,
				      .n = (size_t)snprintf(key, sizeof(key), "test %u", k) };
		any_question(&m, &q);
		if (any(&m, 3) == 0)
			s->now_ms += (int64_t)any(&m, (uint64_t)any_time(&m)) + 1;
		q.now_ms = s->now_ms;
		model_run(&m, &q, k, expected);
		assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
		assert_int_equal(answer.status, STORE_OK);
		for (unsigned r = 0; r < STORE_RESULTS; r++)
			if (answer.results[r] != expected[r])
				fail_msg("step %u, %s %s, result %u: %lld, not %lld", i,
					 store_procedure_name(q.procedure), key, r,
					 (long long)answer.results[r], (long long)expected[r]);
	}
}

/* ---- where their constants show ---- */

static int64_t result_of(struct shop *s, enum store_procedure p, struct str key,
			 const int64_t args[STORE_ARGS])
{
	struct store_question q = { .procedure = p, .key = key };
	struct store_answer answer;

	memcpy(q.args, args, sizeof(q.args));
	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	return answer.results[0];
}

static int64_t greylist(struct shop *s, const char *key, enum greylist_do what)
{
	return result_of(s, STORE_GREYLIST, str_z(key),
			 (int64_t[STORE_ARGS]){ what, 0, MINUTE, 64 * SECOND });
}

/* Who comes back is written anew when more than a 64th of the lifetime has gone, and not before. */
static void the_known_are_prolonged_now_and_then(struct shop *s)
{
	static const char soon[] = "test soon", later[] = "test later";

	greylist(s, soon, GREYLIST_RELEASE);
	greylist(s, later, GREYLIST_RELEASE);
	s->now_ms += SECOND;
	assert_int_equal(greylist(s, soon, GREYLIST_LOOK), GREYLIST_STATE_KNOWN);
	s->now_ms += 1;
	assert_int_equal(greylist(s, later, GREYLIST_LOOK), GREYLIST_STATE_KNOWN);
	s->now_ms += 63 * SECOND - 1;
	assert_int_equal(greylist(s, soon, GREYLIST_LOOK), GREYLIST_STATE_NEW);
	assert_int_equal(greylist(s, later, GREYLIST_LOOK), GREYLIST_STATE_KNOWN);
}

static int64_t accepted(struct shop *s, int64_t half_life, int64_t more)
{
	return result_of(s, STORE_REPUTATION, STR("test much"),
			 (int64_t[STORE_ARGS]){ half_life, more });
}

/* The highest count is halved as long as a thousandth is left of it, and no oftener than numbers have bits. */
static void the_highest_count_fades(struct shop *s)
{
	const int64_t highest = INT64_C(1000000) * 1000;

	assert_int_equal(accepted(s, 86400 * SECOND, 1000000), highest);
	for (unsigned halvings = 1; halvings < 100; halvings++) {
		s->now_ms += SECOND;
		assert_int_equal(accepted(s, SECOND, 0), halvings < 31 ? highest >> halvings : 0);
	}
}

/* ---- many at once ---- */

/* Each takes one from a bucket of half as many; every third is cancelled before it is answered, and may have taken
 * one or not. */
static void many_at_once(struct shop *s)
{
	struct waiting *all = mem_new(TOGETHER * sizeof(*all));
	const struct store_question q = { .procedure = STORE_BUCKET,
					  .key = STR("test together"),
					  .args = { 1, TOGETHER / 2, 3600 * SECOND, 1 } };
	unsigned allowed = 0, cancelled = 0;

	for (unsigned i = 0; i < TOGETHER; i++)
		start(s, &all[i], &q);
	for (unsigned i = 0; i < TOGETHER; i += 3, cancelled++)
		op_cancel(&all[i].call.op);
	loop_run(s->loop);
	for (unsigned i = 0; i < TOGETHER; i++) {
		assert_int_equal(all[i].answered, i % 3 != 0);
		allowed += all[i].answered && all[i].call.answer.results[0] == 1;
	}
	assert_in_range(allowed, TOGETHER / 2 - cancelled, TOGETHER / 2);
	mem_free(all);
}

/* Keys and labels hold any octets. */
static void keys_are_octets(struct shop *s)
{
	static const char octets[] = "test \0\r\n\xff\x80 {}*?[$]'\"";
	struct store_question q = { .procedure = STORE_MARK,
				    .key = { .p = octets, .n = sizeof(octets) - 1 },
				    .label = { .p = octets, .n = sizeof(octets) - 1 },
				    .args = { 1, MINUTE } };
	struct store_answer answer;

	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	assert_int_equal(answer.results[0], 0);
	q.args[0] = 0;
	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	assert_int_equal(answer.results[0], 1);
	q.key.n--;
	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	assert_int_equal(answer.results[0], 0);
	q.key.n++;
	s->now_ms += MINUTE;
	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	assert_int_equal(answer.results[0], 0);
}

/* ---- pages ---- */

enum { LISTED = 1000 };

static void on_page(struct op *op, enum err err, const void *result)
{
	struct shop *s = op->arg;

	(void)result;
	assert_int_equal(err, ERR_OK);
	loop_stop(s->loop);
}

/* Which of "test page N" it is; LISTED: another record. */
static unsigned number_of(const struct store_listed *l)
{
	const struct str name = STR("test page ");
	uint64_t number;

	if (!str_starts(l->key, name) || !str_u64(str_from(l->key, name.n), LISTED - 1, &number))
		return LISTED;
	assert_true(str_eq(l->record.label, STR("a | label")));
	return (unsigned)number;
}

/* How often each of them was told. */
static void count_listed(struct shop *s, enum store_procedure p, unsigned counts[LISTED])
{
	struct store_listing *l = mem_new(sizeof(*l));
	struct arena page, places;

	arena_init(&page, 1 << 20);
	arena_init(&places, 1 << 20);
	memset(counts, 0, LISTED * sizeof(counts[0]));
	*l = (struct store_listing){ .procedure = p, .now_ms = s->now_ms, .arena = &page };
	l->deadline_ms = 10 * SECOND;
	do {
		l->from = arena_str(&places, l->next);
		arena_reset(&page);
		l->op.done = on_page;
		l->op.arg = s;
		store_list(s->store, &s->ops, l);
		loop_run(s->loop);
		for (unsigned i = 0; i < l->count; i++)
			if (number_of(&l->items[i]) < LISTED)
				counts[number_of(&l->items[i])]++;
	} while (l->next.n);
	arena_reset(&page);
	arena_reset(&places);
	mem_free(l);
}

static void pages_tell_all(struct shop *s)
{
	unsigned counts[LISTED];
	struct store_question q = { .label = STR("a | label"), .args = { 1, MINUTE } };
	struct store_answer answer;
	char key[32];

	for (unsigned i = 0; i < LISTED; i++) {
		q.procedure = i % 3 ? STORE_MARK : STORE_SOURCE;
		q.key = (struct str){ .p = key,
				      .n = (size_t)snprintf(key, sizeof(key), "test page %u", i) };
		q.args[1] = i % 5 ? MINUTE : SECOND;
		assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
	}
	s->now_ms += SECOND; /* some have expired */
	count_listed(s, STORE_MARK, counts);
	for (unsigned i = 0; i < LISTED; i++)
		assert_int_equal(counts[i], i % 3 && i % 5);
	count_listed(s, STORE_SOURCE, counts);
	for (unsigned i = 0; i < LISTED; i++)
		assert_int_equal(counts[i], i % 3 == 0 && i % 5);
}

static void a_page_is_cancelled(struct shop *s)
{
	struct store_listing *l = mem_new(sizeof(*l));
	struct store_question q = { .procedure = STORE_MARK,
				    .key = STR("test"),
				    .args = { 0, MINUTE } };
	struct store_answer answer;
	struct arena page;

	arena_init(&page, 1 << 20);
	*l = (struct store_listing){
		.procedure = STORE_MARK, .now_ms = s->now_ms, .deadline_ms = SECOND, .arena = &page
	};
	l->op.done = on_page;
	l->op.arg = s;
	store_list(s->store, &s->ops, l);
	op_cancel(&l->op);
	arena_reset(&page);
	mem_free(l);
	assert_int_equal(shop_ask(s, &q, &answer), ERR_OK);
}

void store_conforms(struct shop *s)
{
	any_questions(s);
	the_known_are_prolonged_now_and_then(s);
	the_highest_count_fades(s);
	many_at_once(s);
	keys_are_octets(s);
	pages_tell_all(s);
	a_page_is_cancelled(s);
	store_conforms_bulk(s);
}
