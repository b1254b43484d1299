/* filters/content/attachments.h: which files come with a message, what they are called and what they are, however its bytes
 * are cut; and that what is written into a text is a file too, and no text. */
#include "base/hex.h"
#include "base/mem.h"
#include "base/out.h"
#include "filters/content/reader.h"
#include "mail/header.h"
#include "unit/dice.h"
#include "unit/often.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROOM = 1 << 14 };

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
#define END   "\r\n--b--\r\n"

struct row {
	const char *message;
	const char *files; /* name type kind size, a line each; a name behind the other with "=" */
	const char *text;  /* what is left, paragraphs with "|" behind */
};

static const struct row rows[] = {
	{ "\r\nno file", "", "no file|" },
	{ MIXED
	  "\r\ntext\r\n--b\r\nContent-Type: Image/PNG; name=\"a b.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=" END,
	  "a b.png image/png image/png 8\n", "text|" },
	{ MIXED
	  "Content-Type: application/octet-stream; name*0*=utf-8''%e2%82%ac; name*1=.txt\r\nContent-Disposition: attachment; filename=\"=?utf-8?q?x=2Eexe?=\"\r\n\r\nMZ\1\2" END,
	  "x.exe=\xe2\x82\xac.txt application/octet-stream application/x-dosexec 4\n", "" },
	{ MIXED "Content-Type: text/html; name=a.html\r\n\r\n<html>seen" END,
	  "a.html text/html text/html 10\n", "seen|" },
	{ MIXED "Content-Type: text/plain\r\nContent-Disposition: inline\r\n\r\nseen" END, "",
	  "seen|" },
	{ "Content-Type: application/pdf\r\n\r\n%PDF-1\r\n", " application/pdf application/pdf 8\n",
	  "" },
	{ MIXED "Content-Type: message/rfc822\r\n\r\n" MIXED
		"Content-Type: audio/x\r\n\r\nID3\1" END END,
	  " audio/x audio/mpeg 4\n", "" },
	{ MIXED
	  "Content-Type: message/rfc822; name=a.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	  "Q29udGVudC1UeXBlOiBhdWRpby94OyBuYW1lPWIKCklEMwE=" END,
	  "a.eml message/rfc822 application/octet-stream 35\nb audio/x audio/mpeg 4\n", "" },

	{ "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	  "MIAGAXiggDCAAgEBMQAwgAYBeKCAJIAEI0NvbnRlbnQtVHlwZTogYXVkaW8veDsgbmFtZT1iCgpJRDMBAAAAAA==",
	  " application/pkcs7-mime application/octet-stream 64\nb audio/x audio/mpeg 4\n", "" },

	/* uuencode */
	{ "\r\nsee\r\n\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nmore",
	  "cat.txt  text/plain 3\n", "see|more|" },
	{ "\r\nbegin 644 a.exe\n$35H!`@\nend\n", "a.exe  application/x-dosexec 4\n", "" },
	{ "\r\nbegin 644 not so\r\nthis is text\r\n", "", "begin 644 not so this is text|" },
	{ "\r\nbegin 644 no end\r\n#0V%T\r\n\r\nmore", "no end  text/plain 3\n", "more|" },
	{ "\r\nbegin 644 a\r\nbegin 644 b\r\n#0V%T\r\nend\r\n", "b  text/plain 3\n",
	  "begin 644 a|" },
	{ "\r\nbegin 644 a", "", "begin 644 a|" },
	{ "\r\nbegin at once, or else\r\nbeg", "", "begin at once, or else beg|" },
	{ MIXED
	  "Content-Type: text/plain; name=a.txt\r\n\r\nbegin 644 cat.txt\r\n#0V%T\r\nend\r\n" END,
	  "a.txt text/plain text/plain 31\n", "begin 644 cat.txt #0V%T end|" },

	/* yEnc: 42 is added to each byte, and 64 behind "=" */
	{ "\r\nsee\r\n=ybegin line=128 size=5 name=a b.txt\r\n=ypart begin=1 end=5\r\n\x8d\x8b\x9e=}+\r\n=yend size=5\r\nmore",
	  "a b.txt  application/octet-stream 5\n", "see more|" },
	{ "\r\n=ybegin line=128 size=3\r\ntext", "", "=ybegin line=128 size=3 text|" },
	{ "\r\n=ybegin line=128 size=3 name=a\r\n\x8d\x8b", "a  text/plain 2\n", "" },
};

static void put_files(const struct attachments *all, struct out *o)
{
	for (const struct attachment *a = all->first; a; a = a->next)
		out_printf(o, STR_FMT "%s" STR_FMT " " STR_FMT " %s %llu\n", STR_ARG(a->name),
			   a->alias.n ? "=" : "", STR_ARG(a->alias), STR_ARG(a->type),
			   kind_type(a->kind), (unsigned long long)a->size);
	out_char(o, '\0');
}

static void put_text(const struct text *t, struct out *o)
{
	for (uint32_t i = 0; i < t->count; i++)
		out_printf(o, STR_FMT "|", STR_ARG(text_paragraph(t, i)));
	out_char(o, '\0');
}

static void read_message(struct str message, size_t piece, struct attachments *all,
			 struct out *text)
{
	struct charsets *charsets = charsets_new();
	struct reader r = { .intake = { .all = all } };
	const size_t n = header_length(message);
	struct str rest = str_from(message, n);
	struct text t = { 0 };

	attachments_init(all);
	reader_begin(&r, &t, charsets, str_head(message, n));
	while (rest.n)
		reader_feed(&r, str_take(&rest, piece));
	reader_finish(&r);
	put_text(&t, text);
	reader_free(&r);
	text_free(&t);
	charsets_free(charsets);
}

static void files_of_messages(void **state)
{
	static char files[ROOM], text[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct str message = str_z(rows[i].message);

		for (size_t piece = 1; piece <= message.n;
		     piece += piece < 40 ? 1 : message.n / 2) {
			struct out o = OUT(files), t = OUT(text);
			struct attachments all;

			read_message(message, piece, &all, &t);
			put_files(&all, &o);
			assert_string_equal(files, rows[i].files);
			assert_string_equal(text, rows[i].text);
			attachments_free(&all);
		}
	}
}

static void digests_of_what_is_no_text(void **state)
{
	static const char *const wanted[] = {
		/* of "abc" */
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		NULL,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	};
	static char text[ROOM];
	struct out t = OUT(text);
	struct attachments all;
	unsigned i = 0;

	(void)state;
	read_message(
		STR(MIXED
		    "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n"
		    "--b\r\nContent-Type: text/plain; name=a\r\n\r\nabc\r\n"
		    "--b\r\n\r\nbegin 644 a\r\n#86)C\r\nend\r\n--b--\r\n"),
		7, &all, &t);
	for (const struct attachment *a = all.first; a; a = a->next, i++) {
		assert_int_equal(a->digested, wanted[i] != NULL);
		for (size_t k = 0; wanted[i] && k < 32; k++)
			assert_int_equal(a->digest.bytes[k],
					 hex_byte(str_from(str_z(wanted[i]), 2 * k)));
	}
	assert_int_equal(i, 3);
	attachments_free(&all);
}

static void put_letter(struct out *o, unsigned six)
{
	out_char(o, (char)(six ? ' ' + six : '`'));
}

/* In lines of at most 45 bytes. */
static void put_uuencode(struct dice *d, struct str bytes, struct out *o)
{
	out_str(o, STR("\r\nbegin 644 a\r\n"));
	while (bytes.n) {
		struct str line = str_take(&bytes, 1 + dice_below(d, dice_below(d, 4) ? 2 : 45));

		out_char(o, (char)(' ' + line.n));
		while (line.n) {
			const struct str group = str_take(&line, 3);
			uint32_t bits = 0;

			for (size_t i = 0; i < 3; i++)
				bits = bits << 8 | (i < group.n ? (uint8_t)group.p[i] : 0);
			for (int shift = 18; shift >= 0; shift -= 6)
				put_letter(o, bits >> shift & 63);
		}
		out_str(o, STR("\r\n"));
	}
	out_str(o, STR("end\r\n"));
}

/* What must be escaped is, and more. */
static void put_yenc(struct dice *d, struct str bytes, struct out *o)
{
	const unsigned length = 1 + dice_below(d, 2000);

	out_str(o, STR("\r\n=ybegin line=128 size=1 name=a\r\n"));
	for (size_t i = 0; i < bytes.n; i++) {
		const char c = (char)((uint8_t)bytes.p[i] + 42);
		const bool escapes = memchr("=\r\n\t.", c, sizeof("=\r\n\t."));

		if (escapes)
			out_char(o, '=');
		out_char(o, escapes ? (char)((uint8_t)c + 64) : c);
		if (dice_below(d, length) == 0)
			out_str(o, STR("\r\n"));
	}
	out_str(o, STR("\r\n=yend size=1\r\n"));
}

/* Whatever lines it is written in, and however they are cut. */
static void files_in_texts_are_whole(void **state)
{
	static char bytes[ROOM], code[8 * ROOM], text[ROOM];
	struct dice d = { DICE_SEED };

	(void)state;
	for (unsigned round = 0; round < often(2000, 20); round++) {
		const struct str file = { .p = bytes,
					  .n = 1 + dice_below(&d, dice_below(&d, 9) ? 99 : ROOM) };
		struct out o = OUT(code), t = OUT(text);
		EVP_MD_CTX *hash = sha256_new();
		struct attachments all;
		struct sha256 digest;

		for (size_t i = 0; i < file.n; i++)
			bytes[i] = (char)dice_below(&d, dice_below(&d, 2) ? 256 : 8);
		(dice_below(&d, 2) ? put_uuencode : put_yenc)(&d, file, &o);
		read_message(out_text(&o), 1 + dice_below(&d, dice_below(&d, 2) ? 9 : 9999), &all,
			     &t);
		sha256_add(hash, file);
		sha256_end(hash, &digest);
		assert_int_equal(all.count, 1);
		assert_int_equal(all.first->size, file.n);
		assert_memory_equal(&all.first->digest, &digest, sizeof(digest));
		attachments_free(&all);
	}
}

/* Programs take it for a keyword so long as it may be one. */
static void long_line_of_yenc(void **state)
{
	static char message[ROOM], text[ROOM];

	(void)state;
	for (size_t piece = 1; piece < ROOM; piece = piece * 2 + 1) {
		struct out o = OUT(message), t = OUT(text);
		struct attachments all;

		out_str(&o, STR("\r\n=ybegin line=128 size=1 name=a\r\n=y"));
		for (unsigned i = 0; i < 2000; i++)
			out_char(&o, 'k');
		read_message(out_text(&o), piece, &all, &t);
		assert_int_equal(all.first->size, 2001);
		attachments_free(&all);
	}
}

/* What has the mark of a CD's image is one too, whatever it begins with. */
static void images_of_disks(void **state)
{
	static const struct {
		const char *head;
		enum kind kind;
	} heads[] = { { "MZ\1", KIND_PE }, { "\1\2", KIND_ISO }, { "%PDF-1", KIND_PDF } };
	static char message[KIND_ISO_AT + 512], text[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct out o = OUT(message), t = OUT(text);
		struct attachments all;

		out_str(&o, STR("Content-Type: application/x\r\n\r\n"));
		out_str(&o, str_z(heads[i].head));
		while (o.n < KIND_ISO_AT + sizeof("Content-Type: application/x\r\n\r\n") - 1)
			out_char(&o, 'x');
		out_str(&o, STR("CD001 and more"));
		read_message(out_text(&o), 1000, &all, &t);
		assert_int_equal(all.first->kind, heads[i].kind);
		assert_true(all.first->image);
		attachments_free(&all);
	}
}

/* A mail that is full of text has files as any other. */
static void files_behind_much_text(void **state)
{
	static const struct {
		const char *file, *found;
	} rows_behind[] = {
		{ "begin 644 a.exe\r\n$35H!`@\r\nend\r\n", "a.exe  application/x-dosexec 4\n" },
		{ "=ybegin line=9 size=1 name=a\r\n\x8d\r\n=yend size=1\r\n", "a  text/plain 1\n" },
		{ "--b\r\n\r\nbegin 644 a.exe\r\n$35H!`@\r\nend\r\n",
		  "a.exe  application/x-dosexec 4\n" },
		{ "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		  "Q29udGVudC1UeXBlOiBhdWRpby94OyBuYW1lPWIKCklEMwE=\r\n",
		  "b audio/x audio/mpeg 4\n" },
	};
	static const char *const lines[] = { "words of no interest", "begi\nb\nbegin the next\r\n",
					     "a\r\n\r\n" };
	static char files[ROOM], text[2 * LIMIT_TEXT];
	struct out o = { .p = mem_new(LIMIT_TEXT * 8), .cap = LIMIT_TEXT * 8 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows_behind) / sizeof(rows_behind[0]); i++) {
		for (size_t piece = 64; piece < 70000; piece *= 9) {
			struct out t = OUT(text), f = OUT(files);
			struct attachments all;

			o.n = 0;
			out_str(&o, STR(MIXED));
			for (unsigned part = 0; part < 6; part++) {
				out_str(&o, STR("\r\n"));
				for (unsigned k = 0; k < LIMIT_TEXT / 2; k += 20)
					out_str(&o, str_z(lines[part % 3]));
				out_str(&o, part < 5 ? STR("\r\n--b\r\n") : STR("\r\n"));
			}
			out_str(&o, str_z(rows_behind[i].file));
			out_str(&o, STR(END));
			read_message(out_text(&o), piece, &all, &t);
			put_files(&all, &f);
			assert_string_equal(files, rows_behind[i].found);
			attachments_free(&all);
		}
	}
	mem_free(o.p);
}

static void files_are_bounded(void **state)
{
	static char text[ROOM];
	struct out t = OUT(text), o = { .p = mem_new(36 << 20), .cap = 36 << 20 };
	struct attachments all;

	(void)state;
	out_str(&o, STR(MIXED));
	for (unsigned i = 0; i < LIMIT_ATTACHMENTS + 10; i++)
		out_str(&o, STR("Content-Type: image/x\r\n\r\nGIF89a\1\r\n--b\r\n"));
	read_message(out_text(&o), 4096, &all, &t);
	assert_int_equal(all.count, LIMIT_ATTACHMENTS);
	assert_true(all.cut);
	attachments_free(&all);

	o.n = 0;
	out_str(&o, STR("Content-Type: application/x\r\n\r\nPK\3\4"));
	while (o.n < LIMIT_ATTACHMENT_BYTES + 1000)
		out_str(&o,
			STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
	read_message(out_text(&o), 65536, &all, &t);
	assert_true(all.cut && !all.first->digested);
	assert_int_equal(all.first->kind, KIND_ZIP);
	assert_int_equal(all.first->listing->flags, LISTING_LIMIT);
	attachments_free(&all);
	mem_free(o.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_messages),
		cmocka_unit_test(digests_of_what_is_no_text),
		cmocka_unit_test(files_in_texts_are_whole),
		cmocka_unit_test(long_line_of_yenc),
		cmocka_unit_test(images_of_disks),
		cmocka_unit_test(files_behind_much_text),
		cmocka_unit_test(files_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
