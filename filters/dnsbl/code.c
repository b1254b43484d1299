/* code.c - see code.h. */
#include "filters/dnsbl/code.h"

#include "conf/symbol.h"

static uint32_t number(const struct ip *ip)
{
	return (uint32_t)ip->bytes[0] << 24 | (uint32_t)ip->bytes[1] << 16 |
	       (uint32_t)ip->bytes[2] << 8 | ip->bytes[3];
}

static bool number_is_broken(uint32_t n)
{
	return n >> 24 != 127 || n == 0x7f000001 || n >> 8 == 0x7fffff;
}

bool dnsbl_answer_is_broken(const struct ip *answer)
{
	return answer->family != IP_V4 || number_is_broken(number(answer));
}

bool dnsbl_code_has(const struct dnsbl_code *code, const struct ip *answer)
{
	const uint32_t n = number(answer);

	return answer->family == IP_V4 && code->low <= n && n <= code->high &&
	       (code->bits == 0 || (n & code->bits));
}

static bool parse_address(struct str text, uint32_t *n)
{
	struct ip ip;

	if (!ip_parse(text, &ip) || ip.family != IP_V4)
		return false;
	*n = number(&ip);
	return true;
}

static bool parse_mask(struct str text, struct dnsbl_code *code)
{
	struct ip_net net;
	uint32_t mask;

	if (!ip_net_parse(text, &net) || net.base.family != IP_V4)
		return false;
	mask = net.bits ? UINT32_MAX << (32 - net.bits) : 0;
	code->low = number(&net.base) & mask;
	code->high = code->low | ~mask;
	return true;
}

/* Bits of the last number, as lists that are several lists in one answer. */
static bool parse_bits(struct str text, struct dnsbl_code *code)
{
	uint64_t bits;

	code->low = 0x7f000002; /* 127.0.0.1 says that the list is broken */
	code->high = 0x7f0000ff;
	if (!str_u64(text, 255, &bits) || bits == 0)
		return false;
	code->bits = (uint32_t)bits;
	return true;
}

static bool parse_range(struct str text, struct dnsbl_code *code)
{
	struct str low, high;
	uint64_t octet;

	code->bits = 0;
	if (str_starts(text, STR("&")))
		return parse_bits(str_from(text, 1), code);
	if (memchr(text.p, '/', text.n))
		return parse_mask(text, code);
	if (!str_cut(text, '-', &low, &high))
		high = low;
	if (!parse_address(low, &code->low))
		return false;
	if (str_u64(high, 255, &octet)) {
		code->high = (code->low & ~(uint32_t)255) | (uint32_t)octet;
		return true;
	}
	return parse_address(high, &code->high);
}

bool dnsbl_code_parse(struct str text, struct dnsbl_code *code, const char **why)
{
	struct str range;

	text = str_trim(text);
	if (!str_cut(text, ' ', &range, &code->symbol)) {
		*why = "expected an address and a symbol, as in \"127.0.0.4-7 DNSBL_XBL\"";
		return false;
	}
	code->symbol = str_trim(code->symbol);
	if (!parse_range(range, code))
		*why = "not an address, a range (127.0.0.4-7), a network (127.0.2.0/24) or bits (&4)";
	else if (code->low > code->high)
		*why = "the range ends before it begins";
	else if (code->low >> 24 != 127 || code->high >> 24 != 127)
		*why = "answers of a list are in 127.0.0.0/8 (RFC 5782 2.3)";
	else if (number_is_broken(code->low) && number_is_broken(code->high) &&
		 code->low >> 8 == code->high >> 8)
		*why = "127.0.0.1 and 127.255.255.x mean that the list is broken, never a listing";
	else if (!symbol_name_ok(code->symbol))
		*why = "a symbol is made of letters, digits and _";
	else
		return true;
	return false;
}
