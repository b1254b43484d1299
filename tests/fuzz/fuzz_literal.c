/* The first line as a regular expression with its flags, the rest as a text: when it matches, the texts that must be there
 * are, as often as they must. */
#define _GNU_SOURCE /* memmem */
#include "base/check.h"
#include "filters/pattern/literal.h"
#include "filters/pattern/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct str folded, const struct literals *l)
{
	unsigned times = 0;

	for (unsigned i = 0; i < l->count; i++) {
		struct str rest = folded;
		const char *p;

		for (; (p = memmem(rest.p, rest.n, l->items[i].bytes, l->items[i].n)); times++)
			rest = str_from(rest, (size_t)(p - rest.p) + 1);
	}
	return l->count == 0 || times >= l->times;
}

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] & 0x80)
			return false;
	return true;
}

/* found: by enum literal_text. */
static void check_text(struct regex_engine *engine, const struct regex *regex, struct str text,
		       const struct literals *found)
{
	char folded[1024];
	struct str squeezed;

	text = str_head(text, sizeof(folded));
	if (regex_count(engine, regex, text, 1) <= 0)
		return;
	for (size_t i = 0; i < text.n; i++)
		folded[i] = ascii_lower(text.p[i]);
	CHECK(holds((struct str){ .p = folded, .n = text.n }, &found[LITERAL_PLAIN]));
	squeezed = (struct str){ .p = folded, .n = literal_squeeze(text, folded) };
	CHECK(holds(squeezed, &found[LITERAL_SQUEEZED]));
	CHECK(!is_ascii(text) || holds(squeezed, &found[LITERAL_ASCII]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct regex_engine *engine;
	struct str line, text, expression, flags;
	struct regex_error error;
	struct regex *regex;
	static struct literals found[LITERAL_ASCII + 1];

	if (!engine)
		engine = regex_engine_new();
	str_cut((struct str){ .p = (const char *)data, .n = size }, '\n', &line, &text);
	str_cut(line, '\t', &flags, &expression);
	regex = regex_compile(expression, flags, &error);
	if (!regex)
		return 0;
	for (unsigned kind = LITERAL_PLAIN; kind <= LITERAL_ASCII; kind++)
		literals_of(expression, flags, (enum literal_text)kind, &found[kind]);
	check_text(engine, regex, text, found);
	check_text(engine, regex, expression, found);
	regex_free(regex);
	return 0;
}
