/* siphash.h - SipHash-2-4 (Aumasson, Bernstein 2012): a hash that strangers cannot aim at without the key. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/str.h"

#include <stdint.h>

uint64_t siphash(const uint64_t key[2], struct str bytes);

#endif
