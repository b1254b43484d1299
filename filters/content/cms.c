#include "filters/content/cms.h"

#include "base/check.h"

enum {
	OID = 0x06,
	INTEGER = 0x02,
	OCTETS = 0x04,
	OCTETS_IN_PIECES = 0x24,
	SEQUENCE = 0x30,
	SET = 0x31,
	EXPLICIT = 0xa0,
	INDEFINITE = 0x80, /* a length that is told by an end */
};

/* What is gone into is followed by what is in it, what is stepped over by what is behind it. */
static const struct {
	uint8_t tag;
	bool enters;
} way[] = {
	{ SEQUENCE, true },                     /* ContentInfo */
	{ OID, false },                         /* signedData; what is none has another way */
	{ EXPLICIT, true }, { SEQUENCE, true }, /* SignedData */
	{ INTEGER, false }, { SET, false },     /* of digest algorithms */
	{ SEQUENCE, true },                     /* EncapsulatedContentInfo */
	{ OID, false },     { EXPLICIT, true },
};

enum { CONTENT = COUNTOF(way), PIECES };

static size_t header_size(const struct cms *c)
{
	const uint8_t length = c->n < 2 ? 0 : (uint8_t)c->header[1];

	return length > INDEFINITE ? 2 + (size_t)(length - INDEFINITE) : 2;
}

static uint32_t length_of(const struct cms *c)
{
	uint32_t length = 0;

	if (c->n == 2)
		return (uint8_t)c->header[1];
	for (size_t i = 2; i < c->n; i++)
		length = length << 8 | (uint8_t)c->header[i];
	return length;
}

/* A header is there. */
static void take_header(struct cms *c)
{
	const uint8_t tag = (uint8_t)c->header[0];
	const bool indefinite = (uint8_t)c->header[1] == INDEFINITE;
	const uint32_t length = length_of(c);

	c->n = 0;
	if (c->step < CONTENT && tag == way[c->step].tag && (way[c->step].enters || !indefinite)) {
		c->skip = way[c->step].enters ? 0 : length;
		c->step++;
	} else if (c->step == CONTENT && tag == OCTETS_IN_PIECES) {
		c->step = PIECES;
	} else if (c->step >= CONTENT && tag == OCTETS && !indefinite) {
		c->left = length;
		c->over = c->step == CONTENT;
	} else {
		c->over = true;
	}
}

static void take_byte(struct cms *c, char byte)
{
	c->header[c->n++] = byte;
	if (header_size(c) > sizeof(c->header))
		c->over = true;
	else if (c->n >= 2 && c->n == header_size(c))
		take_header(c);
}

struct str cms_take(struct cms *c, struct str *in)
{
	struct str piece;

	while (in->n && !c->left && !c->over) {
		if (c->skip == 0)
			take_byte(c, str_take(in, 1).p[0]);
		else
			c->skip -= (uint32_t)str_take(in, c->skip).n;
	}
	piece = str_take(in, c->left);
	c->left -= (uint32_t)piece.n;
	if (c->over && c->left == 0)
		*in = (struct str){ 0 };
	return piece;
}
