#include "filters/content/boundary.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"

static const uint32_t hash_seed = 2166136261u;

/* FNV-1a */
static uint32_t hash_more(uint32_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 16777619u;
	return h;
}

void boundaries_push(struct boundaries *b, struct str boundary)
{
	CHECK(b->depth < LIMIT_MIME_DEPTH && boundary.n <= LIMIT_MIME_BOUNDARY);
	if (!b->rows)
		b->rows = mem_array(NULL, LIMIT_MIME_DEPTH, sizeof(*b->rows));
	if (b->n + boundary.n > b->size) {
		b->size = (b->n + boundary.n) * 2;
		b->bytes = mem_resize(b->bytes, b->size);
	}
	if (boundary.n)
		memcpy(b->bytes + b->n, boundary.p, boundary.n);
	b->rows[b->depth++] = (struct boundary){ .at = b->n,
						 .n = boundary.n,
						 .hash = hash_more(hash_seed, boundary),
						 .open = boundary.n > 0 };
	b->n += boundary.n;
	if (boundary.n) {
		b->open++;
		b->firsts[(uint8_t)boundary.p[0]]++;
	}
}

void boundaries_pop(struct boundaries *b)
{
	CHECK(b->depth);
	boundaries_close(b, --b->depth);
	b->n = b->rows[b->depth].at;
}

void boundaries_close(struct boundaries *b, unsigned level)
{
	struct boundary *row = &b->rows[level];

	if (!row->open)
		return;
	row->open = false;
	b->open--;
	b->firsts[(uint8_t)b->bytes[row->at]]--;
}

bool boundaries_closed(const struct boundaries *b, unsigned level)
{
	return !b->rows[level].open;
}

static int level_of(const struct boundaries *b, uint32_t hash, struct str s)
{
	for (unsigned i = b->depth; i-- > 0;) {
		const struct boundary *row = &b->rows[i];

		if (row->hash == hash && row->open && row->n == s.n &&
		    memcmp(b->bytes + row->at, s.p, s.n) == 0)
			return (int)i;
	}
	return -1;
}

/* RFC 2046 5.1.1: transport padding. */
struct str boundary_trim(struct str s)
{
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

int boundaries_find(const struct boundaries *b, struct str line, bool *closes)
{
	const struct str s = boundary_trim(str_from(line, 2));
	const struct str head = str_head(s, s.n > 2 ? s.n - 2 : 0);
	int separates, ends = -1;
	uint32_t hash;

	*closes = false;
	if (s.n == 0 || s.n > LIMIT_MIME_BOUNDARY + 2)
		return -1;
	hash = hash_more(hash_seed, head);
	if (head.n && str_ends(s, STR("--")))
		ends = level_of(b, hash, head);
	separates = level_of(b, hash_more(hash, str_from(s, head.n)), s);
	*closes = ends > separates;
	return *closes ? ends : separates;
}

void boundaries_free(struct boundaries *b)
{
	mem_free(b->bytes);
	mem_free(b->rows);
	*b = (struct boundaries){ 0 };
}
