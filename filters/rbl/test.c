#include "filters/rbl/test.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/out.h"
#include "filters/dnsbl/code.h"

#include <stdio.h>

/* ---- numbers ---- */

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

/* ---- expressions, texts and codes ---- */

static bool read_regex(struct str s, struct rbl_test *test, struct regex_error *error)
{
	struct str regex, flags;

	if (!regex_cut(s, &regex, &flags)) {
		snprintf(error->text, sizeof(error->text), "has no end");
		return false;
	}
	test->kind = RBL_REGEX;
	test->regex = regex_compile(regex, flags, error);
	return test->regex != NULL;
}

/* As RFC 1035 4.1.1 and RFC 2136 2.2 name them. */
static const struct str code_names[] = {
	STR_INIT("NOERROR"), STR_INIT("FORMERR"), STR_INIT("SERVFAIL"), STR_INIT("NXDOMAIN"),
	STR_INIT("NOTIMP"),  STR_INIT("REFUSED"), STR_INIT("YXDOMAIN"), STR_INIT("YXRRSET"),
	STR_INIT("NXRRSET"), STR_INIT("NOTAUTH"), STR_INIT("NOTZONE"),
};
enum { CODE_MAX = 15, CODE_NXDOMAIN = 3 };

/* "NXDOMAIN, 5" */
static bool read_codes(struct str s, struct rbl_test *test)
{
	struct str word;
	bool more;

	test->kind = RBL_CODES;
	do {
		uint64_t code = 0;

		more = str_cut(s, ',', &word, &s);
		word = str_trim(word);
		while (code < COUNTOF(code_names) && !str_ieq(word, code_names[code]))
			code++;
		if (code == COUNTOF(code_names) && !str_u64(word, CODE_MAX, &code))
			return false;
		test->codes |= (uint16_t)(1u << code);
	} while (more);
	return true;
}

static bool is_in(struct str text, char first, char last)
{
	return text.n > 1 && text.p[0] == first && text.p[text.n - 1] == last;
}

bool rbl_test_read_any(struct str text, struct rbl_test *test, struct regex_error *error)
{
	struct str inside;

	*test = (struct rbl_test){ .kind = RBL_ANY };
	snprintf(error->text, sizeof(error->text),
		 "is no expression, text in quotes, address, range, mask, bits or [codes]");
	if (text.n == 0)
		return true;
	if (text.p[0] == '/')
		return read_regex(text, test, error);
	inside = str_head(str_from(text, 1), text.n - 2);
	if (is_in(text, '[', ']'))
		return read_codes(inside, test);
	if (!is_in(text, '"', '"') && !is_in(text, '\'', '\''))
		return rbl_test_read_code(text, test);
	test->kind = RBL_TEXT;
	test->text = inside;
	return true;
}

/* ---- answers ---- */

static void put_record(const struct rr *r, struct out *o)
{
	switch (r->type) {
	case RR_A:
	case RR_AAAA:
		ip_print(o, &r->ip);
		return;
	case RR_TXT:
		out_str(o, r->text);
		return;
	case RR_MX:
		out_printf(o, "%u ", r->preference);
		break;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
	case RR_SOA:
		break;
	}
	out_str(o, r->text);
	out_char(o, '.');
}

enum { MOST_TEXT = LIMIT_DNS_TXT };

/* most: that many bytes of it are looked at. */
static bool text_has(const struct rbl_test *test, struct regex_engine *engine,
		     const struct rr *answer, size_t most)
{
	char bytes[MOST_TEXT + 64]; /* PCRE2's machine code looks at whole vectors */
	struct out o = { .p = bytes, .cap = MOST_TEXT };
	struct str text;

	put_record(answer, &o);
	text = str_head(out_text(&o), most);
	memset(bytes + text.n, 0, sizeof(bytes) - MOST_TEXT);
	return test->regex ? regex_count(engine, test->regex, text, 1) > 0
			   : str_eq(text, test->text);
}

static bool holds(const struct rbl_test *test, struct regex_engine *engine, const struct rr *answer,
		  size_t most)
{
	const uint32_t n = number_of(&answer->ip);

	switch (test->kind) {
	case RBL_ANY:
		return true;
	case RBL_BITS:
		return answer->type == RR_A && n >> 24 == 127 && (n & test->mask);
	case RBL_RANGE:
		return answer->type == RR_A && (n & test->mask) >= test->low &&
		       (n & test->mask) <= test->high;
	case RBL_REGEX:
	case RBL_TEXT:
		return text_has(test, engine, answer, most);
	case RBL_CODES:
		return false;
	}
	UNREACHABLE();
}

bool rbl_test_has(const struct rbl_test *test, struct regex_engine *engine, const struct rr *answer)
{
	if (answer->type != RR_TXT && (answer->type != RR_A || answer->ip.bytes[0] != 127))
		return false;
	if (test->kind == RBL_ANY && answer->type == RR_A && dnsbl_answer_is_broken(&answer->ip))
		return false;
	return holds(test, engine, answer, LIMIT_DNSBL_TEXT);
}

bool rbl_test_has_any(const struct rbl_test *test, struct regex_engine *engine,
		      const struct rr *answer)
{
	return holds(test, engine, answer, MOST_TEXT);
}

bool rbl_test_has_code(const struct rbl_test *test, const struct dns_answer *answer)
{
	const unsigned code = answer->status == DNS_NXDOMAIN ? CODE_NXDOMAIN : answer->rcode;

	if (test->kind != RBL_CODES || (answer->status == DNS_FAILED && code == 0))
		return false;
	return test->codes >> code & 1;
}
