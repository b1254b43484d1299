#include "filters/file/scan.h"

#include "base/check.h"
#include "base/hex.h"
#include "filters/file/listing.h"
#include "filters/file/objects.h"

/* Of time: 256 are a step. */
enum {
	EFFORT_STEP = 256,
	EFFORT_BYTE = 1,  /* of what memchr() steps over, */
	EFFORT_LEAD = 32, /* of finding one, */
	EFFORT_REST = 3,  /* of what is no word, or what is too long for one, */
	EFFORT_WORD = 48, /* of a word's beginning and end, */
	EFFORT_FIND = 96, /* and of what looks like one of the table */
	PIECE = 4096,     /* that is paid for at once */
};

/* Of pages: what they flag only together. */
enum {
	UNPACKS = 1,
	WRITES = 2,
	TYPE = 4,
	PASSWORD = 8,
	TEMPLATE = 16,
	REMOTE = 32,
	OBJECTS = 64, /* of a PDF: what it is of is packed */
};

struct word {
	struct str text;
	char before;   /* what must stand before it; NUL: anything */
	unsigned bit;  /* of the above; or: */
	unsigned flag; /* of the listing */
};

struct scan_language {
	enum kind kind;
	char lead; /* what stands before all words, but for one behind TEMPLATE; NUL: they may be anywhere */
	bool digits, any_case;
	const struct word *words;
	size_t count;
};

static const struct word pdf[] = {
	{ STR_INIT("JavaScript"), '/', 0, LISTING_ACTS },
	{ STR_INIT("Launch"), '/', 0, LISTING_ACTS },
	{ STR_INIT("SubmitForm"), '/', 0, LISTING_ACTS },
	{ STR_INIT("ImportData"), '/', 0, LISTING_ACTS },
	{ STR_INIT("GoToR"), '/', 0, LISTING_ACTS },
	{ STR_INIT("GoToE"), '/', 0, LISTING_ACTS },
	{ STR_INIT("URI"), '/', 0, LISTING_LINKS },
	{ STR_INIT("Encrypt"), '/', 0, LISTING_LOCKED },
	{ STR_INIT("EmbeddedFile"), '/', 0, LISTING_EMBEDDED },
	{ STR_INIT("EmbeddedFiles"), '/', 0, LISTING_EMBEDDED },
	{ STR_INIT("ObjStm"), '/', OBJECTS, 0 },
};

static const struct word rtf[] = {
	{ STR_INIT("objdata"), '\\', 0, LISTING_EMBEDDED },
	{ STR_INIT("objupdate"), '\\', 0, LISTING_ACTS },
	{ STR_INIT("objautlink"), '\\', 0, LISTING_ACTS },
	{ STR_INIT("template"), '\\', TEMPLATE, 0 },
	{ STR_INIT("http"), 0, REMOTE, 0 },
	{ STR_INIT("https"), 0, REMOTE, 0 },
};

static const struct word html[] = {
	{ STR_INIT("createobjecturl"), 0, 0, LISTING_BUILDS },
	{ STR_INIT("mssaveblob"), 0, 0, LISTING_BUILDS },
	{ STR_INIT("mssaveoropenblob"), 0, 0, LISTING_BUILDS },
	{ STR_INIT("atob"), 0, UNPACKS, 0 },
	{ STR_INIT("unescape"), 0, UNPACKS, 0 },
	{ STR_INIT("fromcharcode"), 0, UNPACKS, 0 },
	{ STR_INIT("decodeuricomponent"), 0, UNPACKS, 0 },
	{ STR_INIT("eval"), 0, WRITES, 0 },
	{ STR_INIT("write"), '.', WRITES, 0 },
	{ STR_INIT("writeln"), '.', WRITES, 0 },
	{ STR_INIT("innerhtml"), '.', WRITES, 0 },
	{ STR_INIT("type"), 0, TYPE, 0 },
	{ STR_INIT("password"), 0, PASSWORD, 0 },
	{ STR_INIT("script"), '<', 0, LISTING_SCRIPT },
	{ STR_INIT("script"), ':', 0, LISTING_SCRIPT }, /* of a namespace */
	{ STR_INIT("onload"), 0, 0, LISTING_SCRIPT },
	{ STR_INIT("onbegin"), 0, 0, LISTING_SCRIPT },
	{ STR_INIT("onerror"), 0, 0, LISTING_SCRIPT },
};

#define WORDS(TABLE) .words = (TABLE), .count = COUNTOF(TABLE)

static const struct scan_language languages[] = {
	{ KIND_PDF, .lead = '/', .digits = true, WORDS(pdf) },
	{ KIND_RTF, .lead = '\\', WORDS(rtf) },
	{ KIND_HTML, .digits = true, .any_case = true, WORDS(html) },
	{ KIND_XML, .digits = true, .any_case = true, WORDS(html) },
};

static const struct scan_language *language_of(enum kind kind)
{
	for (size_t i = 0; i < COUNTOF(languages); i++)
		if (languages[i].kind == kind)
			return &languages[i];
	return NULL;
}

bool scan_knows(enum kind kind)
{
	return language_of(kind) != NULL;
}

/* Which of 32 it is, in any case. */
static unsigned letter(char c)
{
	return (uint8_t)c & 31;
}

void scan_begin(struct scan *s, enum kind kind)
{
	*s = (struct scan){ .language = language_of(kind) };
	for (size_t i = 0; s->language && i < s->language->count; i++) {
		const struct str text = s->language->words[i].text;

		s->first[text.n] |= 1u << letter(text.p[0]);
	}
}

/* ---- words ---- */

/* "/J#61vaScript" */
static struct str undo_escapes(char *p, size_t n)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		p[done] = p[i];
		if (p[i] == '#' && i + 2 < n && hex_digit(p[i + 1]) >= 0 &&
		    hex_digit(p[i + 2]) >= 0) {
			p[done] = (char)(hex_digit(p[i + 1]) << 4 | hex_digit(p[i + 2]));
			i += 2;
		}
		done++;
	}
	return (struct str){ .p = p, .n = done };
}

static const struct word *find(const struct scan *s, struct str text)
{
	const struct scan_language *l = s->language;

	for (size_t i = 0; i < l->count; i++) {
		const struct word *w = &l->words[i];

		if (w->text.n == text.n && (w->before == 0 || w->before == s->before) &&
		    (l->any_case ? str_ieq(text, w->text) : str_eq(text, w->text)))
			return w;
	}
	return NULL;
}

/* What two of them say together. */
static unsigned judge(const struct scan *s, unsigned bit)
{
	unsigned flags = 0;

	if ((s->seen & (UNPACKS | WRITES)) == (UNPACKS | WRITES))
		flags |= LISTING_UNPACKS;
	if (s->last == TYPE && bit == PASSWORD)
		flags |= LISTING_ASKS;
	if (s->last == TEMPLATE && (bit == REMOTE || s->before == '\\')) /* as in "\\\\host" */
		flags |= LISTING_ACTS;
	return flags;
}

static unsigned end_word(struct scan *s)
{
	struct str text = { .p = s->word, .n = s->n };
	const struct word *w = NULL;
	unsigned flags, bit;

	s->n = 0;
	s->effort += EFFORT_WORD;
	if (s->language->kind == KIND_PDF)
		text = undo_escapes(s->word, text.n);
	if (s->first[text.n] >> letter(text.p[0]) & 1) {
		s->effort += EFFORT_FIND;
		w = find(s, text);
	}
	bit = w ? w->bit : 0;
	s->seen |= bit;
	flags = (w ? w->flag : 0) | judge(s, bit);
	s->last = bit;
	if (bit == OBJECTS)
		objects_begin(s);
	return flags;
}

enum { LETTER = 1, DIGIT = 2 /* '_' and '#', too */, NOTHING = 4 /* NUL, of UTF-16 */ };

/* clang-format off */
static const uint8_t classes[256] = { /* of ASCII; all else is 0 */
	4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0,
	0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2,
	0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
};
/* clang-format on */

static unsigned of_words(const struct scan_language *l)
{
	return LETTER | (l->digits ? DIGIT : 0);
}

/* How many bytes at its head are of these classes, or of none of them. */
static size_t length_of(struct str s, unsigned these, bool are)
{
	size_t n = 0;

	while (n < s.n && !(classes[(uint8_t)s.p[n]] & these) == !are)
		n++;
	return n;
}

/* A word may be here, and not only behind the next lead. */
static bool is_due(const struct scan *s)
{
	const char lead = s->language->lead;

	return lead == 0 || s->before == lead || s->last == TEMPLATE;
}

/* Up to behind the next lead. */
static size_t skip_to_lead(struct scan *s, struct str in)
{
	const char lead = s->language->lead;
	const char *const p = memchr(in.p, lead, in.n);
	const size_t n = p ? (size_t)(p - in.p) + 1 : in.n;

	s->before = p ? lead : 0;
	s->effort += EFFORT_BYTE * (unsigned)n + (p ? EFFORT_LEAD : 0);
	return n;
}

/* What is no word, up to one. */
static size_t skip(struct scan *s, struct str in)
{
	const struct scan_language *l = s->language;
	size_t n;

	if (l->lead && s->last != TEMPLATE)
		return skip_to_lead(s, in);
	n = length_of(in, of_words(l), false);
	for (size_t i = n; i > 0; i--) {
		if (in.p[i - 1] == '\0')
			continue;
		s->before = in.p[i - 1];
		break;
	}
	s->effort += EFFORT_REST * (unsigned)n;
	return n;
}

/* The word goes on, up to what ends it. */
static size_t take(struct scan *s, struct str in)
{
	const unsigned goes_on = of_words(s->language) | NOTHING;
	size_t n = 0;

	if (!is_due(s))
		return 0;
	for (; n < in.n && s->n < SCAN_WORD && classes[(uint8_t)in.p[n]] & goes_on; n++)
		if (in.p[n] != '\0')
			s->word[s->n++] = in.p[n];
	if (s->n == SCAN_WORD)
		n += length_of(str_from(in, n), goes_on, true);
	s->effort += EFFORT_REST * (unsigned)n;
	return n;
}

static unsigned look_at(struct scan *s, struct str in, struct steps *left)
{
	unsigned flags = 0;

	while (in.n) {
		flags |= objects_feed(s, str_take(&in, take(s, in)), left);
		if (in.n == 0)
			break;
		if (s->n)
			flags |= end_word(s);
		if (s->language->lead && in.p[0] != s->language->lead)
			s->before = 0;
		flags |= objects_feed(s, str_take(&in, skip(s, in)), left);
	}
	return flags;
}

unsigned scan_feed(struct scan *s, struct str bytes, struct steps *left)
{
	unsigned flags = 0;

	while (s->language && bytes.n) {
		flags |= look_at(s, str_take(&bytes, PIECE), left);
		if (!steps_pay(left, s->effort / EFFORT_STEP)) {
			s->language = NULL;
			flags |= LISTING_UNSEEN;
		}
		s->effort %= EFFORT_STEP;
	}
	return flags;
}

void scan_free(struct scan *s)
{
	objects_free(s);
}
