#include "store/bucket.h"

#include "base/octets.h"

#include <string.h>

enum {
	TAG = 3,
	ID = 8,
	DUE = 2,
	DUE_SHIFT = 21, /* 2097 s */
	DUE_HALF = 1 << 15
};

/* ---- keys ---- */

struct str bucket_key(uint64_t way, char to[BUCKET_KEY])
{
	to[0] = 'b';
	octets_put_be(to + 1, way % BUCKETS, BUCKET_KEY - 1);
	return (struct str){ .p = to, .n = BUCKET_KEY };
}

bool bucket_number(struct str key, uint32_t *number)
{
	if (key.n != BUCKET_KEY || key.p[0] != 'b')
		return false;
	*number = (uint32_t)octets_be(key.p + 1, BUCKET_KEY - 1);
	return true;
}

/* ---- time: rounded up; 16 bits are enough to tell what is over from what is to come ---- */

int64_t bucket_end_ms(int64_t expires_ms)
{
	return ((expires_ms >> DUE_SHIFT) + 1) * (INT64_C(1) << DUE_SHIFT);
}

bool bucket_is_over(uint16_t due, int64_t now_ms)
{
	return (uint16_t)(due - (uint16_t)(now_ms >> DUE_SHIFT) - 1) >= DUE_HALF;
}

static uint16_t due_at(struct str body, size_t at)
{
	return (uint16_t)octets_be(body.p + at + TAG + ID, DUE);
}

/* ---- entries ---- */

/* The newest entry of it; body.n: there is none. */
static size_t find(struct str body, uint64_t way)
{
	char tag[TAG];
	size_t at = body.n - body.n % BUCKET_ENTRY;

	octets_put_be(tag, way >> (64 - 8 * TAG), TAG);
	while (at >= BUCKET_ENTRY) {
		at -= BUCKET_ENTRY;
		if (memcmp(body.p + at, tag, TAG) == 0)
			return at;
	}
	return body.n;
}

bool bucket_find(struct str body, uint64_t way, int64_t now_ms, uint64_t *id, uint16_t *due)
{
	const size_t at = find(body, way);

	if (at == body.n || bucket_is_over(due_at(body, at), now_ms))
		return false;
	*id = octets_be(body.p + at + TAG, ID);
	*due = due_at(body, at);
	return true;
}

struct str bucket_with(struct str body, uint64_t way, uint64_t id, int64_t expires_ms,
		       int64_t now_ms, char to[BUCKET_BYTES + BUCKET_ENTRY])
{
	size_t at, n;

	body = str_head(body, BUCKET_BYTES);
	body.n -= body.n % BUCKET_ENTRY;
	at = find(body, way);
	n = at < body.n ? body.n - BUCKET_ENTRY : body.n;
	if (body.n)
		memcpy(to, body.p, at);
	if (at < body.n)
		memcpy(to + at, body.p + at + BUCKET_ENTRY, n - at);
	octets_put_be(to + n, way >> (64 - 8 * TAG), TAG);
	octets_put_be(to + n + TAG, id, ID);
	octets_put_be(to + n + TAG + ID, (uint64_t)(expires_ms >> DUE_SHIFT) + 1, DUE);
	body = (struct str){ .p = to, .n = n + BUCKET_ENTRY };
	while (body.n > BUCKET_BYTES ||
	       (body.n > BUCKET_ENTRY && bucket_is_over(due_at(body, 0), now_ms)))
		body = str_from(body, BUCKET_ENTRY);
	return body;
}
