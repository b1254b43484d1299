/* mail/noted.h: whom a header section names as the envelope's sender. */
#include "mail/noted.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define RECEIVED "Received: from a by b; x\r\n"
#define FETCHED  "Received: from c [192.0.2.1] by localhost with POP3 (fetchmail-6.0)\r\n"

static const struct {
	const char *header, *sender;
} rows[] = {
	{ "", "" },
	{ "From: f@a.test\r\n", "" },
	{ "Return-Path: <r@a.test>\r\n" RECEIVED, "r@a.test" },
	{ "Return-Path: r@a.test\r\n", "r@a.test" },
	{ "Return-Path: <>\r\n" RECEIVED, "" },
	{ "Return-Path: <r@a.test>\r\nReturn-Path: <s@a.test>\r\n", "r@a.test" },
	{ RECEIVED "Return-Path: <r@a.test>\r\n", "" },
	{ "Envelope-Sender: <e@a.test>\r\nReturn-Path: <r@a.test>\r\n", "e@a.test" },
	{ "Return-Path: <r@a.test>\r\nX-Envelope-From: x@a.test\r\nEnvelope-Sender: e@a.test\r\n",
	  "x@a.test" },
	{ "Return-Path: <r@a.test>\r\n" RECEIVED "Envelope-Sender: e@a.test\r\n", "r@a.test" },
	/* A list's. */
	{ "Return-Path: <r@a.test>\r\n" RECEIVED "Return-Path: <s@a.test>\r\n", "" },
	{ "Return-Path: <r@a.test>\r\n" RECEIVED "X-Envelope-From: x@a.test\r\n", "" },
	{ "Return-Path: <r@a.test>\r\n" FETCHED, "r@a.test" },
	{ "Return-Path: <r@a.test>\r\nX-Sender: joe\r\n" FETCHED, "r@a.test" },
	{ "Return-Path: <r@a.test>\r\n" FETCHED "X-Sender: <s@a.test>\r\n", "" },
};

static void the_first_that_is_to_be_believed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct str sender = noted_sender(str_z(rows[i].header));

		if (!str_eq(sender, str_z(rows[i].sender)))
			print_error("row %zu: " STR_FMT "\n", i, STR_ARG(sender));
		assert_true(str_eq(sender, str_z(rows[i].sender)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_first_that_is_to_be_believed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
