#include "filters/file/unpack.h"

#include "base/check.h"
#include "base/limits.h"

enum { GZIP_HEADER = 16 }; /* zlib: added to the window's bits, a header of gzip is in front */

/* ---- gzip ---- */

static bool begin_gzip(struct unpack *u)
{
	u->gzip = (z_stream){ .next_in = NULL };
	return inflateInit2(&u->gzip, GZIP_HEADER + MAX_WBITS) == Z_OK;
}

/* Files of gzip one behind another are one (RFC 1952 2.2). */
static bool take_gzip(struct unpack *u, struct str *in, char *out, size_t *size)
{
	z_stream *z = &u->gzip;
	const uInt most = in->n < UINT_MAX ? (uInt)in->n : UINT_MAX;
	int code;

	z->next_in = (Bytef *)(uintptr_t)in->p; /* it is only read */
	z->avail_in = most;
	z->next_out = (Bytef *)out;
	z->avail_out = (uInt)*size;
	do
		code = inflate(z, Z_NO_FLUSH);
	while (code == Z_STREAM_END && inflateReset(z) == Z_OK && z->avail_in && z->avail_out);
	*in = str_from(*in, most - z->avail_in);
	*size -= z->avail_out;
	return code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END;
}

static void end_gzip(struct unpack *u)
{
	inflateEnd(&u->gzip);
}

/* ---- xz ---- */

static bool begin_xz(struct unpack *u)
{
	u->xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&u->xz, LIMIT_UNPACK_MEMORY, LZMA_IGNORE_CHECK) == LZMA_OK;
}

static bool take_xz(struct unpack *u, struct str *in, char *out, size_t *size)
{
	lzma_stream *x = &u->xz;
	lzma_ret code;

	x->next_in = (const uint8_t *)in->p;
	x->avail_in = in->n;
	x->next_out = (uint8_t *)out;
	x->avail_out = *size;
	code = lzma_code(x, LZMA_RUN);
	*in = str_from(*in, in->n - x->avail_in);
	*size -= x->avail_out;
	return code == LZMA_OK || code == LZMA_BUF_ERROR;
}

static void end_xz(struct unpack *u)
{
	lzma_end(&u->xz);
}

/* ---- both ---- */

static const struct method {
	enum kind kind;
	bool (*begin)(struct unpack *u);
	/* *size: of out, and then how much of it there is.  False: nothing comes behind that. */
	bool (*take)(struct unpack *u, struct str *in, char *out, size_t *size);
	void (*end)(struct unpack *u);
	unsigned in_a_step, out_a_step; /* bytes that are read, written in the time of one */
} methods[] = {
	{ KIND_GZIP, begin_gzip, take_gzip, end_gzip, 4, 32 },
	{ KIND_XZ, begin_xz, take_xz, end_xz, 1, 32 },
};

/* NULL: none. */
static const struct method *method_of(enum kind kind)
{
	for (size_t i = 0; i < COUNTOF(methods); i++)
		if (methods[i].kind == kind)
			return &methods[i];
	return NULL;
}

bool unpack_knows(enum kind kind)
{
	return method_of(kind) != NULL;
}

void unpack_begin(struct unpack *u, enum kind kind)
{
	const struct method *m = method_of(kind);

	CHECK(m);
	*u = (struct unpack){ .kind = kind };
	if (m->begin(u))
		return;
	*u = (struct unpack){ .over = true };
}

size_t unpack_take(struct unpack *u, struct str *in, char *out, size_t size)
{
	const struct method *m = method_of(u->kind);
	const size_t before = in->n;

	if (!m || u->over)
		return 0;
	u->over = !m->take(u, in, out, &size);
	u->over = u->over || (before && in->n == before && size == 0);
	u->in += before - in->n;
	u->out += size;
	return size;
}

uint64_t unpack_steps(const struct unpack *u)
{
	const struct method *m = method_of(u->kind);

	return m ? u->in / m->in_a_step + u->out / m->out_a_step : 0;
}

void unpack_end(struct unpack *u)
{
	const struct method *m = method_of(u->kind);

	if (m)
		m->end(u);
	*u = (struct unpack){ .over = true };
}
