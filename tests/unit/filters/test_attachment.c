/* The filter `attachment`: what it finds of files by their names, by their bytes and by the lists of its block. */
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *header, *body;
	const char *found; /* "SYMBOL=details ..." */
};

#define TYPE          "Content-Type: application/octet-stream\r\n"
#define FILE(NAME)    TYPE "Content-Disposition: attachment; filename=\"" NAME "\"\r\n\r\n"
#define ENCODED(NAME) "Content-Transfer-Encoding: base64\r\n" FILE(NAME)
#define IMAGE(NAME)   "Content-Type: image/gif; name=\"" NAME "\"\r\n\r\n"

#define FILL "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" /* 56 */

static const struct row rows[] = {
	{ FILE("a.txt"), "text", "" },
	{ FILE("a.exe"), "MZ\1", "PROGRAM=a.exe " },
	{ FILE("A.EXE. ."), "text", "PROGRAM=A.EXE. . " },
	{ FILE("a"), "MZ\1", "PROGRAM=a " },
	{ FILE("a.gif"), "MZ\1", "PROGRAM=a.gif DISGUISED=a.gif is application/x-dosexec " },
	{ IMAGE("a"), "MZ\1", "PROGRAM=a DISGUISED=a is application/x-dosexec " },
	{ IMAGE("a.gif"), "\x89PNG\r\n\x1a\n", "" },
	{ IMAGE("a.gif"), "%PDF-1", "MISMATCH=a.gif is application/pdf " },
	{ FILE("a.vbs"), "MZ\1", "SCRIPT=a.vbs " },
	/* Scripts run by their names. */
	{ FILE("a.sh"), "#!/bin/sh", "" },
	{ FILE("a.cfg"), "@echo off", "" },
	{ FILE("a.txt"), "@echo off", "" },
	{ FILE("a"), "@echo off", "SCRIPT=a " },
	{ FILE("a.pdf"), "@echo off", "SCRIPT=a.pdf DISGUISED=a.pdf is text/x-script " },
	{ "Content-Type: application/hta\r\n\r\n", "x", "SCRIPT= " },
	{ "Content-Type: text/vbscript; name=a\r\n\r\n", "x", "SCRIPT=a " },
	{ "Content-Type: application/javascript; name=a.json\r\n\r\n", "x", "" },
	{ FILE("a.msc"), "x", "SCRIPT=a.msc " },
	{ FILE("a.xla"), "x", "MACRO=a.xla " },
	/* ".com" is the end of hosts' names, too. */
	{ FILE("a.com"), "\xe9\1\1", "PROGRAM=a.com " },
	{ FILE("a.com"), "MZ\1", "PROGRAM=a.com " },
	{ FILE("mail from example.com"), "%PDF-1", "" },
	{ FILE("www.example.com"), "\1\2", "" },
	{ FILE("www.example.com"), "MZ\1", "PROGRAM=www.example.com " },
	{ FILE("a.pdf.com"), "\1\2", "PROGRAM=a.pdf.com DOUBLE_EXTENSION=a.pdf.com " },
	{ FILE("www.example.com.gz"), "\x1f\x8b\x08", "" },
	{ FILE("a.com.gz"), "\x1f\x8b\x08", "PROGRAM=a.com.gz: a.com " },
	{ FILE("job.application"), "%PDF-1", "" },
	{ FILE("a.xlsb"), "x", "" }, /* what is in it decides */
	{ FILE("a.jpg.vbs"), "x", "SCRIPT=a.jpg.vbs DOUBLE_EXTENSION=a.jpg.vbs " },
	{ FILE("a.jpg       .vbs"), "x",
	  "SCRIPT=a.jpg       .vbs DOUBLE_EXTENSION=a.jpg       .vbs NAME_DECEIVES=a.jpg       .vbs " },
	{ FILE("a\xe2\x80\xaexcod.js"), "x", "SCRIPT=a???xcod.js NAME_DECEIVES=a???xcod.js " },
	{ FILE("a.tar.gz"), "\x1f\x8b\x08", "" },
	{ FILE("a.pdf.exe.gz"), "\x1f\x8b\x08",
	  "PROGRAM=a.pdf.exe.gz: a.pdf.exe DOUBLE_EXTENSION=a.pdf.exe.gz: a.pdf.exe " },
	/* It says to be b.txt, and a.js. */
	{ ENCODED("a.js.gz"), "H4sICAEBAQEBAWIudHh0ADAxMjM0NTY3ODkw\r\n", "SCRIPT=a.js.gz: a.js " },
	{ ENCODED("a.js.gz"), "H4sICAEBAQEBAWEuanMAMDEyMzQ1Njc4OTA=\r\n", "SCRIPT=a.js.gz: a.js " },
	{ FILE("a.js.bz"), "BZ", "" }, /* not its mark */
	{ FILE("a.js.bz2"), "BZh\1", "SCRIPT=a.js.bz2: a.js " },
	{ FILE("a.tar.bz2"), "BZh\1", "" },
	{ FILE("a.strange"), "x", "SHORTCUT=a.strange " }, /* by the block */
	{ FILE("a.lnk"), "x", "" },                        /* not in it any more */
	{ FILE("a.iso"), "x", "DISK_IMAGE=a.iso " },
	{ FILE("a.svg"), "<svg>", "WEB_PAGE=a.svg " },
	{ "Content-Type: application/x; name=a.hta\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n",
	  "x", "SCRIPT=a.hta " },
	{ "Content-Type: application/x; name=a.txt\r\nContent-Disposition: attachment; filename=a.hta\r\n\r\n",
	  "x", "SCRIPT=a.hta " },
	/* What any reader takes for the name counts. */
	{ TYPE "Content-Disposition: attachment; filename=\"a.js\"; filename*=utf-8''a.pdf\r\n\r\n",
	  "x", "SCRIPT=a.js " },
	{ TYPE "Content-Disposition: attachment; filename=a.pdf; filename=a.js\r\n\r\n", "x",
	  "SCRIPT=a.js " },
	{ TYPE "Content-Disposition: attachment; filename=a.pdf\r\n"
	       "Content-Disposition: attachment; filename=a.js\r\n\r\n",
	  "x", "SCRIPT=a.js " },
	{ "Content-Type: x; name=a.txt; name*0=a; name*1=.js\r\n\r\n", "x", "SCRIPT=a.js " },
	{ "Content-Type: \"application/x\"; name=my invoice.js\r\n\r\n", "x",
	  "SCRIPT=my invoice.js " },
	{ "\r\n", "begin 644 a.exe\r\n$35H!`@\r\nend\r\n", "PROGRAM=a.exe UUENCODED=a.exe " },
	{ "\r\n", "=ybegin line=9 size=1 name=a.exe\r\nx\r\n=yend size=1\r\n",
	  "PROGRAM=a.exe YENC=a.exe " },
	{ FILE("a.one"), "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3",
	  "NOTEBOOK=a.one " },
	{ FILE("a.pdf"), "%PDF-1.4 /S/Launch/F(x) /URI(y)>>", "ACTION=a.pdf PDF_LINK=a.pdf " },
	{ FILE("a.pdf"), "%PDF-1.4 /S/SubmitForm/F(x)", "ACTION=a.pdf " },
	{ FILE("a.pdf"), "%PDF-1.4 /S/GoToR/F(x)", "ACTION=a.pdf " },
	{ FILE("a.pdf"), "%PDF-1.4 /EmbeddedFiles<<", "EMBEDDED=a.pdf " },
	{ FILE("a.pdf"), "junk\r\n%PDF-1.4 /S/Launch/F(x)", "ACTION=a.pdf " },
	{ FILE("a.txt"), "junk\r\n%PDF-1.4 /S/Launch/F(x)", "" },
	{ "Content-Type: application/pdf\r\n\r\n", "\1\2junk\r\n%PDF-1.4 /S/Launch/F(x)",
	  "ACTION= " },
	{ FILE("a.rtf"), "{\\rtf1{\\*\\template \\\\\\\\host\\\\a.dotm}}", "ACTION=a.rtf " },
	{ FILE("a.rtf"), "{\\rtf1{\\*\\template C:\\\\dir\\\\a.dotm}}", "" },
	{ "Content-Transfer-Encoding: quoted-printable\r\n" FILE("a.doc"),
	  "=D0=CF=11=E0=A1=B1=1A=E1" FILL FILL "xxxxxxxx"
	  "v=00b=00a=00=00=00" FILL "=08=00=01=01" FILL "xxxx",
	  "MACRO=a.doc " },
	{ FILE("a.htm"), "<p><input type=\"password\">x",
	  "WEB_PAGE=a.htm PAGE_PASSWORD=a.htm " }, /* by its name */
	{ FILE("a.txt"), "<p><input type=\"password\">x", "" },
	{ FILE("a.html"), "<html><script>x=URL.createObjectURL(y) </script>",
	  "WEB_PAGE=a.html PAGE_FILE=a.html " },
	{ FILE("a.html"), "<html><script>document.write(unescape('%3c')) </script>",
	  "WEB_PAGE=a.html PAGE_PACKED=a.html " },
	{ FILE("a.html."), "%PDF-1 URL.createObjectURL(y) ",
	  "WEB_PAGE=a.html. PAGE_FILE=a.html. " },
	{ FILE("a.XHT"), "MIME-Version: 1\nURL.createObjectURL(y) ",
	  "WEB_PAGE=a.XHT PAGE_FILE=a.XHT " },
	{ FILE("a.svg "), "\1<svg onload='x()'>", "WEB_PAGE=a.svg  PICTURE_SCRIPT=a.svg  " },
	{ "Content-Type: application/x; name=a.pdf.js\r\nContent-Disposition: attachment; filename=b.js\r\n\r\n",
	  "x", "SCRIPT=b.js DOUBLE_EXTENSION=a.pdf.js " },
	{ "Content-Type: application/x; name=a.gif\r\nContent-Disposition: attachment; filename=b.dat\r\n\r\n",
	  "MZ\1", "PROGRAM=b.dat DISGUISED=a.gif is application/x-dosexec " },
	{ ENCODED("a.zip"),
	  "R0lGODlhAVBLAwQUAAAAAAAAACEAAAAAAAAAAAAAAAAACAAAAGV2aWwuZXhlUEsBAhQDFAAAAAAAAAAhAAAAAAAAAAAAAAAAAAgAAAAAAAAAAAAAAIABAAAAAGV2aWwuZXhlUEsFBgAAAAABAAEANgAAACYAAAAAAA==\r\n",
	  "MISMATCH=a.zip is image/gif ARCHIVE_PROGRAM=a.zip: evil.exe " },
	{ FILE("a.svg"), "<svg onload='x()'>", "WEB_PAGE=a.svg PICTURE_SCRIPT=a.svg " },
	{ FILE("a.svg"), "<x:svg><x:script>", "WEB_PAGE=a.svg PICTURE_SCRIPT=a.svg " },
	{ FILE("a.svg"), "<svg><animate onbegin='x()'>", "WEB_PAGE=a.svg PICTURE_SCRIPT=a.svg " },
	{ FILE("a.arj"), "\x60\xea\1\1", "ARCHIVE_RARE=a.arj " },
};

static const char *const symbols[] = {
	"PROGRAM",          "SCRIPT",        "SHORTCUT",  "DISK_IMAGE",  "MACRO",
	"WEB_PAGE",         "NOTEBOOK",      "DISGUISED", "MISMATCH",    "UUENCODED",
	"DOUBLE_EXTENSION", "NAME_DECEIVES", "YENC",      "LIMIT",       "ACTION",
	"EMBEDDED",         "PDF_LINK",      "PAGE_FILE", "PAGE_PACKED", "PAGE_PASSWORD",
	"PICTURE_SCRIPT",
};

static void add(const struct world *w, const char *symbol, const char *shown, struct out *o)
{
	const char *details = world_found(w, symbol);

	if (details)
		out_printf(o, "%s=%s ", shown, details);
}

static void look(struct str header, struct str body, struct out *o)
{
	struct world *w = world_new("rdns { enabled = no }\nhelo { enabled = no }\ncontent { }\n"
				    "attachment { shortcuts = [\"strange\"] }\n");
	struct attachments files = { 0 };
	struct text text = { 0 };
	char name[80];

	assert_non_null(w->set);
	w->facts.text = &text;
	w->facts.attachments = &files;
	w->facts.header = header;
	world_message(w, body);
	for (size_t k = 0; k < sizeof(symbols) / sizeof(symbols[0]); k++) {
		struct out n = OUT(name);

		out_printf(&n, "ATTACHMENT_%s%c", symbols[k], '\0');
		add(w, name, symbols[k], o);
	}
	add(w, "ARCHIVE_RARE", "ARCHIVE_RARE", o);
	add(w, "ARCHIVE_PROGRAM", "ARCHIVE_PROGRAM", o);
	out_char(o, '\0');
	world_free(w);
}

static void what_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char found[512];
		struct out o = OUT(found);

		look(str_z(rows[i].header), str_z(rows[i].body), &o);
		assert_string_equal(found, rows[i].found);
	}
}

/* Whatever there is, a symbol is told three times. */
static void a_few_are_told(void **state)
{
	static const char part[] = "--b\r\n" FILE("a.exe") "MZ\1\r\n";
	static char body[(LIMIT_ATTACHMENTS + 1) * sizeof(part)];
	struct out all = OUT(body);
	char found[512];
	struct out o = OUT(found);

	(void)state;
	for (unsigned i = 0; i <= LIMIT_ATTACHMENTS; i++)
		out_str(&all, str_z(part));
	look(STR("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), out_text(&all), &o);
	assert_string_equal(found, "PROGRAM=a.exe|a.exe|a.exe LIMIT= ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_found),
		cmocka_unit_test(a_few_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
