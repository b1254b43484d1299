/* What a text must hold for an expression to match in it. */
#include "filters/pattern/literal.h"
#include "filters/pattern/source.h"
#include "filters/regex/tree.h"

#include "base/check.h"
#include "base/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct str words(const struct literals *l, struct out *o)
{
	for (unsigned i = 0; i < l->count; i++) {
		if (i)
			out_char(o, ' ');
		out_str(o, (struct str){ .p = l->items[i].bytes, .n = l->items[i].n });
	}
	return out_text(o);
}

/* Nothing is known of what is not understood. */
static void find(const char *expression, const char *flags, struct str usual, struct literals *l)
{
	struct arena arena;
	const struct tree *tree;

	arena_init(&arena, 1 << 20);
	tree = tree_read(str_z(expression), str_z(flags), &arena);
	l->count = 0;
	if (tree)
		literals_of(tree, usual, l);
	arena_reset(&arena);
}

static void expect(const char *expression, const char *flags, struct str usual, const char *wanted)
{
	char text[1024];
	struct out o = OUT(text);
	struct literals l;
	struct str found;

	find(expression, flags, usual, &l);
	found = words(&l, &o);
	if (!str_eq(found, str_z(wanted)))
		fail_msg("%s: '" STR_FMT "'", expression, STR_ARG(found));
}

static void tells_what_must_be_there(void **state)
{
	static const struct {
		const char *expression, *flags, *words;
	} cases[] = {
		{ "Viagra", "", "viagra" },
		{ "\\bviagra\\b", "i", "viagra" },
		{ "via|gra", "", "via gra" },
		{ "a(?:b|cd)e", "", "abe acde" },
		{ "colou?r", "", "colour color" },
		{ "(?:aa)?bbb", "", "aabbb bbb" },
		{ "ab*cde", "", "cde" },
		{ "ad+res+es", "", "dres" },
		{ "(?:ab|c.d)ef", "", "abef def" },
		{ "abc.*de", "", "abc" },
		{ "ab{2}c", "", "abbc" },
		{ "ab{2,}cd", "", "bbcd" },
		{ "(?:free|cheap) +.*(?:offer)", "", "offer" },
		{ "x[1-3]y", "", "x1y x2y x3y" },
		{ "x[^1]yy", "", "yy" },
		{ "x[a-z]yy", "", "yy" },
		{ "\\x41\\.\\/\\075", "", "a./=" },
		{ "a b # c\nd", "x", "abd" },
		{ "a b # c", "x", "ab" },
		{ "(?x)a b(?-x: c)", "", "ab c" },
		{ "ab(?=c)(?!d)(?<=b)(?<!a)ef", "", "abef" },
		{ "(?<name>ab)(?P<other>c)('d)(?>e)(?#no)f", "", "abc'def" },
		{ "[[:alpha:]]abc", "", "abc" },
		{ "[^[:alpha:]x]ab|cd", "", "ab cd" },
		{ "[^a-\\d]ab", "", "ab" },
		{ "\\d%", "", "0% 1% 2% 3% 4% 5% 6% 7% 8% 9%" },
		{ "\\w+%", "", "%" },
		{ "(abc)\\1def", "", "abc" },
		{ "\\x00abc", "", "abc" },
		{ "ab[\\x00x]cde", "", "cde" },
		{ "abcdefghijklmnopqrs", "", "abcdefghijklmno" },
		{ "foreign (?:business partner|customer)", "", "foreign busines foreign custome" },
		{ "abcdefghijklmn(?:op|qrs)", "", "abcdefghijklmno abcdefghijklmnq" },
		{ "this is .*protected.*your", "", "protected" },
		{ "(?&x)cd(?(DEFINE)(?'x'ab))", "", "abcd" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++)
		expect(cases[i].expression, cases[i].flags, STR(""), cases[i].words);
}

static void knows_nothing(void **state)
{
	static const char *const cases[] = {
		"",
		"a*",
		"a",
		".",
		"\\d+",
		"[^a]",
		"abc|",
		"abc|\\w+",
		"(?:abc)?",
		"a.b.c",
		"(?:a|.)",
		"\\w{3}",
		"(?R)a?",
		"(a)?(?(1)bb|c)",
		"\\Qab\\E",
		"\\x{100}a",
		"(*UTF)a",
		"\\Gabc",
		"(?xx)[^a b]cde",
		"a{,3}bcd",
		"(?=abc)\\w+",
		"[[:]abc]",
		"\\x00",
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct literals l;

		find(cases[i], "", STR(""), &l);
		if (l.count)
			fail_msg("%s: %u, the first with %u bytes", cases[i], l.count,
				 l.items[0].n);
	}
}

/* How far from the beginning of a match they begin. */
static void tells_where_they_are(void **state)
{
	static const struct {
		const char *expression;
		uint32_t least, most;
	} cases[] = {
		{ "casino", 0, 0 },
		{ "[a-z]casino", 1, 1 },
		{ "(?:no |the )?[a-z]{2,4}casino", 2, 8 },
		{ "x.*casino", 1, SIGHT_ANYWHERE },
		{ "(?:ab|[a-z]{3})casino", 0, 3 }, /* "abcasino" is one of them */
		{ "(?:[a-z]casino|casino)", 0, 1 },
		{ "(?:[a-z]{1,2}casino ){3}", 1, 2 },
		{ "casino{2,5}", 0, 0 },
		{ "[a-z]{70}casino", 64, SIGHT_ANYWHERE },
		{ "\\bo.(?=x)\\w\\w?casino", 3, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct literals l;

		find(cases[i].expression, "", STR(""), &l);
		assert_true(l.count > 0);
		if (l.least != cases[i].least || l.most != cases[i].most)
			fail_msg("%s: %u to %u", cases[i].expression, l.least, l.most);
	}
}

static void keeps_what_tells_most(void **state)
{
	struct literals a, b;

	(void)state;
	literals_only(&a, STR("the"));
	literals_only(&b, STR("casino"));
	assert_true(literals_tell_more(&b, &a));
	assert_false(literals_tell_more(&a, &a));
	literals_only(&b, STR("%"));
	assert_true(literals_tell_more(&a, &b));
	literals_only(&a, STR("customer"));
	literals_only(&b, STR("foreign custome"));
	assert_true(literals_tell_more(&b, &a));
	b = a;
	b.times = 3;
	assert_true(literals_tell_more(&b, &a));
	literals_only(&b, STR("e"));
	assert_false(literals_tell_more(&b, &(struct literals){ .count = 0 }));
	literals_only(&a, STR("ee"));
	literals_only(&b, STR("casino"));
	assert_true(literals_share(&b) < literals_share(&a));
}

/* What most texts hold tells nothing. */
static void keeps_nothing_usual(void **state)
{
	const struct str relays = source_of(PATTERN_RELAYS_EXTERNAL)->usual;

	(void)state;
	expect("^[^\\]]+ rdns=\\S+\\.dip\\.", "", STR(""), " rdns=");
	expect("^[^\\]]+ rdns=\\S+\\.dip\\.", "", relays, ".dip.");
	expect("^[^\\]]+ rdns=0x", "", relays, " rdns=0x");
	expect("^[^\\]]+ HELO=friend .* auth= ", "i", relays, " helo=friend ");
	expect("^[^\\]]+ auth= ", "", relays, "");
	expect(" (?:rdns|helo)=", "", relays, "");
	expect("(?: rdns=| x=)", "", relays, "");
	expect("https?://", "", source_of(PATTERN_URIS)->usual, "");
	expect("https?://x", "", source_of(PATTERN_URIS)->usual, "https://x http://x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_must_be_there), cmocka_unit_test(knows_nothing),
		cmocka_unit_test(tells_where_they_are),     cmocka_unit_test(keeps_what_tells_most),
		cmocka_unit_test(keeps_nothing_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
