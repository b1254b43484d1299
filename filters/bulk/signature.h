/* signature.h - what a mail's copies have in common: minhash values over pairs of neighbouring words.
 *
 * The share of values in which two signatures agree estimates the share of pairs that their texts have in common
 * (Broder 1997).  Signatures are kept in stores that several versions of this program share: what they are made of is
 * fixed. */
#ifndef FILTERS_BULK_SIGNATURE_H
#define FILTERS_BULK_SIGNATURE_H

#include "base/bulk.h"

/* Of words, by their hashes; of less than two the values say nothing.  Those of different kinds have no values in common. */
void signature_make(uint32_t values[BULK_VALUES], uint32_t kind, const uint32_t *words, uint32_t n);

#endif
