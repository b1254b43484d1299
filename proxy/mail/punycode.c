#include "mail/punycode.h"

#include "base/limits.h"
#include "base/utf8.h"

/* RFC 3492 5 */
enum {
	BASE = 36,
	T_MIN = 1,
	T_MAX = 26,
	SKEW = 38,
	DAMP = 700,
	FIRST_BIAS = 72,
	FIRST_POINT = 128
};

struct points {
	uint32_t all[LIMIT_DNS_LABEL]; /* each is a letter or more of the label */
	unsigned n;
};

static bool read_points(struct str label, struct points *points)
{
	points->n = 0;
	while (label.n) {
		const size_t n = utf8_length(label);

		if (n == 0 || points->n == LIMIT_DNS_LABEL)
			return false;
		points->all[points->n++] = utf8_point(str_take(&label, n));
	}
	return true;
}

/* The smallest one that is not smaller than this. */
static uint32_t next_point(const struct points *points, uint32_t least)
{
	uint32_t next = UINT32_MAX;

	for (unsigned i = 0; i < points->n; i++)
		if (points->all[i] >= least && points->all[i] < next)
			next = points->all[i];
	return next;
}

static uint32_t adapt(uint32_t delta, unsigned done, bool first)
{
	uint32_t k = 0;

	delta /= first ? DAMP : 2;
	delta += delta / done;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void put_number(uint32_t n, uint32_t bias, struct out *o)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (uint32_t k = BASE;; k += BASE) {
		const uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (n < t)
			break;
		out_char(o, digits[t + (n - t) % (BASE - t)]);
		n = (n - t) / (BASE - t);
	}
	out_char(o, digits[n]);
}

static unsigned put_ascii(const struct points *points, struct out *o)
{
	unsigned count = 0;

	for (unsigned i = 0; i < points->n; i++) {
		if (points->all[i] >= FIRST_POINT)
			continue;
		out_char(o, (char)points->all[i]);
		count++;
	}
	if (count)
		out_char(o, '-');
	return count;
}

/* RFC 3492 6.3.  So few points do not overflow. */
bool punycode_put(struct str label, struct out *o)
{
	struct points points;
	uint32_t point = FIRST_POINT, delta = 0, bias = FIRST_BIAS;
	unsigned ascii, done;

	if (!read_points(label, &points))
		return false;
	out_str(o, STR("xn--"));
	ascii = done = put_ascii(&points, o);
	while (done < points.n) {
		const uint32_t next = next_point(&points, point);

		delta += (next - point) * (done + 1);
		for (unsigned i = 0; i < points.n; i++) {
			delta += points.all[i] < next;
			if (points.all[i] != next)
				continue;
			put_number(delta, bias, o);
			bias = adapt(delta, done + 1, done == ascii);
			delta = 0;
			done++;
		}
		delta++;
		point = next + 1;
	}
	return !o->full;
}
