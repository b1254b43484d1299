#include "filters/content/picture.h"

#include "base/check.h"
#include "base/limits.h"

enum {
	GIF_HEAD = 10,
	PNG_HEAD = 24,
	JPEG_HEAD = 4,  /* of a segment: its mark and length; at the beginning two marks */
	JPEG_FRAME = 9, /* with precision, height and width */
};

void picture_begin(struct picture *p, struct str type)
{
	static const struct {
		struct str type;
		enum picture_kind kind;
	} types[] = { { STR_INIT("image/gif"), PICTURE_GIF },
		      { STR_INIT("image/png"), PICTURE_PNG },
		      { STR_INIT("image/jpeg"), PICTURE_JPEG },
		      { STR_INIT("image/jpg"), PICTURE_JPEG } };

	*p = (struct picture){ .kind = PICTURE_NONE };
	for (size_t i = 0; i < COUNTOF(types); i++)
		if (str_eq(type, types[i].type))
			p->kind = types[i].kind;
}

static uint32_t big(const uint8_t *p, unsigned bytes)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < bytes; i++)
		n = n << 8 | p[i];
	return n;
}

static void learn(struct picture *p, uint32_t width, uint32_t height)
{
	p->kind = PICTURE_NONE;
	p->width = width;
	p->height = height;
}

static bool begins(const struct picture *p, struct str with)
{
	return memcmp(p->head, with.p, with.n) == 0;
}

static void read_gif(struct picture *p)
{
	if (begins(p, STR("GIF87a")) || begins(p, STR("GIF89a")))
		learn(p, p->head[6] | (uint32_t)p->head[7] << 8,
		      p->head[8] | (uint32_t)p->head[9] << 8);
	else
		learn(p, 0, 0);
}

static void read_png(struct picture *p)
{
	if (begins(p, STR("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")))
		learn(p, big(p->head + 16, 4), big(p->head + 20, 4));
	else
		learn(p, 0, 0);
}

/* A segment that says how large it is. */
static bool is_frame(uint8_t mark)
{
	return mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc;
}

/* The first two bytes are read as a segment without a length. */
static void read_jpeg(struct picture *p)
{
	const uint8_t mark = p->head[1];
	const bool over = mark == 0xda || mark == 0xd9;

	if (p->head[0] != 0xff || over || p->segments == LIMIT_PICTURE_SEGMENTS) {
		learn(p, 0, 0);
	} else if (mark == 0xd8) {
		memmove(p->head, p->head + 2, JPEG_HEAD - 2);
		p->n = JPEG_HEAD - 2;
		p->segments++;
	} else if (is_frame(mark)) {
		if (p->n == JPEG_FRAME)
			learn(p, big(p->head + 7, 2), big(p->head + 5, 2));
	} else if (big(p->head + 2, 2) < 2) {
		learn(p, 0, 0);
	} else {
		p->skip = big(p->head + 2, 2) - 2;
		p->segments++;
		p->n = 0;
	}
}

/* So many bytes of the head are needed now. */
static uint8_t wanted(const struct picture *p)
{
	if (p->kind == PICTURE_GIF)
		return GIF_HEAD;
	if (p->kind == PICTURE_PNG)
		return PNG_HEAD;
	return p->n >= JPEG_HEAD && p->head[0] == 0xff && is_frame(p->head[1]) ? JPEG_FRAME
									       : JPEG_HEAD;
}

void picture_feed(struct picture *p, struct str bytes)
{
	static void (*const readers[PICTURE_KINDS])(struct picture *) = {
		[PICTURE_GIF] = read_gif, [PICTURE_PNG] = read_png, [PICTURE_JPEG] = read_jpeg
	};

	while (p->kind != PICTURE_NONE && bytes.n) {
		const struct str skipped = str_head(bytes, p->skip);
		struct str head;

		p->skip -= (uint32_t)skipped.n;
		bytes = str_from(bytes, skipped.n);
		head = str_head(bytes, (size_t)(wanted(p) - p->n));
		if (head.n == 0)
			return;
		memcpy(p->head + p->n, head.p, head.n);
		p->n = (uint8_t)(p->n + head.n);
		bytes = str_from(bytes, head.n);
		if (p->n == wanted(p))
			readers[p->kind](p);
	}
}
