#define _GNU_SOURCE 1 /* memmem */
#include "base/str.h"

#include "base/eight.h"
#include "base/random.h"

bool str_ieq_bytes(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

int str_order(struct str a, struct str b)
{
	const size_t n = a.n < b.n ? a.n : b.n;
	const int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_istarts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_ieq(str_head(s, prefix.n), prefix);
}

bool str_iends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_ieq(str_from(s, s.n - suffix.n), suffix);
}

bool str_cut(struct str s, char sep, struct str *head, struct str *tail)
{
	const size_t at = s.n ? (size_t)(eight_seek(s.p, s.p + s.n, sep) - s.p) : 0;

	if (at == s.n) {
		*head = s;
		*tail = (struct str){ 0 };
		return false;
	}
	*head = str_head(s, at);
	*tail = str_from(s, head->n + 1);
	return true;
}

bool str_has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_control(s.p[i]))
			return true;
	return false;
}

struct str str_trim(struct str s)
{
	while (s.n && ascii_wsp(s.p[0]))
		s = str_from(s, 1);
	while (s.n && ascii_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_trim_lines(struct str s)
{
	while (s.n && ascii_white(s.p[0]))
		s = str_from(s, 1);
	while (s.n && ascii_white(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_word(struct str *rest, struct str *word)
{
	const struct str s = str_trim(*rest);
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	*word = str_head(s, n);
	*rest = str_trim(str_from(s, n));
	return n > 0;
}

bool str_u64(struct str s, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (!ascii_digit(s.p[i]) || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*value = v;
	return true;
}

/* FNV-1a with a per-process secret start and a final mix: short keys, and nobody outside
 * can prepare collisions without knowing the start. */
uint64_t str_ihash(struct str s)
{
	uint64_t h = random_secret();

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)ascii_lower(s.p[i])) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ (h >> 32);
}

unsigned str_distance(struct str a, struct str b, unsigned cap)
{
	enum { LONGEST = 63 };
	unsigned row[LONGEST + 1];

	if (a.n > LONGEST || b.n > LONGEST || a.n >= b.n + cap || b.n >= a.n + cap)
		return cap;
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0], least = i;

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			const bool same = ascii_lower(a.p[i - 1]) == ascii_lower(b.p[j - 1]);
			unsigned best = diagonal + (same ? 0 : 1);

			diagonal = row[j];
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[j] = best;
			if (best < least)
				least = best;
		}
		if (least >= cap)
			return cap; /* it does not get less */
	}
	return row[b.n] < cap ? row[b.n] : cap;
}

bool str_find(struct str s, struct str what, struct str *behind)
{
	const char *at;

	if (what.n == 0) {
		*behind = s;
		return true;
	}
	at = s.n ? memmem(s.p, s.n, what.p, what.n) : NULL;
	if (at)
		*behind = str_from(s, (size_t)(at - s.p) + what.n);
	return at != NULL;
}

bool str_has(struct str s, struct str what)
{
	struct str behind;

	return str_find(s, what, &behind);
}

bool str_ihas(struct str s, struct str what)
{
	for (size_t i = 0; i + what.n <= s.n; i++)
		if (!what.n || (ascii_lower(s.p[i]) == ascii_lower(what.p[0]) &&
				str_ieq_bytes(s.p + i, what.p, what.n)))
			return true;
	return false;
}
