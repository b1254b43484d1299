#include "lmdb/packed.h"

#include "base/check.h"
#include "base/octets.h"
#include "base/out.h"

#include <string.h>

enum { HEAD = 7, BITS = 7, MORE = 1 << BITS, VARINT_MAX = 10 };

static void put_varint(struct out *o, uint64_t v)
{
	for (; v >= MORE; v >>= BITS)
		out_char(o, (char)(v | MORE));
	out_char(o, (char)v);
}

/* False: it has no end, or no 64 bits hold it. */
static bool get_varint(struct str *rest, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < rest->n && i < VARINT_MAX; i++) {
		const unsigned char c = (unsigned char)rest->p[i];

		if (i == VARINT_MAX - 1 && c > 1)
			return false;
		*v |= (uint64_t)(c & (MORE - 1)) << (BITS * i);
		if (c < MORE) {
			*rest = str_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

static unsigned fields_used(const struct store_record *r)
{
	unsigned n = STORE_FIELDS;

	while (n && r->fields[n - 1] == 0)
		n--;
	return n;
}

size_t packed_write(const struct packed *p, char to[PACKED_MAX])
{
	const unsigned fields = fields_used(&p->record);
	const size_t body = p->record.body.n;
	const int64_t expires_ms = p->record.expires_ms < PACKED_EXPIRES_MAX ? p->record.expires_ms
									     : PACKED_EXPIRES_MAX;
	struct out o = { .p = to, .cap = PACKED_MAX };

	out_char(&o, (char)(PACKED_VERSION << 4 | (body ? PACKED_BODY : 0) | fields));
	out_le(&o, (uint64_t)expires_ms, HEAD - 1);
	put_varint(&o, p->key.n);
	for (unsigned i = 0; i < fields; i++)
		put_varint(&o, (uint64_t)p->record.fields[i]);
	if (body)
		put_varint(&o, body);
	out_str(&o, p->key);
	out_str(&o, p->record.body);
	out_str(&o, p->record.label);
	CHECK(!o.full);
	return o.n;
}

static bool get_numbers(struct str *rest, unsigned head, struct packed *p)
{
	const unsigned fields = head & (PACKED_BODY - 1);
	uint64_t v;

	if (!get_varint(rest, &v) || v == 0 || v > LIMIT_STORE_KEY)
		return false;
	p->key.n = (size_t)v;
	for (unsigned i = 0; i < fields; i++) {
		if (!get_varint(rest, &v))
			return false;
		p->record.fields[i] = (int64_t)v;
	}
	if (!(head & PACKED_BODY))
		return true;
	if (!get_varint(rest, &v) || v == 0 || v > LIMIT_STORE_BODY)
		return false;
	p->record.body.n = (size_t)v;
	return true;
}

static unsigned version(struct str bytes)
{
	return (unsigned char)bytes.p[0] >> 4;
}

int64_t packed_expires_ms(struct str bytes)
{
	if (bytes.n < HEAD || version(bytes) < PACKED_VERSION)
		return 0;
	return (int64_t)octets_le(bytes.p + 1, HEAD - 1);
}

bool packed_read(struct str bytes, struct packed *p)
{
	struct str rest;
	unsigned head;

	*p = (struct packed){ .key = { 0 } };
	p->record.expires_ms = packed_expires_ms(bytes);
	if (p->record.expires_ms == 0 || version(bytes) != PACKED_VERSION)
		return false;
	head = (unsigned char)bytes.p[0];
	if ((head & (PACKED_BODY - 1)) > STORE_FIELDS)
		return false;
	rest = str_from(bytes, HEAD);
	if (!get_numbers(&rest, head, p) || rest.n < p->key.n + p->record.body.n ||
	    rest.n - p->key.n - p->record.body.n > LIMIT_STORE_LABEL)
		return false;
	p->key.p = rest.p;
	rest = str_from(rest, p->key.n);
	p->record.body.p = rest.p;
	p->record.label = str_from(rest, p->record.body.n);
	return true;
}
