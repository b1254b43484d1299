/* Decided: ranges of blocks, not the Unicode tables.  That a rare letter keeps its accent or its case makes a word of
 * that mail differ from its copy; it never makes two mails alike. */
#include "filters/bulk/letters.h"

#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>

/* U+00C0 to U+024F, then U+1E00 to U+1EFF.  A dot: stays as it is. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
			    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
			    "lllnnnnnn.nnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
			    "................................oo.............uu..............."
			    "....dddlllnnnaaiioouuuuuuuuuu.aaaa....ggkkoooo..jdddgg..nnaa...."
			    "aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............"
			    "................";
static const char latin_more[] = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
				 "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
				 "wwwwwwwwwwxxxxyyzzzzzzhtwyas....aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
				 "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";

/* Blocks in order; what is between them is letters. */
static const struct block {
	uint32_t first, last;
	enum { NONE, WORDS, GREEK, LATIN } what;
} blocks[] = {
	{ 0x0080, 0x00a9, NONE }, /* controls, punctuation */
	{ 0x00ab, 0x00b9, NONE },    { 0x00bb, 0x00bf, NONE },
	{ 0x00d7, 0x00d7, NONE },    { 0x00f7, 0x00f7, NONE },
	{ 0x02b0, 0x036f, NONE },                              /* marks that stand on letters */
	{ 0x0370, 0x03ff, GREEK },   { 0x0591, 0x05c7, NONE }, /* points of Hebrew, of Arabic */
	{ 0x0600, 0x061f, NONE },    { 0x064b, 0x0669, NONE },
	{ 0x0e00, 0x0eff, WORDS }, /* Thai, Lao */
	{ 0x1000, 0x109f, WORDS }, /* Burmese */
	{ 0x1780, 0x17ff, WORDS }, /* Khmer */
	{ 0x1ab0, 0x1aff, NONE },    { 0x1dc0, 0x1dff, NONE },
	{ 0x2000, 0x20ff, NONE }, /* punctuation, currencies, marks */
	{ 0x2190, 0x24b5, NONE }, /* arrows, signs, boxes */
	{ 0x24b6, 0x24e9, LATIN },   { 0x24ea, 0x2bff, NONE },
	{ 0x3000, 0x303f, NONE },    { 0x3040, 0x30ff, WORDS }, /* Japanese */
	{ 0x3100, 0x33ff, NONE },    { 0x3400, 0x9fff, WORDS }, /* Chinese */
	{ 0xe000, 0xf8ff, NONE },                               /* for private use */
	{ 0xf900, 0xfaff, WORDS },   { 0xfe00, 0xfe6f, NONE },
	{ 0xff00, 0xff20, NONE },    { 0xff21, 0xff3a, LATIN },
	{ 0xff3b, 0xff40, NONE },    { 0xff41, 0xff5a, LATIN },
	{ 0xff5b, 0xff65, NONE },    { 0xff66, 0xff9f, WORDS },
	{ 0xfff0, 0xffff, NONE },    { 0x1d400, 0x1d6a3, LATIN },
	{ 0x1d6a4, 0x1fbff, NONE },                               /* more mathematics, emoji */
	{ 0x20000, 0x3ffff, WORDS }, { 0xe0000, 0x10ffff, NONE }, /* tags, for private use */
};

static const struct block *find(uint32_t point)
{
	size_t low = 0, high = COUNTOF(blocks);

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (blocks[middle].last < point)
			low = middle + 1;
		else
			high = middle;
	}
	return low < COUNTOF(blocks) && blocks[low].first <= point ? &blocks[low] : NULL;
}

static struct letter as(enum script script, uint32_t point)
{
	return (struct letter){ .kind = LETTER, .script = script, .point = point };
}

static struct letter latin_of(char letter, uint32_t point)
{
	return letter == '.' ? as(SCRIPT_LATIN, point) : as(SCRIPT_LATIN, (unsigned char)letter);
}

static uint32_t greek(uint32_t point)
{
	static const struct {
		uint16_t from, to;
	} accents[] = { { 0x386, 0x3b1 }, { 0x388, 0x3b5 }, { 0x389, 0x3b7 }, { 0x38a, 0x3b9 },
			{ 0x38c, 0x3bf }, { 0x38e, 0x3c5 }, { 0x38f, 0x3c9 }, { 0x3ac, 0x3b1 },
			{ 0x3ad, 0x3b5 }, { 0x3ae, 0x3b7 }, { 0x3af, 0x3b9 }, { 0x3cc, 0x3bf },
			{ 0x3cd, 0x3c5 }, { 0x3ce, 0x3c9 }, { 0x3c2, 0x3c3 } };

	for (size_t i = 0; i < COUNTOF(accents); i++)
		if (accents[i].from == point)
			return accents[i].to;
	return point >= 0x391 && point <= 0x3a9 ? point + 0x20 : point;
}

static uint32_t cyrillic(uint32_t point)
{
	if (point < 0x410)
		return point + 0x50;
	if (point < 0x430)
		return point + 0x20;
	return point >= 0x460 && (point < 0x482 || point >= 0x48a) &&
			       (point < 0x4c0 || point > 0x4cf)
		       ? point | 1
		       : point;
}

struct letter letter_of(uint32_t point)
{
	const struct block *b;

	if (point >= 0xc0 && point < 0x250 && point != 0xd7 && point != 0xf7)
		return latin_of(latin[point - 0xc0], point);
	if (point >= 0x1e00 && point < 0x1f00)
		return latin_of(latin_more[point - 0x1e00], point);
	if (point >= 0x400 && point < 0x500)
		return as(SCRIPT_CYRILLIC, cyrillic(point));
	b = find(point);
	if (!b)
		return as(SCRIPT_OTHER, point);
	switch (b->what) {
	case NONE:
		break;
	case WORDS:
		return (struct letter){ .kind = LETTER_WORD, .point = point };
	case GREEK:
		return as(SCRIPT_GREEK, greek(point));
	case LATIN: /* wide, bold, in circles and so on: alphabets one behind the other */
		return as(SCRIPT_LATIN, 'a' + (point - b->first) % 26);
	}
	return (struct letter){ .kind = LETTER_NONE };
}

uint32_t letter_as_latin(uint32_t point)
{
	static const struct {
		uint16_t from;
		char to;
	} looks[] = { { 0x3b1, 'a' }, { 0x3b2, 'b' }, { 0x3b3, 'y' }, { 0x3b5, 'e' },
		      { 0x3b6, 'z' }, { 0x3b7, 'n' }, { 0x3b9, 'i' }, { 0x3ba, 'k' },
		      { 0x3bc, 'u' }, { 0x3bd, 'v' }, { 0x3bf, 'o' }, { 0x3c1, 'p' },
		      { 0x3c3, 'o' }, { 0x3c4, 't' }, { 0x3c5, 'u' }, { 0x3c7, 'x' },
		      { 0x3c9, 'w' }, { 0x3f2, 'c' }, { 0x3f3, 'j' }, { 0x430, 'a' },
		      { 0x432, 'b' }, { 0x433, 'r' }, { 0x435, 'e' }, { 0x437, 'e' },
		      { 0x438, 'n' }, { 0x43a, 'k' }, { 0x43c, 'm' }, { 0x43d, 'h' },
		      { 0x43e, 'o' }, { 0x43f, 'n' }, { 0x440, 'p' }, { 0x441, 'c' },
		      { 0x442, 't' }, { 0x443, 'y' }, { 0x445, 'x' }, { 0x448, 'w' },
		      { 0x44c, 'b' }, { 0x44f, 'r' }, { 0x455, 's' }, { 0x456, 'i' },
		      { 0x457, 'i' }, { 0x458, 'j' }, { 0x4bb, 'h' }, { 0x501, 'd' },
		      { 0x51b, 'q' }, { 0x51d, 'w' }, { 0x561, 'w' }, { 0x578, 'n' },
		      { 0x57d, 'u' }, { 0x581, 'g' }, { 0x585, 'o' } };

	for (size_t i = 0; i < COUNTOF(looks); i++)
		if (looks[i].from == point)
			return (unsigned char)looks[i].to;
	return point;
}
