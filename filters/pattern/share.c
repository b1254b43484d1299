#include "filters/pattern/share.h"

#include "base/check.h"
#include "base/str.h"

/* English letters, each with its share of text in 10,000; what is left out is LETTER_LEAST. */
static const struct {
	char letter;
	unsigned short share;
} letters[] = {
	{ 'e', 900 }, { 't', 680 }, { 'a', 600 }, { 'o', 560 }, { 'i', 520 }, { 'n', 500 },
	{ 's', 470 }, { 'r', 450 }, { 'h', 450 }, { 'l', 300 }, { 'd', 320 }, { 'c', 210 },
	{ 'u', 210 }, { 'm', 180 }, { 'f', 160 }, { 'p', 150 }, { 'g', 150 }, { 'w', 170 },
	{ 'y', 150 }, { 'b', 110 }, { 'v', 75 },  { 'k', 60 },
};

enum {
	LETTER_LEAST = 12,
	SHARE_SPACE = 1600,
	SHARE_DIGIT = 50,
	SHARE_MARK = 100,
	SHARE_CAPITAL = 15,
	SHARE_OTHER = 9
};

static unsigned share_in_10000(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return SHARE_CAPITAL;
	if (c == ' ')
		return SHARE_SPACE;
	if (c == '.' || c == ',' || c == '-')
		return SHARE_MARK;
	if (ascii_digit((char)c))
		return SHARE_DIGIT;
	for (size_t i = 0; i < COUNTOF(letters); i++)
		if (letters[i].letter == (char)c)
			return letters[i].share;
	return ascii_alnum((char)c) ? LETTER_LEAST : SHARE_OTHER;
}

float share_of_byte(unsigned char c)
{
	return (float)share_in_10000(c) / 10000;
}
