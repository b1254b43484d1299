#include "filters/file/unpack.h"

#include "base/check.h"
#include "base/limits.h"

enum { GZIP_HEADER = 16 }; /* zlib: added to the window's bits, a header of gzip is in front */

/* ---- gzip and zlib ---- */

static bool begin_gzip(struct unpack *u)
{
	u->zlib = (z_stream){ .next_in = NULL };
	return inflateInit2(&u->zlib, GZIP_HEADER + MAX_WBITS) == Z_OK;
}

static bool begin_zlib(struct unpack *u)
{
	u->zlib = (z_stream){ .next_in = NULL };
	return inflateInit(&u->zlib) == Z_OK;
}

/* Files of gzip one behind another are one (RFC 1952 2.2). */
static bool goes_on(struct unpack *u, int code)
{
	return code == Z_STREAM_END && u->method == UNPACK_GZIP && inflateReset(&u->zlib) == Z_OK;
}

static bool take_zlib(struct unpack *u, struct str *in, char *out, size_t *size)
{
	z_stream *z = &u->zlib;
	const uInt most = in->n < UINT_MAX ? (uInt)in->n : UINT_MAX;
	bool more;
	int code;

	z->next_in = (Bytef *)(uintptr_t)in->p; /* it is only read */
	z->avail_in = most;
	z->next_out = (Bytef *)out;
	z->avail_out = (uInt)*size;
	do {
		code = inflate(z, Z_NO_FLUSH);
		more = goes_on(u, code);
	} while (more && z->avail_in && z->avail_out);
	*in = str_from(*in, most - z->avail_in);
	*size -= z->avail_out;
	return more || code == Z_OK || code == Z_BUF_ERROR;
}

static void end_zlib(struct unpack *u)
{
	inflateEnd(&u->zlib);
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

/* ---- all ---- */

static const struct method {
	bool (*begin)(struct unpack *u);
	/* *size: of out, and then how much of it there is.  False: nothing comes behind that. */
	bool (*take)(struct unpack *u, struct str *in, char *out, size_t *size);
	void (*end)(struct unpack *u);
	unsigned in_a_step, out_a_step; /* bytes that are read, written in the time of one */
} methods[] = {
	[UNPACK_GZIP] = { begin_gzip, take_zlib, end_zlib, 4, 32 },
	[UNPACK_XZ] = { begin_xz, take_xz, end_xz, 1, 32 },
	[UNPACK_ZLIB] = { begin_zlib, take_zlib, end_zlib, 4, 32 },
};

enum unpack_method unpack_method_of(enum kind kind)
{
	return kind == KIND_GZIP ? UNPACK_GZIP : kind == KIND_XZ ? UNPACK_XZ : UNPACK_NONE;
}

void unpack_begin(struct unpack *u, enum unpack_method method)
{
	CHECK(method != UNPACK_NONE);
	*u = (struct unpack){ .method = method };
	if (!methods[method].begin(u))
		*u = (struct unpack){ .over = true };
}

size_t unpack_take(struct unpack *u, struct str *in, char *out, size_t size)
{
	const size_t before = in->n;

	if (u->method == UNPACK_NONE || u->over)
		return 0;
	u->over = !methods[u->method].take(u, in, out, &size);
	u->over = u->over || (before && in->n == before && size == 0);
	u->in += before - in->n;
	u->out += size;
	return size;
}

uint64_t unpack_steps(const struct unpack *u)
{
	const struct method *m = &methods[u->method];

	return u->method == UNPACK_NONE ? 0 : u->in / m->in_a_step + u->out / m->out_a_step;
}

void unpack_end(struct unpack *u)
{
	if (u->method != UNPACK_NONE)
		methods[u->method].end(u);
	*u = (struct unpack){ .over = true, .in = u->in, .out = u->out };
}
