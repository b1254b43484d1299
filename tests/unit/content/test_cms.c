/* filters/content/cms.h: what was signed, however it is packed up and its bytes are cut. */
#include "base/out.h"
#include "filters/content/cms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(A) (sizeof(A) / sizeof((A)[0]))

/* SEQUENCE { OID [0] { SEQUENCE { INTEGER SET SEQUENCE { OID [0] { ... */
#define LONG                                                                                       \
	"\x30\x82\x01\x00\x06\x01x\xa0\x81\x99\x30\x84\0\0\1\0\x02\x01\x01\x31\x02xx\x30\x20\x06\x01x\xa0\x10"
#define OPEN "\x30\x80\x06\x01x\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x01x\xa0\x80"

static const struct row {
	struct str file;
	const char *content;
} rows[] = {
	{ STR_INIT(LONG "\x04\x05hello\xa0\x04\x04\x02no"), "hello" },
	{ STR_INIT(OPEN "\x24\x80\x04\x03hel\x04\x00\x04\x81\x02lo\0\0\0\0\x04\x02no"), "hello" },
	{ STR_INIT(OPEN "\x24\x07\x04\x05hello\x31\x02no"), "hello" },
	{ STR_INIT(LONG "\x04\x82\x01\x00hell"), "hell" }, /* cut */
	{ STR_INIT(LONG "\x04\x80hello"), "" },            /* no such length */
	{ STR_INIT(LONG "\x04\x85\0\0\0\0\5hello"), "" },  /* too long */
	{ STR_INIT(
		  "\x30\x80\x06\x01x\xa0\x80\x30\x80\x02\x01\x00\x31\x00\x30\x80\x06\x01x\x30\x00\x80\x02no"),
	  "" },
	{ STR_INIT("hello"), "" },
};

static void content_of_what_is_signed(void **state)
{
	char bytes[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t piece = 1; piece <= rows[i].file.n; piece++) {
			struct str rest = rows[i].file;
			struct out o = OUT(bytes);
			struct cms c = { 0 };

			while (rest.n) {
				struct str in = str_take(&rest, piece);

				while (in.n)
					out_str(&o, cms_take(&c, &in));
			}
			out_char(&o, '\0');
			assert_string_equal(bytes, rows[i].content);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_of_what_is_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
