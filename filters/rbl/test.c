#include "filters/rbl/test.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/out.h"
#include "filters/dnsbl/code.h"

static uint32_t number_of(const struct ip *ip)
{
	return (uint32_t)ip->bytes[0] << 24 | (uint32_t)ip->bytes[1] << 16 |
	       (uint32_t)ip->bytes[2] << 8 | ip->bytes[3];
}

static bool read_hex(struct str s, uint32_t *number)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 8)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return false;
		n = n * 16 + (uint64_t)digit;
	}
	*number = (uint32_t)n;
	return true;
}

/* As four numbers, decimal or hexadecimal. */
static bool read_code(struct str s, uint32_t *number, bool *quad)
{
	struct ip ip;
	uint64_t n;

	*quad = ip_parse(s, &ip) && ip.family == IP_V4;
	if (*quad) {
		*number = number_of(&ip);
		return true;
	}
	if (str_istarts(s, STR("0x")))
		return read_hex(str_from(s, 2), number);
	if (!str_u64(s, UINT32_MAX, &n))
		return false;
	*number = (uint32_t)n;
	return true;
}

bool rbl_test_read_code(struct str text, struct rbl_test *test)
{
	struct str first, second;
	bool quad;

	*test = (struct rbl_test){ .kind = RBL_RANGE, .mask = UINT32_MAX };
	if (str_cut(text, '-', &first, &second))
		return read_code(first, &test->low, &quad) && read_code(second, &test->high, &quad);
	if (str_cut(text, '/', &first, &second)) {
		if (!read_code(first, &test->low, &quad) || !read_code(second, &test->mask, &quad))
			return false;
		test->low = test->high = test->low & test->mask;
		return true;
	}
	if (!read_code(text, &test->low, &quad))
		return false;
	test->high = test->low;
	if (!quad) {
		test->kind = RBL_BITS;
		test->mask = test->low;
	}
	return true;
}

bool rbl_test_read(struct str text, struct rbl_test *test, struct regex_error *error)
{
	struct ip ip;
	uint64_t bits;

	*test = (struct rbl_test){ .kind = RBL_ANY };
	if (text.n == 0)
		return true;
	if (str_u64(text, UINT32_MAX, &bits) || (ip_parse(text, &ip) && ip.family == IP_V4))
		return rbl_test_read_code(text, test);
	test->kind = RBL_REGEX;
	test->regex = regex_compile(text, (struct str){ 0 }, error);
	return test->regex != NULL;
}

/* PCRE2's machine code looks at whole vectors: there are zeroes behind the text. */
static bool regex_has(const struct rbl_test *test, struct regex_engine *engine,
		      const struct rr *answer)
{
	char bytes[LIMIT_DNSBL_TEXT + 64] = { 0 };
	struct out o = { .p = bytes, .cap = LIMIT_DNSBL_TEXT };

	if (answer->type == RR_TXT)
		out_str(&o, str_head(answer->text, LIMIT_DNSBL_TEXT));
	else
		ip_print(&o, &answer->ip);
	return regex_count(engine, test->regex, out_text(&o), 1) > 0;
}

bool rbl_test_has(const struct rbl_test *test, struct regex_engine *engine, const struct rr *answer)
{
	const uint32_t n = number_of(&answer->ip);

	if (answer->type != RR_TXT && (answer->ip.family != IP_V4 || n >> 24 != 127))
		return false;
	switch (test->kind) {
	case RBL_ANY:
		return answer->type == RR_TXT || !dnsbl_answer_is_broken(&answer->ip);
	case RBL_BITS:
		return answer->type != RR_TXT && (n & test->mask);
	case RBL_RANGE:
		return answer->type != RR_TXT && (n & test->mask) >= test->low &&
		       (n & test->mask) <= test->high;
	case RBL_REGEX:
		return regex_has(test, engine, answer);
	}
	UNREACHABLE();
}
