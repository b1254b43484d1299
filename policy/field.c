/* What a rule on header fields looks at: "Subject", "From:addr:first", "ALL:raw". */
#include "policy/rules.h"

#include "base/check.h"

static const char *const part_words[] = { [PATTERN_TEXT] = "",
					  [PATTERN_RAW] = "raw",
					  [PATTERN_ADDRESS] = "addr",
					  [PATTERN_NAME] = "name" };
static const char *const picks[] = {
	[PATTERN_EACH] = "", [PATTERN_FIRST] = "first", [PATTERN_LAST] = "last"
};

/* Spelled in any case, and those that are only in capitals. */
static const struct {
	const char *name;
	enum pattern_source source;
	bool capitals;
} sources[] = {
	{ "ALL", PATTERN_ALL, true },
	{ "ALL-TRUSTED", PATTERN_ALL_TRUSTED, true },
	{ "ALL-UNTRUSTED", PATTERN_ALL_UNTRUSTED, true },
	{ "ALL-INTERNAL", PATTERN_ALL_INTERNAL, true },
	{ "ALL-EXTERNAL", PATTERN_ALL_EXTERNAL, true },
	{ "MESSAGEID", PATTERN_MESSAGE_ID, true },
	{ "ToCc", PATTERN_TO_CC, false },
	{ "EnvelopeFrom", PATTERN_SENDER, false },
	{ "X-Spam-Relays-Trusted", PATTERN_RELAYS_TRUSTED, false },
	{ "X-Spam-Relays-Untrusted", PATTERN_RELAYS_UNTRUSTED, false },
	{ "X-Spam-Relays-Internal", PATTERN_RELAYS_INTERNAL, false },
	{ "X-Spam-Relays-External", PATTERN_RELAYS_EXTERNAL, false },
};

/* Modifiers of SpamAssassin's that are not for any view here. */
static const char *const unknown_modifiers[] = { "host", "domain", "ip", "revip" };

/* What SpamAssassin makes of a message and writes into fields of its own. */
static const char *const unknown[] = { "X-Languages", "X-ASN", "X-ASN-*", "X-Relay-Countries*",
				       "X-Spam-Countries*" };

static bool fits(struct str s, const char *pattern)
{
	const struct str p = str_z(pattern);

	return str_ends(p, STR("*")) ? str_istarts(s, str_head(p, p.n - 1)) : str_ieq(s, p);
}

static bool is_unknown(struct str field)
{
	for (size_t i = 0; i < COUNTOF(unknown); i++)
		if (fits(field, unknown[i]))
			return true;
	return false;
}

static bool find_word(const char *const *words, size_t n, struct str word, unsigned *at)
{
	for (unsigned i = 1; i < n; i++) {
		if (str_eq(word, str_z(words[i]))) {
			*at = i;
			return true;
		}
	}
	return false;
}

enum reading { READ, READ_UNKNOWN, READ_WRONG };

static enum reading refuse_modifier(struct rules_reader *r, struct str word)
{
	const char *words[COUNTOF(part_words) + COUNTOF(picks)];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < COUNTOF(unknown_modifiers); i++)
		if (str_eq(word, str_z(unknown_modifiers[i])))
			return READ_UNKNOWN;
	for (size_t i = 1; i < COUNTOF(part_words); i++)
		words[n++] = part_words[i];
	for (size_t i = 1; i < COUNTOF(picks); i++)
		words[n++] = picks[i];
	near = conf_suggest(word, words, n);
	conf_error(r->report, &r->at,
		   "':" STR_FMT
		   "' is not known behind a field; raw, addr, name, first and last are%s%s%s",
		   STR_ARG(str_head(word, 60)), near ? "; did you mean " : "", near ? near : "",
		   near ? "?" : "");
	return READ_WRONG;
}

/* ":addr:first", without its first colon. */
static enum reading read_modifiers(struct rules_reader *r, struct str modifiers,
				   struct pattern_view *view)
{
	bool more, raw = false;
	struct str word;
	unsigned at;

	do {
		more = str_cut(modifiers, ':', &word, &modifiers);
		if (word.n == 0) /* "Subject:" */
			continue;
		if (find_word(picks, COUNTOF(picks), word, &at))
			view->pick = (enum pattern_pick)at;
		else if (!find_word(part_words, COUNTOF(part_words), word, &at))
			return refuse_modifier(r, word);
		else if (at == PATTERN_RAW)
			raw = true;
		else
			view->part = (enum pattern_part)at;
	} while (more);
	if (raw && view->part == PATTERN_TEXT)
		view->part = PATTERN_RAW;
	else if (raw && view->part == PATTERN_NAME)
		view->part = PATTERN_NAME_RAW;
	return READ;
}

/* RFC 5322 2.2: what a field may be named. */
static bool is_field_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] == 0x7f)
			return false;
	return name.n != 0;
}

/* "Subject:raw" */
static enum reading read_view(struct rules_reader *r, struct str text, struct pattern_view *view)
{
	struct str name, modifiers;
	const bool modified = str_cut(text, ':', &name, &modifiers);

	if (!is_field_name(name)) {
		conf_error(r->report, &r->at,
			   "expected the name of a header field, not '" STR_FMT "'",
			   STR_ARG(str_head(name, 60)));
		return READ_WRONG;
	}

	*view = (struct pattern_view){ .source = PATTERN_FIELD, .field = name };
	for (size_t i = 0; i < COUNTOF(sources); i++) {
		const struct str known = str_z(sources[i].name);

		if (sources[i].capitals ? str_eq(name, known) : str_ieq(name, known))
			*view = (struct pattern_view){ .source = sources[i].source };
	}
	if (is_unknown(name))
		return READ_UNKNOWN;
	return modified ? read_modifiers(r, modifiers, view) : READ;
}

bool field_read(struct rules_reader *r, struct symbol *s, struct str text,
		struct pattern_view *view)
{
	switch (read_view(r, text, view)) {
	case READ:
		return true;
	case READ_UNKNOWN:
		rules_turn_off(r, s, "this field is not known here");
		return false;
	case READ_WRONG:
		break;
	}
	return false;
}
