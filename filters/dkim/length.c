#include "filters/dkim/length.h"

static void other_byte(struct dkim_length *l)
{
	l->line_relaxed += l->spaces ? 2 : 1;
	l->line_simple += 1 + l->spaces;
	l->spaces = 0;
}

/* Lines that are empty count once another line follows. */
static void end_line(struct dkim_length *l)
{
	if (l->line_simple + l->spaces == 0) {
		l->empty_simple += 2;
	} else {
		l->simple += l->empty_simple + l->line_simple + l->spaces + 2;
		l->empty_simple = 0;
	}
	if (l->line_relaxed == 0) {
		l->empty_relaxed += 2;
	} else {
		l->relaxed += l->empty_relaxed + l->line_relaxed + 2;
		l->empty_relaxed = 0;
	}
	l->line_simple = l->line_relaxed = l->spaces = 0;
}

void dkim_length_add(struct dkim_length *l, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		const char c = bytes.p[i];
		const bool cr = l->cr;

		l->cr = c == '\r';
		if (cr && c == '\n') {
			end_line(l);
			continue;
		}
		if (cr)
			other_byte(l);
		if (c == ' ' || c == '\t')
			l->spaces++;
		else if (c != '\r')
			other_byte(l);
	}
}

uint64_t dkim_length_end(const struct dkim_length *l, bool relaxed)
{
	struct dkim_length whole = *l;

	if (whole.cr)
		other_byte(&whole);
	if (whole.line_simple + whole.spaces)
		end_line(&whole);
	if (relaxed)
		return whole.relaxed;
	return whole.simple ? whole.simple : 2; /* RFC 6376 3.4.3: an empty body is a CRLF */
}
