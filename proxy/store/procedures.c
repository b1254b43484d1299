#include "store/procedures.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/units.h"
#include "store/bulk.h"

#include <string.h>

enum {
	UNIT = 1000,         /* thousandths */
	COUNT_MAX = 1000000, /* of anything counted */
	TAKEN_MAX = 1000,    /* from a bucket at once */
	HALVINGS_MAX = 40,   /* nothing is left of the highest count */
	HALVINGS_KEPT = 10,  /* a thousandth is left of what was */
	FRACTION = 1024,     /* steps between two halvings */
	REFRESH_SHARE = 64,  /* a record is written anew when so much of its lifetime has gone */
};

#define WINDOW_MAX_MS (31 * DAY_MS) /* a thousand of them in microseconds have less than 53 bits */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- greylist: when first, when passed (0: not yet) ---- */

enum { GREY_FIRST, GREY_PASSED_AT };

static enum greylist_state greylist_state(const struct store_record *r, int64_t now, int64_t delay)
{
	if (r->expires_ms == 0)
		return GREYLIST_STATE_NEW;
	if (r->fields[GREY_PASSED_AT])
		return GREYLIST_STATE_KNOWN;
	return now - r->fields[GREY_FIRST] < delay ? GREYLIST_STATE_EARLY : GREYLIST_STATE_PASSED;
}

static void greylist_pass(struct store_record *r, int64_t now, int64_t lifetime)
{
	if (r->expires_ms == 0)
		r->fields[GREY_FIRST] = now;
	if (r->fields[GREY_PASSED_AT] == 0)
		r->fields[GREY_PASSED_AT] = now;
	r->expires_ms = now + lifetime;
}

static bool greylist(const struct store_question *q, struct store_record *r, int64_t *results)
{
	const int64_t now = q->now_ms, delay = q->args[1], window = q->args[2],
		      lifetime = q->args[3];
	const enum greylist_state state = greylist_state(r, now, delay);
	bool changed = false;

	if (q->args[0] == GREYLIST_FORGET) {
		changed = r->expires_ms != 0;
		r->expires_ms = now;
	} else if (q->args[0] == GREYLIST_RELEASE || state == GREYLIST_STATE_PASSED) {
		greylist_pass(r, now, lifetime);
		changed = true;
	} else if (state == GREYLIST_STATE_KNOWN) {
		/* Most mail is of those who are known: it is not written each time. */
		changed = r->expires_ms - now < lifetime - lifetime / REFRESH_SHARE;
		if (changed)
			greylist_pass(r, now, lifetime);
	} else if (state == GREYLIST_STATE_NEW && q->args[0] == GREYLIST_NOTE) {
		r->fields[GREY_FIRST] = now;
		r->expires_ms = now + window;
		changed = true;
	}
	results[0] = state;
	if (state == GREYLIST_STATE_NEW)
		results[1] = delay;
	else if (state == GREYLIST_STATE_EARLY)
		results[1] = r->fields[GREY_FIRST] + delay - now;
	results[2] = r->fields[GREY_FIRST];
	results[3] = r->fields[GREY_PASSED_AT];
	return changed;
}

/* ---- source: what was said, how often it came back ---- */

enum { SOURCE_SAID, SOURCE_COUNT };

static bool source(const struct store_question *q, struct store_record *r, int64_t *results)
{
	const int64_t now = q->now_ms, what = q->args[0], lifetime = q->args[1];
	bool changed = what != SOURCE_LOOK;

	if (what == SOURCE_FORGET) {
		changed = r->expires_ms != 0;
		*r = (struct store_record){ .expires_ms = now, .label = r->label };
		return changed;
	}
	if (what == SOURCE_CREDIT)
		r->fields[SOURCE_COUNT] = least(r->fields[SOURCE_COUNT] + 1, COUNT_MAX);
	else if (what == SOURCE_ALLOW)
		r->fields[SOURCE_SAID] = SOURCE_SAID_ALLOW;
	else if (what == SOURCE_BLOCK)
		r->fields[SOURCE_SAID] = SOURCE_SAID_BLOCK;
	if (changed)
		r->expires_ms = most(r->expires_ms, now + lifetime);
	results[0] = r->fields[SOURCE_SAID];
	results[1] = r->fields[SOURCE_COUNT];
	return changed;
}

/* ---- bucket: when it will be empty, in microseconds ---- */

enum { BUCKET_EMPTY_US };

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

static bool bucket(const struct store_question *q, struct store_record *r, int64_t *results)
{
	const int64_t now = q->now_ms * 1000, window = q->args[2] * 1000;
	const int64_t each = most(window / q->args[1], 1);
	const int64_t level = most(r->fields[BUCKET_EMPTY_US] - now, 0);
	const int64_t after = level + each * q->args[3];
	const bool fits = after <= window;

	results[0] = fits;
	results[1] = ceil_div(fits && q->args[0] ? after : level, each);
	results[2] = fits ? 0 : ceil_div(after - window, 1000);
	if (!fits || !q->args[0] || after == level)
		return false;
	r->fields[BUCKET_EMPTY_US] = now + after;
	r->expires_ms = ceil_div(now + after, 1000);
	return true;
}

/* ---- reputation: accepted, tagged, rejected in thousandths; as of when; first heard of ---- */

enum { REPUTATION_COUNTS = 3, REPUTATION_AT = 3, REPUTATION_FIRST = 4 };

/* Halved once for each half life, and evenly in between. */
static int64_t decayed(int64_t count, int64_t age, int64_t half_life)
{
	const int64_t halvings = age / half_life;
	const int64_t part = age % half_life * FRACTION / half_life;

	if (halvings >= HALVINGS_MAX)
		return 0;
	count /= INT64_C(1) << halvings;
	return count - count * part / (2 * FRACTION);
}

static bool reputation(const struct store_question *q, struct store_record *r, int64_t *results)
{
	const int64_t now = q->now_ms, half_life = q->args[0];
	const int64_t age = r->expires_ms ? most(now - r->fields[REPUTATION_AT], 0) : 0;
	int64_t added = 0;

	for (unsigned i = 0; i < REPUTATION_COUNTS; i++) {
		const int64_t more = q->args[1 + i];

		results[i] = least(decayed(r->fields[i], age, half_life) + more * UNIT,
				   (int64_t)COUNT_MAX * UNIT);
		added += more;
	}
	results[3] = r->expires_ms ? r->fields[REPUTATION_FIRST] : added ? now : 0;
	if (added == 0)
		return false;
	memcpy(r->fields, results, REPUTATION_COUNTS * sizeof(results[0]));
	r->fields[REPUTATION_AT] = now;
	r->fields[REPUTATION_FIRST] = results[3];
	r->expires_ms = now + HALVINGS_KEPT * half_life;
	return true;
}

/* ---- mark ---- */

static bool mark(const struct store_question *q, struct store_record *r, int64_t *results)
{
	results[0] = r->expires_ms != 0;
	if (!q->args[0])
		return false;
	r->expires_ms = q->now_ms + q->args[1];
	return true;
}

/* ---- the table ---- */

struct range {
	int64_t min, max;
};

#define TIME                                                                                       \
	{                                                                                          \
		1, STORE_LIFETIME_MAX_MS                                                           \
	}
#define COUNT                                                                                      \
	{                                                                                          \
		0, COUNT_MAX                                                                       \
	}
#define NONE                                                                                       \
	{                                                                                          \
		0, 0                                                                               \
	}

static const struct procedure {
	bool (*run)(const struct store_question *q, struct store_record *r, int64_t *results);
	struct range args[STORE_ARGS];
} procedures[STORE_PROCEDURE_COUNT] = {
	[STORE_GREYLIST] = { greylist,
			     { { 0, GREYLIST_FORGET },
			       { 0, STORE_LIFETIME_MAX_MS },
			       TIME,
			       TIME,
			       NONE } },
	[STORE_SOURCE] = { source, { { 0, SOURCE_FORGET }, TIME, NONE, NONE, NONE } },
	[STORE_BUCKET] = { bucket,
			   { { 0, 1 },
			     { 1, COUNT_MAX },
			     { 1, WINDOW_MAX_MS },
			     { 0, TAKEN_MAX },
			     NONE } },
	[STORE_REPUTATION] = { reputation, { TIME, COUNT, COUNT, COUNT, NONE } },
	[STORE_MARK] = { mark, { { 0, 1 }, TIME, NONE, NONE, NONE } },
};

#undef TIME
#undef COUNT
#undef NONE

bool store_question_fits(const struct store_question *q)
{
	if ((unsigned)q->procedure >= STORE_PROCEDURE_COUNT || q->key.n == 0 ||
	    q->key.n > LIMIT_STORE_KEY || q->label.n > LIMIT_STORE_LABEL || q->now_ms <= 0)
		return false;
	if (q->procedure == STORE_BULK)
		return store_bulk_fits(q);
	for (unsigned i = 0; i < STORE_ARGS; i++) {
		const struct range *range = &procedures[q->procedure].args[i];

		if (q->args[i] < range->min || q->args[i] > range->max)
			return false;
	}
	return true;
}

bool store_procedure_run(const struct store_question *q, struct store_record *r,
			 int64_t results[STORE_RESULTS])
{
	CHECK(store_question_fits(q) && q->procedure != STORE_BULK);
	CHECK(r->expires_ms == 0 || r->expires_ms > q->now_ms);
	memset(results, 0, STORE_RESULTS * sizeof(results[0]));
	if (r->expires_ms == 0)
		*r = (struct store_record){ .label = q->label };
	return procedures[q->procedure].run(q, r, results);
}
