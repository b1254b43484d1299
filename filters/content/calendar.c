#include "filters/content/calendar.h"

#include "base/out.h"

/* Of a line's end, or what began like one, it is known now what it is. */
static void settle(struct calendar *c, char byte, struct out *o)
{
	if (c->line == CALENDAR_CR)
		out_char(o, '\r');
	else if (byte != ' ' && byte != '\t')
		out_char(o, '\n');
}

static void unfold(struct calendar *c, char byte, struct out *o)
{
	const enum calendar_line before = c->line;

	if (byte == '\n' && before == CALENDAR_CR) {
		c->line = CALENDAR_END;
		return;
	}
	if (before != CALENDAR_TEXT)
		settle(c, byte, o);
	c->line = byte == '\r' ? CALENDAR_CR : byte == '\n' ? CALENDAR_END : CALENDAR_TEXT;
	if (c->line == CALENDAR_TEXT && !(before == CALENDAR_END && (byte == ' ' || byte == '\t')))
		out_char(o, byte);
}

static void unescape(struct calendar *c, char byte, struct out *o)
{
	if (!c->escaped && byte == '\\') {
		c->escaped = true;
		return;
	}
	if (c->escaped && (byte == 'n' || byte == 'N'))
		byte = '\n';
	else if (c->escaped && byte != '\\' && byte != ',' && byte != ';' && byte != ':')
		out_char(o, '\\');
	c->escaped = false;
	out_char(o, byte);
}

size_t calendar_unfold(struct calendar *c, struct str *in, char *out, size_t room)
{
	struct out o = { .p = out, .cap = room };
	size_t at = 0;

	while (at < in->n && room - o.n >= CALENDAR_ROOM)
		unfold(c, in->p[at++], &o);
	*in = str_from(*in, at);
	return o.n;
}

size_t calendar_unescape(struct calendar *c, struct str *in, char *out, size_t room)
{
	struct out o = { .p = out, .cap = room };
	size_t at = 0;

	while (at < in->n && room - o.n >= CALENDAR_ROOM)
		unescape(c, in->p[at++], &o);
	*in = str_from(*in, at);
	return o.n;
}
