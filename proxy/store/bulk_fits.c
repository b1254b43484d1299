/* bulk_fits.c - which questions about clusters are any. */
#include "store/bulk.h"

#include "base/check.h"
#include "store/procedures.h"

#define TIME                                                                                       \
	{                                                                                          \
		1, STORE_LIFETIME_MAX_MS                                                           \
	}
#define NONE                                                                                       \
	{                                                                                          \
		0, 0                                                                               \
	}

static const struct {
	bool domain;
	struct {
		int64_t min, max;
	} args[STORE_ARGS - 1];
} forms[] = {
	[BULK_NOTE] = { .args = { TIME, TIME, { 1, BULK_VALUES }, NONE } },
	[BULK_LOOK] = { .args = { TIME, TIME, { 1, BULK_VALUES }, NONE } },
	[BULK_HOLD] = { .args = { TIME, NONE, { 1, BULK_VALUES }, NONE } },
	[BULK_SHOW] = { .args = { TIME, NONE, NONE, NONE } },
	[BULK_TELL] = { .args = { { 0, BULK_OUTCOME_COUNT - 1 }, NONE, { 0, BULK_VALUES }, NONE } },
	[BULK_SAY] = { .domain = true, .args = { { 0, BULK_SAID_COUNT - 1 }, TIME, NONE, NONE } },
	[BULK_FORGET] = { .domain = true, .args = { NONE, NONE, NONE, NONE } },
};

#undef TIME
#undef NONE

static bool sighting_fits(const struct bulk_sighting *s)
{
	if (!s || s->sign_count > BULK_SIGNS)
		return false;
	if (!s->has_text && (s->sign_count == 0 || s->signs[0].leads_nowhere))
		return false;
	for (unsigned i = 0; i < s->sign_count; i++)
		if (s->signs[i].kind <= BULK_TEXT || s->signs[i].kind >= BULK_KIND_COUNT)
			return false;
	return true;
}

bool store_bulk_fits(const struct store_question *q)
{
	const int64_t what = q->args[0];
	const bool cluster = bulk_key_id(q->key) != 0;

	if (what < 0 || what >= (int64_t)COUNTOF(forms) || q->key.n != BULK_KEY)
		return false;
	for (unsigned i = 0; i < STORE_ARGS - 1; i++)
		if (q->args[1 + i] < forms[what].args[i].min ||
		    q->args[1 + i] > forms[what].args[i].max)
			return false;
	if (!cluster && !(forms[what].domain && bulk_key_is_domain(q->key)))
		return false;
	return q->args[3] > 0 ? sighting_fits(q->sighting) : !q->sighting;
}
