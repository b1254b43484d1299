/* filters/bulk/signs.h: what mails with little text have in common, and what they have not. */
#include "filters/bulk/signs.h"

#include "base/check.h"
#include "filters/content/reader.h"
#include "filters/uri/gather.h"
#include "mail/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 256 };

#define HTML(SUBJECT, BODY)                                                                        \
	"Subject: " SUBJECT "\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" BODY
#define ROW "<tr><td>more</td><td>and more</td></tr>"
#define CARD(CLASS, HOST, MORE)                                                                    \
	"<html><head><title>x</title></head><body><center><table class=" CLASS                     \
	"><tr><td><a href=\"http://" HOST "/" CLASS "\"><img src=\"http://pic.com/" CLASS          \
	".png\"></a></td></tr>" ROW MORE "</table><hr><form action=\"http://" HOST                 \
	"/go\"><input name=x><select><option>1</select></form><ul><li>a<li>b</ul></center></body></html>"

static struct charsets *charsets;
static struct suffixes *suffixes;

static int open_libraries(void **state)
{
	(void)state;
	charsets = charsets_new();
	suffixes = suffixes_new();
	return !charsets || !suffixes;
}

static int close_libraries(void **state)
{
	(void)state;
	suffixes_free(suffixes);
	charsets_free(charsets);
	return 0;
}

static struct signs signs_in(const char *message, bool is_answer)
{
	uint32_t hashes[ROOM], names[4];
	struct wordlist jane = { .hashes = names, .room = 4 };
	struct wordlist space = { .hashes = hashes, .room = ROOM };
	struct reader r = { 0 };
	struct text text = { 0 };
	struct uris uris = { .n = 0 };
	struct gather g = { .uris = &uris, .suffixes = suffixes };
	const size_t n = header_length(str_z(message));
	struct signs s;

	wordlist_read_parts(&jane, STR("jane.miller"));
	reader_begin(&r, &text, charsets, str_head(str_z(message), n));
	reader_feed(&r, str_from(str_z(message), n));
	reader_finish(&r);
	reader_free(&r);
	gather_text(&g, &text);
	s = signs_of(&text, &uris, is_answer, &jane, &space);
	uris_free(&uris);
	text_free(&text);
	return s;
}

static bool same_subject(const char *a, const char *b)
{
	const struct signs x = signs_in(a, false), y = signs_in(b, false);

	return x.subject && x.subject == y.subject;
}

static void a_subject_is_a_template(void **state)
{
	(void)state;
	assert_true(same_subject("Subject: Your invoice 4711 is ready\r\n\r\n",
				 "Subject: [#a8x] your invoice 23/5 is READY!\r\n\r\n"));
	assert_true(same_subject("Subject: Jane, your parcel is here\r\n\r\n",
				 "Subject: your parcel is here\r\n\r\n"));
	assert_false(same_subject("Subject: your parcel is here\r\n\r\n",
				  "Subject: your parcel is there\r\n\r\n"));
	assert_false(same_subject("Subject: is your parcel here\r\n\r\n",
				  "Subject: your parcel is here\r\n\r\n"));
	assert_true(signs_in("Subject: hello there\r\n\r\n", false).subject == 0);
	assert_true(signs_in("Subject: Re: your parcel is here\r\n\r\n", true).subject == 0);
}

static void links_are_a_set_of_domains(void **state)
{
	const struct signs a = signs_in("\r\nhttp://www.one.com/a http://two.com/b "
					"http://three.co.uk/ https://x.one.com/c",
					false),
			   b = signs_in("\r\nsee http://three.co.uk/z, http://two.com/ and "
					"http://cdn.one.com/1?u=2 me@four.com",
					false),
			   c = signs_in("\r\nhttp://three.co.uk/z http://two.com/", false);

	(void)state;
	assert_int_equal(a.domains, 3);
	assert_true(a.links == b.links && a.links);
	assert_int_equal(c.domains, 2);
	assert_true(c.links != a.links);
	assert_true(signs_in("\r\nok, thanks", false).links == 0);
}

/* Nobody's few links are dozens of domains. */
static void very_many_domains_are_no_sign(void **state)
{
	char message[4096] = "\r\n";
	struct out o = OUT(message);

	(void)state;
	out_str(&o, STR("\r\n"));
	for (unsigned i = 0; i < 40; i++)
		out_printf(&o, "http://a%u.com/ ", i);
	out_char(&o, '\0');
	assert_true(signs_in(message, false).links == 0);
	assert_int_equal(signs_in(message, false).domains, 0);
}

static bool same_skeleton(const char *a, const char *b)
{
	const struct signs x = signs_in(a, false), y = signs_in(b, false);
	bool same = false;

	for (unsigned i = 0; i < SIGNS_HALVES; i++)
		same = same || (x.skeleton[i] && x.skeleton[i] == y.skeleton[i]);
	return same;
}

static void a_skeleton_is_how_html_is_built(void **state)
{
	static const char card[] = HTML("x", CARD("a8", "one.com", ""));

	(void)state;
	assert_true(same_skeleton(card, HTML("y", CARD("b9", "two.com", ""))));
	assert_true(same_skeleton(card, HTML("x", CARD("b9", "two.com", ROW))));
	assert_true(same_skeleton(card, HTML("x", CARD("b9", "two.com", "<tr><td>" ROW ROW))));
	assert_true(same_skeleton(
		card, HTML("x", CARD("b9", "two.com", "<b id=1></b><span></span><font></font>"))));
	assert_false(same_skeleton(
		card, HTML("x", "<html><body><div><p>one<br>two<div><p>three<a href=x><img>"
				"<h1></h1><ol><li></ol><blockquote><pre>")));
	/* A few elements are in everybody's mail. */
	assert_false(same_skeleton(HTML("x", "<html><body><p>a<br>b</body></html>"),
				   HTML("x", "<html><body><p>c<br>d</body></html>")));
}

/* What is not shown does not tell how the mail looks. */
static void an_attached_page_is_no_skeleton(void **state)
{
	static const char page[] =
		"Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n" CARD(
			"a", "one.com", "");
	const struct signs s = signs_in(page, false);

	(void)state;
	assert_true(s.skeleton[0] == 0 && s.skeleton[1] == 0);
}

/* Bits, 1 << enum bulk_kind, of those that lead; and in *all, of all. */
static unsigned kinds(const struct signs *s, unsigned *all)
{
	struct bulk_sign signs[SIGNS_MOST];
	const unsigned n = signs_put(s, signs);
	unsigned found = 0;

	*all = 0;
	for (unsigned i = 0; i < n; i++) {
		*all |= 1u << signs[i].kind;
		found |= signs[i].leads_nowhere ? 0 : 1u << signs[i].kind;
		assert_true(i == 0 || !signs[i - 1].leads_nowhere || signs[i].leads_nowhere);
		for (unsigned j = 0; j < i; j++)
			assert_true(signs[i].hash != signs[j].hash);
	}
	return found;
}

static void it_takes_two_or_several_domains(void **state)
{
#define K(ID) (1u << BULK_##ID)
	static const struct {
		struct signs signs;
		unsigned leads, all;
	} rows[] = {
		{ { 0 }, 0, 0 },
		{ { .links = 5, .domains = 1 }, 0, 0 },
		{ { .links = 5, .domains = 2 }, 0, 0 },
		{ { .links = 5, .domains = 3 }, K(LINKS), K(LINKS) },
		{ { .subject = 5 }, 0, 0 },
		{ { .skeleton = { 5, 6 } }, 0, 0 },
		{ { .links = 5, .domains = 1, .subject = 7 }, K(LINKS_SUBJECT), K(LINKS_SUBJECT) },
		{ { .skeleton = { 0, 6 }, .subject = 7 },
		  K(SKELETON_SUBJECT),
		  K(SKELETON_SUBJECT) },
		{ { .links = 5, .domains = 1, .skeleton = { 6, 7 } }, 0, K(LINKS_SKELETON) },
		{ { .links = 5, .domains = 2, .skeleton = { 6, 7 } },
		  K(LINKS_SKELETON),
		  K(LINKS_SKELETON) },
		{ { .links = 5, .domains = 1, .skeleton = { 6, 7 }, .subject = 8 },
		  K(LINKS_SUBJECT) | K(SKELETON_SUBJECT),
		  K(LINKS_SUBJECT) | K(SKELETON_SUBJECT) | K(LINKS_SKELETON) },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		unsigned all;

		assert_int_equal(kinds(&rows[i].signs, &all), rows[i].leads);
		assert_int_equal(all, rows[i].all);
	}
#undef K
}

/* They are kept in stores: another version of this program has to find the same ones. */
static void signs_stay_what_they_are(void **state)
{
	const struct signs s =
		signs_in(HTML("your parcel is here", CARD("a8", "one.com", "")), false);

	(void)state;
	assert_int_equal(s.domains, 2);
	assert_true(s.links == 0x68552543c0d4a8d3);
	assert_true(s.subject == 0xd0b9ef3d349fa46f);
	assert_true(s.skeleton[0] == 0xd5d6cb60c02c0ba7);
	assert_true(s.skeleton[1] == 0x5cd5fe2100db1948);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subject_is_a_template),
		cmocka_unit_test(links_are_a_set_of_domains),
		cmocka_unit_test(very_many_domains_are_no_sign),
		cmocka_unit_test(a_skeleton_is_how_html_is_built),
		cmocka_unit_test(an_attached_page_is_no_skeleton),
		cmocka_unit_test(it_takes_two_or_several_domains),
		cmocka_unit_test(signs_stay_what_they_are),
	};

	return cmocka_run_group_tests(tests, open_libraries, close_libraries);
}
