/* date.c - see date.h. */
#include "filters/evals/date.h"

#include "base/check.h"

/* What is left of the text, read from the left; sticky when something is missing. */
struct reader {
	struct str s;
	bool ok;
};

static void skip_space(struct reader *r)
{
	while (r->s.n && (r->s.p[0] == ' ' || r->s.p[0] == '\t' || r->s.p[0] == ','))
		r->s = str_from(r->s, 1);
}

static int64_t number(struct reader *r, unsigned most_digits, unsigned *digits)
{
	int64_t n = 0;
	unsigned i = 0;

	while (i < r->s.n && i < most_digits && ascii_digit(r->s.p[i]))
		n = n * 10 + (r->s.p[i++] - '0');
	r->ok = r->ok && i > 0;
	r->s = str_from(r->s, i);
	*digits = i;
	return n;
}

static struct str word(struct reader *r)
{
	size_t n = 0;

	while (n < r->s.n && ascii_alpha(r->s.p[n]))
		n++;
	r->s = str_from(r->s, n);
	return (struct str){ .p = r->s.p - n, .n = n };
}

static bool mark(struct reader *r, char c)
{
	if (r->s.n == 0 || r->s.p[0] != c)
		return false;
	r->s = str_from(r->s, 1);
	return true;
}

static int64_t month(struct reader *r)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	const struct str name = word(r);

	for (unsigned i = 0; name.n >= 3 && i < 12; i++)
		if (str_ieq(str_head(name, 3), (struct str){ .p = names + (size_t)3 * i, .n = 3 }))
			return i + 1;
	r->ok = false;
	return 1;
}

/* RFC 5322 4.3: two digits are of 1950 to 2049, three count from 1900. */
static int64_t year(struct reader *r)
{
	unsigned digits;
	const int64_t y = number(r, 4, &digits);

	if (digits == 2)
		return y < 50 ? y + 2000 : y + 1900;
	return digits == 3 ? y + 1900 : y;
}

/* Days from 1970 to a day of the Gregorian calendar. */
static int64_t days(int64_t y, int64_t m, int64_t d)
{
	const int64_t shifted = m > 2 ? y : y - 1; /* years begin with March */
	const int64_t era = shifted / 400, of_era = shifted - era * 400;
	const int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Seconds east of Greenwich; what is not known is Greenwich. */
static int64_t zone(struct reader *r)
{
	static const struct {
		struct str name;
		int hours;
	} names[] = {
		{ STR_INIT("EST"), -5 }, { STR_INIT("EDT"), -4 }, { STR_INIT("CST"), -6 },
		{ STR_INIT("CDT"), -5 }, { STR_INIT("MST"), -7 }, { STR_INIT("MDT"), -6 },
		{ STR_INIT("PST"), -8 }, { STR_INIT("PDT"), -7 }, { STR_INIT("BST"), 1 },
		{ STR_INIT("CET"), 1 },  { STR_INIT("CEST"), 2 }, { STR_INIT("MET"), 1 },
		{ STR_INIT("MEST"), 2 }, { STR_INIT("EET"), 2 },  { STR_INIT("EEST"), 3 },
		{ STR_INIT("JST"), 9 },  { STR_INIT("KST"), 9 },  { STR_INIT("HKT"), 8 },
	};
	const bool west = mark(r, '-');
	unsigned digits;
	struct str name;
	int64_t n;

	if (west || mark(r, '+')) {
		n = number(r, 4, &digits);
		n = (n / 100 * 60 + n % 100) * 60;
		return west ? -n : n;
	}
	name = word(r);
	for (size_t i = 0; i < COUNTOF(names); i++)
		if (str_ieq(name, names[i].name))
			return names[i].hours * 3600;
	return 0;
}

/* From the day of the month on. */
static bool read_date(struct reader *r, bool whole, int64_t *unix_s)
{
	unsigned digits;
	int64_t d, mon, y, h, min, s = 0;

	d = number(r, 2, &digits);
	skip_space(r);
	mark(r, '-');
	mon = month(r);
	skip_space(r);
	mark(r, '-');
	y = year(r);
	skip_space(r);
	h = number(r, 2, &digits);
	r->ok = r->ok && mark(r, ':');
	min = number(r, 2, &digits);
	if (mark(r, ':'))
		s = number(r, 2, &digits);
	else
		r->ok = r->ok && !whole;
	skip_space(r);
	if (!r->ok || d < 1 || d > 31 || h > 23 || min > 59 || s > 60)
		return false;
	*unix_s = days(y, mon, d) * 86400 + h * 3600 + min * 60 + s - zone(r);
	return true;
}

static bool search(struct str text, bool whole, int64_t *unix_s)
{
	for (size_t i = 0; i < text.n; i++) {
		struct reader r = { .s = str_from(text, i), .ok = true };

		if (!ascii_digit(text.p[i]) || (i && ascii_alnum(text.p[i - 1])))
			continue;
		if (read_date(&r, whole, unix_s))
			return true;
	}
	return false;
}

bool date_parse(struct str text, int64_t *unix_s)
{
	return search(text, false, unix_s);
}

bool date_find(struct str text, int64_t *unix_s)
{
	return search(text, true, unix_s);
}
