#include "filters/content/transfer.h"

#include "base/hex.h"

enum transfer transfer_named(struct str name)
{
	if (str_ieq(name, STR("base64")))
		return TRANSFER_BASE64;
	if (str_ieq(name, STR("quoted-printable")))
		return TRANSFER_QUOTED;
	if (str_ieq(name, STR("x-uuencode")) || str_ieq(name, STR("uuencode")) ||
	    str_ieq(name, STR("x-uue")) || str_ieq(name, STR("uue")))
		return TRANSFER_UUENCODE;
	return TRANSFER_NONE;
}

/* ---- base64 ---- */

/* Bits of a letter; 64: no letter; 65: "=". */
static const uint8_t letters[256] = {
#define NO4    64, 64, 64, 64
#define NO16   NO4, NO4, NO4, NO4
#define SIX(N) N, N + 1, N + 2, N + 3, N + 4, N + 5
	NO16, NO16,                                                         /* controls */
	NO4,  NO4,     64,      64,      64,      62,   64,   64,   64, 63, /* + / */
	52,   53,      54,      55,      56,      57,   58,   59,   60, 61, 64, 64,
	64,   65,      64,      64,                                                 /* 0-9 = */
	64,   SIX(0),  SIX(6),  SIX(12), SIX(18), 24,   25,   64,   64, 64, 64, 64, /* A-Z */
	64,   SIX(26), SIX(32), SIX(38), SIX(44), 50,   51,   64,   64, 64, 64, 64, /* a-z */
	NO16, NO16,    NO16,    NO16,    NO16,    NO16, NO16, NO16,
#undef SIX
#undef NO16
#undef NO4
};

uint8_t transfer_letter(char c)
{
	return letters[(uint8_t)c];
}

/* What an unfinished group holds: 2 letters are a byte, 3 are two. */
static size_t end_group(struct decoder *d, char *out)
{
	const size_t n = d->count > 1 ? d->count - 1u : 0;

	d->bits <<= 6 * (4 - d->count);
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(d->bits >> (16 - 8 * i));
	d->bits = 0;
	d->count = 0;
	return n;
}

static size_t take_letter(struct decoder *d, uint8_t letter, char *out)
{
	if (letter == 65)
		return end_group(d, out);
	if (letter > 63)
		return 0;
	d->bits = d->bits << 6 | letter;
	d->count++;
	if (d->count < 4)
		return 0;
	out[0] = (char)(d->bits >> 16);
	out[1] = (char)(d->bits >> 8);
	out[2] = (char)d->bits;
	d->bits = 0;
	d->count = 0;
	return 3;
}

/* Between groups everything that is no letter means nothing, "=" too. */
static struct str skip_others(struct str in)
{
	size_t n = 0;

	while (n < in.n && transfer_letter(in.p[n]) > 63)
		n++;
	return str_from(in, n);
}

/* Whole groups, as long as there is nothing between their letters. */
static size_t take_groups(struct str *in, char *out, size_t room)
{
	const uint8_t *p = (const uint8_t *)in->p;
	size_t n = 0, at = 0;

	while (in->n - at >= 4 && room - n >= 4) {
		const uint8_t a = letters[p[at]], b = letters[p[at + 1]], c = letters[p[at + 2]],
			      d = letters[p[at + 3]];
		const uint32_t bits = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d;

		if ((a | b | c | d) > 63)
			break;
		out[n++] = (char)(bits >> 16);
		out[n++] = (char)(bits >> 8);
		out[n++] = (char)bits;
		at += 4;
	}
	*in = str_from(*in, at);
	return n;
}

static size_t take_base64(struct decoder *d, struct str *in, char *out, size_t room)
{
	size_t n = 0;

	while (in->n && room - n >= 4) {
		if (d->count == 0) {
			*in = skip_others(*in);
			n += take_groups(in, out + n, room - n);
		}
		if (in->n == 0 || room - n < 4)
			break;
		n += take_letter(d, transfer_letter(in->p[0]), out + n);
		*in = str_from(*in, 1);
	}
	return n;
}

/* ---- quoted-printable ---- */

static size_t let_go(struct decoder *d, char *out)
{
	const size_t n = d->count;

	memcpy(out, d->kept, n);
	d->count = 0;
	return n;
}

/* A byte behind a "=".  False: it does not belong to it, and is looked at again. */
static bool take_escaped(struct decoder *d, char c, char *out, size_t *n)
{
	int byte;

	if (d->count == 2 && hex_digit(d->kept[1]) >= 0) {
		byte = hex_byte((struct str){ .p = (const char[]){ d->kept[1], c }, .n = 2 });
		if (byte < 0) {
			*n = let_go(d, out);
			return false;
		}
		out[0] = (char)byte;
		*n = 1;
		d->count = 0;
		return true;
	}
	if (c == '\n') { /* a line that goes on, with spaces at its end or without */
		d->count = 0;
		return true;
	}
	if (c == ' ' || c == '\t' || c == '\r') {
		if (d->count == 1)
			d->kept[d->count++] =
				c; /* the others of them are lost: spaces at the end of a line */
		return true;
	}
	if (d->count == 1 && hex_digit(c) >= 0) {
		d->kept[d->count++] = c;
		return true;
	}
	*n = let_go(d, out);
	return false;
}

static size_t take_quoted(struct decoder *d, struct str *in, char *out, size_t room)
{
	size_t n = 0;

	while (in->n && room - n >= 4) {
		const struct str s = str_head(*in, room - n);
		const char *mark;
		size_t plain;

		if (d->count) {
			size_t got = 0;

			if (take_escaped(d, s.p[0], out + n, &got))
				*in = str_from(*in, 1);
			n += got;
			continue;
		}
		mark = memchr(s.p, '=', s.n);
		plain = mark ? (size_t)(mark - s.p) : s.n;
		memcpy(out + n, s.p, plain);
		n += plain;
		if (mark)
			d->kept[d->count++] = '=';
		*in = str_from(*in, plain + (mark != NULL));
	}
	return n;
}

/* ---- uuencode ---- */

/* Letters at the end of a line may be missing: they are spaces. */
static size_t end_uu_group(struct decoder *d, char *out)
{
	const size_t n = d->count == 0 ? 0 : d->left < 3 ? d->left : 3;

	d->bits <<= 6 * (4 - d->count);
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(d->bits >> (16 - 8 * i));
	d->left = (uint8_t)(d->left - n);
	d->bits = 0;
	d->count = 0;
	return n;
}

static size_t take_uu_letter(struct decoder *d, char c, char *out)
{
	const bool letter = c >= ' ' && c <= '`';
	const uint8_t six = (uint8_t)(c - ' ') & 63;

	if (c == '\n') {
		const size_t n = end_uu_group(d, out);

		d->in_line = false;
		d->left = 0;
		return n;
	}
	if (!d->in_line) {
		d->in_line = true;
		d->left = letter ? six : 0;
		return 0;
	}
	if (!letter || d->left == 0)
		return 0;
	d->bits = d->bits << 6 | six;
	return ++d->count == 4 ? end_uu_group(d, out) : 0;
}

static size_t take_uuencode(struct decoder *d, struct str *in, char *out, size_t room)
{
	size_t n = 0;

	while (in->n && room - n >= 4) {
		n += take_uu_letter(d, in->p[0], out + n);
		*in = str_from(*in, 1);
	}
	return n;
}

/* ---- all of them ---- */

static size_t take_plain(struct str *in, char *out, size_t room)
{
	const struct str s = str_head(*in, room);

	memcpy(out, s.p, s.n);
	*in = str_from(*in, s.n);
	return s.n;
}

size_t decoder_take(struct decoder *d, struct str *in, char *out, size_t room)
{
	if (in->n == 0)
		return 0;
	switch (d->encoding) {
	case TRANSFER_NONE:
		return take_plain(in, out, room);
	case TRANSFER_BASE64:
		return take_base64(d, in, out, room);
	case TRANSFER_QUOTED:
		return take_quoted(d, in, out, room);
	case TRANSFER_UUENCODE:
		return take_uuencode(d, in, out, room);
	}
	return 0;
}

size_t decoder_end(struct decoder *d, char *out)
{
	switch (d->encoding) {
	case TRANSFER_NONE:
		break;
	case TRANSFER_BASE64:
		return end_group(d, out);
	case TRANSFER_QUOTED:
		if (d->count == 1 || (d->count == 2 && hex_digit(d->kept[1]) < 0))
			d->count = 0; /* the line end that it undid is the boundary's */
		return let_go(d, out);
	case TRANSFER_UUENCODE:
		return end_uu_group(d, out);
	}
	return 0;
}
