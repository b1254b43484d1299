/* Strict, as the protocol asks: a header that is not exactly right is none.  Of version 2's extra fields only
 * the checksum is looked at, but all must fill the header exactly. */
#include "protocol/proxy_header.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/octets.h"

enum {
	V2_HEAD = 16, /* signature, version and command, family and protocol, length */
	V2_VERSION = 0x20,
	V2_LOCAL = 0,
	V2_PROXY = 1,
	V2_FAMILY_MAX = 3, /* unspecified, IPv4, IPv6, unix */
	V2_PROTOCOL_MAX = 2,
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21,
	V2_UNIX_SIZE = 216,
	V2_CRC32C = 0x03,
	V2_UNIQUE_ID = 0x05,
	V2_EXTRA_HEAD = 3, /* type, length */
	V1_SPACES = 5,
	PORT_MAX = 65535,
};

static const struct str v1_start = STR_INIT("PROXY ");
static const struct str v2_start = STR_INIT("\r\n\r\n\0\r\nQUIT\n");

static enum proxy_state bad(struct proxy_header *h, const char *fault)
{
	h->fault = fault;
	return PROXY_BAD;
}

/* ---- version 1: a line ---- */

/* A port without leading zeros or sign (2.1). */
static bool parse_port(struct str text, uint16_t *port)
{
	uint64_t n;

	if (!str_u64(text, PORT_MAX, &n) || (text.n > 1 && text.p[0] == '0'))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool parse_address(struct str text, bool v6, struct ip *ip)
{
	const bool colon = text.n && memchr(text.p, ':', text.n);

	return colon == v6 && ip_parse(text, ip);
}

static enum proxy_state parse_addresses(struct str rest, bool v6, struct proxy_header *h)
{
	struct str source, destination, source_port;

	if (!str_cut(rest, ' ', &source, &rest) || !str_cut(rest, ' ', &destination, &rest) ||
	    !str_cut(rest, ' ', &source_port, &rest))
		return bad(h, "fields are missing");
	if (!parse_address(source, v6, &h->source) ||
	    !parse_address(destination, v6, &h->destination))
		return bad(h, "a bad address");
	if (!parse_port(source_port, &h->source_port) || !parse_port(rest, &h->destination_port))
		return bad(h, "a bad port");
	h->known = true;
	return PROXY_WHOLE;
}

static enum proxy_state parse_line(struct str line, struct proxy_header *h)
{
	const struct str rest = str_from(line, v1_start.n);
	struct str family, tail;

	str_cut(rest, ' ', &family, &tail);
	/* What follows UNKNOWN is ignored (2.1). */
	if (str_eq(family, STR("UNKNOWN")))
		return PROXY_WHOLE;
	if (str_eq(family, STR("TCP4")) || str_eq(family, STR("TCP6")))
		return parse_addresses(tail, family.p[3] == '6', h);
	return bad(h, "a protocol that is none of TCP4, TCP6, UNKNOWN");
}

/* Of a line with addresses, each space that is still to come has a byte behind it; CRLF is the end. */
static size_t least_length(struct str input)
{
	size_t spaces = 0;

	if (input.p[input.n - 1] == '\r')
		return input.n + 1;
	if (str_starts(input, STR("PROXY UNKNOWN")))
		return input.n + 2;
	if (!str_starts(input, STR("PROXY TCP")))
		return input.n + 2 < PROXY_SHORTEST ? PROXY_SHORTEST : input.n + 2;
	for (size_t i = 0; i < input.n; i++)
		spaces += input.p[i] == ' ';
	return input.n + 2 + (spaces < V1_SPACES ? 2 * (V1_SPACES - spaces) : 0);
}

static enum proxy_state parse_v1(struct str input, struct proxy_header *h)
{
	const struct str head = str_head(input, LIMIT_PROXY_V1);
	const char *lf = memchr(head.p, '\n', head.n);
	size_t n;

	if (!lf && input.n >= LIMIT_PROXY_V1)
		return bad(h, "longer than 107 bytes");
	if (!lf) {
		h->n = least_length(input);
		if (h->n > LIMIT_PROXY_V1)
			h->n = LIMIT_PROXY_V1;
		return PROXY_MORE;
	}
	n = (size_t)(lf - head.p) + 1;
	if (n < v1_start.n + 2 || lf[-1] != '\r')
		return bad(h, "a line that does not end in CRLF");
	h->n = n;
	return parse_line(str_head(input, n - 2), h);
}

/* ---- version 2: binary ---- */

static unsigned byte_at(struct str s, size_t at)
{
	return (unsigned char)s.p[at];
}

static unsigned u16_at(struct str s, size_t at)
{
	return byte_at(s, at) << 8 | byte_at(s, at + 1);
}

static uint32_t crc32c_add(uint32_t crc, unsigned byte)
{
	crc ^= byte;
	for (int i = 0; i < 8; i++)
		crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
	return crc;
}

/* Of the whole header, the four bytes of the sum itself taken as zero (2.2.3). */
static uint32_t crc32c(struct str s, size_t sum_at)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < s.n; i++)
		crc = crc32c_add(crc, i >= sum_at && i < sum_at + 4 ? 0 : byte_at(s, i));
	return ~crc;
}

static bool sum_is_right(struct str header, size_t at, size_t n)
{
	return n == 4 &&
	       crc32c(header, at) == ((uint32_t)u16_at(header, at) << 16 | u16_at(header, at + 2));
}

/* Type, length, value, to the very end (2.2). */
static enum proxy_state check_extras(struct str header, size_t at, struct proxy_header *h)
{
	while (at < header.n) {
		size_t n;

		if (header.n - at < 3)
			return bad(h, "an extra field is cut off");
		n = u16_at(header, at + 1);
		if (header.n - at - 3 < n)
			return bad(h, "an extra field is cut off");
		if (byte_at(header, at) == V2_CRC32C && !sum_is_right(header, at + 3, n))
			return bad(h, "a wrong checksum");
		at += 3 + n;
	}
	return PROXY_WHOLE;
}

static size_t address_size(unsigned family)
{
	static const size_t sizes[V2_FAMILY_MAX + 1] = { 0, 12, 36, V2_UNIX_SIZE };

	return sizes[family >> 4];
}

static void take_addresses(struct str header, enum ip_family family, struct proxy_header *h)
{
	const size_t n = family == IP_V4 ? 4 : 16;

	h->source = ip_from_bytes(family, header.p + V2_HEAD);
	h->destination = ip_from_bytes(family, header.p + V2_HEAD + n);
	h->source_port = (uint16_t)u16_at(header, V2_HEAD + 2 * n);
	h->destination_port = (uint16_t)u16_at(header, V2_HEAD + 2 * n + 2);
	h->known = true;
}

static enum proxy_state parse_body(struct str header, struct proxy_header *h)
{
	const unsigned family = byte_at(header, 13);

	/* The family of LOCAL is ignored, and with it where the extra fields begin (2.2). */
	if ((byte_at(header, 12) & 15) == V2_LOCAL)
		return PROXY_WHOLE;
	if (family >> 4 > V2_FAMILY_MAX || (family & 15) > V2_PROTOCOL_MAX)
		return bad(h, "an unknown address family");
	if (header.n < V2_HEAD + address_size(family))
		return bad(h, "too short for its addresses");
	if (family == V2_TCP4 || family == V2_TCP6)
		take_addresses(header, family == V2_TCP4 ? IP_V4 : IP_V6, h);
	return check_extras(header, V2_HEAD + address_size(family), h);
}

static enum proxy_state parse_v2(struct str input, struct proxy_header *h)
{
	if (input.n > 12 && (byte_at(input, 12) & 0xf0) != V2_VERSION)
		return bad(h, "neither version 1 nor 2");
	if (input.n > 12 && (byte_at(input, 12) & 15) > V2_PROXY)
		return bad(h, "a command that is neither LOCAL nor PROXY");
	h->n = input.n < V2_HEAD ? V2_HEAD : V2_HEAD + u16_at(input, 14);
	if (h->n > LIMIT_PROXY_V2)
		return bad(h, "longer than we take");
	if (input.n < h->n)
		return PROXY_MORE;
	return parse_body(str_head(input, h->n), h);
}

enum proxy_state proxy_header_parse(struct str input, struct proxy_header *h)
{
	*h = (struct proxy_header){ .n = PROXY_SHORTEST };
	if (input.n == 0)
		return PROXY_MORE;
	if (str_starts(v2_start, str_head(input, v2_start.n)))
		return parse_v2(input, h);
	if (!str_starts(v1_start, str_head(input, v1_start.n)))
		return bad(h, "no PROXY header");
	if (input.n < v1_start.n)
		return PROXY_MORE;
	return parse_v1(input, h);
}

/* ---- toward a backend ---- */

static void print_ip(struct out *o, const struct ip *ip)
{
	out_str(o, (struct str){ .p = (const char *)ip->bytes, .n = ip->family == IP_V4 ? 4 : 16 });
}

void proxy_header_print(struct out *o, const struct proxy_header *h)
{
	const bool v4 = h->source.family == IP_V4;
	const bool known = h->known && h->source.family != IP_NONE &&
			   h->source.family == h->destination.family;
	const struct str id = str_head(h->unique_id, LIMIT_UNIQUE_ID);
	const size_t extra = id.n ? V2_EXTRA_HEAD + id.n : 0;

	out_str(o, v2_start);
	out_char(o, V2_VERSION | (known ? V2_PROXY : V2_LOCAL));
	out_char(o, known ? (v4 ? V2_TCP4 : V2_TCP6) : 0);
	out_be(o, known ? (v4 ? 12 : 36) + extra : 0, 2);
	if (!known)
		return;
	print_ip(o, &h->source);
	print_ip(o, &h->destination);
	out_be(o, h->source_port, 2);
	out_be(o, h->destination_port, 2);
	if (extra) {
		out_char(o, V2_UNIQUE_ID);
		out_be(o, id.n, 2);
		out_str(o, id);
	}
}
