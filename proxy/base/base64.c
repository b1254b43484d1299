#include "base/base64.h"

/* 64: not in the alphabet. */
static unsigned value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (ascii_digit(c))
		return (unsigned)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

static struct str without_padding(struct str text)
{
	for (unsigned i = 0; i < 2 && text.n && text.p[text.n - 1] == '='; i++)
		text.n--;
	return text;
}

bool base64_ok(struct str text)
{
	const struct str digits = without_padding(text);

	for (size_t i = 0; i < digits.n; i++)
		if (value_of(digits.p[i]) > 63)
			return false;
	return text.n % 4 == 0;
}

bool base64_decode(struct str text, struct out *o)
{
	const struct str digits = without_padding(text);
	unsigned bits = 0, held = 0;

	if (!base64_ok(text))
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		bits = bits << 6 | value_of(digits.p[i]);
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		out_char(o, (char)(unsigned char)(bits >> held & 0xff));
	}
	return !o->full;
}
