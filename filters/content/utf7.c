#include "filters/content/utf7.h"

#include "base/utf8.h"
#include "filters/content/transfer.h"

static size_t put_unit(struct utf7 *u, uint16_t unit, char *out)
{
	const uint16_t high = u->high;
	size_t n = 0;

	u->high = 0;
	if (high && unit >= 0xdc00 && unit <= 0xdfff)
		return utf8_put(0x10000 + ((uint32_t)(high & 0x3ff) << 10 | (unit & 0x3ff)), out);
	if (high)
		n = utf8_put(0xfffd, out);
	if (unit >= 0xd800 && unit <= 0xdbff)
		u->high = unit;
	else
		n += utf8_put(unit, out + n);
	return n;
}

static size_t take_letter(struct utf7 *u, uint8_t letter, char *out)
{
	u->fresh = false;
	u->bits = u->bits << 6 | letter;
	u->count = (uint8_t)(u->count + 6);
	if (u->count < 16)
		return 0;
	u->count = (uint8_t)(u->count - 16);
	return put_unit(u, (uint16_t)(u->bits >> u->count), out);
}

size_t utf7_end(struct utf7 *u, char *out)
{
	const size_t n = u->high ? utf8_put(0xfffd, out) : 0;

	*u = (struct utf7){ 0 };
	return n;
}

size_t utf7_take(struct utf7 *u, char byte, char *out)
{
	size_t n = 0;

	if (u->shifted) {
		const uint8_t letter = transfer_letter(byte);
		const bool fresh = u->fresh;

		if (letter < 64)
			return take_letter(u, letter, out);
		n = utf7_end(u, out);
		if (byte == '-')
			return n + (fresh ? utf8_put('+', out + n) : 0);
	}
	if (byte == '+') {
		u->shifted = u->fresh = true;
		return n;
	}
	return n + utf8_put((unsigned char)byte < 0x80 ? (unsigned char)byte : 0xfffd, out + n);
}
