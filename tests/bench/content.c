/* content.c - what reading messages costs: honest ones, and some made to cost.
 *
 *	build/measure/content [FILE ...]
 *
 * As the filter does it: parts are told apart, decoded, their text is written and their files are looked at, in pieces of 16 KB.  Times are of the
 * CPU, per message; memory is what the heap has more of at the end of it.  With files: each of them. */
#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "bench/seconds.h"
#include "filters/content/reader.h"
#include "mail/header.h"
#include "scan/scan_file.h"

#include <stdio.h>

enum { ROOM = 12 << 20, PIECE = 16384 };

static struct charsets *charsets;
static struct magic *magic;

/* A header section or a beginning, and what is repeated behind it until the message has so many bytes; a number sign in
 * it is the number of the repetition. */
static const struct row {
	const char *what;
	const char *head, *again;
	size_t bytes;
} rows[] = {
	{ "2 KB, plain text", "Subject: x\r\n\r\n",
	  "some letters of text as it is in mails, with spaces in it\r\n", 2048 },
	{ "50 KB, HTML, quoted-printable",
	  "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
	  "<tr><td class=3D\"c\" style=3D\"color:#333333;font-size:14px\"><a href=3D\"https://www.example.org/=\r\n"
	  "path/#?x=3Dy\">a link of some words</a> and f=C3=BCr more text behind it, &nbsp;&amp; so on</td></tr>\r\n",
	  51200 },
	{ "50 KB, plain text, koi8-r", "Content-Type: text/plain; charset=koi8-r\r\n\r\n",
	  "\xf0\xd2\xc9\xd7\xc5\xd4 \xcd\xc9\xd2, \xfc\xd4\xcf \xd4\xc5\xcb\xd3\xd4.\r\n", 51200 },
	{ "10 MB, attachment in base64",
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
	  "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	  "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0\r\n",
	  10 << 20 },
	{ "10 MB, text in uuencode", "Subject: x\r\n\r\nbegin 644 a.bin\r\n",
	  "M0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T\r\n", 10 << 20 },
	{ "10 MB, a zip archive of 100,000 files",
	  "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n",
	  "UEsDBAoAAAAAAAAAIVwAAAAAAAAAAAAAAAAIAAAAZmlsZS50eHQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
	  10 << 20 },
	{ "10 MB, \"PK\" over and over",
	  "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBFBL\r\n",
	  "UEtQS1BLUEtQS1BLUEtQS1BLUEtQS1BLUEtQS1BLUEtQS1BLUEtQS1BLUEtQS1BLUEtQS1BL\r\n",
	  10 << 20 },
	{ "10 MB, a compound file",
	  "Content-Type: application/msword\r\n\r\n\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	  "V\1B\1A\1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\10\1\1\1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  10 << 20 },
	{ "10,000 files of unknown kinds", "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
	  "--b\r\nContent-Type: application/x\r\n\r\n\1\2\3\r\n", 500000 },
	{ "100,000 parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n",
	  1000000 },
	{ "100,000 parts of HTML", "Content-Type: multipart/alternative; boundary=b\r\n\r\n",
	  "--b\r\nContent-Type: text/html\r\n\r\n<b>x\r\n", 4000000 },
	{ "5,000 levels", "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
	  "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", 250000 },
	{ "5,000 levels, boundaries of their own",
	  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
	  "Content-Type: multipart/mixed; boundary=b#\r\n\r\n--b#\r\n", 250000 },
	{ "10 MB of lines like boundaries, behind 100 levels", NULL,
	  "--bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n", 10 << 20 },
	{ "10 MB of dashes", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n",
	  "-\r\n", 10 << 20 },
	{ "5 MB of nested tags", "Content-Type: text/html\r\n\r\n", "<div style='color:#fff'>",
	  5 << 20 },
	{ "5 MB of end tags", "Content-Type: text/html\r\n\r\n<p><b><i><u>", "</x></p>", 5 << 20 },
	{ "5 MB of ampersands", "Content-Type: text/html\r\n\r\n", "&a", 5 << 20 },
	{ "5 MB of attributes", "Content-Type: text/html\r\n\r\n<a ", "a=b ", 5 << 20 },
	{ "5 MB of declarations", "Content-Type: text/html\r\n\r\n",
	  "<b style='color:red;color:blue;font-size:1px'></b>", 5 << 20 },
	{ "10 MB of comments", "Content-Type: text/html\r\n\r\n", "<!---->", 10 << 20 },
	{ "10 MB of text in base64", "Content-Transfer-Encoding: base64\r\n\r\n",
	  "YWJjIGRlZg==\r\n", 10 << 20 },
	{ "10 MB of text in big5", "Content-Type: text/plain; charset=big5\r\n\r\n",
	  "\xa4\xa4\xa4\xff ", 10 << 20 },
	{ "a subject of 250 KB, encoded", "Subject: ", "=?utf-8?q?=41?= =?gbk?b?xOM=?= ", 250000 },
	{ "a subject of 250 KB, encoded and cut", "Subject: ", "=?a?q? ", 250000 },
	{ "a Content-Type of 250 KB", "Content-Type: multipart/mixed", ";boundary*1=(((", 250000 },
};

static void put_again(struct out *o, const char *again, unsigned number)
{
	for (; *again; again++) {
		if (*again == '#')
			out_u64(o, number);
		else
			out_char(o, *again);
	}
}

static void make(const struct row *row, struct out *o)
{
	if (row->head) {
		out_str(o, str_z(row->head));
	} else {
		out_str(o, STR("Content-Type: multipart/mixed; boundary=b0\r\n\r\n"));
		for (unsigned i = 1; i < LIMIT_MIME_DEPTH; i++)
			out_printf(o,
				   "--b%u\r\nContent-Type: multipart/mixed; boundary=b%u\r\n\r\n",
				   i - 1, i);
		out_printf(o, "--b%u\r\n\r\n", LIMIT_MIME_DEPTH - 1);
	}
	for (unsigned i = 1; o->n < row->bytes; i++)
		put_again(o, row->again, i);
	if (!header_length(out_text(o)))
		out_str(o, STR("\r\n\r\n"));
	CHECK(!o->full);
}

static size_t read_message(struct str message)
{
	const size_t n = header_length(message), before = mem_used();
	struct str rest = str_from(message, n);
	struct attachments files;
	struct reader r = { .intake = { .all = &files, .magic = magic } };
	struct text t = { 0 };
	size_t used;

	attachments_init(&files);
	reader_begin(&r, &t, charsets, str_head(message, n));
	while (rest.n)
		reader_feed(&r, str_take(&rest, PIECE));
	reader_finish(&r);
	used = mem_used() - before;
	reader_free(&r);
	text_free(&t);
	attachments_free(&files);
	return used;
}

static void measure(const char *what, struct str message)
{
	const unsigned turns = (unsigned)((4 << 20) / message.n) + 1;
	size_t used = 0;
	const double began = cpu_s();
	double us;

	for (unsigned i = 0; i < turns; i++)
		used = read_message(message);
	us = (cpu_s() - began) * 1e6 / turns;
	printf("%-52s %9.1f us %8.3f us/KB %6zu KB\n", what, us, us * 1024 / (double)message.n,
	       used / 1024);
}

static bool measure_item(void *arg, const struct scan_item *item, const char *error)
{
	struct str message;

	(void)arg;
	CHECK(!error);
	message = scan_wire(item);
	measure(item->path, message);
	scan_forget(&message);
	return true;
}

int main(int argc, char **argv)
{
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };

	charsets = charsets_new();
	magic = magic_new();
	for (size_t row = 0; argc < 2 && row < COUNTOF(rows); row++) {
		o.n = 0;
		make(&rows[row], &o);
		measure(rows[row].what, out_text(&o));
	}
	for (int i = 1; i < argc; i++)
		scan_file(argv[i], measure_item, NULL);
	charsets_free(charsets);
	magic_free(magic);
	mem_free(o.p);
	return 0;
}
