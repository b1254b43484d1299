/* Complaints.  A message may quote what a file holds, so control characters are taken out here,
 * once, whatever the message is. */
#include "conf/conf.h"

#include "base/mem.h"
#include "base/out.h"

#include <stdarg.h>

enum { MESSAGE_MAX = 1024 };

static void PRINTF_LIKE(4, 0) say(struct conf_report *r, enum conf_severity severity,
				  const struct conf_place *at, const char *format, va_list args)
{
	char text[MESSAGE_MAX];

	vsnprintf(text, sizeof(text), format, args);
	for (char *p = text; *p; p++)
		if (ascii_control(*p))
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

/* ---- notes ---- */

struct conf_counts {
	struct {
		const char *file;
		unsigned n[CONF_NOTE_COUNT];
	} * files;
	size_t count;
};

bool conf_counts(const struct conf_report *r)
{
	return r->counted != NULL;
}

static void count(struct conf_counts *c, const char *file, enum conf_note note)
{
	size_t i = c->count;

	while (i > 0 && strcmp(c->files[i - 1].file, file) != 0)
		i--;
	if (i == 0) {
		c->files = mem_array(c->files, c->count + 1, sizeof(*c->files));
		memset(&c->files[c->count], 0, sizeof(*c->files));
		c->files[c->count].file = file;
		i = ++c->count;
	}
	c->files[i - 1].n[note]++;
}

void conf_note(struct conf_report *r, enum conf_note note, const struct conf_place *at,
	       const char *format, ...)
{
	va_list args;

	if (r->counted && at->file) {
		count(r->counted, at->file, note);
		return;
	}
	va_start(args, format);
	say(r, CONF_WARNING, at, format, args);
	va_end(args);
}

void conf_count_notes(struct conf_report *r)
{
	if (!r->each && !r->counted)
		r->counted = mem_new(sizeof(*r->counted));
}

static void tell(struct conf_report *r, const char *file, const unsigned *n)
{
	static const char *const texts[] = {
#define X(ID, TEXT) TEXT,
		CONF_NOTES(X)
#undef X
	};
	const struct conf_place at = { .file = file };
	char bytes[400];
	struct out o = OUT(bytes);

	for (unsigned note = 0; note < CONF_NOTE_COUNT; note++)
		if (n[note])
			out_printf(&o, "%s%u %s", o.n ? ", " : "", n[note], texts[note]);
	conf_warn(r, &at, STR_FMT " (check --each tells which)", STR_ARG(out_text(&o)));
}

void conf_tell_notes(struct conf_report *r)
{
	struct conf_counts *c = r->counted;

	r->counted = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		tell(r, c->files[i].file, c->files[i].n);
	mem_free(c->files);
	mem_free(c);
}

/* ---- to a file ---- */

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
