#include "base/random.h"

#include "base/check.h"

#include <sys/random.h>

void random_bytes(void *to, size_t n)
{
	CHECK(n <= 256); /* up to here getrandom() is never short or interrupted */
	CHECK(getrandom(to, n, 0) == (ssize_t)n);
}

/* Drawn by the handful: a system call for each number would cost more than what it is for.  Workers
 * are forked before the first is drawn. */
uint32_t random_u32(void)
{
	static uint32_t drawn[64];
	static size_t left;

	if (left == 0) {
		random_bytes(drawn, sizeof(drawn));
		left = sizeof(drawn) / sizeof(drawn[0]);
	}
	return drawn[--left];
}

uint64_t random_secret(void)
{
	static uint64_t secret;

	while (secret == 0)
		random_bytes(&secret, sizeof(secret));
	return secret;
}
