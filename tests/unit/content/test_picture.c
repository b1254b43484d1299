/* filters/content/picture.h: how large pictures are, however their bytes come, and what is none. */
#include "filters/content/picture.h"

#include "base/check.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PNG      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define JFIF     "\xff\xe0\0\x07JFIF\0"
#define FRAME(W) "\xff\xc2\0\x11\x08\0\x02\0" W "\x03"
#define STR_OF(S)                                                                                  \
	{                                                                                          \
		.p = (S), .n = sizeof(S) - 1                                                       \
	}

static const struct {
	const char *type;
	struct str bytes;
	uint32_t width, height;
} cases[] = {
	{ "image/gif", STR_OF("GIF89a\x34\x12\x02\0..."), 0x1234, 2 },
	{ "image/gif", STR_OF("GIF88a\x34\x12\x02\0..."), 0, 0 },
	{ "image/gif", STR_OF("GIF89a\x34\x12\x02"), 0, 0 },
	{ "image/png", STR_OF(PNG "\0\x01\0\x05\0\0\0\x02..."), 0x10005, 2 },
	{ "image/gif", STR_OF(PNG "\0\x01\0\x05\0\0\0\x02..."), 0, 0 },
	{ "image/jpeg", STR_OF("\xff\xd8" JFIF FRAME("\x05")), 5, 2 },
	{ "image/jpg", STR_OF("\xff\xd8" FRAME("\x05")), 5, 2 },
	{ "image/jpeg", STR_OF("\xff\xd8\xff\xc4\0\x02" FRAME("\x06")), 6, 2 },
	{ "image/jpeg", STR_OF("\xff\xd8\xff\xe0\0\x01" FRAME("\x06")), 0, 0 },
	{ "image/jpeg", STR_OF("\xff\xd8\xff\xda\0\x02" FRAME("\x06")), 0, 0 },
	{ "image/jpeg", STR_OF("\xff\xd8.\xe0\0\x02" FRAME("\x06")), 0, 0 },
	{ "image/x-png", STR_OF(PNG "\0\x01\0\x05\0\0\0\x02..."), 0, 0 },
};

static void sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct str bytes = cases[i].bytes;

		for (size_t n = 1; n <= bytes.n; n++) {
			struct picture p;

			picture_begin(&p, str_z(cases[i].type));
			for (size_t at = 0; at < bytes.n; at += n)
				picture_feed(&p, str_head(str_from(bytes, at), n));
			if (p.width != cases[i].width || p.height != cases[i].height)
				fail_msg("%zu: %ux%u in pieces of %zu", i, p.width, p.height, n);
		}
	}
}

/* Their beginning is one of them; behind as many its size is not known. */
static void segments(void **state)
{
	static const struct str frame = STR_OF(FRAME("\x05")), empty = STR_OF("\xff\xe0\0\x02");

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct picture p;

		picture_begin(&p, STR("image/jpeg"));
		picture_feed(&p, STR("\xff\xd8"));
		for (unsigned i = 2; i < LIMIT_PICTURE_SEGMENTS + more; i++)
			picture_feed(&p, empty);
		picture_feed(&p, frame);
		assert_int_equal(p.width, more ? 0 : 5);
		assert_int_equal(p.kind, PICTURE_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sizes), cmocka_unit_test(segments) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
