#include "smtp/caps.h"

#include "base/check.h"
#include "smtp/identity.h"

static const char *const keywords[CAP_COUNT] = {
#define X(ID, KEYWORD, OFFER, SOURCE) [CAP_##ID] = (KEYWORD),
	CAPS(X)
#undef X
};

const char *caps_keyword(enum cap cap)
{
	CHECK(cap < CAP_COUNT);
	return keywords[cap];
}

bool caps_lookup(struct str keyword, enum cap *cap)
{
	for (unsigned i = 0; i < CAP_COUNT; i++)
		if (str_ieq(keyword, str_z(keywords[i]))) {
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
		set |= identity_attribute(word);
	} while (more);
	return set;
}

static void parse_line(struct caps *caps, struct str line)
{
	struct str keyword, params;
	enum cap cap;

	str_cut(str_trim(line), ' ', &keyword, &params);
	if (!caps_lookup(keyword, &cap))
		return;
	caps->set |= 1u << cap;
	/* A SIZE that is no number means no fixed limit, as without one (RFC 1870 4). */
	if (cap == CAP_SIZE && !str_u64(str_trim(params), UINT64_MAX, &caps->size))
		caps->size = 0;
	if (cap == CAP_XCLIENT)
		caps->xclient = attributes(params);
	if (cap == CAP_XFORWARD)
		caps->xforward = attributes(params);
}

struct caps caps_parse(struct str text)
{
	struct caps caps = { 0 };
	struct str line;
	bool more = str_cut(text, '\n', &line, &text);

	while (more) {
		more = str_cut(text, '\n', &line, &text);
		parse_line(&caps, line);
	}
	return caps;
}

struct caps caps_common(const struct caps *a, const struct caps *b)
{
	struct caps both = {
		.set = a->set & b->set,
		.size = a->size,
		.xclient = a->xclient & b->xclient,
		.xforward = a->xforward & b->xforward,
	};

	if (both.size == 0 || (b->size && b->size < both.size))
		both.size = b->size;
	return both;
}

static uint32_t needed_for(struct str key)
{
	static const struct TABLE_ROW {
		struct str key;
		enum cap cap;
	} keys[] = {
		{ .key = STR_INIT("BODY"), .cap = CAP_8BITMIME },     /* RFC 6152 3 */
		{ .key = STR_INIT("SMTPUTF8"), .cap = CAP_SMTPUTF8 }, /* RFC 6531 3.4 */
		{ .key = STR_INIT("RET"), .cap = CAP_DSN },           /* RFC 3461 4 */
		{ .key = STR_INIT("ENVID"), .cap = CAP_DSN },
		{ .key = STR_INIT("NOTIFY"), .cap = CAP_DSN },
		{ .key = STR_INIT("ORCPT"), .cap = CAP_DSN },
	};

	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (str_ieq(key, keys[i].key))
			return 1u << keys[i].cap;
	return 0;
}

uint32_t caps_needed(struct str params)
{
	uint32_t set = 0;
	bool more = params.n > 0;

	while (more) {
		struct str word, key, value;

		more = str_cut(params, ' ', &word, &params);
		str_cut(word, '=', &key, &value);
		set |= needed_for(key);
	}
	return set;
}
