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
