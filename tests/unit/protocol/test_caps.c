/* protocol/caps.h: what an EHLO reply says. */
#include "base/out.h"
#include "protocol/caps.h"
#include "protocol/parameter.h"
#include "protocol/xattr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void ehlo_is_read(void **state)
{
	const struct caps caps =
		caps_parse(STR("DSN Hello\npipelining\nSIZE 10240000\n8BITMIME \n"
			       "ETRN\nXCLIENT NAME ADDR REVERSE_NAME\nXFORWARD HELO ident"));

	(void)state;
	assert_true(caps_has(&caps, CAP_PIPELINING));
	assert_true(caps_has(&caps, CAP_8BITMIME));
	assert_false(caps_has(&caps, CAP_DSN));
	assert_false(caps_has(&caps, CAP_SMTPUTF8));
	assert_int_equal(caps.size, 10240000);
	assert_int_equal(caps.xclient, 1u << XATTR_NAME | 1u << XATTR_ADDR);
	assert_int_equal(caps.xforward, 1u << XATTR_HELO | 1u << XATTR_IDENT);
}

static void a_name_is_a_domain(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "mx.example.org Hello [192.0.2.1]\nSIZE", "mx.example.org" },
		{ "mx\nSIZE", "mx" },
		{ "[192.0.2.1] hello", "[192.0.2.1]" },
		{ "", "" },
		{ " mx.example.org", "" },
		{ "mx_\x01.example.org", "" },
		{ "mx..example.org", "" },
		{ "mx.example.org\r\nSIZE", "" },
		{ "\"quoted\" mx", "" },
	};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct caps caps = caps_parse(str_z(cases[i].text));
		const struct caps helo = caps_parse_helo(str_z(cases[i].text));

		assert_true(str_eq(caps_name(&caps), str_z(cases[i].name)));
		assert_true(str_eq(caps_name(&helo), str_z(cases[i].name)));
	}
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '.' : 'a';
	assert_int_equal(caps_parse((struct str){ .p = longest, .n = 255 }).name_n, 255);
	assert_int_equal(caps_parse((struct str){ .p = longest, .n = 257 }).name_n, 0);
}

static void a_size_without_number_is_no_limit(void **state)
{
	struct caps caps = caps_parse(STR("mx\nSIZE"));

	(void)state;
	assert_true(caps_has(&caps, CAP_SIZE) && caps.size == 0);
	caps = caps_parse(STR("mx\nSIZE 99999999999999999999999"));
	assert_true(caps_has(&caps, CAP_SIZE) && caps.size == 0);
	assert_int_equal(caps_parse(STR("mx")).set, 0);
	assert_int_equal(caps_parse(STR("")).set, 0);
}

static void mechanisms_that_pass_are_kept(void **state)
{
	const struct caps caps = caps_parse(STR(
		"mx\nMT-PRIORITY MIXER\nAUTH EXTERNAL PLAIN  SCRAM-SHA-256-PLUS X=Y LOGIN\nAUTH=PLAIN\nETRN"));
	const struct caps none = caps_parse(STR("mx\nAUTH EXTERNAL"));
	char text[1024];
	struct out o = OUT(text);

	(void)state;
	assert_true(caps_has(&caps, CAP_AUTH) && caps_has(&caps, CAP_ETRN));
	assert_true(str_eq(caps_argument(&caps, CAP_AUTH), STR("PLAIN LOGIN")));
	assert_true(str_eq(caps_argument(&caps, CAP_MT_PRIORITY), STR("MIXER")));
	assert_false(caps_has(&none, CAP_AUTH));
	assert_int_equal(caps_parse(STR("mx\nAUTH")).set, 0);
	out_str(&o, STR("mx\nAUTH"));
	for (unsigned i = 0; i < 100; i++)
		out_printf(&o, " MECH%u", i);
	assert_int_equal(caps_parse(out_text(&o)).set, 0);
}

static void keywords_are_found(void **state)
{
	enum cap cap;

	(void)state;
	assert_true(caps_lookup(STR("starttls"), &cap) && cap == CAP_STARTTLS);
	assert_false(caps_lookup(STR("STARTTLSX"), &cap));
	assert_string_equal(extensions[CAP_ENHANCED].keyword, "ENHANCEDSTATUSCODES");
}

static void common_is_the_smaller(void **state)
{
	const struct caps a = caps_parse(STR("a\nSIZE 100\nDSN\nPIPELINING"));
	const struct caps b = caps_parse(STR("b\nSIZE 50\nPIPELINING"));
	const struct caps c = caps_parse(STR("c\nSIZE\nPIPELINING"));

	(void)state;
	assert_int_equal(caps_common(&a, &b).size, 50);
	assert_int_equal(caps_common(&b, &c).size, 50);
	assert_int_equal(caps_common(&c, &a).size, 100);
	assert_int_equal(caps_common(&a, &b).set, b.set);
}

static void parameters_belong_to_extensions(void **state)
{
	(void)state;
	assert_int_equal(parameter_needs(STR("")), 0);
	assert_int_equal(parameter_needs(STR(" SIZE=1 X=RET")), 0);
	assert_int_equal(parameter_needs(STR(" body=8BITMIME SMTPUTF8")),
			 1u << CAP_8BITMIME | 1u << CAP_SMTPUTF8);
	assert_int_equal(parameter_needs(STR(" NOTIFY=NEVER ORCPT=rfc822;a")), 1u << CAP_DSN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ehlo_is_read),
		cmocka_unit_test(a_name_is_a_domain),
		cmocka_unit_test(a_size_without_number_is_no_limit),
		cmocka_unit_test(mechanisms_that_pass_are_kept),
		cmocka_unit_test(keywords_are_found),
		cmocka_unit_test(common_is_the_smaller),
		cmocka_unit_test(parameters_belong_to_extensions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
