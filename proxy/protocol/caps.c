#include "protocol/caps.h"

#include "base/check.h"
#include "mail/path.h"
#include "protocol/sasl.h"
#include "protocol/xattr.h"

static_assert(CAP_COUNT <= 32, "a set is 32 bits");

const struct extension extensions[CAP_COUNT] = {
#define PARAMETER(KEY, OF, CAP, CHECK, CARRY)
#define EXTENSION(ID, KEYWORD, OFFER, ARGUMENT, SOURCE)                                            \
	[CAP_##ID] = { .keyword = (KEYWORD),                                                       \
		       .offer = OFFER_##OFFER,                                                     \
		       .argument = ARGUMENT_##ARGUMENT },
#include "protocol/extensions.def"
#undef EXTENSION
#undef PARAMETER
};

bool caps_lookup(struct str keyword, enum cap *cap)
{
	for (unsigned i = 0; i < CAP_COUNT; i++)
		if (str_ieq(keyword, str_z(extensions[i].keyword))) {
			*cap = (enum cap)i;
			return true;
		}
	return false;
}

static uint32_t attributes(struct str words)
{
	uint32_t set = 0;
	struct str word;
	bool more;

	do {
		more = str_cut(words, ' ', &word, &words);
		set |= xattr_bit(word);
	} while (more);
	return set;
}

/* RFC 9422 4: "RCPTMAX=20 MAILMAX=5"; what is no number is no limit. */
static uint32_t recipients_max(struct str words)
{
	struct str word, key, value;
	uint64_t n;
	bool more;

	do {
		more = str_cut(words, ' ', &word, &words);
		str_cut(word, '=', &key, &value);
		if (str_ieq(key, STR("RCPTMAX")) && str_u64(value, UINT32_MAX, &n))
			return (uint32_t)n;
	} while (more);
	return 0;
}

/* The smaller of two limits of which 0 is none. */
static uint64_t smaller(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

/* False: too long to be passed on. */
static bool keep_words(struct caps *caps, enum cap cap, struct str words, size_t *used)
{
	if (words.n > sizeof(caps->words) - *used)
		return false;
	if (words.n)
		memcpy(caps->words + *used, words.p, words.n);
	caps->argument[cap].at = (uint16_t)*used;
	caps->argument[cap].n = (uint16_t)words.n;
	*used += words.n;
	return true;
}

/* False: none that can be carried, or too many. */
static bool keep_mechanisms(struct caps *caps, struct str words, size_t *used)
{
	char bytes[CAPS_WORDS_MAX];
	struct out o = OUT(bytes);
	struct str word;
	bool more;

	do {
		more = str_cut(words, ' ', &word, &words);
		if (!sasl_can_pass(word))
			continue;
		if (o.n)
			out_char(&o, ' ');
		out_str(&o, word);
	} while (more);
	return o.n && !o.full && keep_words(caps, CAP_AUTH, out_text(&o), used);
}

static bool keep_argument(struct caps *caps, enum cap cap, struct str words, size_t *used)
{
	if (extensions[cap].argument == ARGUMENT_SAME)
		return keep_words(caps, cap, words, used);
	return extensions[cap].argument != ARGUMENT_MECHANISMS ||
	       keep_mechanisms(caps, words, used);
}

static void parse_line(struct caps *caps, struct str line, size_t *used)
{
	struct str keyword, params;
	enum cap cap;

	str_cut(str_trim(line), ' ', &keyword, &params);
	params = str_trim(params);
	if (!caps_lookup(keyword, &cap) || caps_has(caps, cap))
		return;
	if (!keep_argument(caps, cap, params, used))
		return;
	caps->set |= 1u << cap;
	/* A SIZE that is no number means no fixed limit, as without one (RFC 1870 4). */
	if (cap == CAP_SIZE && !str_u64(params, UINT64_MAX, &caps->size))
		caps->size = 0;
	if (cap == CAP_LIMITS)
		caps->rcpt_max = recipients_max(params);
	if (cap == CAP_XCLIENT)
		caps->xclient = attributes(params);
	if (cap == CAP_XFORWARD)
		caps->xforward = attributes(params);
}

/* It may be said to clients: so it is a domain or an address literal, and nothing else. */
static void keep_name(struct caps *caps, struct str line)
{
	struct str name, greeting;

	str_cut(line, ' ', &name, &greeting);
	if (!path_domain_ok(name))
		return;
	memcpy(caps->name, name.p, name.n);
	caps->name_n = (uint8_t)name.n;
}

struct caps caps_parse_helo(struct str text)
{
	struct caps caps = { 0 };
	struct str line, rest;

	str_cut(text, '\n', &line, &rest);
	keep_name(&caps, line);
	return caps;
}

struct caps caps_parse(struct str text)
{
	struct caps caps = caps_parse_helo(text);
	struct str line;
	size_t used = 0;
	bool more = str_cut(text, '\n', &line, &text);

	while (more) {
		more = str_cut(text, '\n', &line, &text);
		parse_line(&caps, line, &used);
	}
	if (!caps_has(&caps, CAP_CHUNKING))
		caps.set &= ~(1u << CAP_BINARYMIME);
	return caps;
}

struct str caps_name(const struct caps *c)
{
	return (struct str){ .p = c->name, .n = c->name_n };
}

struct str caps_argument(const struct caps *c, enum cap cap)
{
	return (struct str){ .p = c->words + c->argument[cap].at, .n = c->argument[cap].n };
}

void caps_unproven(struct caps *c)
{
	for (unsigned cap = 0; cap < CAP_COUNT; cap++)
		if (extensions[cap].offer == OFFER_SECURE)
			c->set &= ~(1u << cap);
}

struct caps caps_common(const struct caps *a, const struct caps *b)
{
	struct caps both = *a;

	both.set &= b->set;
	both.xclient &= b->xclient;
	both.xforward &= b->xforward;
	for (unsigned i = 0; i < CAP_COUNT; i++)
		if (!str_eq(caps_argument(a, (enum cap)i), caps_argument(b, (enum cap)i)))
			both.set &= ~(1u << i);
	both.size = smaller(a->size, b->size);
	both.rcpt_max = (uint32_t)smaller(a->rcpt_max, b->rcpt_max);
	return both;
}
