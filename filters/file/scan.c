#include "filters/file/scan.h"

#include "base/check.h"
#include "base/hex.h"
#include "filters/file/listing.h"
#include "filters/file/objects.h"
#include "filters/file/spare.h"

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
	char lead; /* what stands before all words; NUL: they may be anywhere */
	bool digits, any_case;
	unsigned
		bytes_a_step; /* that are gone over in the time of one; a word that may be one of these takes one, too */
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
	{ KIND_PDF, .lead = '/', .digits = true, .bytes_a_step = 24, WORDS(pdf) },
	{ KIND_RTF, .bytes_a_step = 12, WORDS(rtf) },
	{ KIND_HTML, .digits = true, .any_case = true, .bytes_a_step = 12, WORDS(html) },
	{ KIND_XML, .digits = true, .any_case = true, .bytes_a_step = 12, WORDS(html) },
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

void scan_begin(struct scan *s, enum kind kind)
{
	*s = (struct scan){ .language = language_of(kind) };
	for (size_t i = 0; s->language && i < s->language->count; i++)
		s->lengths |= 1u << s->language->words[i].text.n;
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

static unsigned end_word(struct scan *s, unsigned *budget)
{
	struct str text = { .p = s->word, .n = s->n };
	const struct word *w = NULL;
	unsigned flags, bit;

	s->n = 0;
	if (s->language->kind == KIND_PDF)
		text = undo_escapes(s->word, text.n);
	if (s->lengths >> text.n & 1 && spare_pay(budget, 1))
		w = find(s, text);
	bit = w ? w->bit : 0;
	s->seen |= bit;
	flags = (w ? w->flag : 0) | judge(s, bit);
	s->last = bit;
	if (bit == OBJECTS)
		objects_begin(s);
	return flags;
}

static bool is_word(const struct scan_language *l, char c)
{
	return ascii_alpha(c) || (l->digits && (ascii_digit(c) || c == '_' || c == '#'));
}

/* What is no word, up to one. */
static size_t skip(struct scan *s, struct str in)
{
	const struct scan_language *l = s->language;
	size_t n = 0;

	if (l->lead && s->before != l->lead) {
		const char *p = memchr(in.p, l->lead, in.n);

		n = p ? (size_t)(p - in.p) + 1 : in.n;
		s->before = p ? l->lead : 0;
		return n;
	}
	for (; n < in.n && !is_word(l, in.p[n]); n++)
		if (in.p[n] != '\0') /* of UTF-16 */
			s->before = in.p[n];
	return n;
}

/* The word goes on, up to what ends it. */
static size_t take(struct scan *s, struct str in)
{
	size_t n = 0;

	for (; n < in.n && (in.p[n] == '\0' || is_word(s->language, in.p[n])); n++)
		if (in.p[n] != '\0' && s->n < SCAN_WORD)
			s->word[s->n++] = in.p[n];
	return n;
}

static unsigned look_at(struct scan *s, struct str in, unsigned *budget)
{
	unsigned flags = 0;

	while (in.n) {
		flags |= objects_feed(s, str_take(&in, take(s, in)), budget);
		if (in.n == 0)
			break;
		if (s->n)
			flags |= end_word(s, budget);
		if (s->language->lead && in.p[0] != s->language->lead)
			s->before = 0;
		flags |= objects_feed(s, str_take(&in, skip(s, in)), budget);
	}
	return flags;
}

unsigned scan_feed(struct scan *s, struct str bytes, unsigned *budget)
{
	size_t due;

	if (!s->language)
		return 0;
	due = s->bytes + bytes.n;
	if (!spare_pay(budget, due / s->language->bytes_a_step)) {
		s->language = NULL;
		return 0;
	}
	s->bytes = (unsigned)(due % s->language->bytes_a_step);
	return look_at(s, bytes, budget);
}

void scan_free(struct scan *s)
{
	objects_free(s);
}
