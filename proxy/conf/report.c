/* Complaints.  A message may quote what a file holds, so control characters are taken out here,
 * once, whatever the message is. */
#include "conf/conf.h"

#include <stdarg.h>

enum { MESSAGE_MAX = 1024 };

static void PRINTF_LIKE(4, 0) say(struct conf_report *r, enum conf_severity severity,
				  const struct conf_place *at, const char *format, va_list args)
{
	char text[MESSAGE_MAX];

	vsnprintf(text, sizeof(text), format, args);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if (severity == CONF_ERROR)
		r->errors++;
	else
		r->warnings++;
	if (r->say)
		r->say(r, severity, at, text);
}

void conf_error(struct conf_report *r, const struct conf_place *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, CONF_ERROR, at, format, args);
	va_end(args);
}

void conf_warn(struct conf_report *r, const struct conf_place *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, CONF_WARNING, at, format, args);
	va_end(args);
}

static void print(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		  const char *text)
{
	FILE *to = r->arg;

	if (at->file)
		fprintf(to, "%s:", at->file);
	if (at->line)
		fprintf(to, "%u:%u:", at->line, at->column);
	fprintf(to, "%s%s%s\n", at->file ? " " : "", severity == CONF_WARNING ? "warning: " : "",
		text);
}

struct conf_report conf_report_to(FILE *to)
{
	return (struct conf_report){ .say = print, .arg = to };
}
