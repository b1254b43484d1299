/* mix.h - all that a run has seen as one number (FNV-1a), so that two runs can be compared. */
#ifndef FUZZ_MIX_H
#define FUZZ_MIX_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t mix_number(uint64_t hash, uint64_t number)
{
	return (hash ^ number) * UINT64_C(1099511628211);
}

static inline uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = mix_number(hash, ((const uint8_t *)bytes)[i]);
	return hash;
}

#endif
