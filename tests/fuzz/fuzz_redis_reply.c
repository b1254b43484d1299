/* Replies of a Redis: whatever comes, cut wherever, is the same replies, each within its bounds. */
#include "base/check.h"
#include "base/limits.h"
#include "fuzz/mix.h"
#include "redis/redis_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned replies;
	uint64_t hash;
	enum err err;
};

static void note(struct seen *s, uint64_t what)
{
	s->hash = mix_number(s->hash, what);
}

static void look(struct seen *s, const struct redis_value *v, unsigned depth)
{
	CHECK(depth < 9);
	note(s, v->type);
	note(s, (uint64_t)v->integer);
	note(s, v->count);
	for (size_t i = 0; i < v->text.n; i++)
		note(s, (unsigned char)v->text.p[i]);
	for (size_t i = 0; i < v->count; i++)
		look(s, &v->items[i], depth + 1);
}

static void take(struct redis_reader *r, struct seen *s)
{
	const struct redis_value *v;

	while (s->err == ERR_OK && (v = redis_reader_next(r, &s->err)) != NULL) {
		s->replies++;
		look(s, v, 0);
	}
	CHECK(r->arena.used <= LIMIT_REDIS_REPLY);
}

static struct seen read_in_pieces(struct str text, size_t piece)
{
	struct redis_reader r;
	struct seen s = { .err = ERR_OK };

	redis_reader_init(&r);
	while (text.n && s.err == ERR_OK) {
		redis_reader_feed(&r, str_take(&text, piece));
		take(&r, &s);
	}
	redis_reader_free(&r);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { .p = (const char *)data + 1, .n = size - 1 };
	struct seen whole, parts;

	if (size < 2 || size > 65536)
		return 0;
	whole = read_in_pieces(text, text.n);
	parts = read_in_pieces(text, 1u + data[0] % 16u);
	CHECK(whole.replies == parts.replies && whole.hash == parts.hash);
	CHECK(whole.err == parts.err);
	return 0;
}
