#include "protocol/parameter.h"

#include "base/check.h"

static bool is_number(struct str value)
{
	uint64_t n;

	return str_u64(value, UINT64_MAX, &n);
}

/* RFC 6152 2, RFC 3030 3. */
static bool is_body(struct str value)
{
	return str_ieq(value, STR("7BIT")) || str_ieq(value, STR("8BITMIME")) ||
	       str_ieq(value, STR("BINARYMIME"));
}

static bool is_ret(struct str value)
{
	return str_ieq(value, STR("FULL")) || str_ieq(value, STR("HDRS"));
}

static bool is_hex(char c)
{
	return ascii_digit(c) || (c >= 'A' && c <= 'F');
}

/* RFC 3461 4: printable ASCII without '+' and '=', or "+XX". */
static bool is_xtext(struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		const char c = value.p[i];

		if (c <= ' ' || c >= 0x7f || c == '=')
			return false;
		if (c != '+')
			continue;
		if (value.n - i < 3 || !is_hex(value.p[i + 1]) || !is_hex(value.p[i + 2]))
			return false;
		i += 2;
	}
	return value.n > 0;
}

/* RFC 3461 4.4: at most 100 characters. */
static bool is_envid(struct str value)
{
	return value.n <= 100 && is_xtext(value);
}

/* RFC 3461 4.2: addr-type ";" xtext; RFC 6533 lets utf-8-addr-xtext hold UTF-8 under SMTPUTF8. */
static bool is_orcpt(struct str value)
{
	struct str type, address;

	if (value.n > 500 || !str_cut(value, ';', &type, &address) || type.n == 0)
		return false;
	if (str_ieq(type, STR("utf-8")))
		return address.n > 0 && !memchr(address.p, '=', address.n);
	return is_xtext(address);
}

/* RFC 3461 4.1: NEVER alone, or a list of the others, each once. */
static bool is_notify(struct str value)
{
	static const struct str words[] = { STR_INIT("SUCCESS"), STR_INIT("FAILURE"),
					    STR_INIT("DELAY") };
	unsigned seen = 0;
	bool more;

	if (str_ieq(value, STR("NEVER")))
		return true;
	do {
		const unsigned before = seen;
		struct str word;

		more = str_cut(value, ',', &word, &value);
		for (unsigned i = 0; i < COUNTOF(words); i++)
			if (str_ieq(word, words[i]))
				seen |= 1u << i;
		if (seen == before)
			return false;
	} while (more);
	return true;
}

/* A decimal number within limits, with a sign or not. */
static bool is_signed(struct str value, uint64_t max)
{
	uint64_t n;

	if (value.n && (value.p[0] == '-' || value.p[0] == '+'))
		value = str_from(value, 1);
	return str_u64(value, max, &n);
}

/* RFC 6710 4: -9 to 9. */
static bool is_priority(struct str value)
{
	return is_signed(value, 9);
}

/* RFC 2852 4: seconds, ";", R or N, perhaps T. */
static bool is_deliver_by(struct str value)
{
	struct str seconds, mode;

	if (!str_cut(value, ';', &seconds, &mode) || !is_signed(seconds, 999999999))
		return false;
	if (mode.n == 2 && ascii_lower(mode.p[1]) == 't')
		mode.n = 1;
	return str_ieq(mode, STR("R")) || str_ieq(mode, STR("N"));
}

/* RFC 4865 4: at most 9 digits. */
static bool is_hold_for(struct str value)
{
	uint64_t n;

	return value.n <= 9 && str_u64(value, 999999999, &n);
}

/* RFC 4865 4: a date and time of RFC 3339. */
static bool is_hold_until(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!ascii_digit(value.p[i]) && !strchr("-:.TZtz+", value.p[i]))
			return false;
	return value.n >= 20 && value.n <= 40 && !memchr(value.p, '\0', value.n);
}

static const struct parameter parameters[] = {
#define EXTENSION(ID, KEYWORD, OFFER, ARGUMENT, SOURCE)
#define PARAMETER(KEY, OF, CAP, CHECK, CARRY)                                                      \
	{ .key = STR_INIT(#KEY),                                                                   \
	  .of = OF_##OF,                                                                           \
	  .cap = CAP_##CAP,                                                                        \
	  .check = (CHECK),                                                                        \
	  .carry = PARAMETER_##CARRY },
#include "protocol/extensions.def"
#undef PARAMETER
#undef EXTENSION
};

const struct parameter *parameter_find(enum parameter_of of, struct str key)
{
	for (size_t i = 0; i < COUNTOF(parameters); i++)
		if (parameters[i].of == of && str_ieq(key, parameters[i].key))
			return &parameters[i];
	return NULL;
}

unsigned parameter_index(const struct parameter *p)
{
	return (unsigned)(p - parameters);
}

bool parameter_is(const struct parameter *p, const char *key)
{
	return str_eq(p->key, str_z(key));
}

bool parameter_value_ok(const struct parameter *p, struct str value)
{
	return p->check ? value.p && p->check(value) : value.p == NULL;
}

uint32_t parameter_needed(const struct parameter *p, struct str value)
{
	if (parameter_is(p, "BODY") && str_ieq(value, STR("BINARYMIME")))
		return 1u << CAP_BINARYMIME;
	return 1u << p->cap;
}

static uint32_t needed_for(struct str word)
{
	struct str key, value;
	const struct parameter *p;

	str_cut(word, '=', &key, &value);
	p = parameter_find(OF_MAIL, key);
	if (!p)
		p = parameter_find(OF_RCPT, key);
	return p && p->carry == PARAMETER_CARRY ? parameter_needed(p, value) : 0;
}

uint32_t parameter_needs(struct str params)
{
	uint32_t set = 0;
	bool more = params.n > 0;

	while (more) {
		struct str word;

		more = str_cut(params, ' ', &word, &params);
		set |= needed_for(word);
	}
	return set;
}
