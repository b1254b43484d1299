/* hex.h - two hexadecimal digits as a byte. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/str.h"

/* -1: no digit. */
static inline int hex_digit(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the first two characters of s are; -1: they are not, or not there. */
static inline int hex_byte(struct str s)
{
	int high, low;

	if (s.n < 2)
		return -1;
	high = hex_digit(s.p[0]);
	low = hex_digit(s.p[1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

#endif
