/* "Did you mean": the nearest word, when it is near enough that a person would see it too. */
#include "conf/conf.h"

/* A third of the letters may be wrong, one more in short words, never all of them. */
static unsigned near(size_t n)
{
	const size_t third = (n + 3) / 3;

	return (unsigned)(third < n ? third : n - 1);
}

/* The one word that begins with what was written. */
static const char *completed(struct str wrong, const char *const *words, size_t count)
{
	const char *found = NULL;

	if (wrong.n < 3)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!str_istarts(str_z(words[i]), wrong))
			continue;
		if (found)
			return NULL;
		found = words[i];
	}
	return found;
}

const char *conf_suggest(struct str wrong, const char *const *words, size_t count)
{
	const char *best = completed(wrong, words, count);
	unsigned least;

	if (wrong.n == 0 || best)
		return best;
	least = near(wrong.n) + 1;
	for (size_t i = 0; i < count; i++) {
		const unsigned distance = str_distance(wrong, str_z(words[i]), least);

		if (distance < least) {
			least = distance;
			best = words[i];
		}
	}
	return best;
}
