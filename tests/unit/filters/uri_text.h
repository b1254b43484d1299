/* uri_text.h - for tests of URIs. */
#ifndef TESTS_UNIT_FILTERS_URI_TEXT_H
#define TESTS_UNIT_FILTERS_URI_TEXT_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static inline void assert_text(struct str got, const char *wanted)
{
	char bytes[1024];

	assert_true(got.n < sizeof(bytes));
	if (got.n)
		memcpy(bytes, got.p, got.n);
	bytes[got.n] = '\0';
	assert_string_equal(bytes, wanted);
}

#endif
