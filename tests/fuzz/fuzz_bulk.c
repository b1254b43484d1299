/* The words of any text: in large letters, and with what is no word between them, they are the same; never more than
 * there is room for; and a signature is like itself. */
#include "base/check.h"
#include "base/out.h"
#include "filters/bulk/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 4096, ROOM = 1024 };

static uint32_t one[ROOM], two[ROOM];

static struct wordlist words_of(uint32_t *hashes, struct str text)
{
	struct wordlist w = { .hashes = hashes, .room = ROOM };

	wordlist_read(&w, text);
	CHECK(w.n <= ROOM);
	return w;
}

/* Large letters, and a number at each space. */
static void vary(struct str text, struct out *o)
{
	for (size_t i = 0; i < text.n; i++) {
		const char c = text.p[i];

		out_char(o, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
		if (c == ' ')
			out_str(o, STR("! 1x2 "));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char bytes[8 * MOST];
	const struct str text = { .p = (const char *)data, .n = size };
	struct out o = OUT(bytes);
	struct wordlist a, b;
	uint32_t s[BULK_VALUES], t[BULK_VALUES];

	if (size > MOST)
		return 0;
	vary(text, &o);
	a = words_of(one, text);
	b = words_of(two, out_text(&o));
	CHECK(a.n == b.n && memcmp(one, two, a.n * sizeof(*one)) == 0);
	signature_make(s, PRINT_TEXT, one, a.n);
	signature_make(t, PRINT_TEXT, two, b.n);
	CHECK(memcmp(s, t, sizeof(s)) == 0);
	a.n = 0;
	wordlist_read_parts(&a, text);
	b.n = b.n < 8 ? b.n : 8;
	wordlist_drop(&a, 0, &b);
	CHECK(a.n <= ROOM);
	return 0;
}
