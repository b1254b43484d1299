/* signature.h - what a mail's copies have in common: minhash values over pairs of neighbouring words.
 *
 * The share of values in which two signatures agree estimates the share of pairs that their texts have in common
 * (Broder 1997).  A band is two of the values as one key: texts that have half of their pairs in common share one of 16
 * bands with 99 % probability, texts that have a hundredth in common with 0.2 %.
 * Signatures are kept in stores that several versions of this program share: what they are made of is fixed. */
#ifndef FILTERS_BULK_SIGNATURE_H
#define FILTERS_BULK_SIGNATURE_H

#include <stdint.h>

enum { SIGNATURE_VALUES = 32, SIGNATURE_BANDS = 16 };

struct signature {
	uint32_t values[SIGNATURE_VALUES];
};

/* Of n >= 2 words, by their hashes. */
void signature_make(struct signature *s, const uint32_t *words, uint32_t n);
/* `kind` keeps those of different kinds apart. */
void signature_bands(const struct signature *s, uint32_t kind, uint64_t bands[SIGNATURE_BANDS]);
/* In how many values they agree. */
unsigned signature_alike(const struct signature *a, const struct signature *b);

#endif
