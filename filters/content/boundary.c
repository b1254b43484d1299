#include "filters/content/boundary.h"

#include "base/check.h"
#include "base/eight.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"

/* All of up to eight bytes. */
static uint64_t few_bytes(struct str s)
{
	uint32_t first, last;

	if (s.n < 4)
		return s.n ? (uint64_t)(uint8_t)s.p[0] << 16 |
				       (uint64_t)(uint8_t)s.p[s.n / 2] << 8 | (uint8_t)s.p[s.n - 1]
			   : 0;
	memcpy(&first, s.p, 4);
	memcpy(&last, s.p + s.n - 4, 4);
	return (uint64_t)first << 32 | last;
}

static uint64_t hash_of(struct str s)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = random_secret() ^ s.n;

	for (; s.n > 8; s = str_from(s, 8)) {
		h = (h ^ eight_load(s.p)) * factor;
		h ^= h >> 32;
	}
	h = (h ^ few_bytes(s)) * factor;
	return h ^ h >> 32;
}

static uint8_t *bucket_of(struct boundaries *b, uint64_t hash)
{
	return &b->buckets[hash % BOUNDARY_BUCKETS];
}

void boundaries_push(struct boundaries *b, struct str boundary)
{
	const uint64_t hash = hash_of(boundary);
	uint8_t *bucket = bucket_of(b, hash);
	struct boundary *row;

	static_assert(LIMIT_MIME_DEPTH < UINT8_MAX, "levels are bytes");
	CHECK(b->depth < LIMIT_MIME_DEPTH && boundary.n <= LIMIT_MIME_BOUNDARY);
	if (!b->rows)
		b->rows = mem_array(NULL, LIMIT_MIME_DEPTH, sizeof(*b->rows));
	if (b->n + boundary.n > b->size) {
		b->size = (b->n + boundary.n) * 2;
		b->bytes = mem_resize(b->bytes, b->size);
	}
	if (boundary.n)
		memcpy(b->bytes + b->n, boundary.p, boundary.n);
	row = &b->rows[b->depth++];
	*row = (struct boundary){
		.at = b->n, .n = boundary.n, .hash = hash, .next = *bucket, .open = boundary.n > 0
	};
	*bucket = (uint8_t)b->depth;
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
	*bucket_of(b, b->rows[b->depth].hash) = b->rows[b->depth].next;
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

static int level_of(const struct boundaries *b, struct str s)
{
	const uint64_t hash = hash_of(s);

	for (unsigned i = b->buckets[hash % BOUNDARY_BUCKETS]; i; i = b->rows[i - 1].next) {
		const struct boundary *row = &b->rows[i - 1];

		if (row->hash == hash && row->open && row->n == s.n &&
		    memcmp(b->bytes + row->at, s.p, s.n) == 0)
			return (int)i - 1;
	}
	return -1;
}

/* RFC 2046 5.1.1: transport padding. */
struct str boundary_trim(struct str s)
{
	while (s.n && ascii_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Behind a boundary: white space, or "--" and white space, as far as there is anything. */
static bool may_end(struct str s)
{
	size_t n = s.n && s.p[0] == '-' ? 1 : 0;

	if (n == 1 && s.n > 1 && s.p[n++] != '-')
		return false;
	while (n < s.n && ascii_wsp(s.p[n]))
		n++;
	return n >= s.n || s.p[n] == '\r' || s.p[n] == '\n';
}

/* s: of a line, what is behind "--" and there. */
static bool may_be(const struct boundaries *b, struct str s)
{
	if (s.n == 0)
		return true;
	if (b->firsts[(uint8_t)s.p[0]] == 0)
		return false;
	if (b->depth > BOUNDARY_FEW)
		return true;
	for (unsigned i = 0; i < b->depth; i++) {
		const struct boundary *row = &b->rows[i];
		const size_t n = row->n < s.n ? row->n : s.n;

		if (row->open && may_end(str_from(s, n)) && memcmp(b->bytes + row->at, s.p, n) == 0)
			return true;
	}
	return false;
}

bool boundaries_may_begin(const struct boundaries *b, struct str s)
{
	return s.p[0] == '-' && (s.n == 1 || (s.p[1] == '-' && may_be(b, str_from(s, 2))));
}

int boundaries_find(const struct boundaries *b, struct str line, bool *closes)
{
	const struct str s = boundary_trim(str_from(line, 2));
	int separates, ends = -1;

	*closes = false;
	if (s.n == 0 || s.n > LIMIT_MIME_BOUNDARY + 2)
		return -1;
	if (s.n > 2 && s.p[s.n - 1] == '-' && s.p[s.n - 2] == '-')
		ends = level_of(b, str_head(s, s.n - 2));
	separates = level_of(b, s);
	*closes = ends > separates;
	return *closes ? ends : separates;
}

/* ---- texts ---- */

enum { NEAR = 64 }; /* bytes */

/* Where dashes are, there are more of them: eight bytes at a time, up to where a line begins with "--", or to NEAR bytes
 * further.  at > 0. */
static size_t skip_dashes(struct str s, size_t at)
{
	const size_t end = at + NEAR;

	for (; at < end && s.n - at > 9; at += 8) {
		const char *p = s.p + at;
		const uint64_t there = eight_zeroes((eight_load(p - 1) ^ eight_of('\n')) |
						    (eight_load(p) ^ eight_of('-')) |
						    (eight_load(p + 1) ^ eight_of('-')));

		if (there)
			return at + eight_first(there);
	}
	return at;
}

/* A line, or the head of one: it is no boundary, whatever comes.  *n: bytes of it that need no second look. */
static bool is_text(struct boundaries *b, struct str s, size_t *n)
{
	const char *lf;
	bool closes;

	*n = 1;
	b->looks += str_starts(s, STR("--"));
	if (!boundaries_may_begin(b, s))
		return true;
	lf = eight_seek(s.p, s.p + s.n, '\n');
	*n = (size_t)(lf - s.p);
	return *n < s.n && boundaries_find(b, str_head(s, *n - (lf[-1] == '\r')), &closes) < 0;
}

size_t boundaries_run(struct boundaries *b, struct str s)
{
	size_t at = 0, n;

	while (at < s.n) {
		const char *dash = s.p[at] == '-' ? s.p + at : memchr(s.p + at, '-', s.n - at);

		if (!dash)
			break;
		at = (size_t)(dash - s.p);
		n = 1;
		if (at && s.p[at - 1] == '\n' && !is_text(b, str_from(s, at), &n))
			return at - 1;
		at = skip_dashes(s, at + n);
	}
	return s.p[s.n - 1] == '\n' ? s.n - 1 : s.n;
}

/* A line, or the head of one: it has bytes, and is no boundary. */
static bool is_left_out(struct boundaries *b, struct str s)
{
	size_t n;

	if (s.p[0] == '\r')
		return s.n > 1 && s.p[1] != '\n';
	return s.p[0] != '\n' && is_text(b, s, &n);
}

/* Where a line begins with "--" or a line end, eight bytes at a time; or near the end. at > 0. */
static size_t seek_line(struct str s, size_t at)
{
	for (; at + 9 < s.n; at += 8) {
		const char *p = s.p + at;
		const uint64_t first = eight_load(p), second = eight_load(p + 1);
		const uint64_t there =
			eight_all_zeroes(eight_load(p - 1) ^ eight_of('\n')) &
			(eight_all_zeroes(first ^ eight_of('\n')) |
			 eight_all_zeroes((first ^ eight_of('\r')) | (second ^ eight_of('\n'))) |
			 eight_all_zeroes((first ^ eight_of('-')) | (second ^ eight_of('-'))));

		if (there)
			return at + eight_first(there);
	}
	return at;
}

size_t boundaries_lines(struct boundaries *b, struct str s)
{
	size_t at = 0;

	while (at < s.n) {
		if ((at == 0 || s.p[at - 1] == '\n') && !is_left_out(b, str_from(s, at)))
			return at;
		at = seek_line(s, at + 1);
	}
	while (at && s.p[at - 1] != '\n')
		at--; /* a line that does not end */
	return at;
}

void boundaries_free(struct boundaries *b)
{
	mem_free(b->bytes);
	mem_free(b->rows);
	*b = (struct boundaries){ 0 };
}
