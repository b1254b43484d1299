#include "base/ip.h"

#include "base/check.h"

#include <arpa/inet.h>

static void unmap(struct ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (ip->family != IP_V6 || memcmp(ip->bytes, mapped, sizeof(mapped)) != 0)
		return;
	ip->family = IP_V4;
	memmove(ip->bytes, ip->bytes + 12, 4);
	memset(ip->bytes + 4, 0, 12);
}

bool ip_parse(struct str text, struct ip *ip)
{
	char z[IP_TEXT_MAX];

	*ip = (struct ip){ 0 };
	if (text.n == 0 || text.n >= sizeof(z))
		return false;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (strlen(z) != text.n)
		return false;
	if (inet_pton(AF_INET, z, ip->bytes) == 1)
		ip->family = IP_V4;
	else if (inet_pton(AF_INET6, z, ip->bytes) == 1)
		ip->family = IP_V6;
	else
		return false;
	unmap(ip);
	return true;
}

struct ip ip_from_bytes(enum ip_family family, const void *bytes)
{
	struct ip ip = { .family = family };

	CHECK(family != IP_NONE);
	memcpy(ip.bytes, bytes, family == IP_V4 ? 4 : 16);
	unmap(&ip);
	return ip;
}

static unsigned family_bits(enum ip_family family)
{
	return family == IP_V4 ? 32 : 128;
}

bool ip_net_parse(struct str text, struct ip_net *net)
{
	struct str base, bits;
	uint64_t n;
	const bool slash = str_cut(text, '/', &base, &bits);

	if (!ip_parse(base, &net->base))
		return false;
	n = family_bits(net->base.family);
	if (slash && !str_u64(bits, n, &n))
		return false;
	net->bits = (uint8_t)n;
	return true;
}

struct ip ip_net_first(const struct ip_net *net)
{
	const size_t whole = net->bits / 8;
	struct ip first = net->base;

	if (whole == sizeof(first.bytes))
		return first;
	first.bytes[whole] &= (uint8_t)(0xff00u >> net->bits % 8);
	memset(first.bytes + whole + 1, 0, sizeof(first.bytes) - whole - 1);
	return first;
}

bool ip_net_has(const struct ip_net *net, const struct ip *ip)
{
	const size_t whole = net->bits / 8;
	const unsigned rest = net->bits % 8;
	const uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (net->base.family != ip->family || memcmp(net->base.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 || ((net->base.bytes[whole] ^ ip->bytes[whole]) & mask) == 0;
}

bool ip_nets_have(const struct ip_nets *nets, const struct ip *ip)
{
	for (size_t i = 0; i < nets->count; i++)
		if (ip_net_has(&nets->items[i], ip))
			return true;
	return false;
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const struct ip_net v4 = { .base = { IP_V4, { 127 } }, .bits = 8 };
	static const struct ip v6 = { IP_V6, { [15] = 1 } };

	return ip_net_has(&v4, ip) || ip_eq(&v6, ip);
}

bool ip_is_private(const struct ip *ip)
{
	static const struct ip_net nets[] = {
		{ .base = { IP_V4, { 10 } }, .bits = 8 },          /* RFC 1918 */
		{ .base = { IP_V4, { 172, 16 } }, .bits = 12 },    /* RFC 1918 */
		{ .base = { IP_V4, { 192, 168 } }, .bits = 16 },   /* RFC 1918 */
		{ .base = { IP_V4, { 100, 64 } }, .bits = 10 },    /* RFC 6598 */
		{ .base = { IP_V4, { 127 } }, .bits = 8 },         /* RFC 1122 3.2.1.3 */
		{ .base = { IP_V4, { 169, 254 } }, .bits = 16 },   /* RFC 3927 */
		{ .base = { IP_V6, { [15] = 1 } }, .bits = 128 },  /* RFC 4291 2.5.3 */
		{ .base = { IP_V6, { 0xfc } }, .bits = 7 },        /* RFC 4193 */
		{ .base = { IP_V6, { 0xfe, 0x80 } }, .bits = 10 }, /* RFC 4291 2.5.6 */
	};

	for (size_t i = 0; i < COUNTOF(nets); i++)
		if (ip_net_has(&nets[i], ip))
			return true;
	return false;
}

static void print_byte(struct out *o, uint8_t byte)
{
	if (byte >= 100)
		out_char(o, (char)('0' + byte / 100));
	if (byte >= 10)
		out_char(o, (char)('0' + byte / 10 % 10));
	out_char(o, (char)('0' + byte % 10));
}

static void print_v4(struct out *o, const uint8_t *bytes, bool reversed)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			out_char(o, '.');
		print_byte(o, bytes[reversed ? 3 - i : i]);
	}
}

/* inet_ntop() is sprintf() behind it: every mail prints its client several times. */
void ip_print(struct out *o, const struct ip *ip)
{
	char z[IP_TEXT_MAX];

	switch (ip->family) {
	case IP_NONE:
		out_str(o, STR("unknown"));
		break;
	case IP_V4:
		print_v4(o, ip->bytes, false);
		break;
	case IP_V6:
		CHECK(inet_ntop(AF_INET6, ip->bytes, z, sizeof(z)));
		out_str(o, str_z(z));
		break;
	}
}

void ip_net_print(struct out *o, const struct ip_net *net)
{
	ip_print(o, &net->base);
	if (net->bits < family_bits(net->base.family)) {
		out_char(o, '/');
		out_u64(o, net->bits);
	}
}

void ip_print_reversed(struct out *o, const struct ip *ip)
{
	static const char hex[] = "0123456789abcdef";

	CHECK(ip->family != IP_NONE);
	if (ip->family == IP_V4) {
		print_v4(o, ip->bytes, true);
		return;
	}
	for (size_t i = 16; i-- > 0;) {
		out_char(o, hex[ip->bytes[i] & 15]);
		out_char(o, '.');
		out_char(o, hex[ip->bytes[i] >> 4]);
		if (i)
			out_char(o, '.');
	}
}

void ip_print_literal(struct out *o, const struct ip *ip)
{
	out_str(o, ip->family == IP_V6 ? STR("[IPv6:") : STR("["));
	ip_print(o, ip);
	out_char(o, ']');
}
