#include "base/utf8.h"

size_t utf8_length_past_ascii(struct str s)
{
	const unsigned char a = (unsigned char)s.p[0];
	const unsigned char b = s.n > 1 ? (unsigned char)s.p[1] : 0;
	size_t n;

	if (a < 0xc2 || a > 0xf4)
		return 0;
	n = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
	if (s.n < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
	if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
	    (a == 0xf4 && b > 0x8f))
		return 0;
	return n;
}

bool utf8_is_head(struct str s)
{
	char whole[4];
	const unsigned char a = s.n ? (unsigned char)s.p[0] : 0;

	if (s.n == 0 || s.n > 3 || utf8_length(s) > 0)
		return false;
	whole[1] = (char)(a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80); /* what may follow */
	whole[2] = whole[3] = (char)0x80;
	memcpy(whole, s.p, s.n);
	return utf8_length((struct str){ .p = whole, .n = sizeof(whole) }) > s.n;
}

uint32_t utf8_point(struct str s)
{
	static const unsigned char firsts[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t point = (unsigned char)s.p[0] & firsts[s.n];

	for (size_t i = 1; i < s.n; i++)
		point = point << 6 | ((unsigned char)s.p[i] & 0x3f);
	return point;
}

bool utf8_prints(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0, 0x1f },        { 0x7f, 0x9f },     { 0xad, 0xad },       { 0x61c, 0x61c },
		{ 0x115f, 0x1160 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },   { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xd800, 0xf8ff }, { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
		{ 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (point >= hidden[i].first && point <= hidden[i].last)
			return false;
	return true;
}

static char tail(uint32_t bits)
{
	return (char)(0x80 | (bits & 0x3f));
}

void utf8_show(struct out *o, struct str s)
{
	while (s.n) {
		const size_t n = utf8_length(s), step = n ? n : 1;

		if (n && utf8_prints(utf8_point(str_head(s, n))))
			out_str(o, str_head(s, n));
		else
			for (size_t i = 0; i < step; i++)
				out_char(o, '?');
		s = str_from(s, step);
	}
}

void utf8_show_word(struct out *o, struct str s)
{
	struct str word, rest = s;
	bool more;

	do {
		more = str_cut(rest, ' ', &word, &rest);
		utf8_show(o, word);
		if (more)
			out_str(o, STR("\\x20"));
	} while (more);
}

size_t utf8_put(uint32_t point, char out[4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = tail(point);
		return 2;
	}
	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		point = 0xfffd;
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = tail(point >> 6);
		out[2] = tail(point);
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = tail(point >> 12);
	out[2] = tail(point >> 6);
	out[3] = tail(point);
	return 4;
}
