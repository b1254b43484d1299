/* A mail's fingerprint, of any HTML: never of more words than there may be; without a kind it is of too few; and the
 * same of the same.  Its signs are different ones, and those that lead come first. */
#include "base/check.h"
#include "filters/bulk/print.h"
#include "filters/bulk/signs.h"
#include "filters/content/reader.h"
#include "filters/uri/gather.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 16384, ROOM = 512 };

static struct charsets *charsets;
static struct suffixes *suffixes;

static void read_html(struct text *text, struct str html)
{
	struct reader r = { 0 };

	reader_begin(&r, text, charsets, STR("Content-Type: text/html; charset=utf-8\r\n\r\n"));
	reader_feed(&r, html);
	reader_finish(&r);
	reader_free(&r);
}

static void check_signs(const struct signs *s)
{
	struct bulk_sign signs[SIGNS_MOST];
	const unsigned n = signs_put(s, signs);

	CHECK(n <= SIGNS_MOST);
	for (unsigned i = 0; i < n; i++) {
		CHECK(i == 0 || !signs[i - 1].leads_nowhere || signs[i].leads_nowhere);
		for (unsigned j = 0; j < i; j++)
			CHECK(signs[i].hash != signs[j].hash);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t hashes[ROOM], names[1] = { 7 };
	const struct wordlist somebody = { .hashes = names, .n = 1, .room = 1 };
	struct wordlist space = { .hashes = hashes, .room = ROOM };
	struct text text = { 0 };
	struct uris uris = { .n = 0 };
	struct gather g = { .uris = &uris };
	struct print p, again;
	struct signs signs;

	if (size > MOST)
		return 0;
	charsets = charsets ? charsets : charsets_new();
	suffixes = suffixes ? suffixes : suffixes_new();
	g.suffixes = suffixes;
	read_html(&text, (struct str){ .p = (const char *)data, .n = size });
	gather_text(&g, &text);
	print_make(&p, &text, &uris, &somebody, &space);
	CHECK(p.words <= ROOM && p.words <= print_words(&text, &uris));
	CHECK(p.kind == PRINT_NONE || p.words >= 7);
	print_make(&again, &text, &uris, &somebody, &space);
	CHECK(p.kind == again.kind && memcmp(p.values, again.values, sizeof(p.values)) == 0);
	signs = signs_of(&text, &uris, false, &somebody, &space);
	check_signs(&signs);
	uris_free(&uris);
	text_free(&text);
	return 0;
}
