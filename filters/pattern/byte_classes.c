#include "filters/pattern/byte_classes.h"

#include "filters/pattern/share.h"

unsigned byte_classes_split(uint8_t class_of[256], unsigned classes, const struct byte_set *set)
{
	const unsigned known = classes;
	unsigned size[256] = { 0 }, in[256] = { 0 };
	uint8_t split[256]; /* by class: what those of it that are in the set become */

	for (unsigned c = 0; c < 256; c++) {
		size[class_of[c]]++;
		in[class_of[c]] += byte_set_has(set, c);
	}
	for (unsigned k = 0; k < known; k++)
		split[k] = (uint8_t)(in[k] == 0 || in[k] == size[k] ? k : classes++);
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(set, c))
			class_of[c] = split[class_of[c]];
	return classes;
}

void byte_classes_order(uint8_t class_of[256], unsigned classes)
{
	float share[256] = { 0 };
	uint8_t number[256];

	for (unsigned c = 0; c < 256; c++)
		share[class_of[c]] += share_of_byte((unsigned char)c);
	for (unsigned n = 0; n < classes; n++) {
		unsigned best = 0;

		for (unsigned k = 1; k < classes; k++)
			if (share[k] > share[best])
				best = k;
		share[best] = -1;
		number[best] = (uint8_t)n;
	}
	for (unsigned c = 0; c < 256; c++)
		class_of[c] = number[class_of[c]];
}
