/* Any bytes as a file that is attached: what it is, what is in it, and what its name is thought to be.  An archive of any kind,
 * chosen by the first byte, lists the same however it is cut into pieces; names have no NUL to hide behind. */
#include "base/check.h"
#include "filters/attachment/expect.h"
#include "filters/file/name.h"
#include "filters/file/unpack.h"
#include "filters/file/walk.h"
#include "fuzz/mix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_name(struct str name)
{
	const struct str extension = name_extension(name), stem = name_stem(name);

	CHECK(extension.n + stem.n <= name.n);
	(void)name_deceives(name);
	for (unsigned kind = 0; kind < KIND_COUNT; kind++)
		(void)expect_other(name, name, (enum kind)kind);
}

static uint64_t look_at(const struct listing *l)
{
	uint64_t hash = mix(1, &l->flags, sizeof(l->flags));
	unsigned count = 0;

	for (const struct listing_entry *e = l->first; e; e = e->next, count++) {
		CHECK(e->name.n > 0 && e->name.n <= LIMIT_ATTACHMENT_NAME);
		if (count < 16)
			look_at_name(e->name);
		hash = mix(hash, e->name.p, e->name.n);
	}
	CHECK(count == l->count && count <= LIMIT_ARCHIVE_ENTRIES);
	if (l->kind == KIND_GZIP) /* by how much of it is unpacked, which depends on the pieces */
		return hash;
	return mix(hash, &l->unpacked, sizeof(l->unpacked));
}

/* How much of it is unpacked depends on the pieces: which bytes were taken before the bound; of an xz, before a fault, which
 * liblzma sees sooner or later.  0: near that, or such a one. */
static uint64_t sum_of(const struct listing *first, unsigned left)
{
	uint64_t hash = 0;
	bool unpacked = false;

	for (const struct listing *l = first; l; l = l->inside) {
		hash = mix_number(hash, look_at(l));
		if (unpack_method_of(l->kind) == UNPACK_XZ)
			return 0;
		unpacked =
			unpacked || unpack_method_of(l->kind) != UNPACK_NONE || l->kind == KIND_PDF;
	}
	if (unpacked)
		return left < LIMIT_ARCHIVE_STEPS / 3 ? 0 : hash;
	return mix_number(hash, left);
}

static uint64_t run(enum kind kind, struct str file, size_t piece)
{
	struct arena arena;
	struct listing listing = { .arena = &arena };
	struct steps steps = { .left = LIMIT_ARCHIVE_STEPS };
	struct walk w;
	uint64_t hash;

	arena_init(&arena, LIMIT_ATTACHMENT_MEMORY);
	walk_begin(&w, kind, &listing, &steps);
	while (file.n)
		walk_feed(&w, str_take(&file, piece));
	walk_end(&w);
	hash = sum_of(&listing, steps.left);
	arena_reset(&arena);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str file = { .p = (const char *)data, .n = size };
	enum kind kind = kind_of(file);
	uint64_t whole;

	CHECK(kind < KIND_COUNT && kind_type(kind));
	if (kind == KIND_UNKNOWN && size)
		kind = (enum kind)(data[0] % KIND_COUNT);
	look_at_name(str_head(file, 100));
	whole = run(kind, file, size + 1);
	CHECK(run(kind, file, 1) == whole);
	CHECK(run(kind, file, size % 13 + 2) == whole);
	return 0;
}
