/* filters/bulk: words, signatures, and what a mail is known by. */
#include "filters/bulk/print.h"
#include "filters/content/text.h"
#include "filters/uri/uris.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 4096 };

static uint32_t first_hashes[ROOM], second_hashes[ROOM];

static const char letter[] =
	"Dear customer, your parcel could not be delivered because nobody was at home. Please come to our office "
	"within three days, or pay the fee for a second delivery on our site, where you will also find the hours "
	"at which the office is open. Parcels that nobody asks for go back to whoever has sent them.";

static struct wordlist words_of(uint32_t *hashes, const char *text)
{
	struct wordlist w = { .hashes = hashes, .room = ROOM };

	wordlist_read(&w, str_z(text));
	return w;
}

static bool same_words(const char *a, const char *b)
{
	const struct wordlist x = words_of(first_hashes, a), y = words_of(second_hashes, b);

	return x.n == y.n && memcmp(x.hashes, y.hashes, x.n * sizeof(*x.hashes)) == 0;
}

static void words_are_what_copies_share(void **state)
{
	static const struct {
		const char *a, *b;
	} rows[] = {
		{ "Buy NOW!", "buy now" },
		{ "b.u.y n-o-w", "buy now" },
		{ "  buy   now ", "buy now" },
		{ "buy 3 pills x7q2 now", "buy pills now" },
		{ "buy at http://x.example/abc now", "buy at now" },
		{ "write to me@example.org now", "write to now" },
		{ "Grüße für Françoise", "gruse fur francoise" },
		{ "p\xd0\xb0y n\xce\xbfw", "pay now" },            /* Cyrillic a, Greek omicron */
		{ "\xef\xbc\xb0\xef\xbd\x81\xef\xbd\x99", "pay" }, /* wide */
		{ "\xf0\x9d\x90\x9b\xf0\x9d\x90\xae\xf0\x9d\x90\xb2", "buy" }, /* bold */
		{ "pa\xcc\x81y", "pay" }, /* an accent of its own */
		{ "buy \xf0\x9f\x98\x80 now \xe2\x80\x94 ok", "buy now ok" },
		{ "ПРИВЕТ Мир", "привет мир" },
		{ "ΑΘΉΝΑ", "αθηνα" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa now", "now" },
		{ "buy\xff\xfe now", "buy now" },
		{ "", "12 34 !" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (!same_words(rows[i].a, rows[i].b))
			fail_msg("'%s' and '%s'", rows[i].a, rows[i].b);
	assert_false(same_words("buy now", "now buy"));
	assert_false(same_words("мир", "mup")); /* it has no Latin letter */
}

static void scripts_without_spaces_have_a_word_per_character(void **state)
{
	(void)state;
	assert_int_equal(words_of(first_hashes, "今日は天気がいい").n, 8);
	assert_int_equal(words_of(first_hashes, "ok 今日 ok").n, 4);
}

static void what_does_not_fit_is_left_out(void **state)
{
	struct wordlist w = { .hashes = first_hashes, .room = 3 };

	(void)state;
	wordlist_read(&w, STR("one two three four five"));
	assert_int_equal(w.n, 3);
}

static void personal_words_are_dropped(void **state)
{
	struct wordlist w = words_of(first_hashes, "dear jane your parcel jane"), jane;

	(void)state;
	jane = words_of(second_hashes, "Jane Miller");
	wordlist_drop(&w, 0, &jane);
	assert_int_equal(w.n, 3);
	assert_true(same_words("dear your parcel", "Dear, your parcel"));
}

static unsigned alike_values(const uint32_t *a, const uint32_t *b)
{
	unsigned n = 0;

	for (unsigned v = 0; v < BULK_VALUES; v++)
		n += a[v] == b[v];
	return n;
}

static unsigned alike(const char *a, const char *b)
{
	const struct wordlist x = words_of(first_hashes, a), y = words_of(second_hashes, b);
	uint32_t s[BULK_VALUES], t[BULK_VALUES];

	signature_make(s, PRINT_TEXT, x.hashes, x.n);
	signature_make(t, PRINT_TEXT, y.hashes, y.n);
	return alike_values(s, t);
}

static void signatures_agree_as_their_texts_do(void **state)
{
	char half[1024];

	(void)state;
	assert_int_equal(alike(letter, letter), BULK_VALUES);
	/* Half of the letter in front of other text: a third of all pairs is common. */
	snprintf(
		half, sizeof(half),
		"%.*s but we have eaten all of what was in it, and have no regrets about that, since "
		"it was good cake with much cream, strawberries too, which somebody must have baked "
		"that very morning in a small kitchen",
		150, letter);
	assert_in_range(alike(letter, half), 5, 20);
	assert_in_range(
		alike("what is said here is of no interest to whoever reads the other one", letter),
		0, 3);
}

static void kinds_have_nothing_in_common(void **state)
{
	const struct wordlist w = words_of(first_hashes, letter);
	uint32_t s[BULK_VALUES], t[BULK_VALUES];

	(void)state;
	signature_make(s, PRINT_TEXT, w.hashes, w.n);
	signature_make(t, PRINT_FORM, w.hashes, w.n);
	assert_int_equal(alike_values(s, t), 0);
}

/* The fingerprints are kept in stores: another version of this program has to find the same ones. */
static void signatures_stay_what_they_are(void **state)
{
	const struct wordlist w = words_of(first_hashes, letter);
	uint32_t s[BULK_VALUES];

	(void)state;
	signature_make(s, PRINT_TEXT, w.hashes, w.n);
	assert_int_equal(w.n, 57);
	assert_int_equal(s[0], 33072810);
	assert_int_equal(s[31], 78922198);
}

/* ---- what a mail is known by ---- */

static void refer(struct uris *uris, const char *uri, const char *host)
{
	const uint16_t text = uris_keep(uris, str_z(uri)), name = uris_keep(uris, str_z(host));
	struct uri_site *site = uris_site(uris, name);
	struct uri *item = uris_item(uris, text);

	site->domain_n = (uint8_t)strlen(host);
	item->site = uris->texts[name - 1].site;
	item->origins = URI_IN_IMAGE;
}

static struct print print_of(const char *shown, const char *const *links)
{
	const struct wordlist nobody = { .n = 0 };
	struct wordlist space = { .hashes = first_hashes, .room = ROOM };
	struct text text = { 0 };
	struct uris uris = { .n = 0 };
	struct print p;

	text_mode(&text, TEXT_SUBJECT, TEXT_SHOWN);
	text_put(
		&text,
		STR("a subject of many words that count for nothing in a text that has more words"));
	text_mode(&text, TEXT_HTML, TEXT_SHOWN);
	text_put(&text, str_z(shown));
	text_mode(&text, TEXT_HTML, TEXT_HIDDEN);
	text_put(
		&text,
		STR("hidden words that nobody sees are there to make a copy look like another mail"));
	for (; links && *links; links++)
		refer(&uris, *links, "img.example");
	print_make(&p, &text, &uris, &nobody, &space);
	uris_free(&uris);
	text_free(&text);
	return p;
}

static void a_mail_is_known_by_its_text_or_its_form(void **state)
{
	static const char *const pictures[] = { "http://img.example/mail/8/a1/top.gif",
						"http://img.example/mail/8/a1/middle.gif", NULL };
	static const char *const others[] = { "http://img.example/mail/97/b2/top.gif",
					      "http://img.example/mail/97/b2/middle.gif", NULL };
	struct print a, b;

	(void)state;
	assert_int_equal(print_of("", NULL).kind, PRINT_NONE);
	assert_int_equal(print_of("ok, thanks", NULL).kind, PRINT_NONE);
	assert_int_equal(print_of("one two three four five six seven eight nine ten", NULL).kind,
			 PRINT_NONE);
	assert_int_equal(print_of(letter, NULL).kind, PRINT_TEXT);
	assert_int_equal(print_of(letter, pictures).kind, PRINT_TEXT);
	a = print_of("look at this", pictures);
	b = print_of("look at this", others);
	assert_int_equal(a.kind, PRINT_FORM);
	assert_int_equal(alike_values(a.values, b.values), BULK_VALUES);
}

static struct print print_of_two(const char *first, const char *second)
{
	const struct wordlist nobody = { .n = 0 };
	struct wordlist space = { .hashes = first_hashes, .room = ROOM };
	struct text text = { 0 };
	struct print p;

	text_mode(&text, TEXT_PLAIN, TEXT_SHOWN);
	text_put(&text, str_z(first));
	text_break(&text);
	text_put(&text, str_z(second));
	print_make(&p, &text, &(struct uris){ .n = 0 }, &nobody, &space);
	text_free(&text);
	return p;
}

/* A list's, or somebody's signature: they are in mails that have nothing else in common. */
static void a_footer_does_not_count_beside_enough_text(void **state)
{
	static const char footer[] =
		"_____________ the list of those who like lists, with an archive of all that was said on it";

	(void)state;
	assert_int_equal(print_of_two(letter, footer).words, 57);
	assert_int_equal(print_of_two(footer, letter).words, 57);
	assert_int_equal(print_of_two("thanks", footer).words, 18); /* there is nothing else */
	assert_int_equal(
		print_of_two("one two three four five six seven eight nine ten one two three four "
			     "five six seven eight",
			     footer)
			.words,
		18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_what_copies_share),
		cmocka_unit_test(scripts_without_spaces_have_a_word_per_character),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(personal_words_are_dropped),
		cmocka_unit_test(signatures_agree_as_their_texts_do),
		cmocka_unit_test(kinds_have_nothing_in_common),
		cmocka_unit_test(signatures_stay_what_they_are),
		cmocka_unit_test(a_mail_is_known_by_its_text_or_its_form),
		cmocka_unit_test(a_footer_does_not_count_beside_enough_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
