#include "base/id.h"

#include "base/out.h"

/* Digits and letters without I, L, O, U: can be read aloud (Crockford's base 32). */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { DIGITS = 12, COUNTER_BITS = 13, WORKER_BITS = 6, TIME_BITS = 41 };

#define TIMES (INT64_C(1) << TIME_BITS) /* ms until it comes round */

struct id id_session(int64_t unix_ms, unsigned worker)
{
	static uint64_t counter;

	return id_nth(unix_ms, worker, counter++ & ((1u << COUNTER_BITS) - 1));
}

/* What the counter has no room for is as if time had passed. */
struct id id_nth(int64_t unix_ms, unsigned worker, uint64_t nth)
{
	const uint64_t time = ((uint64_t)unix_ms + (nth >> COUNTER_BITS)) & (uint64_t)(TIMES - 1);
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

static const char *digit_of(char c)
{
	c = ascii_lower(c);
	if (c == 'o')
		c = '0';
	if (c == 'i' || c == 'l')
		c = '1';
	if (c >= 'a' && c <= 'z')
		c = (char)(c - ('a' - 'A'));
	return c ? strchr(alphabet, c) : NULL;
}

bool id_read(struct str text, int64_t now_ms, struct id *id, int64_t *unix_ms)
{
	const struct str nth = text.n > DIGITS ? str_from(text, DIGITS) : (struct str){ 0 };
	uint64_t v = 0, ignored;
	int64_t ahead;

	*id = (struct id){ .text = "" };
	if (text.n < DIGITS || text.n >= sizeof(id->text))
		return false;
	for (size_t i = 0; i < DIGITS; i++) {
		const char *digit = digit_of(text.p[i]);

		if (!digit)
			return false;
		id->text[i] = *digit;
		v = v << 5 | (uint64_t)(digit - alphabet);
	}
	if (nth.n && (nth.p[0] != '-' || !str_u64(str_from(nth, 1), UINT32_MAX, &ignored)))
		return false;
	if (nth.n)
		memcpy(id->text + DIGITS, nth.p, nth.n);
	/* Within half of the round before and after now. */
	ahead = ((int64_t)(v >> (COUNTER_BITS + WORKER_BITS)) - now_ms) & (TIMES - 1);
	*unix_ms = now_ms + (ahead < TIMES / 2 ? ahead : ahead - TIMES);
	return true;
}

bool id_is_transaction(const struct id *id)
{
	return id->text[DIGITS] == '-';
}
