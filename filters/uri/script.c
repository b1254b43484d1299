#include "filters/uri/script.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <idn2.h>
#include <stdint.h>

/* Scripts that are written together have one number; 0: any other. */
enum {
	LATIN = 1,
	GREEK,
	CYRILLIC,
	ARMENIAN,
	HEBREW,
	ARABIC,
	GEORGIAN,
	CHEROKEE,
	EAST_ASIAN,
	INDIC
};

static const struct range {
	uint32_t first, last;
	uint8_t script;
} ranges[] = {
	{ 0x0061, 0x007a, LATIN },      { 0x00df, 0x024f, LATIN },
	{ 0x0250, 0x02af, LATIN },      { 0x0370, 0x03ff, GREEK },
	{ 0x0400, 0x052f, CYRILLIC },   { 0x0530, 0x058f, ARMENIAN },
	{ 0x0590, 0x05ff, HEBREW },     { 0x0600, 0x077f, ARABIC },
	{ 0x0900, 0x0dff, INDIC },      { 0x10a0, 0x10ff, GEORGIAN },
	{ 0x1100, 0x11ff, EAST_ASIAN }, { 0x13a0, 0x13ff, CHEROKEE },
	{ 0x1c80, 0x1c8f, CYRILLIC },   { 0x1e00, 0x1eff, LATIN },
	{ 0x1f00, 0x1fff, GREEK },      { 0x2d00, 0x2d2f, GEORGIAN },
	{ 0x2de0, 0x2dff, CYRILLIC },   { 0x3005, 0x30ff, EAST_ASIAN },
	{ 0x3100, 0x318f, EAST_ASIAN }, { 0x3400, 0x9fff, EAST_ASIAN },
	{ 0xa640, 0xa69f, CYRILLIC },   { 0xa720, 0xa7ff, LATIN },
	{ 0xab70, 0xabbf, CHEROKEE },   { 0xac00, 0xd7af, EAST_ASIAN },
	{ 0xf900, 0xfaff, EAST_ASIAN }, { 0x20000, 0x3ffff, EAST_ASIAN },
};

/* Letters of Cyrillic and Greek that are drawn as Latin ones. */
static const struct twin {
	uint16_t point;
	char latin;
} twins[] = {
	{ 0x0430, 'a' }, { 0x0441, 'c' }, { 0x0501, 'd' }, { 0x0435, 'e' }, { 0x04bb, 'h' },
	{ 0x0456, 'i' }, { 0x0458, 'j' }, { 0x043a, 'k' }, { 0x04cf, 'l' }, { 0x043e, 'o' },
	{ 0x0440, 'p' }, { 0x051b, 'q' }, { 0x0433, 'r' }, { 0x0455, 's' }, { 0x0442, 't' },
	{ 0x0475, 'v' }, { 0x051d, 'w' }, { 0x0461, 'w' }, { 0x0445, 'x' }, { 0x0443, 'y' },
	{ 0x03b1, 'a' }, { 0x03b9, 'i' }, { 0x03ba, 'k' }, { 0x03bd, 'v' }, { 0x03bf, 'o' },
	{ 0x03c1, 'p' }, { 0x03c4, 't' }, { 0x03c5, 'u' }, { 0x03c7, 'x' }, { 0x03b3, 'y' },
};

static unsigned script_of(uint32_t point)
{
	for (size_t i = 0; i < COUNTOF(ranges); i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return ranges[i].script;
	return 0;
}

/* 0: it looks like no ASCII letter. */
static char twin_of(uint32_t point)
{
	if (ascii_digit((char)point) && point < 0x80)
		return (char)point;
	for (size_t i = 0; i < COUNTOF(twins); i++)
		if (point == twins[i].point)
			return twins[i].latin;
	return point == '-' ? '-' : 0;
}

/* The label in UTF-8. */
static enum script_look look(struct str label, struct out *o)
{
	const size_t before = o->n;
	unsigned scripts = 0;
	bool twins_only = true;

	while (label.n) {
		const size_t n = utf8_length(label);
		const uint32_t point = n ? utf8_point(str_head(label, n)) : 0;

		scripts |= 1u << script_of(point);
		twins_only = twins_only && twin_of(point);
		out_char(o, twin_of(point));
		label = str_from(label, n ? n : 1);
	}
	if (twins_only)
		return SCRIPT_LOOKALIKE;
	o->n = before;
	scripts &= ~1u; /* Latin may stand beside Chinese, Japanese and Korean */
	if (scripts == (1u << LATIN | 1u << EAST_ASIAN) || (scripts & (scripts - 1)) == 0)
		return SCRIPT_ONE;
	return SCRIPT_MIXED;
}

static enum script_look look_at_label(struct str label, struct out *o)
{
	char ascii[LIMIT_DNS_LABEL + 1];
	char *found = NULL;
	enum script_look looks = SCRIPT_ASCII;

	if (!str_istarts(label, STR("xn--")) || label.n > LIMIT_DNS_LABEL) {
		out_str(o, label);
		return looks;
	}
	memcpy(ascii, label.p, label.n);
	ascii[label.n] = '\0';
	if (idn2_to_unicode_8z8z(ascii, &found, 0) != IDN2_OK) {
		out_str(o, label);
		return looks;
	}
	looks = look(str_z(found), o);
	if (looks != SCRIPT_LOOKALIKE)
		out_str(o, str_z(found));
	idn2_free(found);
	return looks;
}

enum script_look script_look(struct str name, struct out *o)
{
	const size_t before = o->n;
	enum script_look worst = SCRIPT_ASCII;
	struct str label;
	bool more;

	do {
		enum script_look looks;

		more = str_cut(name, '.', &label, &name);
		looks = look_at_label(label, o);
		worst = looks > worst ? looks : worst;
		if (more)
			out_char(o, '.');
	} while (more);
	if (worst != SCRIPT_LOOKALIKE)
		o->n = before;
	return worst;
}
