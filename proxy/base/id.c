#include "base/id.h"

#include "base/out.h"

/* Digits and letters without I, L, O, U: can be read aloud (Crockford's base 32). */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { DIGITS = 12, COUNTER_BITS = 13, WORKER_BITS = 6 };

struct id id_session(int64_t unix_ms, unsigned worker)
{
	static uint64_t counter;

	return id_nth(unix_ms, worker, counter++ & ((1u << COUNTER_BITS) - 1));
}

/* What the counter has no room for is as if time had passed. */
struct id id_nth(int64_t unix_ms, unsigned worker, uint64_t nth)
{
	const uint64_t time =
		((uint64_t)unix_ms + (nth >> COUNTER_BITS)) & ((UINT64_C(1) << 41) - 1);
	uint64_t v = time << (COUNTER_BITS + WORKER_BITS);
	struct id id = { .text = "" };

	v |= (uint64_t)(worker & ((1u << WORKER_BITS) - 1)) << COUNTER_BITS;
	v |= nth & ((1u << COUNTER_BITS) - 1);
	for (size_t i = DIGITS; i-- > 0; v >>= 5)
		id.text[i] = alphabet[v & 31];
	return id;
}

struct id id_transaction(const struct id *session, unsigned nth)
{
	struct id id = *session;
	struct out o = { .p = id.text, .n = strlen(id.text), .cap = sizeof(id.text) - 1 };

	out_char(&o, '-');
	out_u64(&o, nth);
	id.text[o.n] = '\0';
	return id;
}
