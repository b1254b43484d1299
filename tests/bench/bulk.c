/* bulk.c - what a mail's fingerprint costs; with files, the fingerprints of these, as JSON.
 *
 *	build/measure/bulk [FILE ...]
 *
 * Times are of the CPU, per message.  tests/bench/bulk compares fingerprints. */
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "bench/seconds.h"
#include "filters/bulk/print.h"
#include "filters/bulk/signs.h"
#include "filters/content/reader.h"
#include "filters/uri/gather.h"
#include "mail/header.h"
#include "scan/scan_file.h"

#include <stdio.h>

enum { ROOM = 1 << 20, WORDS = LIMIT_BULK_WORDS, CARDS = 100000 };

static struct charsets *charsets;
static struct suffixes *suffixes;
static uint32_t hashes[WORDS];

static void read_message(struct text *t, struct str message)
{
	const size_t n = header_length(message);
	struct reader r = { 0 };

	reader_begin(&r, t, charsets, str_head(message, n));
	reader_feed(&r, str_from(message, n));
	reader_finish(&r);
	reader_free(&r);
}

static void make(struct print *p, const struct text *t, const struct uris *u)
{
	const struct wordlist nobody = { .n = 0 };
	struct wordlist space = { .hashes = hashes, .room = WORDS };

	print_make(p, t, u, &nobody, &space);
}

static void measure(const char *what, const char *word, size_t bytes)
{
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };
	const struct uris u = { .n = 0 };
	struct text t = { 0 };
	struct print p;
	const unsigned turns = (unsigned)((20 << 20) / bytes);
	double began, us;

	out_str(&o, STR("Subject: x\r\n\r\n"));
	for (unsigned i = 0; o.n < bytes; i++) {
		out_str(&o, str_z(word));
		out_char(&o, (char)('a' + i * i % 26));
		out_str(&o, i % 11 ? STR(" ") : STR("\r\n"));
	}
	read_message(&t, out_text(&o));
	began = cpu_s();
	for (unsigned i = 0; i < turns; i++)
		make(&p, &t, &u);
	us = (cpu_s() - began) * 1e6 / turns;
	printf("%-40s %6u words %8.2f us\n", what, p.words, us);
	text_free(&t);
	mem_free(o.p);
}

static void measure_signs(void)
{
	static const char card[] =
		"Subject: your prize no. 7 is waiting for you\r\nContent-Type: text/html\r\n\r\n"
		"<html><head><title>x</title></head><body><center><table><tr><td><a href=\"http://one.com/a\">"
		"<img src=\"http://two.com/b.png\"></a></td></tr><tr><td>Now</td><td>9</td></tr></table><hr>"
		"<h2>only for you</h2><ul><li>a<li>b</ul><a href=\"http://three.com/c\">no more</a></center>";
	const struct wordlist nobody = { .n = 0 };
	struct wordlist space = { .hashes = hashes, .room = WORDS };
	struct text t = { 0 };
	struct uris u = { .n = 0 };
	struct gather g = { .uris = &u, .suffixes = suffixes };
	struct bulk_sign signs[SIGNS_MOST];
	struct print p;
	unsigned n = 0;
	double began;

	read_message(&t, str_z(card));
	gather_text(&g, &t);
	began = cpu_s();
	for (unsigned i = 0; i < CARDS; i++) {
		struct signs s;

		make(&p, &t, &u);
		s = signs_of(&t, &u, false, &nobody, &space);
		n = signs_put(&s, signs);
	}
	printf("%-40s %6u signs %8.2f us\n", "a picture and a few words", n,
	       (cpu_s() - began) * 1e6 / CARDS);
	uris_free(&u);
	text_free(&t);
}

/* Those that lead to other mail, of a mail with little text. */
static void put_signs(struct json *j, const struct text *t, const struct uris *u)
{
	const struct wordlist nobody = { .n = 0 };
	struct wordlist space = { .hashes = hashes, .room = WORDS };
	const struct signs signs = signs_of(t, u, false, &nobody, &space);
	struct bulk_sighting s = { .has_text = false };
	uint64_t ways[BULK_BANDS + BULK_SIGNS];

	s.sign_count = signs_put(&signs, s.signs);
	bulk_ways(&s, ways);
	json_key(j, "signs");
	json_array(j);
	for (unsigned i = 0; i < s.sign_count; i++)
		if (bulk_way_leads(ways[i]))
			json_u64(j, ways[i]);
	json_array_end(j);
}

static void put_print(struct out *o, const struct text *t, const struct uris *u,
		      const struct print *p)
{
	struct json j;

	json_init(&j, o);
	json_object(&j);
	json_key(&j, "kind");
	json_u64(&j, p->kind);
	json_key(&j, "words");
	json_u64(&j, p->words);
	json_key(&j, "values");
	json_array(&j);
	for (unsigned i = 0; i < BULK_VALUES; i++)
		json_u64(&j, p->values[i]);
	json_array_end(&j);
	put_signs(&j, t, u);
	json_key(&j, "text");
	json_array(&j);
	for (uint32_t i = 0; i < t->count; i++)
		if (t->paragraphs[i].source != TEXT_SUBJECT && t->paragraphs[i].sight == TEXT_SHOWN)
			json_str(&j, text_paragraph(t, i));
	json_array_end(&j);
	json_object_end(&j);
}

static bool print_item(void *arg, const struct scan_item *item, const char *error)
{
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };
	struct str message = scan_wire(item);
	struct text t = { 0 };
	struct uris u = { .n = 0 };
	struct gather g = { .uris = &u, .suffixes = suffixes };
	struct print p;

	(void)arg;
	CHECK(!error);
	read_message(&t, message);
	gather_text(&g, &t);
	make(&p, &t, &u);
	put_print(&o, &t, &u, &p);
	printf(STR_FMT "\n", STR_ARG(o.full ? STR("null") : out_text(&o)));
	uris_free(&u);
	text_free(&t);
	scan_forget(&message);
	mem_free(o.p);
	return true;
}

int main(int argc, char **argv)
{
	charsets = charsets_new();
	suffixes = suffixes_new();
	for (int i = 1; i < argc; i++)
		scan_file(argv[i], print_item, NULL);
	if (argc < 2) {
		measure("2 KB of text", "letter", 2048);
		measure("2 KB of text in Cyrillic", "\xd0\xbf\xd0\xb8\xd1\x81\xd1\x8c", 2048);
		measure("2 KB of text in Chinese", "\xe4\xbb\x8a\xe6\x97\xa5", 2048);
		measure("50 KB of text", "letter", 51200);
		measure("500 KB of text", "letter", 512000);
		measure("500 KB of words of one letter", "", 512000);
		measure_signs();
	}
	suffixes_free(suffixes);
	charsets_free(charsets);
	return 0;
}
