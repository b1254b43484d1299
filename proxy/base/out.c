#include "base/out.h"

#include "base/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void out_u64(struct out *o, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	out_str(o, (struct str){ .p = digits + at, .n = sizeof(digits) - at });
}

/* What is halfway between two tenths is left to printf, which knows what the binary number is. */
void out_tenths(struct out *o, double v)
{
	const double tenths = fabs(v) * 10;
	const double whole = floor(tenths + 0.5);

	if (!(tenths < 1e12) || fabs(fabs(tenths - whole) - 0.5) < 1e-3) {
		out_printf(o, "%.1f", v);
		return;
	}
	if (signbit(v))
		out_char(o, '-');
	out_u64(o, (uint64_t)whole / 10);
	out_char(o, '.');
	out_u64(o, (uint64_t)whole % 10);
}

void out_printf(struct out *o, const char *format, ...)
{
	va_list args;
	int n;

	if (o->full)
		return;
	va_start(args, format);
	n = vsnprintf(o->p + o->n, o->cap - o->n, format, args);
	va_end(args);
	CHECK(n >= 0);
	if ((size_t)n >= o->cap - o->n)
		o->full = true;
	else
		o->n += (size_t)n;
}

void out_lower(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		out_char(o, ascii_lower(s.p[i]));
}
