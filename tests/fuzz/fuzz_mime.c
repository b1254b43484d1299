/* Any bytes as a message: parts begin and end as they are nested, bodies come out of the message alone, and what comes
 * does not depend on how it is cut into pieces.  Bodies are decoded, and so are names and charsets. */
#include "base/check.h"
#include "filters/content/mime.h"
#include "fuzz/mix.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t hash;
	size_t bytes;
	unsigned begun, open;
	unsigned parts[LIMIT_MIME_DEPTH + 1];
	struct decoder decoder;
};

static void see(struct seen *s, struct str bytes)
{
	s->hash = mix(s->hash, bytes.p, bytes.n);
}

static void on_begin(void *ctx, const struct mime_part *part, const struct entity *e)
{
	struct seen *s = ctx;

	CHECK(part->number == s->begun && part->depth == s->open);
	CHECK(part->parent == (s->open ? s->parts[s->open - 1] : 0));
	s->parts[s->open++] = part->number;
	s->begun++;
	see(s, e->type);
	see(s, e->subtype);
	for (unsigned i = 0; i < PARAM_COUNT; i++) {
		char bytes[256];
		struct out o = OUT(bytes);
		struct str charset;

		(void)!params_value(&e->params, (enum param_id)i, &o, &charset);
		see(s, out_text(&o));
		see(s, charset);
	}
	s->decoder = (struct decoder){ .encoding = e->encoding };
}

static void on_bytes(void *ctx, const struct mime_part *part, struct str bytes)
{
	struct seen *s = ctx;
	char out[16];

	CHECK(s->open && s->parts[s->open - 1] == part->number && bytes.n);
	s->bytes += bytes.n;
	while (bytes.n) {
		const size_t n = decoder_take(&s->decoder, &bytes, out, sizeof(out));

		CHECK(n <= sizeof(out));
		see(s, (struct str){ .p = out, .n = n });
	}
}

static void on_end(void *ctx, const struct mime_part *part)
{
	struct seen *s = ctx;
	char out[4];

	CHECK(s->open && s->parts[--s->open] == part->number);
	see(s, (struct str){ .p = out, .n = decoder_end(&s->decoder, out) });
	see(s, STR("]"));
}

static const struct mime_events events = { .begin = on_begin, .body = on_bytes, .end = on_end };

static uint64_t run(struct str message, size_t piece)
{
	const size_t n = header_length(message);
	const struct str header = str_head(message, n ? n : message.n);
	struct str rest = str_from(message, header.n);
	struct seen s = { 0 };
	struct mime m;

	mime_begin(&m, &events, &s, header);
	while (rest.n)
		mime_feed(&m, str_take(&rest, piece));
	mime_finish(&m);
	CHECK(s.open == 0 && s.begun == m.count && s.bytes <= 2 * message.n);
	see(&s, (struct str){ .p = (const char *)&m.problems, .n = sizeof(m.problems) });
	mime_free(&m);
	return s.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str message = { .p = (const char *)data, .n = size };
	const uint64_t whole = run(message, size + 1);

	CHECK(run(message, 1) == whole);
	CHECK(run(message, size % 13 + 2) == whole);
	return 0;
}
