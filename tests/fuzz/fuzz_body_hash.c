/* A body: however it comes in pieces, its hashes are those of what a plain reading of RFC 6376 3.4.3 and 3.4.4 makes of
 * it, line by line. */
#include "base/check.h"
#include "base/out.h"
#include "filters/body_hash.h"

#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1 << 20 };

static char room[MEMORY];

static void put_line(struct out *o, struct str line, bool relaxed)
{
	bool space = false;

	for (size_t i = 0; i < line.n; i++) {
		const bool now = relaxed && (line.p[i] == ' ' || line.p[i] == '\t');

		if (space && !now)
			out_char(o, ' ');
		if (!now)
			out_char(o, line.p[i]);
		space = now;
	}
	out_str(o, STR("\r\n"));
}

/* Whole, with what is empty at its end. */
static struct str plainly(struct str body, bool relaxed)
{
	struct out o = OUT(room);

	while (body.n) {
		size_t n = 0;

		while (n < body.n &&
		       !(body.p[n] == '\r' && n + 1 < body.n && body.p[n + 1] == '\n'))
			n++;
		put_line(&o, str_head(body, n), relaxed);
		body = str_from(body, n < body.n ? n + 2 : n);
	}
	while (str_ends(out_text(&o), STR("\r\n\r\n")))
		o.n -= 2;
	if (o.n == 2)
		o.n = 0;
	if (o.n == 0 && !relaxed)
		out_str(&o, STR("\r\n"));
	CHECK(!o.full);
	return out_text(&o);
}

static void check(const struct body_hash *h, struct str body, bool relaxed)
{
	const struct str all = plainly(body, relaxed);
	unsigned char digest[32];

	CHECK(h->body == all.n);
	CHECK(EVP_Digest(all.p, str_head(all, h->length).n, digest, NULL, EVP_sha256(), NULL));
	CHECK(memcmp(digest, h->digest.bytes, sizeof(digest)) == 0);
}

static void run(struct str body, uint64_t length, size_t step)
{
	struct body_hashes b = { { NULL } };
	const struct body_hash *all[2], *some[2];
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (unsigned relaxed = 0; relaxed < 2; relaxed++) {
		all[relaxed] = body_hashes_want(&b, &arena, relaxed, UINT64_MAX);
		some[relaxed] = body_hashes_want(&b, &arena, relaxed, length);
	}
	for (struct str rest = body; rest.n; rest = str_from(rest, step < rest.n ? step : rest.n))
		body_hashes_add(&b, str_head(rest, step));
	body_hashes_end(&b);
	for (unsigned relaxed = 0; relaxed < 2; relaxed++) {
		check(all[relaxed], body, relaxed);
		check(some[relaxed], body, relaxed);
	}
	arena_reset(&arena);
}

/* The first two bytes say how it comes in pieces, and what is l=. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str input = { .p = (const char *)data, .n = size };

	if (size < 2)
		return 0;
	run(str_from(input, 2), data[1], size);
	run(str_from(input, 2), data[1], data[0] + 1u);
	return 0;
}
