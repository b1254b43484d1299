#include "store/cluster.h"

#include "base/check.h"
#include "base/octets.h"
#include "base/out.h"

#include <math.h>

enum {
	COUNT_MAX = 1000000000, /* of anything counted */
	INDEX_BITS = 6,         /* of a value, choose the register */
	RANK_NONE = 27,         /* all the other bits are 0 */
	TIME_BYTES = 6,
	NUMBER_BYTES = 4,
	SIGN_BYTES = 8
};

static_assert(1 << INDEX_BITS == TALLY_REGISTERS, "each has one");
static_assert(TALLY_VALUES < TALLY_DENSE && BULK_SIGNS < 256, "a byte holds it");

/* ---- how many different ones ---- */

static void note_in_register(struct tally *t, uint32_t value)
{
	const uint32_t rest = value >> INDEX_BITS;
	const unsigned rank = rest ? (unsigned)__builtin_clz(rest) - INDEX_BITS + 1 : RANK_NONE;
	unsigned char *at = &t->registers[value % TALLY_REGISTERS];

	if (rank > *at)
		*at = (unsigned char)rank;
}

static void make_dense(struct tally *t)
{
	const struct tally values = *t;

	*t = (struct tally){ .count = TALLY_DENSE };
	memset(t->registers, 0, sizeof(t->registers));
	for (unsigned i = 0; i < values.count; i++)
		note_in_register(t, values.values[i]);
}

static void tally_add(struct tally *t, uint32_t value)
{
	for (unsigned i = 0; t->count != TALLY_DENSE && i < t->count; i++)
		if (t->values[i] == value)
			return;
	if (t->count == TALLY_VALUES)
		make_dense(t);
	if (t->count == TALLY_DENSE)
		note_in_register(t, value);
	else
		t->values[t->count++] = value;
}

/* Where many registers are empty, it is these that tell (linear counting). */
static uint32_t tally_estimate(const struct tally *t)
{
	const double m = TALLY_REGISTERS, alpha = 0.709;
	double sum = 0, n;
	unsigned empty = 0;

	if (t->count != TALLY_DENSE)
		return t->count;
	for (unsigned i = 0; i < TALLY_REGISTERS; i++) {
		sum += ldexp(1, -(int)t->registers[i]);
		empty += t->registers[i] == 0;
	}
	n = alpha * m * m / sum;
	if (n <= 2.5 * m && empty)
		n = m * log(m / empty);
	if (n > INT32_MAX) /* full registers tell no more */
		return INT32_MAX;
	return n > TALLY_VALUES ? (uint32_t)(n + 0.5) : TALLY_VALUES + 1;
}

/* ---- bytes ---- */

static uint64_t get(const char **at, unsigned bytes)
{
	const uint64_t v = octets_le(*at, bytes);

	*at += bytes;
	return v;
}

static uint64_t get_sign(const char **at)
{
	const uint64_t sign = octets_be(*at, SIGN_BYTES);

	*at += SIGN_BYTES;
	return sign;
}

static void put_tally(struct out *o, const struct tally *t)
{
	out_le(o, t->count, 1);
	if (t->count == TALLY_DENSE)
		out_str(o, (struct str){ .p = (const char *)t->registers, .n = TALLY_REGISTERS });
	for (unsigned i = 0; t->count != TALLY_DENSE && i < t->count; i++)
		out_le(o, t->values[i], NUMBER_BYTES);
}

static size_t tally_bytes(unsigned count)
{
	return count == TALLY_DENSE ? TALLY_REGISTERS : (size_t)count * NUMBER_BYTES;
}

/* What was read may be anything. */
static bool registers_fit(const struct tally *t)
{
	for (unsigned i = 0; i < TALLY_REGISTERS; i++)
		if (t->registers[i] > RANK_NONE)
			return false;
	return true;
}

static bool get_tally(const char **at, const char *end, struct tally *t)
{
	if (*at == end)
		return false;
	t->count = (unsigned)get(at, 1);
	if ((t->count > TALLY_VALUES && t->count != TALLY_DENSE) ||
	    tally_bytes(t->count) > (size_t)(end - *at))
		return false;
	if (t->count == TALLY_DENSE) {
		memcpy(t->registers, *at, TALLY_REGISTERS);
		*at += TALLY_REGISTERS;
		return registers_fit(t);
	}
	for (unsigned i = 0; i < t->count; i++)
		t->values[i] = (uint32_t)get(at, NUMBER_BYTES);
	return true;
}

struct str cluster_write(const struct cluster *c, char to[CLUSTER_MAX])
{
	struct out o = { .p = to, .cap = CLUSTER_MAX };
	const int64_t times[] = { c->first_ms, c->last_ms, c->window };
	const uint32_t numbers[] = { c->messages, c->current, c->previous, c->with_domain };

	out_le(&o, CLUSTER_VERSION, 1);
	out_le(&o, c->said, 1);
	out_le(&o, c->has_text, 1);
	out_le(&o, c->sign_count, 1);
	for (size_t i = 0; i < COUNTOF(times); i++)
		out_le(&o, (uint64_t)times[i], TIME_BYTES);
	for (size_t i = 0; i < COUNTOF(numbers); i++)
		out_le(&o, numbers[i], NUMBER_BYTES);
	for (size_t i = 0; i < BULK_OUTCOME_COUNT; i++)
		out_le(&o, c->outcomes[i], NUMBER_BYTES);
	for (size_t i = 0; c->has_text && i < BULK_VALUES; i++)
		out_le(&o, c->text[i], NUMBER_BYTES);
	for (size_t i = 0; i < c->sign_count; i++)
		out_be(&o, c->signs[i], SIGN_BYTES);
	for (size_t i = 0; i < BULK_SET_COUNT; i++)
		put_tally(&o, &c->sets[i]);
	CHECK(!o.full);
	return out_text(&o);
}

enum { HEAD_BYTES = 4 + 3 * TIME_BYTES + (4 + BULK_OUTCOME_COUNT) * NUMBER_BYTES };

static void get_head(const char **at, struct cluster *c)
{
	int64_t *times[] = { &c->first_ms, &c->last_ms, &c->window };
	uint32_t *numbers[] = { &c->messages, &c->current, &c->previous, &c->with_domain };

	(*at)++; /* the version */
	c->said = (enum bulk_said)get(at, 1);
	c->has_text = get(at, 1) != 0;
	c->sign_count = (unsigned)get(at, 1);
	for (size_t i = 0; i < COUNTOF(times); i++)
		*times[i] = (int64_t)get(at, TIME_BYTES);
	for (size_t i = 0; i < COUNTOF(numbers); i++)
		*numbers[i] = (uint32_t)get(at, NUMBER_BYTES);
	for (size_t i = 0; i < BULK_OUTCOME_COUNT; i++)
		c->outcomes[i] = (uint32_t)get(at, NUMBER_BYTES);
}

bool cluster_read(struct str body, struct cluster *c)
{
	const char *at = body.p, *end = body.p + body.n;
	size_t need;

	if (body.n < HEAD_BYTES || body.p[0] != CLUSTER_VERSION)
		return false;
	get_head(&at, c);
	if (c->said >= BULK_SAID_COUNT || c->sign_count > BULK_SIGNS)
		return false;
	need = (c->has_text ? BULK_VALUES * NUMBER_BYTES : 0) + (size_t)c->sign_count * SIGN_BYTES;
	if (need > (size_t)(end - at))
		return false;
	for (size_t i = 0; c->has_text && i < BULK_VALUES; i++)
		c->text[i] = (uint32_t)get(&at, NUMBER_BYTES);
	for (size_t i = 0; i < c->sign_count; i++)
		c->signs[i] = get_sign(&at);
	for (size_t i = 0; i < BULK_SET_COUNT; i++)
		if (!get_tally(&at, end, &c->sets[i]))
			return false;
	return at == end;
}

/* ---- counting ---- */

static uint32_t one_more(uint32_t n)
{
	return n < COUNT_MAX ? n + 1 : n;
}

struct cluster cluster_new(const struct bulk_sighting *s, const uint64_t *signs, int64_t now_ms)
{
	struct cluster c = { .has_text = s->has_text,
			     .sign_count = s->sign_count,
			     .first_ms = now_ms };

	if (s->has_text)
		memcpy(c.text, s->text, sizeof(c.text));
	for (unsigned i = 0; i < s->sign_count; i++)
		c.signs[i] = signs[i];
	return c;
}

/* 32 bits of a hash. */
static unsigned add_value(uint32_t *values, unsigned n, uint64_t hash)
{
	if (hash)
		values[n++] = (uint32_t)hash ? (uint32_t)hash : 1;
	return n;
}

unsigned cluster_values(const struct bulk_sighting *s, enum bulk_set set,
			uint32_t values[BULK_RECIPIENTS])
{
	const uint64_t single[BULK_SET_COUNT] = {
		[BULK_OF_NETWORKS] = s->network,
		[BULK_OF_ENVELOPES] = s->envelope,
		[BULK_OF_FROMS] = s->from,
		[BULK_OF_DOMAINS] = s->domain,
	};
	unsigned n = add_value(values, 0, single[set]);

	for (unsigned i = 0; set == BULK_OF_RECIPIENTS && i < BULK_RECIPIENTS; i++)
		n = add_value(values, n, s->recipients[i]);
	return n;
}

/* One that is far ahead is of a time when windows were shorter; one that is ahead by one, of a machine whose clock is. */
static void count_in_window(struct cluster *c, int64_t window)
{
	if (window == c->window + 1) {
		c->previous = c->current;
		c->current = 0;
		c->window = window;
	} else if (window > c->window || window < c->window - 1) {
		c->previous = c->current = 0;
		c->window = window;
	}
	c->current = one_more(c->current);
}

void cluster_add(struct cluster *c, const struct bulk_sighting *s, int64_t now_ms,
		 int64_t window_ms)
{
	uint32_t values[BULK_RECIPIENTS];

	count_in_window(c, now_ms / window_ms);
	c->last_ms = now_ms > c->last_ms ? now_ms : c->last_ms;
	c->messages = one_more(c->messages);
	if (s->domain)
		c->with_domain = one_more(c->with_domain);
	for (unsigned set = 0; set < BULK_SET_COUNT; set++) {
		const unsigned n = cluster_values(s, (enum bulk_set)set, values);

		for (unsigned i = 0; i < n; i++)
			tally_add(&c->sets[set], values[i]);
	}
}

void cluster_tell(struct cluster *c, enum bulk_outcome outcome)
{
	c->outcomes[outcome] = one_more(c->outcomes[outcome]);
}

bool cluster_has_sign(const struct cluster *c, uint64_t sign)
{
	for (unsigned i = 0; i < c->sign_count; i++)
		if (c->signs[i] == sign)
			return true;
	return false;
}

unsigned cluster_alike(const struct cluster *c, const struct bulk_sighting *s)
{
	unsigned n = 0;

	for (unsigned i = 0; c->has_text && s->has_text && i < BULK_VALUES; i++)
		n += c->text[i] == s->text[i];
	return n;
}

/* ---- answers ---- */

/* As if the mails of a window had come evenly. */
static uint32_t in_window(const struct cluster *c, int64_t now_ms, int64_t window_ms)
{
	const int64_t window = now_ms / window_ms, left = window_ms - now_ms % window_ms;

	if (window == c->window + 1)
		return (uint32_t)((double)c->current * (double)left / (double)window_ms);
	if (window == c->window)
		return c->current +
		       (uint32_t)((double)c->previous * (double)left / (double)window_ms);
	return window == c->window - 1 ? c->current : 0;
}

static unsigned kinds_of(const struct cluster *c)
{
	unsigned kinds = c->has_text ? 1u << BULK_TEXT : 0;

	for (unsigned i = 0; i < c->sign_count; i++) {
		const enum bulk_kind kind = bulk_way_kind(c->signs[i]);

		if (kind != BULK_KIND_COUNT)
			kinds |= 1u << kind;
	}
	return kinds;
}

void cluster_tell_all(const struct cluster *c, int64_t now_ms, int64_t window_ms,
		      struct bulk_seen *seen)
{
	seen->said = c->said;
	seen->signs = kinds_of(c);
	seen->first_ms = c->first_ms;
	seen->last_ms = c->last_ms;
	seen->messages = c->messages;
	seen->in_window = in_window(c, now_ms, window_ms);
	seen->with_domain = c->with_domain;
	memcpy(seen->outcomes, c->outcomes, sizeof(seen->outcomes));
	for (unsigned i = 0; i < BULK_SET_COUNT; i++)
		seen->distinct[i] = tally_estimate(&c->sets[i]);
}
