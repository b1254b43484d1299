#include "base/random.h"

#include "base/check.h"

#include <sys/random.h>

void random_bytes(void *to, size_t n)
{
	CHECK(n <= 256); /* up to here getrandom() is never short or interrupted */
	CHECK(getrandom(to, n, 0) == (ssize_t)n);
}

uint32_t random_u32(void)
{
	uint32_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

uint64_t random_secret(void)
{
	static uint64_t secret;

	while (secret == 0)
		random_bytes(&secret, sizeof(secret));
	return secret;
}
