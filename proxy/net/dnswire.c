/* Two passes: the record headers of the answer section are listed first, then the chain of
 * names is walked over that list, so the order of records does not matter (RFC 1034 4.3.1 does
 * not promise one).  The authority section is read only for a negative answer's SOA, and the
 * additional section never. */
#include "net/dnswire.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "net/dnsname.h"

enum {
	HEADER_BYTES = 12,
	CLASS_IN = 1,
	TYPE_OPT = 41,
	EDNS_BYTES = 1232,
	CNAME_STEPS = 8,
	FLAG_QR = 0x8000,
	MASK_OPCODE = 0x7800,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	MASK_RCODE = 0x000f,
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_NXDOMAIN = 3,
};

/* A record's place in the packet. */
struct place {
	size_t owner, data, data_n;
	unsigned type, class;
	uint32_t ttl_s;
};

struct reader {
	struct str packet;
	size_t at;
	bool bad; /* sticky: something was malformed */
};

struct wire {
	struct reader rd;
	enum rr_type type;
	struct arena *arena;
	struct dns_answer *answer;
	unsigned flags, answers, authorities;
	struct dnsname current; /* the asked name, then what its CNAMEs say */
	uint32_t ttl_s;
	unsigned place_count;
	struct place places[LIMIT_DNS_RECORDS];
};

static uint32_t read_uint(struct reader *rd, unsigned bytes)
{
	uint32_t v = 0;

	if (rd->bad || bytes > rd->packet.n - rd->at) {
		rd->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)rd->packet.p[rd->at++];
	return v;
}

static void read_name(struct reader *rd, struct dnsname *name)
{
	if (!rd->bad && !dnsname_read(rd->packet, &rd->at, name))
		rd->bad = true;
	if (rd->bad)
		name->n = 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static struct place read_place(struct reader *rd)
{
	struct place p = { .owner = rd->at };

	if (!rd->bad && !dnsname_skip(rd->packet, &rd->at))
		rd->bad = true;
	p.type = read_uint(rd, 2);
	p.class = read_uint(rd, 2);
	p.ttl_s = read_uint(rd, 4);
	if (p.ttl_s > INT32_MAX)
		p.ttl_s = 0; /* RFC 2181 8 */
	p.data_n = read_uint(rd, 2);
	p.data = rd->at;
	if (rd->bad || p.data_n > rd->packet.n - rd->at)
		rd->bad = true;
	else
		rd->at += p.data_n;
	return p;
}

/* Header and question: is it the answer to what was asked? */
static bool read_head(struct wire *w, struct str name, unsigned type)
{
	struct reader *rd = &w->rd;
	unsigned questions;

	(void)read_uint(rd, 2); /* the id was compared before */
	w->flags = read_uint(rd, 2);
	questions = read_uint(rd, 2);
	w->answers = read_uint(rd, 2);
	w->authorities = read_uint(rd, 2);
	(void)read_uint(rd, 2);
	if (rd->bad || !(w->flags & FLAG_QR) || (w->flags & (MASK_OPCODE | FLAG_TC)) ||
	    questions != 1)
		return false;
	read_name(rd, &w->current);
	if (read_uint(rd, 2) != type || read_uint(rd, 2) != CLASS_IN)
		return false;
	return !rd->bad && str_ieq(dnsname_str(&w->current), name);
}

static void list_answers(struct wire *w)
{
	for (unsigned i = 0; i < w->answers; i++) {
		const struct place p = read_place(&w->rd);

		if (w->rd.bad)
			return;
		if (w->place_count == LIMIT_DNS_RECORDS) {
			w->authorities = 0; /* not reached */
			w->answer->cut = true;
			return;
		}
		if (p.class == CLASS_IN && (p.type == w->type || p.type == RR_CNAME))
			w->places[w->place_count++] = p;
	}
}

static bool owned_by(const struct wire *w, const struct place *p, struct str name)
{
	struct dnsname owner;
	size_t at = p->owner;

	return dnsname_read(w->rd.packet, &at, &owner) && str_eq(dnsname_str(&owner), name);
}

/* A name that must fill the record's data from `skip` to its end. */
static bool data_name(const struct wire *w, const struct place *p, size_t skip,
		      struct dnsname *name)
{
	size_t at = p->data + skip;

	return dnsname_read(w->rd.packet, &at, name) && at == p->data + p->data_n;
}

/* Moves along one CNAME.  False: there is none, or it is malformed. */
static bool follow(struct wire *w)
{
	for (unsigned i = 0; i < w->place_count; i++) {
		const struct place *p = &w->places[i];
		struct dnsname next;

		if (p->type != RR_CNAME || !owned_by(w, p, dnsname_str(&w->current)))
			continue;
		if (!data_name(w, p, 0, &next)) {
			w->rd.bad = true;
			return false;
		}
		w->current = next;
		w->ttl_s = least(w->ttl_s, p->ttl_s);
		return true;
	}
	return false;
}

static bool has_records(const struct wire *w)
{
	for (unsigned i = 0; i < w->place_count; i++)
		if (w->places[i].type == (unsigned)w->type &&
		    owned_by(w, &w->places[i], dnsname_str(&w->current)))
			return true;
	return false;
}

static enum err keep_text(const struct wire *w, struct str text, struct rr *rr)
{
	rr->text = arena_str(w->arena, text);
	return rr->text.p ? ERR_OK : ERR_NOMEM;
}

static enum err read_address(const struct wire *w, const struct place *p, struct rr *rr)
{
	const size_t bytes = p->type == RR_A ? 4 : 16;

	if (p->data_n != bytes)
		return ERR_SYNTAX;
	rr->ip.family = p->type == RR_A ? IP_V4 : IP_V6;
	memcpy(rr->ip.bytes, w->rd.packet.p + p->data, bytes);
	return ERR_OK;
}

static enum err read_target(const struct wire *w, const struct place *p, size_t skip, struct rr *rr)
{
	struct dnsname name;

	if (p->data_n < skip || !data_name(w, p, skip, &name))
		return ERR_SYNTAX;
	return keep_text(w, dnsname_str(&name), rr);
}

static enum err read_mx(const struct wire *w, const struct place *p, struct rr *rr)
{
	struct reader rd = { .packet = w->rd.packet, .at = p->data };

	rr->preference = (uint16_t)read_uint(&rd, 2);
	return rd.bad ? ERR_SYNTAX : read_target(w, p, 2, rr);
}

/* ERR_LIMIT: longer than we read. */
static enum err read_txt(const struct wire *w, const struct place *p, struct rr *rr)
{
	const struct str data = { .p = w->rd.packet.p + p->data, .n = p->data_n };
	char joined[LIMIT_DNS_TXT];
	struct out o = OUT(joined);

	for (size_t at = 0; at < data.n;) {
		const size_t n = (unsigned char)data.p[at++];

		if (n > data.n - at)
			return ERR_SYNTAX;
		out_str(&o, str_head(str_from(data, at), n));
		at += n;
	}
	return o.full ? ERR_LIMIT : keep_text(w, out_text(&o), rr);
}

static enum err read_data(const struct wire *w, const struct place *p, struct rr *rr)
{
	*rr = (struct rr){ .type = w->type };
	switch (w->type) {
	case RR_A:
	case RR_AAAA:
		return read_address(w, p, rr);
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		return read_target(w, p, 0, rr);
	case RR_MX:
		return read_mx(w, p, rr);
	case RR_TXT:
		return read_txt(w, p, rr);
	case RR_SOA:
		return ERR_OK; /* that it is there is all that is asked of it */
	}
	UNREACHABLE();
}

static enum err collect(struct wire *w)
{
	struct dns_answer *answer = w->answer;
	struct rr *records = arena_alloc(w->arena, w->place_count * sizeof(*records));

	if (!records)
		return ERR_NOMEM;
	answer->records = records;
	for (unsigned i = 0; i < w->place_count; i++) {
		const struct place *p = &w->places[i];
		enum err err;

		if (p->type != (unsigned)w->type || !owned_by(w, p, dnsname_str(&w->current)))
			continue;
		err = read_data(w, p, &records[answer->count]);
		if (err == ERR_LIMIT) {
			answer->cut = true;
			continue;
		}
		if (err != ERR_OK)
			return err;
		answer->count++;
		w->ttl_s = least(w->ttl_s, p->ttl_s);
	}
	return ERR_OK;
}

/* The least of the SOA's own TTL and its MINIMUM field (RFC 2308 5). */
static bool read_soa(const struct wire *w, const struct place *p, uint32_t *ttl_s)
{
	struct reader rd = { .packet = w->rd.packet, .at = p->data };
	struct dnsname skipped;

	read_name(&rd, &skipped);
	read_name(&rd, &skipped);
	for (unsigned i = 0; i < 4; i++)
		(void)read_uint(&rd, 4);
	*ttl_s = least(p->ttl_s, read_uint(&rd, 4));
	return !rd.bad && rd.at == p->data + p->data_n;
}

/* Only the SOA of a zone above the name counts.  0: none, so that nothing is kept. */
static uint32_t negative_ttl(struct wire *w)
{
	for (unsigned i = 0; i < w->authorities && i < LIMIT_DNS_RECORDS; i++) {
		const struct place p = read_place(&w->rd);
		struct dnsname zone;
		size_t at = p.owner;
		uint32_t ttl_s;

		if (w->rd.bad)
			return 0;
		if (p.type != RR_SOA || p.class != CLASS_IN)
			continue;
		if (dnsname_read(w->rd.packet, &at, &zone) &&
		    dnsname_below(dnsname_str(&w->current), dnsname_str(&zone)) &&
		    read_soa(w, &p, &ttl_s))
			return least(ttl_s, LIMIT_DNS_NEGATIVE_TTL_S);
	}
	return 0;
}

static enum err read_answer(struct wire *w)
{
	struct dns_answer *answer = w->answer;
	const unsigned rcode = w->flags & MASK_RCODE;
	enum err err = ERR_OK;

	list_answers(w);
	for (unsigned steps = 0; !has_records(w) && follow(w);)
		if (++steps > CNAME_STEPS)
			return ERR_SYNTAX; /* a loop, most likely */
	if (w->rd.bad)
		return ERR_SYNTAX;
	if (rcode == RCODE_NOERROR && has_records(w))
		err = collect(w);
	if (err != ERR_OK)
		return err;
	answer->status = DNS_OK;
	if (answer->count == 0) {
		answer->status = rcode == RCODE_NXDOMAIN ? DNS_NXDOMAIN : DNS_NODATA;
		w->ttl_s = least(w->ttl_s, negative_ttl(w));
	}
	answer->ttl_s = w->ttl_s;
	return w->rd.bad ? ERR_SYNTAX : ERR_OK;
}

static bool is_said(unsigned rcode)
{
	return rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN;
}

enum err dnswire_parse(struct str packet, struct str name, enum rr_type type, struct arena *arena,
		       struct dns_answer *answer)
{
	struct wire w;
	enum err err;
	unsigned rcode;

	w.rd = (struct reader){ .packet = packet };
	w.type = type;
	w.arena = arena;
	w.answer = answer;
	w.ttl_s = LIMIT_DNS_TTL_S;
	w.place_count = 0;
	*answer = (struct dns_answer){ .status = DNS_FAILED };
	if (!read_head(&w, name, type))
		return ERR_SYNTAX;
	rcode = w.flags & MASK_RCODE;
	if (!is_said(rcode)) {
		answer->rcode = (uint8_t)rcode;
		return ERR_SERVFAIL;
	}
	err = read_answer(&w);
	if (err != ERR_OK)
		*answer = (struct dns_answer){ .status = DNS_FAILED };
	return err;
}

bool dnswire_lacks_edns(struct str packet)
{
	const unsigned char *p = (const unsigned char *)packet.p;

	return packet.n >= HEADER_BYTES && (p[3] & MASK_RCODE) == RCODE_FORMERR && p[10] == 0 &&
	       p[11] == 0;
}

bool dnswire_is_truncated(struct str packet)
{
	return packet.n >= HEADER_BYTES && ((unsigned char)packet.p[2] << 8 & FLAG_TC);
}

bool dnswire_is_failure(struct str packet)
{
	return packet.n < HEADER_BYTES || !is_said((unsigned char)packet.p[3] & MASK_RCODE);
}

/* SPF macros put what clients wrote into names (RFC 7208 7.2): not only host names are asked.  A backslash would
 * be taken for one of dnsname_read()'s. */
static bool name_char(char c)
{
	return c >= ' ' && c < 0x7f && c != '\\';
}

bool dnswire_name_ok(struct str name)
{
	size_t label = 0;

	if (name.n == 0 || name.n > LIMIT_DNS_NAME - 2)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '.' ? label == 0 : !name_char(name.p[i]))
			return false;
		label = name.p[i] == '.' ? 0 : label + 1;
		if (label > LIMIT_DNS_LABEL)
			return false;
	}
	return label > 0;
}

static void put_u16(struct dnswire_query *q, unsigned v)
{
	q->bytes[q->n++] = (unsigned char)(v >> 8);
	q->bytes[q->n++] = (unsigned char)v;
}

static void put_name(struct dnswire_query *q, struct str name)
{
	struct str label, rest = name;

	while (rest.n) {
		str_cut(rest, '.', &label, &rest);
		q->bytes[q->n++] = (unsigned char)label.n;
		memcpy(q->bytes + q->n, label.p, label.n);
		q->n += label.n;
	}
	q->bytes[q->n++] = 0;
}

struct dnswire_query dnswire_build(struct str name, enum rr_type type, uint16_t id, bool edns)
{
	struct dnswire_query q = { 0 };

	CHECK(dnswire_name_ok(name));
	put_u16(&q, id);
	put_u16(&q, FLAG_RD);
	put_u16(&q, 1);
	put_u16(&q, 0);
	put_u16(&q, 0);
	put_u16(&q, edns ? 1 : 0);
	put_name(&q, name);
	put_u16(&q, (unsigned)type);
	put_u16(&q, CLASS_IN);
	if (edns) { /* RFC 6891 6.1.2: the root, OPT, our size, flags 0, no data */
		q.bytes[q.n++] = 0;
		put_u16(&q, TYPE_OPT);
		put_u16(&q, EDNS_BYTES);
		put_u16(&q, 0);
		put_u16(&q, 0);
		put_u16(&q, 0);
	}
	CHECK(q.n <= sizeof(q.bytes));
	return q;
}
