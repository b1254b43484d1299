/* sevenzip.c - 7z: its directory is at the end, mostly packed itself.
 *
 * That is the one thing in an archive that is unpacked: it says in front how long it will be, LZMA needs no more memory
 * than that for it, and the walk's budget pays for it.  liblzma's part is the algorithm alone. */
#include "filters/file/directory.h"
#include "filters/file/walk.h"

#include "base/mem.h"

#include <lzma.h>

enum {
	FRONT = 32, /* where in the file the packed streams begin */
	OFFSET_AT = 12,
	SIZE_AT = 20,
	READ_A_STEP =
		16, /* bytes of a directory that are read in the time of a step; unpacking takes it for each */
};

static const struct str lzma1 = STR_INIT("\3\1\1");

/* Five bytes: lc, lp and pb in one, and the dictionary's size. */
static bool read_options(struct str properties, size_t unpacked, lzma_options_lzma *o)
{
	const uint32_t mixed = properties.n == 5 ? (uint8_t)properties.p[0] : 255;

	if (mixed >= 9 * 5 * 5)
		return false;
	*o = (lzma_options_lzma){ .dict_size = walk_u32(properties, 1),
				  .lc = mixed % 9,
				  .lp = mixed / 9 % 5,
				  .pb = mixed / 45 };
	if (o->dict_size > unpacked) /* nothing lies further back */
		o->dict_size = (uint32_t)unpacked;
	if (o->dict_size < LZMA_DICT_SIZE_MIN)
		o->dict_size = LZMA_DICT_SIZE_MIN;
	return true;
}

static bool unpack(struct str packed, struct str properties, char *out, size_t size)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	const lzma_filter filters[] = { { .id = LZMA_FILTER_LZMA1, .options = &options },
					{ .id = LZMA_VLI_UNKNOWN } };

	if (!read_options(properties, size, &options))
		return false;
	stream.next_in = (const uint8_t *)packed.p;
	stream.avail_in = packed.n;
	stream.next_out = (uint8_t *)out;
	stream.avail_out = size;
	if (lzma_raw_decoder(&stream, filters) == LZMA_OK)
		(void)!lzma_code(&stream, LZMA_RUN); /* avail_out says it */
	lzma_end(&stream);
	return stream.avail_out == 0;
}

/* have ends with the directory; what it is packed in is in front of it, or not there. */
static void take_packed(struct walk *w, struct str have, const struct directory_packed *p)
{
	const uint64_t begin = w->at - FRONT; /* of have, as p has it */
	struct str packed;
	char *bytes;

	if (p->encrypted) {
		w->listing->flags |= LISTING_NAMES_ENCRYPTED;
		return;
	}
	if (!str_eq(p->method, lzma1) || p->at < begin || p->at - begin > have.n ||
	    p->size > have.n - (p->at - begin)) {
		w->listing->flags |= LISTING_LIMIT;
		return;
	}
	if (p->unpacked > LIMIT_ARCHIVE_DIRECTORY) {
		w->listing->flags |= LISTING_LIMIT;
		return;
	}
	if (!walk_pay(w, p->unpacked))
		return;
	packed = str_head(str_from(have, (size_t)(p->at - begin)), (size_t)p->size);
	bytes = mem_new((size_t)p->unpacked + 1);
	if (!unpack(packed, p->properties, bytes, (size_t)p->unpacked))
		w->listing->flags |= LISTING_BROKEN;
	else
		directory_read((struct str){ .p = bytes, .n = (size_t)p->unpacked }, w->listing,
			       NULL);
	mem_free(bytes);
}

static void take_directory(struct walk *w, struct str have)
{
	struct directory_packed packed = { 0 };

	if (have.n < w->left) {
		w->want = (size_t)w->left;
		return;
	}
	if (!walk_pay(w, w->size_at_end / READ_A_STEP))
		return;
	directory_read(str_from(have, (size_t)(w->left - w->size_at_end)), w->listing, &packed);
	if (packed.is)
		take_packed(w, have, &packed);
	walk_over(w);
}

void walk_sevenzip(struct walk *w, struct str have)
{
	uint64_t offset, size, before;

	if (w->at > 0) {
		take_directory(w, have);
		return;
	}
	offset = walk_u64(have, OFFSET_AT);
	size = walk_u64(have, SIZE_AT);
	if (size == 0 || size > LIMIT_ARCHIVE_TAIL || offset > UINT64_MAX / 2) {
		w->listing->flags |= size > LIMIT_ARCHIVE_TAIL ? LISTING_LIMIT : 0;
		walk_over(w);
		return;
	}
	before = offset < LIMIT_ARCHIVE_TAIL - size ? offset : LIMIT_ARCHIVE_TAIL - size;
	w->size_at_end = size;
	w->left = before + size;
	w->used = FRONT;
	w->first = 1;
	w->skip = offset - before;
}
