#include "filters/dmarc/record.h"

#include "base/check.h"

/* What is known of a tag that has words for values: absent, none of them, or the word's number and 2. */
enum { ABSENT, INVALID, FIRST };

#define WORD_TAGS(X)                                                                               \
	X(P, "p", "none", "quarantine", "reject")                                                  \
	X(SP, "sp", "none", "quarantine", "reject")                                                \
	X(NP, "np", "none", "quarantine", "reject")                                                \
	X(ADKIM, "adkim", "r", "s", "")                                                            \
	X(ASPF, "aspf", "r", "s", "")                                                              \
	X(T, "t", "n", "y", "")                                                                    \
	X(PSD, "psd", "u", "y", "n")

enum tag {
#define X(ID, NAME, FIRST, SECOND, THIRD) TAG_##ID,
	WORD_TAGS(X)
#undef X
		TAG_COUNT
};

enum { WORDS = 3 };

static const struct {
	struct str name, words[WORDS];
} tags[] = {
#define X(ID, NAME, FIRST, SECOND, THIRD)                                                          \
	[TAG_##ID] = { .name = STR_INIT(NAME),                                                     \
		       .words = { STR_INIT(FIRST), STR_INIT(SECOND), STR_INIT(THIRD) } },
	WORD_TAGS(X)
#undef X
};

static unsigned value_of(enum tag tag, struct str value)
{
	for (unsigned i = 0; i < WORDS && value.n; i++)
		if (str_ieq(value, tags[tag].words[i]))
			return FIRST + i;
	return INVALID;
}

/* ---- reporting URIs (RFC 3986): only whether there is one ---- */

static bool is_uri_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("<>\"{}|\\^`", c);
}

static bool is_uri(struct str uri)
{
	struct str scheme, rest;

	if (!str_cut(uri, ':', &scheme, &rest) || scheme.n == 0 || rest.n == 0 ||
	    !ascii_alpha(scheme.p[0]))
		return false;
	for (size_t i = 1; i < scheme.n; i++)
		if (!ascii_alnum(scheme.p[i]) && !strchr("+-.", scheme.p[i]))
			return false;
	for (size_t i = 0; i < rest.n; i++)
		if (!is_uri_char(rest.p[i]))
			return false;
	return !str_ieq(scheme, STR("mailto")) || memchr(rest.p + 1, '@', rest.n - 1);
}

static bool has_uri(struct str list)
{
	struct str uri;
	bool more;

	do {
		more = str_cut(list, ',', &uri, &list);
		if (is_uri(str_trim(uri)))
			return true;
	} while (more);
	return false;
}

/* ---- the record ---- */

/* "name = value"; name empty: it is no tag. */
static void cut_tag(struct str text, struct str *name, struct str *value)
{
	if (!str_cut(text, '=', name, value))
		*name = *value = (struct str){ 0 };
	*name = str_trim(*name);
	*value = str_trim(*value);
}

static bool take_version(struct str *rest)
{
	struct str text, name, value;

	str_cut(*rest, ';', &text, rest);
	cut_tag(text, &name, &value);
	return text.n && text.p[0] != ' ' && text.p[0] != '\t' && str_ieq(name, STR("v")) &&
	       str_eq(value, STR("DMARC1"));
}

bool dmarc_record_is(struct str txt)
{
	return take_version(&txt);
}

static void take_tag(struct str text, unsigned values[TAG_COUNT], bool *has_rua)
{
	struct str name, value;

	cut_tag(text, &name, &value);
	for (enum tag tag = 0; tag < TAG_COUNT; tag++)
		if (str_ieq(name, tags[tag].name) && values[tag] == ABSENT)
			values[tag] = value_of(tag, value);
	if (str_ieq(name, STR("rua")))
		*has_rua |= has_uri(value);
}

/* p, sp, np with what stands in for them (RFC 9989 4.7, 4.10.1). */
static void set_policies(struct dmarc_record *r, const unsigned values[TAG_COUNT], bool has_rua)
{
	r->applies = true;
	if (values[TAG_P] >= FIRST && values[TAG_SP] != INVALID && values[TAG_NP] != INVALID) {
		r->p = (enum auth_policy)(values[TAG_P] - FIRST);
		r->sp = values[TAG_SP] ? (enum auth_policy)(values[TAG_SP] - FIRST) : r->p;
		r->np = values[TAG_NP] ? (enum auth_policy)(values[TAG_NP] - FIRST) : r->sp;
	} else {
		r->applies = has_rua; /* as if it were p=none */
	}
}

bool dmarc_record_parse(struct str txt, struct dmarc_record *record)
{
	static const enum dmarc_psd psds[] = { [ABSENT] = DMARC_PSD_UNKNOWN,
					       [INVALID] = DMARC_PSD_UNKNOWN,
					       [FIRST] = DMARC_PSD_UNKNOWN,
					       [FIRST + 1] = DMARC_PSD_YES,
					       [FIRST + 2] = DMARC_PSD_NO };
	unsigned values[TAG_COUNT] = { ABSENT };
	struct str text, rest = txt;
	bool has_rua = false;

	*record = (struct dmarc_record){ 0 };
	if (!take_version(&rest))
		return false;
	while (rest.n) {
		str_cut(rest, ';', &text, &rest);
		take_tag(text, values, &has_rua);
	}
	set_policies(record, values, has_rua);
	record->dkim_strict = values[TAG_ADKIM] == FIRST + 1;
	record->spf_strict = values[TAG_ASPF] == FIRST + 1;
	record->test = values[TAG_T] == FIRST + 1;
	record->psd = psds[values[TAG_PSD]];
	return true;
}
