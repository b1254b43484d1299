/* The lines up to an empty one as rules, each some flags and a regular expression; the rest as a text in pieces, each up to an
 * empty line: looked for all at once, they hit what they hit when each is tried alone.  Some rules are always there, so that it
 * is worth looking for them together. */
#define _GNU_SOURCE /* memmem */
#include "fuzz/expression.h"
#include "unit/pattern/lone_group.h"

#include "base/out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECES = 64, TEXT = 4096 };

static const char *const always[] = { "casino", "[a-z]{2}\\d{3}", "(?:ab|c){2,3}x",
				      "^a.*b$", "q%#\\W?q",       "\\bfree\\b",
				      "x",      "(?:\\w+ ){3}z" };

static void add(struct lone_group *g, struct str expression, struct str flags)
{
	const size_t n = g->group.count;
	const struct pattern p = { .regex = expression,
				   .flags = flags,
				   .when = n % 4 == 3 ? PATTERN_DIFFERS : PATTERN_MATCHES,
				   .most = n % 2 ? 9 : 1,
				   .no_subject = n % 3 == 2 };
	struct regex *regex = n == LONE_RULES ? NULL : brief_regex(expression, flags);

	if (regex)
		lone_add(g, &p, regex);
}

/* Returns what is behind them. */
static struct str add_lines(struct lone_group *g, struct str rest)
{
	struct str line, flags, expression;

	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		if (line.n == 0)
			break;
		str_cut(line, '\t', &flags, &expression);
		add(g, expression, flags);
	}
	return rest;
}

static void put_pieces(struct str bytes, struct rule_text *text, uint32_t *ends)
{
	struct str rest = bytes;

	*text = (struct rule_text){
		.bytes = bytes.p, .ends = ends, .there = true, .subject = bytes.n % 2
	};
	while (text->count < PIECES - 1) {
		const char *end = rest.n ? memmem(rest.p, rest.n, "\n\n", 2) : NULL;

		if (!end)
			break;
		ends[text->count++] = (uint32_t)(end + 2 - bytes.p);
		rest = str_from(bytes, (size_t)(end + 2 - bytes.p));
	}
	ends[text->count++] = (uint32_t)bytes.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lone_group g;
	uint32_t ends[PIECES];
	char bytes[TEXT + 64]; /* machine code looks at whole vectors, past the end of a text */
	struct rule_text text;
	struct str rest;
	int together, alone;

	lone_open(&g);
	g.group.is_large = size & 1;
	for (size_t i = 0; i < COUNTOF(always); i++)
		add(&g, str_z(always[i]), STR(""));
	rest = str_head(add_lines(&g, (struct str){ .p = (const char *)data, .n = size }), TEXT);
	if (rest.n)
		memcpy(bytes, rest.p, rest.n);
	memset(bytes + rest.n, 0, sizeof(bytes) - rest.n);
	put_pieces((struct str){ .p = bytes, .n = rest.n }, &text, ends);
	lone_ready(&g);
	CHECK(lone_differs(&g, &text, &together, &alone) == g.group.count);
	lone_close(&g);
	return 0;
}
