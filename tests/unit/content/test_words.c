/* filters/content/words.h: fields as readers show them (RFC 2047), and parameters (RFC 2231). */
#include "base/check.h"
#include "filters/content/param.h"
#include "filters/content/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct row {
	const char *in, *out;
};

static const struct row words[] = {
	{ "plain", "plain" },
	{ " folded\r\n text", " folded text" },
	/* RFC 2047 8 */
	{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
	{ "(=?ISO-8859-1?Q?a?= b)", "(a b)" },
	{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)" },
	{ "(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)" },
	{ "(=?ISO-8859-1?Q?a_b?=)", "(a b)" },
	{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)" },
	{ "=?US-ASCII*EN?q?Keith_Moore?=", "Keith Moore" },
	{ "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
	  "If you can read this you understand the example." },
	/* as readers take it, against the letter */
	{ "=?utf-8?Q?two words, =e2=82=ac?=", "two words, \xe2\x82\xac" },
	{ "\"=?utf-8?Q?quoted?=\"", "\"quoted\"" },
	{ "a=?utf-8?q?b?=c=?utf-8?q?d?=", "abcd" },
	{ "=?utf-8?B?4oI=?= =?UTF-8?B?rA==?=", "\xe2\x82\xac" },
	{ "=?utf-8?Q?=e2=82?= =?utf-8?Q?=ac?= =?koi8-r?Q?=cd?=", "\xe2\x82\xac\xd0\xbc" },
	{ "=?utf-8?B?YQ0KYg==?= =?utf-8?Q?c=0D=0Ad?=", "abcd" },
	{ "f\xfcr \xe2\x82\xac", "f\xc3\xbcr \xe2\x82\xac" },
	/* what is no word */
	{ "=?utf-8?X?a?= =??Q?a?= =?utf-8?Q =?utf-8?Q?a =?",
	  "=?utf-8?X?a?= =??Q?a?= =?utf-8?Q =?utf-8?Q?a =?" },
	{ "=?utf-8?Q?=3?= =?utf-8?B?"
	  "?= =?utf-8?Q?a?",
	  "=3 =?utf-8?Q?a?" },
};

static void fields(void **state)
{
	struct charsets *charsets = charsets_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(words); i++) {
		char bytes[256];
		struct out o = OUT(bytes);

		words_put(str_z(words[i].in), charsets, &o);
		out_char(&o, '\0');
		assert_string_equal(bytes, words[i].out);
	}
	charsets_free(charsets);
}

static void only_whole_characters_fit(void **state)
{
	struct charsets *charsets = charsets_new();
	char bytes[8];

	(void)state;
	for (size_t cap = 0; cap < 8; cap++) {
		struct out o = { .p = bytes, .cap = cap };

		words_put(STR("a=?utf-8?Q?=e2=82=ac=e2=82=ac?=b"), charsets, &o);
		assert_int_equal(o.n, cap == 0 ? 0 : cap < 4 ? 1 : cap < 7 ? 4 : 7);
		assert_true(o.full);
		o = (struct out){ .p = bytes, .cap = cap };
		words_put(STR("a=?utf-8?B?4oKs4oKs?=b"), charsets, &o);
		assert_int_equal(o.n, cap == 0 ? 0 : cap < 4 ? 1 : cap < 7 ? 4 : 7);
	}
	charsets_free(charsets);
}

static enum charset_kind kind_named(struct charsets *charsets, struct str name)
{
	struct charset c;
	enum charset_kind kind;

	charset_open(&c, charsets, name);
	kind = c.kind;
	charset_close(&c);
	return kind;
}

static void names_of_charsets(void **state)
{
	static const struct {
		enum charset_kind kind;
		struct str names;
	} all[] = {
#define CHARSET(KIND, ICONV_NAME, NAMES) { CHARSET_##KIND, STR_INIT(NAMES) },
#include "filters/content/charsets.def"
#undef CHARSET
	};
	static const char *const others[] = { "", "a", "utf-", "utf-88", "utf-8 utf8" };
	struct charsets *charsets = charsets_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(all); i++) {
		struct str rest = all[i].names, name;

		while (str_word(&rest, &name))
			assert_int_equal(kind_named(charsets, name), all[i].kind);
	}
	for (size_t i = 0; i < COUNTOF(others); i++)
		assert_int_equal(kind_named(charsets, str_z(others[i])), CHARSET_GUESS);
	assert_int_equal(kind_named(charsets, STR(" UTF-8\t")), CHARSET_UTF8);
	charsets_free(charsets);
}

static const struct row names[] = {
	{ "; name=a", "a|" },
	{ "; NAME = \"a b\\\"c\" ; x=y", "a b\"c|" },
	{ "; name=\"never ends", "never ends|" },
	{ "; x=\"name=b\"; name=a", "a|" },
	{ "(; name=b) ; name(c)=(d)a (e)", "a|" },
	{ "; filename=a", "" },
	{ " name=a name=b", "a|" },
	{ "; name*=utf-8'en'a%20%e2%82%ac%zz%2", "a \xe2\x82\xac%zz%2|utf-8" },
	{ "; name*=a'b", "a'b|" },
	/* What is not there is left out. */
	{ "; name*1=\"b \"; name*0*=utf-8''a%25; name*2*=%63'; name*4=x", "a%b c'x|utf-8" },
	{ "; name*0=a; name*0=b; name*x=c; name*99999999999999999999=d", "a|" },
	{ "; name=plain; name*=''whole; name*0=parts", "whole|" },
	{ "; name=plain; name*0=parts", "parts|" },
	{ "; name*1=b", "b|" },
	{ "; name*1*=utf-8''b%25; name*59=c; name*60=d", "b%c|utf-8" },
	/* A name may have spaces in it. */
	{ "; name=my invoice (2).js (c) ; x=y", "my invoice (2).js|" },
	{ "; name=my\r\n invoice.js\r\n", "my invoice.js|" },
	{ "; name=a  b charset=c", "a  b|" },
	{ "; name==?utf-8?Q?a?= =?utf-8?Q?b?=", "=?utf-8?Q?a?= =?utf-8?Q?b?=|" },
	{ "; name= ;x", "|" },
	/* A comment without an end is none. */
	{ "(; name=a", "a|" },
	{ "; name(=b; name=c", "c|" },
	{ "; x=((a); name=(c", "(c|" },
	{ ";;/?[]\\ (;) name=(=) \"a\"=b; name=c", "a|" },
	{ "; na name =(() )= ;;name*1*name*2=x;name*01=c;name*0*=a", "ac|" },
};

/* In what forms it is there: "form:value ". */
static void forms(void **state)
{
	static const struct row rows[] = {
		{ "; name=a; name*=''b; name*1=c; name*0=d", "0:b 1:dc 2:a " },
		{ "; name=a; name=b; name=\"c\\d\"", "2:a 3:cd " },
		{ "; name*=''a; name*=b'c'%64", "0:a 3:d " },
		{ "; name*=''a; name*=''b; name=c; name=d%64", "0:a 2:c 3:d%64 " },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char text[256];
		struct out o = OUT(text);
		struct params all = { 0 };

		params_read(&all, str_z(rows[i].in), 1u << PARAM_NAME);
		for (unsigned form = 0; form < PARAM_FORM_COUNT; form++) {
			char bytes[16];
			struct out value = OUT(bytes);
			struct str charset;

			if (params_form(&all, PARAM_NAME, (enum param_form)form, &value, &charset))
				out_printf(&o, "%u:" STR_FMT " ", form, STR_ARG(out_text(&value)));
		}
		out_char(&o, '\0');
		assert_string_equal(text, rows[i].out);
	}
}

static void parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		char bytes[256];
		struct out o = OUT(bytes);
		struct params all = { 0 };
		struct str charset;

		params_read(&all, str_z(names[i].in), 1u << PARAM_NAME);
		if (params_value(&all, PARAM_NAME, &o, &charset)) {
			out_char(&o, '|');
			out_str(&o, charset);
		}
		out_char(&o, '\0');
		assert_string_equal(bytes, names[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(only_whole_characters_fit),
		cmocka_unit_test(names_of_charsets),
		cmocka_unit_test(parameters),
		cmocka_unit_test(forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
