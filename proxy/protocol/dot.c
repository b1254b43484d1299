/* dot.c - looks for dots, not for line ends: most text has few of them and base64 none, so the
 * scan runs at the speed of memchr.  A lone LF counts as a line end too: nobody's parser may
 * see an end of message where ours did not. */
#include "protocol/dot.h"

/* Offset of the first dot that begins a line, or bytes.n. */
static size_t find(const struct dot *d, struct str bytes)
{
	size_t at = 0;

	while (at < bytes.n) {
		const char *hit = memchr(bytes.p + at, '.', bytes.n - at);

		if (!hit)
			return bytes.n;
		at = (size_t)(hit - bytes.p);
		if (at == 0 ? !d->inside : bytes.p[at - 1] == '\n')
			return at;
		at++;
	}
	return bytes.n;
}

void dot_take(struct dot *d, struct str bytes)
{
	char last;
	bool cr;

	if (bytes.n == 0)
		return;
	last = bytes.p[bytes.n - 1];
	cr = bytes.n > 1 ? bytes.p[bytes.n - 2] == '\r' : d->cr;
	d->at_crlf = last == '\n' && cr;
	d->cr = last == '\r';
	d->inside = last != '\n';
}

struct str dot_run(struct dot *d, struct str *rest, bool *stuff)
{
	const size_t n = find(d, *rest);
	struct str run;

	*stuff = n < rest->n;
	run = str_take(rest, n);
	dot_take(d, run);
	if (*stuff) {
		/* The dot of the message follows the one put in: it no longer begins the line. */
		d->inside = true;
		d->cr = false;
		d->at_crlf = false;
	}
	return run;
}

bool dot_plain(struct dot *d, struct str bytes)
{
	if (find(d, bytes) < bytes.n)
		return false;
	dot_take(d, bytes);
	return true;
}

struct str dot_end(const struct dot *d)
{
	return d->at_crlf ? STR(".\r\n") : STR("\r\n.\r\n");
}
