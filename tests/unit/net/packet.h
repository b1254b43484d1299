/* packet.h - DNS answers for tests, built record by record. */
#ifndef UNIT_NET_PACKET_H
#define UNIT_NET_PACKET_H

#include "base/check.h"
#include "base/rr.h"

enum { PACKET_MAX = 8192, ASKED = 12 /* where the question's name lies */ };

/* Response codes, as flags of a response with recursion. */
enum {
	NOERROR = 0x8180,
	FORMERR = 0x8181,
	SERVFAIL = 0x8182,
	NXDOMAIN = 0x8183,
	REFUSED = 0x8185,
	TRUNCATED = 0x8380
};

struct packet {
	size_t n;
	unsigned char b[PACKET_MAX];
};

static inline struct str packet_str(const struct packet *p)
{
	return (struct str){ .p = (const char *)p->b, .n = p->n };
}

static inline void put16(struct packet *p, unsigned v)
{
	CHECK(p->n + 2 <= sizeof(p->b));
	p->b[p->n++] = (unsigned char)(v >> 8);
	p->b[p->n++] = (unsigned char)v;
}

static inline void put32(struct packet *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p, v & 0xffff);
}

static inline void put_bytes(struct packet *p, const void *bytes, size_t n)
{
	CHECK(p->n + n <= sizeof(p->b));
	memcpy(p->b + p->n, bytes, n);
	p->n += n;
}

/* "" is the root. */
static inline void put_name(struct packet *p, const char *name)
{
	struct str label, rest = str_z(name);

	while (rest.n) {
		const unsigned char n = (unsigned char)strcspn(rest.p, ".");

		str_cut(rest, '.', &label, &rest);
		put_bytes(p, &n, 1);
		put_bytes(p, label.p, n);
	}
	put_bytes(p, "", 1);
}

static inline void packet_begin(struct packet *p, unsigned id, unsigned flags, const char *name,
				enum rr_type type)
{
	*p = (struct packet){ 0 };
	put16(p, id);
	put16(p, flags);
	put16(p, 1);
	put16(p, 0);
	put16(p, 0);
	put16(p, 0);
	put_name(p, name);
	put16(p, (unsigned)type);
	put16(p, 1);
}

/* Counts one more in section 1 (answer) or 2 (authority). */
static inline void count_in(struct packet *p, unsigned section)
{
	p->b[5 + 2 * section]++;
}

/* The record's head; the data is put next and closed with data_end().  owner NULL: the asked. */
static inline size_t data_begin(struct packet *p, unsigned section, const char *owner,
				enum rr_type type, uint32_t ttl_s)
{
	count_in(p, section);
	if (owner)
		put_name(p, owner);
	else
		put16(p, 0xc000 | ASKED);
	put16(p, (unsigned)type);
	put16(p, 1);
	put32(p, ttl_s);
	put16(p, 0);
	return p->n;
}

static inline void data_end(struct packet *p, size_t begin)
{
	p->b[begin - 2] = (unsigned char)((p->n - begin) >> 8);
	p->b[begin - 1] = (unsigned char)(p->n - begin);
}

static inline void add_a(struct packet *p, const char *owner, uint32_t ttl_s, uint32_t address)
{
	const size_t at = data_begin(p, 1, owner, RR_A, ttl_s);

	put32(p, address);
	data_end(p, at);
}

static inline void add_name(struct packet *p, const char *owner, enum rr_type type, uint32_t ttl_s,
			    const char *name)
{
	const size_t at = data_begin(p, 1, owner, type, ttl_s);

	put_name(p, name);
	data_end(p, at);
}

static inline void add_bytes(struct packet *p, enum rr_type type, const void *bytes, size_t n)
{
	const size_t at = data_begin(p, 1, NULL, type, 300);

	put_bytes(p, bytes, n);
	data_end(p, at);
}

static inline void add_soa(struct packet *p, const char *zone, uint32_t ttl_s, uint32_t minimum)
{
	const size_t at = data_begin(p, 2, zone, RR_SOA, ttl_s);

	put_name(p, "ns.test");
	put_name(p, "root.test");
	for (unsigned i = 0; i < 4; i++)
		put32(p, i);
	put32(p, minimum);
	data_end(p, at);
}

#endif
