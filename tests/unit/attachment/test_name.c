/* filters/attachment: what a file's name tells, what its bytes are, and when the one belies the other. */
#include "filters/attachment/expect.h"
#include "filters/file/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(A) (sizeof(A) / sizeof((A)[0]))

static void extensions_as_windows_sees_them(void **state)
{
	static const struct {
		struct str name, extension, stem;
	} rows[] = {
		{ STR_INIT("a.exe"), STR_INIT("exe"), STR_INIT("a") },
		{ STR_INIT("invoice.pdf.exe"), STR_INIT("exe"), STR_INIT("invoice.pdf") },
		{ STR_INIT("a.exe. . "), STR_INIT("exe"), STR_INIT("a") },
		{ STR_INIT("a.exe\""), STR_INIT("exe"), STR_INIT("a") },
		{ STR_INIT("a.js::$DATA"), STR_INIT("js"), STR_INIT("a") },
		{ STR_INIT("c:\\dir\\a.js. :b:$data"), STR_INIT("js"), STR_INIT("a") },
		{ STR_INIT("12:30.pdf"), STR_INIT("pdf"), STR_INIT("12:30") },
		{ STR_INIT("dir.d/readme"), STR_INIT(""), STR_INIT("readme") },
		{ STR_INIT("c:\\dir\\a.js"), STR_INIT("js"), STR_INIT("a") },
		{ STR_INIT(".bashrc"), STR_INIT("bashrc"), STR_INIT("") },
		{ STR_INIT("..."), STR_INIT(""), STR_INIT("") },
		{ STR_INIT("dir/"), STR_INIT(""), STR_INIT("") },
		{ STR_INIT(""), STR_INIT(""), STR_INIT("") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(str_eq(name_extension(rows[i].name), rows[i].extension));
		assert_true(str_eq(name_stem(rows[i].name), rows[i].stem));
	}
}

static void names_that_deceive(void **state)
{
	static const struct {
		struct str name;
		bool deceives;
	} rows[] = {
		{ STR_INIT("a\xe2\x80\xae"
			   "fdp.exe"),
		  true },
		{ STR_INIT("a\xe2\x81\xa7.exe"), true },
		{ STR_INIT("a.pdf          .exe"), true },
		{ STR_INIT("a.pdf\xc2\xa0\xc2\xa0\xc2\xa0\xe3\x80\x80\xe2\x80\x83.exe"), true },
		{ STR_INIT("a\n.exe"), true },
		{ STR_INIT("a\x7f.txt"), true },
		{ STR_INIT("a    b.txt"), false },
		{ STR_INIT("\xd7\x97\xd7\xa9\xd7\x91\xd7\x95\xd7\x9f.pdf"), false },
		{ STR_INIT("caf\xc3\xa9 \xff.pdf"), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(name_deceives(rows[i].name), rows[i].deceives);
}

static void what_bytes_are(void **state)
{
	static const struct {
		struct str head;
		enum kind kind;
	} rows[] = {
		{ STR_INIT("MZ\x90\0\3"), KIND_PE },
		{ STR_INIT("MZ is a place in Germany"), KIND_TEXT },
		{ STR_INIT("\x7f"
			   "ELF\2\1"),
		  KIND_ELF },
		{ STR_INIT("%PDF-1.4\n%\xc3\xa4\1"), KIND_PDF },
		{ STR_INIT("%PDF-1.4\nall text"), KIND_PDF },
		{ STR_INIT("\r\n <!DOCTYPE HTML PUBLIC"), KIND_HTML },
		{ STR_INIT("\xef\xbb\xbf<html>"), KIND_HTML },
		{ STR_INIT("#!/bin/sh\n"), KIND_TEXT }, /* which runs nowhere by that alone */
		{ STR_INIT("<?php"), KIND_TEXT },
		{ STR_INIT("#!AMR\n<"), KIND_AMR },
		{ STR_INIT("@ECHO OFF\r\n"), KIND_SCRIPT },
		{ STR_INIT("<job id=\"1\">"), KIND_SCRIPT },
		{ STR_INIT("<jobs>"), KIND_TEXT },
		{ STR_INIT("<package><job>"), KIND_SCRIPT },
		{ STR_INIT("<package xmlns=\"http://www.idpf.org/2007/opf\">"), KIND_TEXT },
		{ STR_INIT("<packages>"), KIND_TEXT },
		{ STR_INIT("\0\0\0\x18"
			   "ftypheic\0\0"),
		  KIND_HEIF },
		{ STR_INIT("\0\0\0\x18"
			   "ftypavif\0\0"),
		  KIND_HEIF },
		{ STR_INIT("\0\0\0\x18"
			   "ftypisom\0\0"),
		  KIND_MP4 },
		{ STR_INIT("[InternetShortcut]\r\nURL="), KIND_URL },
		{ STR_INIT("{\\rtf1"), KIND_RTF },
		{ STR_INIT("{\\rt\0\1"), KIND_RTF },
		{ STR_INIT("\xff\xfeh\0i\0"), KIND_TEXT },
		{ STR_INIT("gr\xc3\xbc\xc3\x9f"), KIND_TEXT },
		{ STR_INIT("RIFF\0\0\0\0WEBPVP8"), KIND_WEBP },
		{ STR_INIT("\0\1\2"), KIND_UNKNOWN },
		{ STR_INIT(""), KIND_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(kind_of(rows[i].head), rows[i].kind);
	for (unsigned kind = 0; kind < KIND_COUNT; kind++)
		assert_int_equal(kind_class(kind_named(kind_type((enum kind)kind))),
				 kind_class((enum kind)kind));
	assert_int_equal(kind_named("font/woff"), KIND_UNKNOWN);
}

static void what_belies_a_name(void **state)
{
	static const struct {
		struct str name, type;
		enum kind kind;
		bool other;
	} rows[] = {
		{ STR_INIT("a.pdf"), STR_INIT("application/pdf"), KIND_PDF, false },
		{ STR_INIT("a.pdf"), STR_INIT("application/octet-stream"), KIND_PE, true },
		{ STR_INIT("a"), STR_INIT("image/png"), KIND_PE, true },
		{ STR_INIT("a"), STR_INIT("application/octet-stream"), KIND_PE, false },
		{ STR_INIT("a.jpg"), STR_INIT("image/jpeg"), KIND_PNG, false },
		{ STR_INIT("a.jpg"), STR_INIT("image/jpeg"), KIND_HTML, true },
		{ STR_INIT("a.doc"), STR_INIT("application/msword"), KIND_RTF, false },
		{ STR_INIT("a.xls"), STR_INIT("application/vnd.ms-excel"), KIND_HTML, false },
		{ STR_INIT("a.docx"), STR_INIT("application/msword"), KIND_ZIP, false },
		{ STR_INIT("a.zip"), STR_INIT("application/zip"), KIND_RAR5, false },
		{ STR_INIT("a.zip"), STR_INIT("application/zip"), KIND_HTML, true },
		{ STR_INIT("a.txt"), STR_INIT("text/plain"), KIND_ZIP, true },
		{ STR_INIT("a.txt"), STR_INIT("text/plain"), KIND_UNKNOWN, false },
		{ STR_INIT("a.txt"), STR_INIT("text/plain"), KIND_SCRIPT, false },
		{ STR_INIT("a.pdf"), STR_INIT("text/plain"), KIND_SCRIPT, true },
		{ STR_INIT("a.heic"), STR_INIT("image/heic"), KIND_HEIF, false },
		{ STR_INIT("a.eps"), STR_INIT("image/x-eps"), KIND_POSTSCRIPT, false },
		{ STR_INIT("a.pdf"), STR_INIT("image/pdf"), KIND_PDF, false },
		{ STR_INIT("a.m3u"), STR_INIT("audio/x-mpegurl"), KIND_TEXT, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(expect_other(rows[i].name, rows[i].type, rows[i].kind),
				 rows[i].other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extensions_as_windows_sees_them),
		cmocka_unit_test(names_that_deceive),
		cmocka_unit_test(what_bytes_are),
		cmocka_unit_test(what_belies_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
