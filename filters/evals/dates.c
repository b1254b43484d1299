/* dates.c - functions that look at when a message was written and when it came (RFC 5322 3.3, read leniently). */
#include "filters/evals/date.h"
#include "filters/evals/eval.h"

#include "base/check.h"
#include "base/hex.h"

#include <math.h>
#include <stdlib.h>

enum { TIMES = 64, HOUR = 3600 };

static bool date_in(struct eval_mail *m, enum eval_view view, int64_t *unix_s)
{
	struct str s = eval_text(m, view), line;

	while (s.n) {
		str_cut(s, '\n', &line, &s);
		if (date_parse(line, unix_s))
			return true;
	}
	return false;
}

/* A Received field's own time: what stands behind its last ';' that is one. */
static bool received_time(struct str line, int64_t *unix_s)
{
	return date_find(line, unix_s);
}

/* Fetchmail's field on top is of when the mailbox was emptied, which says nothing. */
static struct str skip_fetched(struct eval_mail *m, struct str s)
{
	struct str first, second, rest = s, behind;

	str_cut(s, '\n', &first, &rest);
	if (eval_matches(m, EXPRESSION_FROM_LOCALHOST, first)) {
		str_cut(rest, '\n', &second, &behind);
		return eval_matches(m, EXPRESSION_BY_FETCHMAIL, second) ? behind : s;
	}
	return eval_matches(m, EXPRESSION_BY_FETCHMAIL, first) ? rest : s;
}

/* From the newest on.  Of what comes now, no Received field tells yet. */
static unsigned received_times(struct eval_mail *m, int64_t *times)
{
	struct str s = skip_fetched(m, eval_text(m, VIEW_RECEIVED)), line;
	unsigned n = 0;

	if (!m->facts->stored)
		times[n++] = filter_unix_ms(m->run) / 1000;
	while (s.n && n < TIMES) {
		str_cut(s, '\n', &line, &s);
		n += received_time(line, &times[n]);
	}
	return n;
}

/* Hours from the time of receipt that is nearest to Date; the oldest does not count where it is the same. */
static double shift(struct eval_mail *m)
{
	int64_t times[TIMES], written, nearest = 0;
	unsigned n;

	if (!date_in(m, VIEW_RESENT_DATE, &written) && !date_in(m, VIEW_DATE, &written))
		return 0;
	n = received_times(m, times);
	if (n > 1 && times[n - 1] == written)
		n--;
	for (unsigned i = 0; i < n; i++) {
		const int64_t d = written - times[i];

		if (i == 0 || llabs(d) < llabs(nearest))
			nearest = d;
	}
	return (double)nearest / HOUR;
}

bool eval_check_for_shifted_date(struct eval_mail *m, const struct eval_args *args)
{
	return eval_from_to(args, 0, eval_once(m, MEMO_SHIFT, shift));
}

static int by_time(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x > y ? -1 : x < y;
}

/* Of Date, the newest time of receipt, and the one nearest to Date that in the middle; 0: there is none. */
static double received_at(struct eval_mail *m)
{
	int64_t times[TIMES], candidates[3], written;
	const bool has_date =
		date_in(m, VIEW_RESENT_DATE, &written) || date_in(m, VIEW_DATE, &written);
	unsigned n = 0;

	if (has_date)
		candidates[n++] = written;
	if (received_times(m, times))
		candidates[n++] = times[0];
	if (n == 2)
		candidates[n++] =
			written - (int64_t)llround(eval_once(m, MEMO_SHIFT, shift) * HOUR);
	qsort(candidates, n, sizeof(candidates[0]), by_time);
	return n ? (double)candidates[(n - 1) / 2] : 0;
}

bool eval_received_within_months(struct eval_mail *m, const struct eval_args *args)
{
	const double month = 31556952.0 / 12;
	const double now = (double)(filter_unix_ms(m->run) / 1000);

	return eval_from_to(args, 0, (now - eval_once(m, MEMO_RECEIVED, received_at)) / month);
}

/* ---- Outlook ---- */

/* Windows counts 100 ns from 1601; the id has bits 24 to 55 of that. */
static bool is_of_time(int64_t token, int64_t unix_s)
{
	enum { FUDGE = 250 };
	const double expected = trunc((double)unix_s * 0.0023283064365387 + 27111902.8329849);

	return fabs((double)token - expected) < FUDGE;
}

bool eval_check_outlook_message_id(struct eval_mail *m, const struct eval_args *args)
{
	const struct str id = eval_text(m, VIEW_MESSAGE_ID);
	int64_t token = 0, unix_s;
	struct str line, rest;

	(void)args;
	if (!eval_matches(m, EXPRESSION_OUTLOOK_ID, id))
		return false;
	for (unsigned i = 5; i < 13; i++)
		token = token * 16 + hex_digit(id.p[i]);
	if (!date_parse(eval_line(m, VIEW_DATE), &unix_s))
		unix_s = 0;
	if (is_of_time(token, unix_s))
		return false;
	str_cut(eval_text(m, VIEW_RECEIVED), '\n', &line, &rest);
	if (!received_time(line, &unix_s))
		unix_s = 0;
	return !is_of_time(token, unix_s);
}
