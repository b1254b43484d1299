/* dice.h - numbers that nobody chose, the same in every run, so that what failed once fails again (xorshift64). */
#ifndef UNIT_DICE_H
#define UNIT_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state; /* anything but 0 */
};

#define DICE_SEED UINT64_C(88172645463325252)

static inline uint64_t dice_any(struct dice *d)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return d->state;
}

/* 0 to n-1. */
static inline unsigned dice_below(struct dice *d, unsigned n)
{
	return (unsigned)((dice_any(d) >> 33) % n);
}

#endif
